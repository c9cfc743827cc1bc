"""As whom mails go, and with which events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError
from kept.formats.mail import MailSender, is_address

_CONFIGURATION_SET: Final = re.compile(r"[A-Za-z0-9_-]{0,64}")


class SesSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings. Wrong ones raise InvalidInputError, all problems at once."""

    sender: str
    """Address in From; it or its domain must be a verified identity of the account."""
    sender_name: str = ""
    reply_to: str = ""
    """Address for answers; empty: the sender's."""
    configuration_set: str = ""
    """Whose event destination says what became of a mail; empty: nobody says it."""

    def __post_init__(self) -> None:
        """Check the values."""
        problems = tuple(_problems(self))
        if problems:
            raise InvalidInputError(*problems)

    @property
    def mail_sender(self) -> MailSender:
        """Who writes."""
        domain = self.sender.rpartition("@")[2]
        return MailSender(address=self.sender, name=self.sender_name, reply_to=self.reply_to, domain=domain)


def _problems(settings: SesSettings) -> Iterator[FieldProblem]:
    if not is_address(settings.sender):
        yield _problem("sender", "must be one plain e-mail address, such as reminders@example.com")
    if settings.reply_to and not is_address(settings.reply_to):
        yield _problem("reply_to", "must be one plain e-mail address, or empty")
    if not settings.sender_name.isprintable():
        yield _problem("sender_name", "must be one line of text")
    if not _CONFIGURATION_SET.fullmatch(settings.configuration_set):
        yield _problem("configuration_set", "must be the name of a configuration set")


def _problem(field: str, message: str) -> FieldProblem:
    return FieldProblem(field=field, code="invalid_setting", message=message)
