"""The texts of these pages, by language; kept as data beside this file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from kept.entrypoints.web.words import FALLBACK, LANGUAGES, Words, wanted_language

_FOLDER: Final = Path(__file__).with_name("words")


@cache
def words_in(language: str) -> Words:
    """Return the texts of a language that these pages have."""
    return Words(language, texts_in(language), texts_in(FALLBACK))


def texts_in(language: str) -> dict[str, str]:
    """Return the texts as the file has them."""
    return msgspec.json.decode((_FOLDER / f"{language}.json").read_bytes(), type=dict[str, str])


def language_for(own: str, *, asked: str | None, accepted: str | None) -> str:
    """
    Return the language to answer in.

    Args:
        own: The tag of the language in which we write to this person; empty when nobody said.
        asked: What the address says: the reader chose it on the page.
        accepted: The browser's list, RFC 9110 §12.5.4; it counts where we cannot write in the person's own.
    """
    base = own.replace("_", "-").partition("-")[0].lower()
    return wanted_language(asked, base if base in LANGUAGES else None, accepted)
