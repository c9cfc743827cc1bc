"""
What a mail server says of a mail later: reports of delivery, delay and failure, and complaints.

Only the fields made for machines count. Subjects and sentences are for people, differ from server to server, and can be
written by anybody.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.message import Message
from typing import Final

import msgspec

from kept.core.receipts import DeliveryReceipt, FailureClass, ReceiptState
from kept.formats.incoming_mail import addresses, header, message_ids, parts_of

MOST_RECIPIENTS: Final = 10
"""Recipients of a report that are looked at; each of our mails has one, behind which may stand a few."""

_STATES: Final[Mapping[str, ReceiptState]] = {
    "delivered": ReceiptState.DELIVERED,
    "relayed": ReceiptState.SENT,
    "expanded": ReceiptState.SENT,
    "delayed": ReceiptState.DELAYED,
    "failed": ReceiptState.FAILED,
}
_COMPLAINT: Final = "complaint"
_STATUS: Final = re.compile(r"([245])\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.])")
_DIAGNOSTIC: Final = re.compile(r"(?i)smtp\s*;.{0,40}?(?<![0-9.])([45]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_ATTEMPT: Final = re.compile(r"[A-Za-z0-9_-]{1,100}\.email\.[0-9]{1,3}")
_NOTIFIED: Final = re.compile(r"[A-Za-z0-9_-]{1,100}\.email")
_DELIVERED_TO: Final = ("delivered-to", "x-original-to", "envelope-to", "to")

_OURS: Final = frozenset({"1.7", "1.8", "2.3", "3.4"})
_DEAD: Final = frozenset({"2.1", "4.4"})
_LATER: Final = frozenset({"1.9", "2.2"})


class ReturnPath(msgspec.Struct, frozen=True, kw_only=True):
    """Where reports go, and the attempt that each is about."""

    address: str
    """Without the attempt."""
    message_domain: str
    """After the @ of our Message-IDs."""

    def of_attempt(self, attempt_id: str) -> str:
        """
        Return the address for reports about one attempt, from which it is read even when all else is mangled.

        The plain address when the attempt does not fit into it.

        Source:
            RFC 5233 §1 (detail behind a plus sign); RFC 5321 §4.5.3.1.1 (64 characters before the @).

        >>> ReturnPath(address="bounces@example.com", message_domain="example.com").of_attempt("ntf_1.email.2")
        'bounces+ntf_1.email.2@example.com'
        """
        local, _, domain = self.address.rpartition("@")
        tagged = f"{local}+{attempt_id}"
        fits = _ATTEMPT.fullmatch(attempt_id) and len(tagged) <= 64  # noqa: PLR2004  see Source
        return f"{tagged}@{domain}" if fits else self.address

    def attempt_in(self, address: str) -> str:
        """
        Return the attempt that an address names, or nothing.

        >>> path = ReturnPath(address="bounces@example.com", message_domain="example.com")
        >>> path.attempt_in("bounces+ntf_1.email.2@EXAMPLE.com"), path.attempt_in("ann@example.com")
        ('ntf_1.email.2', '')
        """
        own_local, _, own_domain = self.address.rpartition("@")
        local, _, domain = address.rpartition("@")
        head, _, tag = local.rpartition("+")
        is_own = head.casefold() == own_local.casefold() and domain.casefold() == own_domain.casefold()
        return tag if is_own and _ATTEMPT.fullmatch(tag) else ""


class _About(msgspec.Struct, frozen=True, kw_only=True):
    """Which mail a report is about."""

    attempt_id: str
    message_id: str


def is_report(mail: Message) -> bool:
    """Tell whether a mail is a report of a machine to a machine, of whatever kind (RFC 6522)."""
    return mail.get_content_type() == "multipart/report"


def delivery_receipts(mail: Message, path: ReturnPath, *, at: datetime) -> tuple[DeliveryReceipt, ...]:
    """
    Return what a report says of our mail; nothing when it is none, or about no mail of ours.

    The mail is known by the envelope id that was handed over with it, else by the address that the report was sent to,
    else by the Message-ID of what was returned.

    Args:
        mail: As it came.
        path: Where our reports go.
        at: When it came.

    Source:
        RFC 3464 §2.2 and §2.3 (fields), RFC 3461 §4.4 (envelope id), RFC 5965 §3 (complaints).
    """
    if not is_report(mail):
        return ()
    parts = tuple(parts_of(mail))
    statuses = next((_blocks(part) for part in parts if part.get_content_type() == "message/delivery-status"), ())
    complaints = next((_blocks(part) for part in parts if part.get_content_type() == "message/feedback-report"), ())
    about = _about(mail, parts, (*statuses[:1], *complaints[:1]), path)
    if about is None:
        return ()
    told = [*_recipients(statuses[1:]), *((_COMPLAINT, _complaint(block)) for block in complaints[:1])]
    return tuple(_receipt(about, action, code, at=at) for action, code in told)


def failure_class(status: str) -> FailureClass:
    """
    Return what can be done about a mail that failed, by its status.

    Source:
        RFC 3463 §3; the IANA registry "SMTP Enhanced Status Codes".

    >>> failure_class("5.1.1"), failure_class("5.2.2"), failure_class("4.4.7")
    (<FailureClass.PERMANENT: 'permanent'>, <FailureClass.TRANSIENT: 'transient'>, <FailureClass.EXPIRED: 'expired'>)
    """
    found = _STATUS.fullmatch(status)
    if found is None:
        return FailureClass.UNKNOWN
    kind, subject, detail = found.groups()
    what = f"{int(subject)}.{int(detail)}"
    if what == "4.7":
        return FailureClass.EXPIRED
    if kind == "4" or what in _LATER:
        return FailureClass.TRANSIENT
    if what in _OURS or subject in {"6", "7"}:
        return FailureClass.OURS
    return FailureClass.PERMANENT if subject == "1" or what in _DEAD else FailureClass.UNKNOWN


def _blocks(part: Message) -> tuple[Message, ...]:
    """Return the groups of fields of a report; each stands like the headers of a mail of its own."""
    content = part.get_payload()
    return tuple(block for block in content if isinstance(block, Message)) if isinstance(content, list) else ()


def _about(mail: Message, parts: tuple[Message, ...], first: tuple[Message, ...], path: ReturnPath) -> _About | None:
    """Return which mail a report is about, or None when it is none of ours."""
    envelope = (header(block, "original-envelope-id") for block in first)
    reported = (path.attempt_in(a) for block in first for a in addresses(block, "original-mail-from"))
    sent_to = (path.attempt_in(address) for address in addresses(mail, *_DELIVERED_TO))
    attempt_id = next((text for text in (*envelope, *reported, *sent_to) if _ATTEMPT.fullmatch(text)), "")
    returned = (i for part in parts for i in _original_ids(part) if _is_ours(i, path))
    by_attempt = f"{attempt_id.rpartition('.')[0]}@{path.message_domain}" if attempt_id else ""
    message_id = by_attempt or next(returned, "")
    return _About(attempt_id=attempt_id, message_id=message_id) if message_id else None


def _is_ours(message_id: str, path: ReturnPath) -> bool:
    """Tell whether a Message-ID is one that we gave: a notification and its channel, at our domain."""
    left, _, domain = message_id.rpartition("@")
    return domain.casefold() == path.message_domain.casefold() and bool(_NOTIFIED.fullmatch(left))


def _original_ids(part: Message) -> tuple[str, ...]:
    """Return the Message-ID of a mail that a report holds, whole or its headers alone."""
    if part.get_content_type() == "text/rfc822-headers":
        text = part.get_payload()
        lines = text.splitlines() if isinstance(text, str) else []
        found = (line.partition(":")[2] for line in lines if line.lower().startswith("message-id:"))
        return tuple(i.strip().strip("<>") for i in found)
    content = part.get_payload() if part.get_content_type() == "message/rfc822" else None
    inner = content[0] if isinstance(content, list) and content else None
    return message_ids(inner, "message-id") if isinstance(inner, Message) else ()


def _recipients(blocks: tuple[Message, ...]) -> Iterator[tuple[str, str]]:
    """Return action and status of each recipient that a report tells of."""
    for block in blocks[:MOST_RECIPIENTS]:
        action = header(block, "action").casefold()
        if action in _STATES:
            yield action, _status(block)


def _status(block: Message) -> str:
    """Return the status of a recipient; where it says nothing, the one that the other server gave."""
    found = _STATUS.match(header(block, "status"))
    status = found.group() if found else ""
    if status and not status.endswith(".0.0"):
        return status
    given = _DIAGNOSTIC.match(header(block, "diagnostic-code"))
    return given.group(1) if given else status


def _complaint(block: Message) -> str:
    kind = header(block, "feedback-type").casefold()
    return kind if re.fullmatch(r"[a-z-]{1,40}", kind) else ""


def _receipt(about: _About, action: str, code: str, *, at: datetime) -> DeliveryReceipt:
    is_complaint = action == _COMPLAINT
    state = ReceiptState.FAILED if is_complaint else _STATES[action]
    failure = FailureClass.OPTED_OUT if is_complaint else failure_class(code)
    told = f"{action} {code}".strip()
    key = f"{about.attempt_id} {about.message_id} {told}"
    return DeliveryReceipt(
        id="smtp_" + hashlib.sha256(key.encode(errors="replace")).hexdigest()[:32],
        provider="smtp",
        provider_message_id=about.message_id,
        attempt_id=about.attempt_id,
        state=state,
        failure=failure if state is ReceiptState.FAILED else None,
        code=told,
        at=at,
        is_final=state in {ReceiptState.DELIVERED, ReceiptState.FAILED},
    )
