"""
The words that Kept sends, as data: shipped texts by name, channel and language, and the words that providers keep.

A shipped text holds no more than who writes, when, where and whom to call: no reason of the visit, no specialty, no
number of a record; a first name only where several people share one telephone. Nothing here is code; how a text is
filled is in :mod:`kept.core.wording`.

Source:
    45 CFR 164.502(b) (a message discloses no more than it needs to); 47 CFR 64.1200(a)(9)(iv) (an appointment text
    names the sender and how to reach it, has 160 characters at most and an easy way out).
"""

from typing import Final

from kept.core.people import ChannelName
from kept.core.texts.english import ENGLISH
from kept.core.texts.french import FRENCH
from kept.core.texts.german import GERMAN
from kept.core.texts.lookalikes import GSM_LOOKALIKES
from kept.core.texts.polish import POLISH
from kept.core.texts.reserved_replies import HONEST_WORDS, RESERVED_WORDS, ReservedWords
from kept.core.texts.shape import (
    BOOKED,
    CANCELLED,
    HELP,
    MISSED,
    MOVED,
    NOTICE,
    REMINDER,
    REMINDER_ASKING,
    REMINDER_SEVERAL,
    TEXT_KINDS,
    UNCLEAR,
    WHICH_VISIT,
    AskingWords,
    LanguageWords,
    MessageText,
    MessageWords,
    TextKind,
)
from kept.core.texts.spanish import SPANISH

__all__ = [
    "ASKING",
    "BOOKED",
    "CANCELLED",
    "FALLBACK_LANGUAGE",
    "GSM_LOOKALIKES",
    "HELP",
    "HONEST_WORDS",
    "LANGUAGE_WORDS",
    "MISSED",
    "MOVED",
    "NOTICE",
    "REMINDER",
    "REMINDER_ASKING",
    "REMINDER_SEVERAL",
    "RESERVED_WORDS",
    "TEXTS",
    "TEXT_KINDS",
    "UNCLEAR",
    "WHICH_VISIT",
    "LanguageWords",
    "MessageText",
    "ReservedWords",
    "TextKind",
]

FALLBACK_LANGUAGE: Final = "en"
"""Where a text exists in no better language. Every shipped text exists in it."""

_LANGUAGES: Final[tuple[MessageWords, ...]] = (ENGLISH, SPANISH, FRENCH, GERMAN, POLISH)

TEXTS: Final[dict[tuple[str, ChannelName, str], MessageText]] = {
    (name, channel, words.language): text
    for words in _LANGUAGES
    for channel in ChannelName
    for name, text in words.texts(channel).items()
}
"""Every shipped text by name, channel and language."""

LANGUAGE_WORDS: Final[dict[str, LanguageWords]] = {words.language: words.dates for words in _LANGUAGES}
"""
One row for every language of a shipped text. The date stands beside "tomorrow", because a message that a carrier held
for an hour, or that is read in the morning, would else name another day.
"""

ASKING: Final[tuple[AskingWords, ...]] = tuple(words.asking for words in _LANGUAGES)
"""How each language asks for a reply. All are read in every text: a text may mix languages."""
