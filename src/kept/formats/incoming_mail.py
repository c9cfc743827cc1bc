"""
Read a mail that came in, from anybody: bounded, and nothing of it believed.

Python's older mail reader is used on purpose: it takes whatever comes, while the newer one raises on many a real mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from itertools import islice
from typing import Final

MOST_BYTES: Final = 65_536
"""Longest mail that is read; who hands mails over may cut them, because texts and reports stand first."""
MOST_PARTS: Final = 100
"""Parts of a mail, however deep; each has a Content-Type."""

_MOST_NESTED: Final = 20  # Python reads comments within comments, and groups, by a call within a call

_CONTENT_TYPE: Final = re.compile(rb"(?im)^content-type:")
_CHARSET: Final = re.compile(
    r"utf-?8|(us-)?ascii|iso-8859-[0-9]{1,2}|(windows-|cp)125[0-8]|koi8-[ru]|"
    r"gb(2312|k|18030)|big5|shift_jis|euc-(jp|kr)|iso-2022-jp",
    re.IGNORECASE,
)
_MESSAGE_ID: Final = re.compile(r"<([^<>\s]{1,250})>")


class UnreadableMailError(Exception):
    """The mail cannot be read; it says nothing else, because the reason would be somebody's text."""


def incoming_mail(raw: bytes) -> Message:
    """
    Return a mail, taken apart.

    Raises:
        UnreadableMailError: too long, or of too many parts.
    """
    if len(raw) > MOST_BYTES or sum(1 for _ in _CONTENT_TYPE.finditer(raw)) > MOST_PARTS:
        raise UnreadableMailError
    return message_from_bytes(raw)


def parts_of(mail: Message) -> Iterator[Message]:
    """Return all parts, from the outside in and in order; the mail itself is the first."""
    return islice(mail.walk(), MOST_PARTS)


def header(mail: Message, name: str) -> str:
    r"""
    Return a header as one line, or nothing.

    >>> header(incoming_mail(b"Precedence: bulk\n\n"), "precedence")
    'bulk'
    """
    return " ".join(str(mail.get(name) or "").split())


def addresses(mail: Message, *names: str) -> tuple[str, ...]:
    r"""
    Return the addresses in some headers, in order; none of a header that nests one thing in another many times.

    >>> addresses(incoming_mail(b"To: Ann <ann@example.com>, bob@example.com\n\n"), "to")
    ('ann@example.com', 'bob@example.com')
    """
    values = (str(value) for name in names for value in mail.get_all(name) or [])
    found = [value for value in values if value.count("(") + value.count(":") <= _MOST_NESTED]
    return tuple(address for _, address in getaddresses(found) if "@" in address)


def message_ids(mail: Message, name: str) -> tuple[str, ...]:
    r"""
    Return the message ids in a header, in order, without their angle brackets.

    Source:
        RFC 5322 §3.6.4.

    >>> message_ids(incoming_mail(b"References: <1@a> <2@b>\n\n"), "references")
    ('1@a', '2@b')
    """
    return tuple(_MESSAGE_ID.findall(header(mail, name)))


def text_of(part: Message) -> str:
    r"""
    Return the text of a part, whatever it says of its characters; what cannot be read becomes U+FFFD.

    >>> text_of(incoming_mail(b"Content-Type: text/plain; charset=iso-8859-1\n\nJa, gr\xfcezi"))
    'Ja, grüezi'
    """
    content = part.get_payload(decode=True)
    charset = str(part.get_param("charset") or "")
    name = charset if _CHARSET.fullmatch(charset) else "utf-8"
    return content.decode(name, "replace") if isinstance(content, bytes) else ""
