"""What providers say of a message after they took it, and what people answer, in our words."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from kept.core.people import ChannelName


class ReceiptState(StrEnum):
    """How far a message has come, as the provider says."""

    SENT = "sent"
    """Handed to the carrier or the receiving mail server."""
    DELAYED = "delayed"
    """Not yet; the provider still tries."""
    DELIVERED = "delivered"
    """A carrier or mailbox confirmed it."""
    FAILED = "failed"
    """It will not arrive."""


class FailureClass(StrEnum):
    """Why a message will not arrive, by what can be done about it."""

    PERMANENT = "permanent"
    """This number or address takes nothing: unknown, invalid, closed."""
    LANDLINE = "landline"
    """The number is no mobile."""
    OPTED_OUT = "opted_out"
    """The person told the provider to stop; also a complaint about a mail."""
    TRANSIENT = "transient"
    """Handset off, mailbox full: another time it may work."""
    EXPIRED = "expired"
    """Its time to live ended first."""
    OURS = "ours"
    """Filtered, not registered, over a limit, not allowed: the practice must act."""
    UNKNOWN = "unknown"
    """The provider gave no reason, or one that we do not know."""


class DeliveryReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a provider says of one message."""

    id: str
    """Unique per event: the provider's own id, or one derived from the event's content."""
    provider: str
    provider_message_id: str
    attempt_id: str = ""
    """Ours, where the provider echoes it."""
    state: ReceiptState
    failure: FailureClass | None = None
    """For FAILED alone."""
    code: str = ""
    """The provider's own word."""
    at: datetime
    is_final: bool
    part: int = 0
    """Which part of an SMS in several; 0 for the whole message."""


class IncomingReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a person sent back."""

    id: str
    """The provider's id of the incoming message."""
    provider: str
    channel: ChannelName
    sender: str
    """Number or address it came from, normalised."""
    recipient: str
    """Our number or address."""
    text: str
    answers_message_id: str = ""
    """The provider's id of the message it answers, where known."""
    at: datetime
