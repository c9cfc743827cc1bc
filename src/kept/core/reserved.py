"""
Find the replies that a text asks for and that it must not ask for, because providers act on them by themselves.

"Reply CANCEL to cancel" ends all messages to the person who does so, and cancels nothing.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from kept.core.texts import ASKING, HONEST_WORDS, RESERVED_WORDS


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern for any of some words, the longest first."""
    return "|".join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word))))


_QUOTES: Final = "\"'\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
_VERBS: Final = _any_of(verb for words in ASKING for verb in words.verbs)
_SMALL: Final = _any_of(small for words in ASKING for small in words.small)
_OR: Final = _any_of(either for words in ASKING for either in words.either)
_TO: Final = _any_of(purpose for words in ASKING for purpose in words.purpose)
_CANCELLING: Final = _any_of(verb for words in ASKING for verb in words.cancelling)

_SENTENCE_END: Final = re.compile(r"[.!?\n]+")
_ASKS: Final = re.compile(rf"(?<!\w)(?:{_VERBS})(?!\w)", re.IGNORECASE)
_FIRST_WORDS: Final = re.compile(
    rf"[\s:{_QUOTES}]*(?:(?:{_SMALL})\s+)*[{_QUOTES}]?(?:[\w-]{{1,12}}[{_QUOTES}]?\s*(?:,|/|\b(?:{_OR})\b)\s*)*"
    rf"[{_QUOTES}]?",
    re.IGNORECASE,
)
"""What may stand between "reply" and a word that is asked for: ``with``, ``"``, ``C or``."""
_REACH: Final = 80
"""Characters; ours. Further on nobody takes a plain word for the reply."""
_AND_THEN: Final = re.compile(rf"[{_QUOTES}]?,?\s*(?:=|(?:{_TO})\b)", re.IGNORECASE)
_STOP_MISUSED: Final = re.compile(
    rf"(?<!\w)(?-i:STOP)[{_QUOTES}]?(?:\s*=\s*|,?\s+(?:{_TO})\s+)(?:\w{{1,20}}\s+){{0,3}}(?:{_CANCELLING})(?!\w)",
    re.IGNORECASE,
)
_STOP_USED: Final = re.compile(
    rf"(?<!\w)STOP[{_QUOTES}]?\s+(?:{_TO})\s+(?:opt[\s-]?out|unsubscribe|end|quit)", re.IGNORECASE
)


def asked_words(text: str) -> tuple[str, ...]:
    """
    Return the reserved replies that a text asks for in another sense than the providers', each once, in capitals.

    A word counts when it stands right after a verb that asks for it, in capitals or quotes anywhere in that sentence,
    or in capitals before "to" or "=". Plain words, as in "call us to cancel", do not.

    >>> asked_words("Reply CONFIRM to confirm or CANCEL to cancel.")
    ('CANCEL',)
    >>> asked_words("Call us to cancel. Reply STOP to opt out.")
    ()
    """
    found = ["STOP"] if _STOP_MISUSED.search(text) else []
    for sentence in _SENTENCE_END.split(_STOP_USED.sub("STOP", text)):
        asks = _ASKS.search(sentence)
        found += [
            match[0].upper()
            for match in _reserved().finditer(sentence)
            if _is_asked_for(sentence, match, asks) and match[0].upper() not in HONEST_WORDS
        ]
    return tuple(dict.fromkeys(found))


def meaning_of(word: str) -> str:
    """
    Return what providers do with a reserved word.

    >>> meaning_of("YES")
    'start messages to that number again'
    """
    if any(word in words.opt_out for words in RESERVED_WORDS.values()):
        return "end all messages to that number"
    return "start messages to that number again"


def _is_asked_for(sentence: str, match: re.Match[str], asks: re.Match[str] | None) -> bool:
    is_loud = match[0].isupper()
    if is_loud and _AND_THEN.match(sentence, match.end()):
        return True
    if asks is None or match.start() < asks.end():
        return False
    is_quoted = sentence[match.start() - 1] in _QUOTES and sentence[match.end() : match.end() + 1] in tuple(_QUOTES)
    between = sentence[asks.end() : match.start()]
    is_first = len(between) <= _REACH and _FIRST_WORDS.fullmatch(between) is not None
    return is_loud or is_quoted or is_first


@cache
def _reserved() -> re.Pattern[str]:
    words = {word for kind in RESERVED_WORDS.values() for word in (*kind.opt_out, *kind.opt_in, *kind.help)}
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE)
