"""A mail in the form that goes over the wire to a mail server."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

import msgspec

from kept.adapters.smtp.settings import SmtpSettings
from kept.formats.mail import MailSender, mail_of
from kept.ports.channel import OutgoingMessage

_LINE_STARTS_WITH_DOT: Final = re.compile(rb"(?m)^\.")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, ready for DATA."""

    to: str
    message_id: str
    """Without the angle brackets."""
    content: bytes
    """Headers and body with CRLF, dots doubled, ending in CRLF; without the final dot."""
    expires_at: datetime
    return_path: str
    """Where failures are reported to."""
    attempt_id: str
    """Comes back with every report; empty: nobody reads them, and none but failures are asked for."""


def letter_of(message: OutgoingMessage, settings: SmtpSettings, *, now: datetime) -> Letter:
    """
    Return the letter for a message.

    Raises:
        InvalidMailError: it cannot be written as a mail.

    Source:
        RFC 5321 §4.5.2 (dots).
    """
    sender = MailSender(
        address=settings.sender, name=settings.sender_name, reply_to=settings.reply_to, domain=settings.domain
    )
    mail = mail_of(message, sender, now=now)
    dotted = _LINE_STARTS_WITH_DOT.sub(b"..", mail.content)
    ended = dotted if dotted.endswith(b"\r\n") else dotted + b"\r\n"
    path = settings.return_path
    return Letter(
        to=mail.to,
        message_id=mail.message_id,
        content=ended,
        expires_at=message.expires_at,
        return_path=path.of_attempt(message.attempt_id) if path else settings.sender,
        attempt_id=message.attempt_id if path else "",
    )
