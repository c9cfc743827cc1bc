"""A message in the form that mail servers pass on."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import msgspec

from kept.adapters.smtp.settings import SmtpSettings, is_address
from kept.ports.channel import OutgoingMessage

_POLICY: Final = SMTP.clone(cte_type="7bit")  # then no server needs 8BITMIME, and none re-encodes
_ATOM: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_LONGEST_ATOM: Final = 100
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_LINE_STARTS_WITH_DOT: Final = re.compile(rb"(?m)^\.")


class InvalidLetterError(Exception):
    """The message cannot be written as a mail; it says nothing else, because the reason would be a person's text."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, ready for DATA."""

    to: str
    message_id: str
    """Without the angle brackets."""
    content: bytes
    """Headers and body with CRLF, dots doubled, ending in CRLF; without the final dot."""
    expires_at: datetime


def letter_of(message: OutgoingMessage, settings: SmtpSettings, *, now: datetime) -> Letter:
    """
    Return the mail for a message.

    Raises:
        InvalidLetterError: not one plain address, or text that no header or body can hold, such as a line break
            in the subject.

    Source:
        RFC 5322 §3.6; RFC 3834 §5 (Auto-Submitted); RFC 4021 §2.1.50 (Expires); RFC 5321 §4.5.2 (dots).
    """
    if not is_address(message.to) or not _LANGUAGE.fullmatch(message.language):
        raise InvalidLetterError
    message_id = f"{_message_id_left(message.dedupe_key)}@{settings.domain}"
    try:
        content = _mail(message, settings, message_id, now).as_bytes()
    except (ValueError, MessageError):
        raise InvalidLetterError from None
    dotted = _LINE_STARTS_WITH_DOT.sub(b"..", content)
    ended = dotted if dotted.endswith(b"\r\n") else dotted + b"\r\n"
    return Letter(to=message.to, message_id=message_id, content=ended, expires_at=message.expires_at)


def _mail(message: OutgoingMessage, settings: SmtpSettings, message_id: str, now: datetime) -> EmailMessage:
    if not message.subject.isprintable():
        raise InvalidLetterError
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(display_name=settings.sender_name, addr_spec=settings.sender)
    mail["To"] = Address(addr_spec=message.to)
    if settings.reply_to:
        mail["Reply-To"] = Address(addr_spec=settings.reply_to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Expires"] = format_datetime(message.expires_at.astimezone(UTC))
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    mail["Content-Language"] = message.language  # last: setting content drops Content-... or moves it into a part
    return mail


def _message_id_left(dedupe_key: str) -> str:
    """Return the left part of Message-ID: the key itself where RFC 5322 §3.2.3 allows, else its digest."""
    if len(dedupe_key) <= _LONGEST_ATOM and _ATOM.fullmatch(dedupe_key):
        return dedupe_key
    return hashlib.sha256(dedupe_key.encode(errors="surrogatepass")).hexdigest()
