"""The texts of the pages, by language; kept as data beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from kept.core.errors import FieldProblem
from kept.core.story import REASON_TEXTS
from kept.core.worklist import WHY

FALLBACK: Final = "en"
LANGUAGES: Final = {"en": "English", "es": "Español"}
"""Languages of the pages, each named in itself."""
_FOLDER: Final = Path(__file__).with_name("words")


class Words:
    """The texts of one language; a text that is missing is said in English."""

    def __init__(self, language: str, texts: Mapping[str, str], fallback: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts
        self._fallback = fallback

    def __call__(self, key: str, **values: object) -> str:
        """
        Return a text with its values filled in.

        Raises:
            KeyError: no language has it.
        """
        text = self._texts.get(key)
        return (self._fallback[key] if text is None else text).format(**values)

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the form of a text that a number asks for: ``key.one`` or ``key.other``."""
        return self(f"{key}.{'one' if number == 1 else 'other'}", n=number, **values)

    def problem(self, problem: FieldProblem) -> str:
        """Return what is wrong with a field; in English where the language has no text for it."""
        return self._texts.get(f"problem.{problem.code}", problem.message)


@cache
def words_in(language: str) -> Words:
    """Return the texts of a language; English for one that the pages do not have."""
    known = language if language in LANGUAGES else FALLBACK
    return Words(known, texts_in(known), texts_in(FALLBACK))


def texts_in(language: str) -> dict[str, str]:
    """Return the texts as the file has them; those of reasons and tasks in English are core's."""
    texts = msgspec.json.decode((_FOLDER / f"{language}.json").read_bytes(), type=dict[str, str])
    reasons = {f"reason.{reason.value}": text for reason, text in REASON_TEXTS.items()}
    whys = {f"worklist.why.{kind.value}": text for kind, text in WHY.items()}
    return {**reasons, **whys, **texts} if language == FALLBACK else texts


def wanted_language(asked: str | None, remembered: str | None, accepted: str | None) -> str:
    """
    Return the language to answer in.

    Args:
        asked: What the address says.
        remembered: What was asked for before.
        accepted: The browser's list, RFC 9110 §12.5.4.
    """
    for choice in (asked, remembered, *_preferred(accepted or "")):
        if choice in LANGUAGES:
            return choice
    return FALLBACK


def _preferred(accepted: str) -> list[str]:
    """Return the languages of the browser's list, without countries, the most wanted first."""
    weighed = []
    for place, part in enumerate(accepted.split(",")[:20]):
        tag, _, weight = part.strip().partition(";q=")
        weighed.append((-_weight(weight), place, tag.strip().lower().partition("-")[0]))
    return [tag for weight, _, tag in sorted(weighed) if weight < 0]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
