"""What one language of messages is made of, and the names of all texts."""

from typing import Final

import msgspec

from kept.core.people import ChannelName


class MessageText(msgspec.Struct, frozen=True, kw_only=True):
    """One text before its placeholders are filled."""

    subject: str = ""
    """Empty for SMS."""
    text: str


class TextKind(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of every text of one name, in whatever language."""

    must_hold: tuple[str, ...] = ()
    """Placeholders without which it says nothing; they have a value here and nowhere else."""
    names_stop: bool = True
    """Whether the text message says how to end them all. An answer to what somebody has just written need not."""


REMINDER: Final = "reminder"
REMINDER_ASKING: Final = "reminder_asking"
"""Asks for an answer: C to confirm, R for another time."""
REMINDER_SEVERAL: Final = "reminder_several"
"""Several visits in one message."""
BOOKED: Final = "booked"
MOVED: Final = "moved"
CANCELLED: Final = "cancelled"
MISSED: Final = "missed"
"""After a visit to which nobody came."""
NOTICE: Final = "notice"
"""What the practice tells everybody concerned, in its own words."""
HELP: Final = "help"
"""The answer to HELP."""
UNCLEAR: Final = "unclear"
"""The answer to what no rule understands: a person will see to it."""
WHICH_VISIT: Final = "which_visit"
"""Asks which of several visits an answer was about."""

TEXT_KINDS: Final[dict[str, TextKind]] = {
    REMINDER: TextKind(),
    REMINDER_ASKING: TextKind(),
    REMINDER_SEVERAL: TextKind(must_hold=("visits",)),
    BOOKED: TextKind(),
    MOVED: TextKind(),
    CANCELLED: TextKind(),
    MISSED: TextKind(),
    NOTICE: TextKind(must_hold=("words",)),
    HELP: TextKind(),
    UNCLEAR: TextKind(names_stop=False),
    WHICH_VISIT: TextKind(must_hold=("options",), names_stop=False),
}


class LanguageWords(msgspec.Struct, frozen=True, kw_only=True):
    """What a language adds to dates; the dates themselves come from Unicode's CLDR. ``{0}`` is what is added to."""

    today: str
    tomorrow: str
    on: str
    """In front of a date that is neither."""
    zone: str
    """Names the zone of a city."""
    clock: str = "{0}"
    """A time of day in a list, where no sentence stands around it."""


class AskingWords(msgspec.Struct, frozen=True, kw_only=True):
    """The words by which a text asks for a reply; small letters, accents as they are written."""

    verbs: tuple[str, ...]
    """Words after which a text asks for a reply."""
    small: tuple[str, ...]
    """What may stand between such a word and the reply: ``with``."""
    either: tuple[str, ...]
    """Between two replies: ``or``."""
    purpose: tuple[str, ...]
    """After the reply, before what it is for: ``to``."""
    cancelling: tuple[str, ...]
    """What STOP must not be offered for: it ends all messages and changes no appointment."""


class MessageWords(msgspec.Struct, frozen=True, kw_only=True):
    """One language: its shipped texts, its words for dates, and its words that ask."""

    language: str
    dates: LanguageWords
    asking: AskingWords
    sms: dict[str, MessageText]
    """By name; every name has one."""
    email: dict[str, MessageText]

    def texts(self, channel: ChannelName) -> dict[str, MessageText]:
        """Return the texts of one channel by name."""
        return self.sms if channel is ChannelName.SMS else self.email
