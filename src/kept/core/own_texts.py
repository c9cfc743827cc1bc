"""The practice's own texts in the place of shipped ones: what they are called, and when they may be used."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

import msgspec

from kept.core.errors import InvalidInputError, NotFoundError
from kept.core.people import ChannelName
from kept.core.records import IndexEntry
from kept.core.text_checks import check_template
from kept.core.texts import LANGUAGE_WORDS, REMINDER, TEXT_KINDS, MessageText

_NOTHING: Final = "text of this name, channel and language"


class OwnText(msgspec.Struct, frozen=True, kw_only=True):
    """One text that the practice has written itself."""

    kind: ClassVar[str] = "own_text"

    id: str
    """See :func:`text_id`."""
    version: int = 0
    subject: str = ""
    """That of a mail; empty: the shipped one."""
    text: str
    updated_at: datetime
    updated_by: str
    """Id of the key or the program that wrote it."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return nothing: the practice names those that there are, and they are read by their ids."""
        return ()

    @property
    def message(self) -> MessageText:
        """The text as it is filled."""
        return MessageText(subject=self.subject, text=self.text)


class TextName(msgspec.Struct, frozen=True, kw_only=True):
    """Which text: what it says, by which channel, in which language."""

    template: str
    channel: ChannelName
    language: str
    """Two letters."""

    @property
    def id(self) -> str:
        """The name as one word: ``reminder.sms.en``."""
        return text_id(self.template, self.channel, self.language)


def text_id(template: str, channel: ChannelName, language: str) -> str:
    """
    Return the id of a text.

    >>> text_id("reminder", ChannelName.SMS, "en")
    'reminder.sms.en'
    """
    return f"{template}.{channel.value}.{language}"


def text_named(name: str) -> TextName:
    """
    Return which text an id names.

    Raises:
        NotFoundError: there is none.
    """
    found = next((each for each in every_text() if each.id == name), None)
    if found is None:
        raise NotFoundError(_NOTHING)
    return found


def every_text() -> tuple[TextName, ...]:
    """Return all texts that there are, and that a practice may write anew."""
    return tuple(
        TextName(template=template, channel=channel, language=language)
        for template in TEXT_KINDS
        for channel in ChannelName
        for language in LANGUAGE_WORDS
    )


def check_own(wanted: MessageText, name: TextName | None, *, channel: ChannelName = ChannelName.SMS) -> None:
    """
    Refuse a text that may not be used.

    Args:
        wanted: What the practice wrote.
        name: In whose place; None: it names no text, and is looked at as a reminder.
        channel: What it is for, when nothing is named.

    Raises:
        InvalidInputError: with every rule that it breaks; mere warnings are none.
    """
    problems = check_template(
        wanted.text,
        name.channel if name else channel,
        language=name.language if name else "en",
        template=name.template if name else REMINDER,
        subject=wanted.subject,
    )
    wrong = tuple(p for p in problems if not p.extra.get("warning"))
    if name and name.channel is ChannelName.SMS and wanted.subject:
        raise InvalidInputError.of("subject", "not_for_sms", "has no place in a text message; leave it out")
    if wrong:
        raise InvalidInputError(*wrong)
