"""
Understand which entries of a numbered list a reply chooses.

A number by itself says nothing: whoever asks must know that a list was sent, and read everything else first, because a
wish to end messages counts whatever was asked.

Source:
    Ours; the words are data: :mod:`kept.core.reply_words.choices`.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from kept.core.reply_phrases import phrases_of
from kept.core.reply_reading import Reading
from kept.core.reply_text import folded
from kept.core.reply_words.choices import BEFORE_A_NUMBER, BETWEEN_NUMBERS, CHOICES, EVERY_ONE
from kept.core.reply_words.shape import Meaning

MOST_OPTIONS: Final = len(CHOICES)
"""Longest list that can be asked about; with more a text message gets long, and a person asks better."""
_COURTESY: Final = frozenset({Meaning.POLITE, Meaning.AGREES})
_WORD: Final = re.compile(r"[^\W_]+")


def chosen_options(text: str, *, options: int) -> tuple[int, ...]:
    """
    Return the numbers that a reply chooses, from 1, each once; none when it is no bare choice, or not of the list.

    Courtesy and a yes may stand beside it; another word or a question mark makes it no choice.

    >>> [chosen_options(text, options=2) for text in ("#2", "the first, please", "La segunda", "1 and 2", "both", "3")]
    [(2,), (1,), (2,), (1, 2), (1, 2), ()]
    >>> [chosen_options(text, options=2) for text in ("1 or 2", "2pm", "1?", "not the first", "yes", "1 and 3")]
    [(), (), (), (), (), ()]
    """
    reading = Reading("".join(str(unicodedata.decimal(sign, sign)) for sign in text))
    parts = tuple(_parts(reading))
    if reading.asks:
        return ()
    numbers = _numbers(options)
    whole = numbers.get(" ".join(parts))
    chosen = (whole,) if whole else tuple(numbers.get(part, ()) for part in parts)
    return tuple(sorted({number for each in chosen for number in each})) if all(chosen) else ()


def _parts(reading: Reading) -> Iterator[str]:
    """Yield what stands between pauses and words such as "and", without courtesy."""
    part: list[str] = []
    for span in reading.about_visits:
        for word in span.words:
            if span.meaning is Meaning.PAUSE or folded(word.typed) in _between():
                yield from filter(None, (" ".join(part),))
                part = []
            elif span.meaning not in _COURTESY:
                part += _words(word.typed)
    yield from filter(None, (" ".join(part),))


def _words(text: str) -> Iterator[str]:
    yield from _WORD.findall(folded(text))


@cache
def _between() -> frozenset[str]:
    return frozenset(phrases_of(BETWEEN_NUMBERS))


@cache
def _numbers(options: int) -> Mapping[str, tuple[int, ...]]:
    """Return what every phrase chooses from a list of some length, each phrase without its words of courtesy."""
    found: dict[str, tuple[int, ...]] = {}
    for number, source in enumerate(CHOICES[:options], start=1):
        before = (f"{opener} {number}" for opener in phrases_of(BEFORE_A_NUMBER))
        for phrase in (*phrases_of(source), *phrases_of(source, "de"), *before):
            found[" ".join(_words(phrase))] = (number,)
    for phrase in phrases_of(EVERY_ONE):
        found[" ".join(_parts(Reading(phrase)))] = tuple(range(1, options + 1))
    found.pop("", None)
    return found
