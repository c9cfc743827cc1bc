"""
Find the replies that a text asks for and that it must not ask for, because providers act on them by themselves.

"Reply CANCEL to cancel" ends all messages to the person who does so, and cancels nothing.
"""

import re
from functools import cache
from typing import Final

from kept.core.texts import ASKING_VERBS, CANCELLING_VERBS, HONEST_WORDS, RESERVED_WORDS

_QUOTES: Final = "\"'\u2018\u2019\u201c\u201d\u00ab\u00bb"
_SENTENCE_END: Final = re.compile(r"[.!?\n]+")
_ASKS: Final = re.compile(rf"(?<!\w)(?:{'|'.join(ASKING_VERBS)})(?!\w)", re.IGNORECASE)
_FIRST_WORDS: Final = re.compile(
    rf"[\s:{_QUOTES}]*(?:(?:with|back|us|con)\s+)*[{_QUOTES}]?(?:[\w-]{{1,12}}[{_QUOTES}]?\s*(?:,|/|\bor\b|\bo\b)\s*)*"
    rf"[{_QUOTES}]?"
)
"""What may stand between "reply" and a word that is asked for: ``with``, ``"``, ``C or``."""
_REACH: Final = 80
"""Characters; ours. Further on nobody takes a plain word for the reply."""
_AND_THEN: Final = re.compile(r"\s*(?:=|(?:to|para)\b)", re.IGNORECASE)
_STOP_MISUSED: Final = re.compile(rf"(?<!\w)STOP[{_QUOTES}]?\s+(?:to|para)\s+(?:{'|'.join(CANCELLING_VERBS)})(?!\w)")
_STOP_USED: Final = re.compile(
    rf"(?<!\w)STOP[{_QUOTES}]?\s+(?:to|para)\s+(?:opt[\s-]?out|unsubscribe|end|quit)", re.IGNORECASE
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
