"""
Read a reply: cut it into words and phrases once, so that rules only look.

It is read twice, because the same words are parts of longer phrases about visits and about messages: "I need to cancel"
is a whole, and so is "cancel these texts".
"""

from collections.abc import Iterator
from functools import cache, cached_property
from itertools import pairwise
from typing import Final

from kept.core.reply_phrases import Phrasebook, Span, keys_in, spelling_of
from kept.core.reply_text import CLOCK, DAY, PAUSES, Spelling, Word, folded, own_words, words_of
from kept.core.reply_words import REPLY_WORDS
from kept.core.reply_words.shape import Meaning

_ABOUT_ENDING: Final = frozenset(
    {
        Meaning.STOP, Meaning.OPT_OUT_ALONE, Meaning.OPT_OUT, Meaning.NOT_STOP, Meaning.OUR_OWN_WORDS, Meaning.POLITE,
        Meaning.AGREES, Meaning.NO, Meaning.REQUEST, Meaning.CANCEL, Meaning.OPT_IN, Meaning.HELP, Meaning.GLUE,
    }
)  # fmt: skip
_ABOUT_VISITS: Final = frozenset(Meaning) - {
    Meaning.STOP, Meaning.OPT_OUT_ALONE, Meaning.OPT_OUT, Meaning.OUR_OWN_WORDS, Meaning.GLUE, Meaning.PAUSE
}  # fmt: skip
_REFUSALS: Final = frozenset({Meaning.NO, Meaning.CANNOT, Meaning.DOUBT})
_REFUSED: Final = frozenset({Meaning.CANCEL, Meaning.CANCEL_VISIT, Meaning.MOVE})
_SENTENCE_ENDS: Final = frozenset({".", "?"})


class Reading:
    """A reply, cut into words and phrases."""

    def __init__(self, text: str) -> None:
        """Cut a reply, without what it quotes."""
        self.text = own_words(text)
        spelling, ending, visits, _ = _books()
        self.words: tuple[Word, ...] = words_of(self.text, spelling)
        self.about_ending: tuple[Span, ...] = tuple(
            span for span in ending.spans(self.words) if not _is_mere_sign(span)
        )
        self.about_visits: tuple[Span, ...] = tuple(visits.spans(self.words))

    @cached_property
    def meanings(self) -> frozenset[Meaning | None]:
        """All that it says about visits; None when a word of it is unknown."""
        return frozenset(span.meaning for span in self.about_visits) - {Meaning.PAUSE}

    @cached_property
    def asks(self) -> bool:
        """Whether it has a question mark."""
        return any(word.key == "?" for word in self.words)

    @cached_property
    def mentioned(self) -> tuple[str, ...]:
        """Times and days, as typed."""
        named = (word for span in self.without(Meaning.POLITE) for word in span.words)
        return tuple(word.typed for word in named if word.key in {CLOCK, DAY})

    @property
    def turns_itself_around(self) -> bool:
        """Whether a refusal stands right before what it may be a refusal of, as in "I won't cancel"."""
        meanings = [span.meaning for span in self.about_visits]
        return any(one in _REFUSALS and two in _REFUSED for one, two in pairwise(meanings))

    @property
    def names_near_days_only(self) -> bool:
        """Whether all that it mentions is today or tomorrow."""
        near = _books()[3]
        return all(folded(typed) in near for typed in self.mentioned)

    @property
    def has_small_letters(self) -> bool:
        """Whether not all of it is in capitals."""
        return any(len(word.typed) > 1 and word.typed.isalpha() and not word.is_loud for word in self.words)

    @property
    def holds_end(self) -> bool:
        """Whether it ends messages in a writing without spaces."""
        plain = folded(self.text)
        return any(letters in plain for words in REPLY_WORDS for letters in words.within)

    @property
    def sentences_about_ending(self) -> Iterator[tuple[Span, ...]]:
        """The phrases of each sentence, and of each part between commas, read for wishes to end messages."""
        yield from _parts(self.about_ending, _SENTENCE_ENDS)
        yield from _parts(self.about_ending, PAUSES)

    @property
    def clauses_about_visits(self) -> Iterator[tuple[Span, ...]]:
        """The phrases between commas and full stops, read for what becomes of the visit."""
        return _parts(self.about_visits, PAUSES)

    def spans_of(self, *meanings: Meaning) -> tuple[Span, ...]:
        """Return the phrases of these meanings, of whichever reading knows them."""
        known = self.about_visits if _ABOUT_VISITS.issuperset(meanings) else self.about_ending
        return tuple(span for span in known if span.meaning in meanings)

    def without(self, *meanings: Meaning) -> tuple[Span, ...]:
        """Return the phrases about visits of all other meanings."""
        return tuple(span for span in self.about_visits if span.meaning not in meanings)


def _is_mere_sign(span: Span) -> bool:
    """Tell whether a span is a sign that means nothing, such as an angry face: it takes nothing from STOP beside it."""
    return span.meaning is None and not span.words[0].key[0].isalnum() and span.words[0].key not in {CLOCK, DAY}


def _parts(spans: tuple[Span, ...], ends: frozenset[str]) -> Iterator[tuple[Span, ...]]:
    part: list[Span] = []
    for span in spans:
        if span.meaning is not Meaning.PAUSE:
            part.append(span)
        elif span.words[0].key in ends:
            yield tuple(part)
            part = []
    yield tuple(part)


@cache
def _books() -> tuple[Spelling, Phrasebook, Phrasebook, frozenset[str]]:
    spelling = spelling_of(REPLY_WORDS)
    near = frozenset[str]().union(*(keys_in(words.near_days, words.language) for words in REPLY_WORDS))
    ending, visits = (Phrasebook(REPLY_WORDS, spelling, chosen) for chosen in (_ABOUT_ENDING, _ABOUT_VISITS))
    return spelling, ending, visits, near
