"""
Cut a reply into words that can be looked up, whatever keyboard, mail program or mood it came from.

Every step goes over the text once: no pattern here can try the same letters twice, and runs of combining marks are
cut before Unicode's ordering, which takes the square of their length.

Source:
    Unicode Standard Annex #15 (normalisation forms; D4, stream-safe text); RFC 3676 §4.3 and §4.5 (``-- `` above a
    signature, ``>`` before quoted lines).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

import msgspec

CLOCK: Final = "#"
"""What every time of day, or number that may be one, is looked up as."""
DAY: Final = "@"
"""What every day is looked up as."""
PAUSES: Final = frozenset({".", "?", ","})
"""Words that are none: the end of a sentence, of a question, and a short halt inside of one."""

_MOST_MARKS: Final = 30
"""Combining marks in a row; the limit of stream-safe text. No language of the world needs as many."""
_UNSEEN: Final = frozenset({"Mn", "Me", "Cf"})
_SKIN_TONES: Final = re.compile("[\U0001f3fb-\U0001f3ff]")
_APOSTROPHES: Final = re.compile("(?<=[^\\W_])['\u2018\u2019\u02bc\u00b4`](?=[^\\W_])")
_PLAIN: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i"})
_PIECES: Final = re.compile(
    r"(?P<clock>(?<![^\W_])[0-9]{1,2}(?:[:.h][0-9]{2})?(?: ?[ap]\.?m\b\.?| ?uhr\b| ?h\b)?(?![^\W_]))"
    r"|(?P<word>[^\W_]+)"
    r"|(?P<joint>(?<=[^\W_])\.(?=[^\W_]))"
    r"|(?P<end>[.!?;\n\u3002\u061f\uff1f]+)"
    r"|(?P<halt>[,()/|\u060c\u3001]|(?<=\s)[-\u2013\u2014]+(?=\s))"
    r"|(?P<sign>[^\w\s])",
    re.IGNORECASE,
)
_FACES: Final = re.compile(r"[:;=]-?[)(dp*|\]3]+(?![^\W_])", re.IGNORECASE)
_QUESTION_MARKS: Final = "?\u061f"
_SILENT: Final = frozenset("~^`")
_LONG_RUN: Final = re.compile(r"(.)\1{2,}")
_FEWEST_LETTERS: Final = 3
"""Single letters in a row that may be one word: ``s t o p``."""

_QUOTED: Final = ">"
_SIGNATURE: Final = "--"
_HEADERS: Final = ("wrote:", "escribió:", "a écrit :", "a écrit:", "schrieb:", "napisał:", "napisał(a):", "napisała:")
_ORIGINALS: Final = ("-----original message", "________________________________", "-----ursprüngliche nachricht")
_DEVICES: Final = (
    "sent from my", "sent from outlook", "get outlook for", "enviado desde mi", "envoyé de mon", "envoyé depuis mon",
    "von meinem", "gesendet von", "wysłane z", "wysłano z",
)  # fmt: skip


class Word(msgspec.Struct, frozen=True):
    """One word, emoji or pause of a reply."""

    key: str
    """What it is looked up as: lower case, without accents; ``#`` and ``@`` for times; one of the pauses."""
    typed: str = ""
    """In lower case, as it was typed; empty for a pause."""
    is_loud: bool = False
    """In capitals, with two letters at least."""


class Spelling(msgspec.Struct, frozen=True, kw_only=True):
    """What cutting must know of the words that have a meaning."""

    known: frozenset[str]
    """Every folded word of every phrase."""
    days: frozenset[str]
    """Folded."""
    accented: frozenset[str]
    """Words that mean something else with their accent, so that they keep it."""


def own_words(text: str) -> str:
    r"""
    Return a reply without the lines it quotes, and without what a mail program signs it with.

    A reply that holds nothing else is returned whole, so that no word of a person is lost; so is one with a single
    word behind a sign of quoting and no word beside it, which no copy of a message is.

    >>> own_words("Yes\n> Reply STOP to opt out.\nSent from my phone"), own_words(">STOP\n!")
    ('Yes', '>STOP\n!')
    """
    kept = []
    for line in text.splitlines():
        bare = line.strip()
        low = bare.casefold()
        if bare == _SIGNATURE or low.startswith(_ORIGINALS):
            break
        if not bare.startswith(_QUOTED) and not low.endswith(_HEADERS) and not low.startswith(_DEVICES):
            kept.append(line)
    own = "\n".join(kept).strip()
    is_one_word = sum(any(map(str.isalnum, word)) for word in text.split()) == 1
    return text if not own or is_one_word else own


def folded(text: str) -> str:
    """
    Return text in lower case without accents, for looking up.

    >>> folded("ARRÊTEZ"), folded("Ⓢⓣⓞⓟ"), folded("Größe")
    ('arretez', 'stop', 'grosse')
    """
    low = text.casefold() if text.isascii() else _shaped(text).casefold().translate(_PLAIN)
    return low if low.isascii() else _seen(unicodedata.normalize("NFKD", low))


def key_of(word: str, spelling: Spelling) -> str:
    """Return what one word is looked up as; letters that a thumb held too long count once or twice."""
    low = _shaped(word).casefold()
    if low in spelling.accented:
        return low
    plain = folded(word)
    if plain not in spelling.known:
        squeezed = (_LONG_RUN.sub(shorter, plain) for shorter in (r"\1", r"\1\1"))
        plain = next((short for short in squeezed if short in spelling.known), plain)
    return DAY if plain in spelling.days else plain


def words_of(text: str, spelling: Spelling) -> tuple[Word, ...]:
    """
    Return the words and pauses of a text, in order; other punctuation is left out, unknown signs are words.

    >>> spelling = Spelling(known=frozenset({"stop", "hi"}), days=frozenset({"monday"}), accented=frozenset())
    >>> [word.key for word in words_of("Hi! S.T.O.P. Stoooop... Monday, 9am?", spelling)]
    ['hi', '.', 'stop', '.', 'stop', '.', '@', ',', '#', '?']
    """
    smooth = _FACES.sub(" ", _APOSTROPHES.sub("", _shaped(_APOSTROPHES.sub("", text))))
    known: dict[tuple[str | None, str], Word | None] = {}
    pieces = []
    for match in _PIECES.finditer(smooth):
        piece = match.lastgroup, match[0]
        if piece not in known:
            known[piece] = _word(match, spelling)
        pieces.append(known[piece])
    return tuple(_joined(filter(None, pieces), spelling.known))


def _word(match: re.Match[str], spelling: Spelling) -> Word | None:
    typed, kind = match[0], match.lastgroup
    if kind == "end":
        return Word("?" if any(mark in typed for mark in _QUESTION_MARKS) else ".")
    if kind == "halt":
        return Word(",")
    if kind == "clock":
        return Word(CLOCK, typed.casefold())
    if kind == "sign":
        return None if typed in _SILENT or unicodedata.category(typed).startswith("P") else Word(typed, typed)
    if kind == "word":
        return Word(key_of(typed, spelling), typed.casefold(), is_loud=len(typed) > 1 and typed.isupper())
    return None


def _joined(words: Iterable[Word], known: frozenset[str]) -> Iterator[Word]:
    """Yield the words, with single letters in a row made one word where there is such a word."""
    for is_letter, run in groupby(words, key=lambda word: len(word.key) == 1 and word.key.isalpha()):
        letters = tuple(run)
        whole = "".join(letter.key for letter in letters) if is_letter and len(letters) >= _FEWEST_LETTERS else ""
        if whole in known:
            yield Word(whole, whole)
        else:
            yield from letters


def _shaped(text: str) -> str:
    """Return text in compatibility form, without what nobody sees and marks that belong to no letter."""
    if text.isascii():
        return text
    return _SKIN_TONES.sub("", _seen(unicodedata.normalize("NFKC", _streamed(text))))


def _seen(text: str) -> str:
    return "".join(letter for letter in text if unicodedata.category(letter) not in _UNSEEN)


def _streamed(text: str) -> str:
    """Return text with at most thirty combining marks in a row."""
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)
