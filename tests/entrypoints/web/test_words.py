"""The texts of the pages: complete in every language, and none that nobody uses."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from kept.core.errors import FieldProblem
from kept.core.notifications import Reason
from kept.entrypoints import web
from kept.entrypoints.web.words import LANGUAGES, texts_in, wanted_language, words_in

OTHERS = sorted(set(LANGUAGES) - {"en"})
FOLDER = Path(web.__file__).parent


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_exists_in_every_language_and_takes_the_same_values(language: str) -> None:
    english, other = texts_in("en"), texts_in(language)

    missing = [key for key in english if key not in other]
    different = [key for key in english if key in other and names_in(english[key]) != names_in(other[key])]

    assert missing == []
    assert different == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_words(language: str) -> None:
    assert [reason for reason in Reason if f"reason.{reason.value}" not in texts_in(language)] == []


def test_no_text_is_left_that_nobody_says() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8") for suffix in ("*.py", "*.html") for path in FOLDER.rglob(suffix)
    )
    said = set(re.findall(r"\"([a-z]+[\w.-]*)\"", sources))
    beginnings = tuple({f"{key}." for key in said} | {key for key in said if key.endswith(".")} | built(sources))

    unused = [key for key in texts_in("en") if key not in said and not key.startswith(beginnings)]

    assert unused == []


def built(sources: str) -> set[str]:
    """Return the beginnings of keys that are put together where they are said."""
    return set(re.findall(r"f?\"([a-z]+\.(?:[a-z.]+\.)?)(?:\"|\{)", sources))


def test_says_what_is_asked_for_and_falls_back_to_english() -> None:
    say = words_in("es")

    assert (say("yes"), say.count("day.visits", 1), say.count("day.visits", 2)) == ("Sí", "1 cita", "2 citas")
    assert words_in("xx").language == "en"
    assert say.problem(FieldProblem(field="x", code="brand_new", message="in English")) == "in English"


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "language"),
    [
        ("es", "en", "en", "es"),
        (None, "es", "en", "es"),
        ("xx", None, None, "en"),
        (None, None, "fr, es-MX;q=0.8, en;q=0.5", "es"),
        (None, None, "es;q=0, en;q=0.1", "en"),
        (None, None, "es;q=oops", "en"),
        (None, None, "", "en"),
        (None, None, "ES-es", "es"),
    ],
)
def test_picks_the_language(asked: str | None, remembered: str | None, accepted: str | None, language: str) -> None:
    assert wanted_language(asked, remembered, accepted) == language
