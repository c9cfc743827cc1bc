"""
Understand which entry of a numbered list a reply chooses.

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
from kept.core.reply_words.choices import BEFORE_A_NUMBER, CHOICES
from kept.core.reply_words.shape import Meaning

MOST_OPTIONS: Final = len(CHOICES)
"""Longest list that can be asked about; with more a text message gets long, and a person asks better."""
_WORD: Final = re.compile(r"[^\W_]+")


def chosen_option(text: str, *, options: int) -> int | None:
    """
    Return the number that a reply chooses, from 1, or None when it is no bare choice, or none of the list.

    Courtesy and a yes may stand beside it; another word, a second number or a question mark makes it no choice.

    >>> [chosen_option(text, options=2) for text in ("#2", "the first, please", "La segunda", "der erste", "3")]
    [2, 1, 2, 1, None]
    >>> [chosen_option(text, options=2) for text in ("1 or 2", "2pm", "1?", "not the first", "yes")]
    [None, None, None, None, None]
    """
    reading = Reading("".join(str(unicodedata.decimal(sign, sign)) for sign in text))
    if reading.asks:
        return None
    spans = reading.without(Meaning.POLITE, Meaning.AGREES, Meaning.PAUSE)
    said = " ".join(word for span in spans for part in span.words for word in _words(part.typed))
    number = _numbers().get(said)
    return number if number is not None and number <= options else None


def _words(text: str) -> Iterator[str]:
    yield from _WORD.findall(folded(text))


@cache
def _numbers() -> Mapping[str, int]:
    """Return the number of every phrase."""
    found = {}
    for number, source in enumerate(CHOICES, start=1):
        for language in ("", "de"):
            for phrase in phrases_of(source, language):
                found[" ".join(_words(phrase))] = number
        for before in phrases_of(BEFORE_A_NUMBER):
            found[" ".join((*_words(before), str(number)))] = number
    return found
