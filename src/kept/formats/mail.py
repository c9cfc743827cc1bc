"""
A message as an e-mail, the same through every provider that takes whole mails.

Built from parts that are checked here, so that no text can add a header or a recipient.
"""

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

from kept.formats.icalendar import calendar_document
from kept.ports.channel import OutgoingMessage

_POLICY: Final = SMTP.clone(cte_type="7bit")  # then no server needs 8BITMIME, and none re-encodes
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_LONGEST_ADDRESS: Final = 254  # RFC 5321 §4.5.3.1.3: a path has 256 characters, two of them the angle brackets
_ATOM: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_LONGEST_ATOM: Final = 100
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
_LINK: Final = re.compile(r"https://[A-Za-z0-9%/?#@!$&'*+,;=:._~\[\]-]{1,900}")  # a line has 998 (RFC 5322 §2.1.1)


class InvalidMailError(Exception):
    """The message cannot be written as a mail; it says nothing else, because the reason would be a person's text."""


class MailSender(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes."""

    address: str
    name: str = ""
    """Shown beside the address."""
    reply_to: str = ""
    """Address for answers; empty: the sender's."""
    domain: str
    """After the @ of Message-ID."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, written."""

    to: str
    message_id: str
    """Without the angle brackets; the same for every copy of the message."""
    content: bytes
    """Headers and body, seven bits, lines ending in CRLF."""


def is_address(text: str) -> bool:
    """
    Return whether this is exactly one address that every server understands.

    No second one behind a comma, no name, no quotes, and nothing beyond ASCII, which would need SMTPUTF8.

    >>> is_address("ann@example.com"), is_address("ann@example.com,bob@example.com")
    (True, False)
    """
    return len(text) <= _LONGEST_ADDRESS and bool(_ADDRESS.fullmatch(text))


def mail_of(message: OutgoingMessage, sender: MailSender, *, now: datetime) -> Mail:
    """
    Return the mail for a message.

    The visit becomes a third way to read the mail, beside text and HTML, so that mailboxes offer to put it into the
    calendar, or to take it out.

    Raises:
        InvalidMailError: not one plain address, text that no header or body can hold, such as a line break in the
            subject, or an address to unsubscribe that is not https.

    Source:
        RFC 5322 §3.6; RFC 3834 §5 (Auto-Submitted); RFC 4021 §2.1.50 (Expires); RFC 8058 §3.1 (one-click
        unsubscription); RFC 6047 §2.4 (text/calendar and its method).
    """
    if not is_address(message.to) or not _LANGUAGE.fullmatch(message.language) or not message.subject.isprintable():
        raise InvalidMailError
    message_id = f"{_message_id_left(message.dedupe_key)}@{sender.domain}"
    try:
        mail = EmailMessage(policy=_POLICY)
        _add_headers(mail, message, sender, now)
        mail["Message-ID"] = f"<{message_id}>"
        _add_content(mail, message, sender, now)
        content = mail.as_bytes()
    except (ValueError, MessageError):
        raise InvalidMailError from None
    return Mail(to=message.to, message_id=message_id, content=_unsubscription(message.unsubscribe_url) + content)


def _add_headers(mail: EmailMessage, message: OutgoingMessage, sender: MailSender, now: datetime) -> None:
    mail["From"] = Address(display_name=sender.name, addr_spec=sender.address)
    mail["To"] = Address(addr_spec=message.to)
    if sender.reply_to:
        mail["Reply-To"] = Address(addr_spec=sender.reply_to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(now)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Expires"] = format_datetime(message.expires_at.astimezone(UTC))


def _add_content(mail: EmailMessage, message: OutgoingMessage, sender: MailSender, now: datetime) -> None:
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    if message.calendar:
        document = calendar_document(message.calendar, organizer=sender.reply_to or sender.address, now=now)
        mail.add_alternative(document, subtype="calendar", params={"method": message.calendar.method.value})
    mail["Content-Language"] = message.language  # last: setting content drops Content-... or moves it into a part


def _unsubscription(link: str) -> bytes:
    """
    Return the header lines that offer to unsubscribe, or nothing.

    Written by hand, because the library would fold a long link, and encode it as words.
    """
    if not link:
        return b""
    if not _LINK.fullmatch(link):
        raise InvalidMailError
    return f"List-Unsubscribe: <{link}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode("ascii")


def _message_id_left(dedupe_key: str) -> str:
    """Return the left part of Message-ID: the key itself where RFC 5322 §3.2.3 allows, else its digest."""
    if len(dedupe_key) <= _LONGEST_ATOM and _ATOM.fullmatch(dedupe_key):
        return dedupe_key
    return hashlib.sha256(dedupe_key.encode(errors="surrogatepass")).hexdigest()
