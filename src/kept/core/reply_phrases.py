"""
Find the phrases of a reply that have a meaning, from left to right and the longest first, each word once.

A phrase is looked up word by word in a tree, so that the time a reply takes grows with its length and with nothing
else. What the phrases are is data: :mod:`kept.core.reply_words`.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product
from typing import Final

import msgspec

from kept.core.reply_text import CLOCK, DAY, PAUSES, Spelling, Word, folded, words_of
from kept.core.reply_words.shape import Frame, Meaning, ReplyWords

MOST_BETWEEN: Final = 8
"""Words between the two ends of a frame; ours. Further apart they are seldom about each other."""
_OUR_OWN: Final = frozenset({"en", "es", "fr", "de", "pl"})
_RANKS: Final[dict[Meaning | None, int]] = {meaning: rank for rank, meaning in enumerate(Meaning)}
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


class Span(msgspec.Struct, frozen=True):
    """Some words of a reply that mean one thing together."""

    meaning: Meaning | None
    """None for a word that no phrase has."""
    words: tuple[Word, ...]
    languages: frozenset[str] = frozenset()
    """In which the phrase exists; empty for a sign or a word of all languages."""


class _Found(msgspec.Struct, frozen=True):
    """What stands at the end of a phrase in the tree."""

    meaning: Meaning | None
    languages: frozenset[str]
    frame: "_Opened | None" = None
    """Not None when the phrase only opens a frame."""


class _Node(msgspec.Struct):
    """A place in the tree: where each next word leads, and what ends here."""

    after: "dict[str, _Node]" = msgspec.field(default_factory=dict)
    found: list[_Found] = msgspec.field(default_factory=list)


class _Opened(msgspec.Struct, frozen=True):
    """The rest of a frame."""

    between: frozenset[str]
    closers: _Node


_NOTHING: Final = _Found(None, frozenset())
_A_PAUSE: Final = _Found(Meaning.PAUSE, frozenset())


class Phrasebook:
    """All phrases of some meanings, ready to be looked up."""

    def __init__(self, languages: Iterable[ReplyWords], spelling: Spelling, meanings: Iterable[Meaning]) -> None:
        """Take the phrases whose meanings are among *meanings*."""
        self._root = _Node()
        chosen = frozenset(meanings)
        for words in languages:
            tongue = frozenset({words.language}) - {""}
            for meaning, source in words.phrases.items():
                for phrase in phrases_of(source, words.language) if meaning in chosen else ():
                    _plant(self._root, phrase, _Found(meaning, tongue), spelling)
            for frame in words.frames:
                if frame.meaning in chosen:
                    self._plant_frame(frame, words.language, spelling)

    def spans(self, words: Sequence[Word]) -> Iterator[Span]:
        """Yield the whole text as spans, pauses too; nothing is left out and nothing overlaps."""
        start = 0
        while start < len(words):
            end, found = self._longest(words, start)
            yield Span(found.meaning, tuple(words[start:end]), found.languages)
            start = end

    def _longest(self, words: Sequence[Word], start: int) -> tuple[int, _Found]:
        best, what = start + 1, _NOTHING
        if words[start].key in PAUSES:
            return best, _A_PAUSE
        for end, found in _ends(self._root, words, start):
            reach = end if found.frame is None else _closed(found.frame, words, end)
            if reach > best or (reach == best and what is _NOTHING):
                best, what = reach, found
        return best, what

    def _plant_frame(self, frame: Frame, language: str, spelling: Spelling) -> None:
        closers = _Node()
        end = _Found(frame.meaning, frozenset({language}) - {""})
        for phrase in phrases_of(frame.closers, language):
            _plant(closers, phrase, end, spelling)
        between = frozenset(
            key
            for phrase in phrases_of(frame.between, language)
            for word in phrase.split()
            for key in _keys(word, spelling)
        )
        opened = _Found(end.meaning, end.languages, _Opened(between, closers))
        for phrase in phrases_of(frame.openers, language):
            _plant(self._root, phrase, opened, spelling)


def phrases_of(source: str, language: str = "") -> Iterator[str]:
    """
    Yield the phrases that a piece of data stands for.

    Phrases are parted by commas; ``a/b`` is either word, ``-`` is none, ``_`` is a space inside an alternative.
    German phrases come with their umlauts written out as well.

    >>> list(phrases_of("stop texting/do_that me/-, basta"))
    ['stop texting me', 'stop texting', 'stop do that me', 'stop do that', 'basta']
    """
    for entry in filter(None, (part.strip() for part in source.split(","))):
        for choice in product(*(word.split("/") for word in entry.split())):
            phrase = " ".join(word.replace("_", " ") for word in choice if word != "-")
            yield phrase
            if language == "de" and (written_out := phrase.translate(_UMLAUTS)) != phrase:
                yield written_out


def keys_in(source: str, language: str = "") -> frozenset[str]:
    """Return the folded words of all phrases of a piece of data."""
    return frozenset(folded(word) for phrase in phrases_of(source, language) for word in phrase.split())


def spelling_of(languages: Sequence[ReplyWords]) -> Spelling:
    """Return what cutting a text must know of these languages."""
    days = frozenset[str]().union(*(keys_in(words.days, words.language) for words in languages))
    sources = [
        (source, words.language)
        for words in languages
        for source in (*words.phrases.values(), *(part for frame in words.frames for part in frame.texts))
    ]
    known = days.union(*(keys_in(source, language) for source, language in sources))
    accented = frozenset(word for words in languages for word in phrases_of(words.accented))
    return Spelling(known=known, days=days, accented=accented)


def language_of(spans: Iterable[Span]) -> str | None:
    """Return the one language that all the phrases can be in, or None when there are several or none."""
    shared = set(_OUR_OWN)
    named = [span.languages for span in spans if span.languages]
    for languages in named:
        shared &= languages
    return shared.pop() if named and len(shared) == 1 else None


def _plant(root: _Node, phrase: str, found: _Found, spelling: Spelling) -> None:
    node = root
    for word in phrase.split():
        for key in _keys(word, spelling):
            if key not in node.after:
                node.after[key] = _Node()
            node = node.after[key]
    for place, other in enumerate(node.found):
        if other.meaning is found.meaning and other.frame is found.frame is None:
            shared = other.languages | found.languages if other.languages and found.languages else frozenset[str]()
            node.found[place] = _Found(found.meaning, shared)
            return
    node.found.append(found)
    node.found.sort(key=lambda one: _RANKS[one.meaning])


@lru_cache(maxsize=2**14)
def _keys(word: str, spelling: Spelling) -> tuple[str, ...]:
    return (word,) if word in {CLOCK, DAY} else tuple(cut.key for cut in words_of(word, spelling))


def _ends(node: _Node, words: Sequence[Word], start: int) -> Iterator[tuple[int, _Found]]:
    """Yield every phrase that begins at a word, with where it ends. A pause ends all of them."""
    for place in range(start, len(words)):
        step = node.after.get(words[place].key)
        if step is None:
            return
        node = step
        yield from ((place + 1, found) for found in node.found)


def _closed(frame: _Opened, words: Sequence[Word], start: int) -> int:
    """Return where a frame ends that was opened before a word, or 0 when it does not."""
    for place in range(start, min(start + MOST_BETWEEN + 1, len(words))):
        end = max((end for end, _ in _ends(frame.closers, words, place)), default=0)
        if end:
            return end
        if words[place].key not in frame.between:
            break
    return 0
