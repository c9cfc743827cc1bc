"""
What SES says of a mail later.

Source:
    Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes to Amazon SNS", and "Contents of
    notifications" for accounts that publish no events, whose member is named ``notificationType``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from kept.adapters.ses.tags import ATTEMPT, text_of
from kept.core.receipts import DeliveryReceipt, FailureClass, ReceiptState
from kept.formats.strict_json import MalformedJsonError, parsed

_PROVIDER: Final = "ses"

_DETAILS: Final[Mapping[str, str]] = {
    "Send": "send",
    "Delivery": "delivery",
    "DeliveryDelay": "deliveryDelay",
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Reject": "reject",
    "Rendering Failure": "failure",
}
"""The events that say what becomes of a mail, and the member that tells more. Opens, clicks and others do not."""

_STATES: Final[Mapping[str, ReceiptState]] = {
    "Send": ReceiptState.DELAYED,  # SES has it, and will try
    "DeliveryDelay": ReceiptState.DELAYED,
    "Delivery": ReceiptState.DELIVERED,
}
"""Every other event says that the mail will not arrive, or that the person wants no more."""

_WORD: Final = re.compile(r"[A-Za-z-]{1,40}")
_OURS: Final = frozenset({"MessageTooLarge", "ContentRejected", "AttachmentRejected"})
"""Bounces that another wording may cure."""


def read_event(body: bytes, *, at: datetime) -> tuple[DeliveryReceipt, ...]:
    """
    Return what one event says: a receipt, or nothing.

    Args:
        body: The JSON document as SNS carries it, without SNS's envelope; EventBridge's is taken off here. The line
            with which SES tries a new topic is no JSON, and says nothing.
        at: When it came, for what tells no time of its own.
    """
    try:
        event = _mapping(parsed(body))
    except MalformedJsonError:
        return ()
    event = _mapping(event.get("detail")) or event
    name = _text(event.get("eventType")) or _text(event.get("notificationType"))
    mail = _mapping(event.get("mail"))
    message_id = _text(mail.get("messageId"))
    if name not in _DETAILS or not message_id:
        return ()
    details = _mapping(event.get(_DETAILS[name]))
    state = _STATES.get(name, ReceiptState.FAILED)
    stamp = _text(details.get("timestamp")) or (_text(mail.get("timestamp")) if name == "Send" else "")
    receipt = DeliveryReceipt(
        id=_digest(message_id, name, _text(details.get("feedbackId")), stamp),
        provider=_PROVIDER,
        provider_message_id=message_id,
        attempt_id=_attempt(mail),
        state=state,
        failure=_failure(name, details) if state is ReceiptState.FAILED else None,
        code=_code(name, details),
        at=_instant(stamp) or at,
        is_final=state in {ReceiptState.DELIVERED, ReceiptState.FAILED},
    )
    return (receipt,)


def _failure(name: str, details: Mapping[str, object]) -> FailureClass:
    """Return why a mail will not arrive."""
    match name, _text(details.get("bounceType")):
        case "Complaint", _:
            return FailureClass.OPTED_OUT
        case "Bounce", "Permanent":
            return FailureClass.PERMANENT
        case "Bounce", "Transient":
            return FailureClass.OURS if _text(details.get("bounceSubType")) in _OURS else FailureClass.TRANSIENT
        case "Bounce", _:
            return FailureClass.UNKNOWN
        case _:
            return FailureClass.OURS


def _code(name: str, details: Mapping[str, object]) -> str:
    """Return SES's own words: the event, and the kinds of it. Never its sentences: they repeat the address."""
    kinds = ("bounceType", "bounceSubType", "complaintSubType", "complaintFeedbackType", "delayType")
    return " ".join([name, *(word for kind in kinds if _WORD.fullmatch(word := _text(details.get(kind))))])


def _attempt(mail: Mapping[str, object]) -> str:
    values = _mapping(mail.get("tags")).get(ATTEMPT)
    return text_of(_text(values[0])) if isinstance(values, list) and values else ""


def _digest(*parts: str) -> str:
    """Return the same id for the same event, however often it comes; most events have none of their own."""
    return "ses_" + hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


def _instant(stamp: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
