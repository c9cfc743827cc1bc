"""The page of the words of replies, written from the data: ``python -m tests.core.reply_words_page`` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kept.core.replies import CANCEL_IS_OPT_OUT, DEFAULT_OFFERED, NO_RULE, RULES, Intent
from kept.core.reply_words import REPLY_WORDS
from kept.core.reply_words.choices import BEFORE_A_NUMBER, BETWEEN_NUMBERS, CHOICES, EVERY_ONE
from kept.core.reply_words.reactions import APPROVING, NOT_APPROVING
from kept.core.reply_words.shape import Meaning, ReplyWords

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "reply-words.md"

TITLES = {
    "": "Signs, and words of all languages",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "pl": "Polish",
    "other": "Other languages",
}

INTENTS = {
    Intent.CONFIRM: "the visit will be kept",
    Intent.RESCHEDULE: "another time is asked for",
    Intent.DECLINE: "the visit will not be kept; nothing is cancelled by this",
    Intent.OPT_OUT: "no more messages to this number",
    Intent.OPT_IN: "messages again: START and UNSTOP, never YES",
    Intent.HELP: "who writes, and how to reach them",
    Intent.WRONG_NUMBER: "the number belongs to somebody else",
    Intent.UNCLEAR: "a person reads it",
    Intent.IGNORE: "empty, or written by a machine",
}

INTRODUCTION = """\
# The words of replies

What Kept takes a reply to a message for. This page is written from the data that the program itself uses; a test
compares the two.

Capitals, accents, apostrophes, punctuation, full-width letters and letters held too long make no difference
(`SToooP!!` is `stop`). Quoted lines and the signature of a mail program are not read.

The rules lean to one side. A phrase that asks for an end of messages decides, whatever stands around it. A visit is
confirmed or declined only when every word of the reply is known. Everything else is `unclear`, and a person reads
it."""

NOTATION = """\
## The phrases

Phrases are parted by commas. `a/b` is either word, `-` is none, `_` is a space inside an alternative, `#` is a time of
day and `@` a day. Where a phrase has two meanings, the upper row of a table counts. A row with an arrow is a frame:
`opener … closer`, with up to eight of the small words in brackets between the two."""


def page() -> str:
    """Return the whole page."""
    return (
        "\n".join(
            [
                INTRODUCTION,
                "",
                *_intents(),
                "",
                *_rules(),
                "",
                NOTATION,
                "",
                *_languages(),
                *_reactions(),
                "",
                *_choices(),
            ]
        )
        + "\n"
    )


def _intents() -> Iterator[str]:
    yield from ("## What a reply can be", "", "| intent | what it asks for |", "| --- | --- |")
    yield from (f"| `{intent}` | {INTENTS[intent]} |" for intent in Intent)
    offered = ", ".join(f"`{word}` ({intent})" for word, intent in DEFAULT_OFFERED.items())
    yield from ("", f"Messages may ask for other words; if nothing is said, these are understood: {offered}.")
    countries = ", ".join(sorted(CANCEL_IS_OPT_OUT))
    yield from (
        "",
        f"`CANCEL` alone is `opt_out` in {countries} and where the country is not known, because the",
        "law or the carriers there say so (47 CFR 64.1200(a)(10)), and `decline` elsewhere. In both cases it is marked",
        "as a bare cancel, so that somebody asks whether the visit was meant.",
    )


def _rules() -> Iterator[str]:
    yield from ("## The rules, in their order", "", "| rule | what it does |", "| --- | --- |")
    for name, rule in RULES.items():
        lines = (rule.__doc__ or "").strip().splitlines()
        yield f"| `{name}` | {lines[0]} |"
    yield f"| `{NO_RULE}` | Leave everything else to a person. |"


def _languages() -> Iterator[str]:
    for words in REPLY_WORDS:
        yield from (f"### {TITLES[words.language]}", "", "| meaning | phrases |", "| --- | --- |")
        yield from _rows(words)
        yield ""


def _rows(words: ReplyWords) -> Iterator[str]:
    for meaning in Meaning:
        if meaning in words.phrases:
            yield f"| `{meaning}` | {words.phrases[meaning]} |"
        for frame in words.frames:
            if frame.meaning is meaning:
                yield f"| `{meaning}` → | {frame.openers} … ({frame.between}) … {frame.closers} |"
    if words.days:
        yield f"| days | {words.days} |"
    if words.near_days:
        yield f"| days that a yes may name | {words.near_days} |"
    if words.accented:
        yield f"| told apart by their accent | {words.accented} |"
    if words.within:
        yield f"| end messages wherever they stand | {', '.join(words.within)} |"


def _reactions() -> Iterator[str]:
    yield from ("## Reactions", "", "Phones send a reaction as some words and a copy of the message in quotes.", "")
    yield f"- `{Intent.CONFIRM}`: {', '.join(sorted(APPROVING))}"
    yield f"- `{Intent.UNCLEAR}`: {', '.join(sorted(NOT_APPROVING))}"


def _choices() -> Iterator[str]:
    yield from ("## Choices", "")
    yield "When a reply may mean several visits, a numbered question goes back. A bare number is the answer to it, for"
    yield "a day or until the first of the visits begins; a wish to end messages counts whatever was asked."
    yield from ("", "| number | phrases |", "| --- | --- |")
    yield from (f"| {number} | {phrases} |" for number, phrases in enumerate(CHOICES, start=1))
    yield f"| all | {EVERY_ONE} |"
    yield from ("", f"In front of a digit may stand: {BEFORE_A_NUMBER}. Between two numbers: {BETWEEN_NUMBERS}.")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
