"""What providers say of a message after they took it, and what people answer, in our words."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from kept.core.people import ChannelName
from kept.core.records import IndexEntry

UNKNOWN_KEPT_FOR: Final = timedelta(hours=24)
"""How long a receipt for a message that nobody knows is kept: the answer to its sending may be late, or lost."""
KNOWN_KEPT_FOR: Final = timedelta(days=7)
"""How long a provider's message id is remembered: carriers answer within 72 hours, mailboxes within days."""
_ATTEMPT_PARTS: Final = 3


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


class ProviderMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Which attempt a provider's message id belongs to, and what was said of it before anybody knew that."""

    kind: ClassVar[str] = "provider_message"

    id: str
    """See :func:`provider_message_key`."""
    version: int = 0
    attempt_id: str = ""
    """Empty: only receipts have come so far; the answer of the send may be lost, or still under way."""
    early: tuple[DeliveryReceipt, ...] = ()
    """Receipts that came before the attempt was known."""
    noted_at: datetime

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return when it may be forgotten."""
        kept_for = KNOWN_KEPT_FOR if self.attempt_id else UNKNOWN_KEPT_FOR
        end = (self.noted_at + kept_for).replace(tzinfo=None).isoformat(timespec="microseconds")
        return (IndexEntry(index="provider_messages_by_end", partition="all", sort=end),)


class ReceivedCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a provider, as it came and was verified; kept before it is answered, applied afterwards."""

    kind: ClassVar[str] = "received_call"

    id: str
    """Provider and SHA-256 of what came: the same call again is the same record."""
    version: int = 0
    provider: str
    url: str
    headers: dict[str, str] = {}
    """The few that its reading needs."""
    body: str
    charset: str = "utf-8"
    """In which the body gives its bytes back: ``latin-1`` where they were no UTF-8, as in old mails."""
    received_at: datetime
    applied_at: datetime | None = None

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return where it is found: among those to be applied, then among those to be forgotten."""
        if self.applied_at is None:
            sort = self.received_at.replace(tzinfo=None).isoformat(timespec="microseconds")
            return (IndexEntry(index="calls_to_apply", partition="all", sort=sort),)
        end = (self.applied_at + UNKNOWN_KEPT_FOR).replace(tzinfo=None).isoformat(timespec="microseconds")
        return (IndexEntry(index="calls_by_end", partition="all", sort=end),)


def provider_message_key(provider: str, message_id: str) -> str:
    """
    Return the id under which a provider's message is known.

    >>> provider_message_key("twilio", "SM1")
    'twilio/SM1'
    """
    return f"{provider}/{message_id}"


def notification_of(attempt_id: str) -> str:
    """
    Return the notification that an attempt belongs to, or nothing when the text is no attempt's id.

    >>> notification_of("ntf_1.sms.2"), notification_of("something else")
    ('ntf_1', '')
    """
    parts = attempt_id.rsplit(".", 2)
    return parts[0] if len(parts) == _ATTEMPT_PARTS else ""
