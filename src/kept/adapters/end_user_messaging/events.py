"""
What AWS End User Messaging says of a text later, and what people answer.

Receipts can take 72 hours, and then say that nobody knows: nothing may wait for them.

Source:
    AWS End User Messaging SMS User Guide, "Event types for SMS, MMS, and voice", "Example event data" and "Example of
    a two-way SMS message payload for Amazon SNS topics".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from kept.adapters.end_user_messaging.channel import ATTEMPT
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, FailureClass, IncomingReply, ReceiptState
from kept.formats.strict_json import MalformedJsonError, parsed

_PROVIDER: Final = "end_user_messaging"
_SMS_EVENT: Final = "TEXT_"

_STATES: Final[Mapping[str, tuple[ReceiptState, FailureClass | None]]] = {
    "QUEUED": (ReceiptState.DELAYED, None),
    "PENDING": (ReceiptState.DELAYED, None),
    "SENT": (ReceiptState.SENT, None),
    "SUCCESSFUL": (ReceiptState.SENT, None),
    "DELIVERED": (ReceiptState.DELIVERED, None),
    "INVALID": (ReceiptState.FAILED, FailureClass.PERMANENT),
    "INVALID_MESSAGE": (ReceiptState.FAILED, FailureClass.OURS),
    "UNREACHABLE": (ReceiptState.FAILED, FailureClass.TRANSIENT),
    "CARRIER_UNREACHABLE": (ReceiptState.FAILED, FailureClass.TRANSIENT),
    "BLOCKED": (ReceiptState.FAILED, FailureClass.PERMANENT),
    "CARRIER_BLOCKED": (ReceiptState.FAILED, FailureClass.OURS),
    "SPAM": (ReceiptState.FAILED, FailureClass.OURS),
    "UNKNOWN": (ReceiptState.FAILED, FailureClass.UNKNOWN),
    "TTL_EXPIRED": (ReceiptState.FAILED, FailureClass.EXPIRED),
    "PROTECT_BLOCKED": (ReceiptState.FAILED, FailureClass.OURS),
}
"""By the event's name without ``TEXT_``. Queued is not yet sent; successful is in the carrier's hands."""


def read_event(body: bytes, *, at: datetime) -> tuple[DeliveryReceipt | IncomingReply, ...]:
    """
    Return what one event says: nothing, a receipt or a reply.

    Args:
        body: The JSON document as SNS carries it, without SNS's envelope; EventBridge's is taken off here.
        at: When it came, for what tells no time of its own.
    """
    try:
        event = _mapping(parsed(body))
    except MalformedJsonError:
        return ()
    event = _mapping(event.get("detail")) or event
    found = _reply(event, at) if "inboundMessageId" in event else _receipt(event, at)
    return (found,) if found else ()


def _receipt(event: Mapping[str, object], at: datetime) -> DeliveryReceipt | None:
    name, message_id = _text(event.get("eventType")), _text(event.get("messageId"))
    meaning = _STATES.get(name.removeprefix(_SMS_EVENT)) if name.startswith(_SMS_EVENT) else None
    if not meaning or not message_id:
        return None
    state, failure = meaning
    is_final = event.get("isFinal") is True
    if state is ReceiptState.SENT and is_final:
        state = ReceiptState.DELIVERED  # AWS: by country, either word may be the last one
    if state is ReceiptState.FAILED and not is_final:
        state, failure = ReceiptState.DELAYED, None
    stamp = event.get("eventTimestamp")
    return DeliveryReceipt(
        id=_digest(message_id, name, str(stamp), str(is_final)),
        provider=_PROVIDER,
        provider_message_id=message_id,
        attempt_id=_text(_mapping(event.get("context")).get(ATTEMPT)),
        state=state,
        failure=failure,
        code=name,
        at=_instant(stamp) or at,
        is_final=is_final,
    )


def _reply(event: Mapping[str, object], at: datetime) -> IncomingReply | None:
    message_id, sender = _text(event.get("inboundMessageId")), _text(event.get("originationNumber"))
    if not message_id or not sender:
        return None
    return IncomingReply(
        id=message_id,
        provider=_PROVIDER,
        channel=ChannelName.SMS,
        sender=sender,
        recipient=_text(event.get("destinationNumber")),
        text=_text(event.get("messageBody")),
        answers_message_id=_text(event.get("previousPublishedMessageId")),
        at=at,
    )


def _digest(*parts: str) -> str:
    """Return the same id for the same event, however often it comes; events have none of their own."""
    return "eum_" + hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()[:32]


def _instant(milliseconds: object) -> datetime | None:
    if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1_000, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
