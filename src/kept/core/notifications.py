"""One planned communication to one person, its attempts, and the states of both."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar, Final

import msgspec

from kept.core.booking import sort_instant
from kept.core.people import ChannelName
from kept.core.receipts import FailureClass
from kept.core.records import IndexEntry

DUE_SHARDS: Final = 4
"""Partitions of the due index, so that no single one takes every write."""


class NotificationKind(StrEnum):
    """What a notification is about."""

    REMINDER = "reminder"
    BATCH = "batch"
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    MISSED = "missed"
    """After a visit to which the patient did not come."""
    NOTICE = "notice"
    """What the practice tells everybody concerned."""
    ANSWER = "answer"
    """To what a person has written."""


OF_VISITS: Final = frozenset(
    {
        NotificationKind.REMINDER,
        NotificationKind.BOOKED,
        NotificationKind.MOVED,
        NotificationKind.CANCELLED,
        NotificationKind.MISSED,
    }
)
"""Kinds that are planned with a visit, which lists them."""


class NotificationState(StrEnum):
    """Where a notification stands."""

    PLANNED = "planned"
    SENDING = "sending"
    WAITING = "waiting"
    DONE = "done"


class Outcome(StrEnum):
    """How a notification ended."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    FAILED = "failed"
    SKIPPED = "skipped"
    EXPIRED = "expired"


class AttemptState(StrEnum):
    """Where one handing-over stands."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


class Reason(StrEnum):
    """Why something was not done, or ended as it did."""

    APPOINTMENT_GONE = "appointment_gone"
    APPOINTMENT_CANCELLED = "appointment_cancelled"
    APPOINTMENT_MOVED = "appointment_moved"
    APPOINTMENT_NOT_LIVE = "appointment_not_live"
    NOT_CONFIRMED = "not_confirmed"
    BOOKED_INSIDE_LEAD = "booked_inside_lead"
    LATE = "late"
    NO_CONTACT = "no_contact"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    NO_CHANNEL = "no_channel"
    CANNOT_RENDER = "cannot_render"
    REFUSED = "refused"
    TRIES_EXHAUSTED = "tries_exhausted"
    OUTCOME_UNKNOWN = "outcome_unknown"
    NO_RECEIPT = "no_receipt"
    UNDELIVERED = "undelivered"
    UNUSABLE = "unusable"
    DEADLINE_PASSED = "deadline_passed"
    QUIET_HOURS = "quiet_hours"
    CAPPED = "capped"
    OVER_BUDGET = "over_budget"
    COUNTRY_NOT_ALLOWED = "country_not_allowed"
    UNVERIFIED = "unverified"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    MERGED = "merged"
    TOLD_THAT_DAY = "told_that_day"


Stages = tuple[tuple[ChannelName, ...], ...]
"""A delivery plan: within a stage side by side, then the next stage if none of this one was taken."""

SMS_THEN_EMAIL: Final[Stages] = ((ChannelName.SMS,), (ChannelName.EMAIL,))
BOTH_AT_ONCE: Final[Stages] = ((ChannelName.SMS, ChannelName.EMAIL),)


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One handing-over of a notification through one channel, on record before its first byte."""

    id: str
    """Notification id, channel and number: unique, and the same however often it is derived."""
    channel: ChannelName
    provider: str
    number: int
    """1 for the first on this channel."""
    fence: int
    """Who may record the outcome: the claim that made the attempt, and nobody later or earlier."""
    destination_hash: str
    body_hash: str
    segments: int = 0
    """Parts of an SMS; 0 for other channels."""
    state: AttemptState = AttemptState.SENDING
    started_at: datetime
    lease_until: datetime
    """After this instant, if still sending, its outcome counts as unknown."""
    ended_at: datetime | None = None
    provider_message_id: str = ""
    code: str = ""
    """The provider's own word for what went wrong."""
    retry_after: datetime | None = None
    lookups: int = 0
    """How often the provider was asked what became of it."""
    awaits_receipt: bool = False
    """Whether the provider will say later whether it was delivered."""
    is_known_by_id: bool = False
    """Whether the provider tells of it by its own id alone, which is therefore remembered."""
    failure: FailureClass | None = None
    """Why it will not arrive, by what can be done about it; kept beside DELIVERED too: a complaint follows that."""
    failed_part: int = 0
    """Which part of a text is lost; 0: none, or the whole."""
    heard_at: datetime | None = None
    """When the newest receipt that counted was made."""


class ChannelNote(msgspec.Struct, frozen=True, kw_only=True):
    """Why a channel of the plan was not used."""

    channel: ChannelName
    reason: Reason
    at: datetime


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """One planned communication to one recipient, and its history."""

    kind: ClassVar[str] = "notification"

    id: str
    version: int = 0
    about: NotificationKind
    rule: str
    """Which rule planned it: ``24h``, ``1h``, ``batch``."""
    patient_id: str
    appointment_id: str | None = None
    appointment_sequence: int = 0
    batch_id: str = ""
    template: str
    plan: Stages = SMS_THEN_EMAIL
    addresses: dict[ChannelName, str] = {}
    """Given for this message alone; they count before the patient's own."""
    facts: dict[str, str] = {}
    """What a message without an appointment of ours says: ``start``, ``zone``, ``place``."""
    planned_at: datetime
    due_at: datetime
    deadline_at: datetime
    """After this instant no attempt starts, and no provider may deliver."""
    patience: timedelta = timedelta(0)
    """How long a receipt is waited for before the next channel takes over."""
    state: NotificationState = NotificationState.PLANNED
    outcome: Outcome | None = None
    reason: Reason | None = None
    stage: int = 0
    """Index into the plan."""
    fence: int = 0
    """Raised by every claim."""
    wake_at: datetime | None = None
    """When to look at it again; None once done."""
    found_at: datetime | None = None
    """Where it stands among what is due, when that is earlier than it need be looked at; None: at *wake_at*."""
    attempts: tuple[Attempt, ...] = ()
    notes: tuple[ChannelNote, ...] = ()
    done_at: datetime | None = None
    failures: int = 0
    """How often our own code failed on it."""
    said_in: str = ""
    """Id of the message that speaks for this one too; empty: it speaks for itself."""

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state is NotificationState.DONE

    @property
    def is_of_visit(self) -> bool:
        """Whether it stands on the list of its visit: it is found there, and whatever changes the visit writes it."""
        return self.appointment_id is not None and self.about in OF_VISITS

    @property
    def stands_at(self) -> datetime | None:
        """Where it stands among what is due; None once done."""
        return None if self.is_done else self.found_at or self.wake_at

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """
        Return where it is found: by day, by batch, among what is due until it is done, by patient if no visit lists it.

        Every row costs a write where writes are paid for, so none says what another entity says already.
        """
        due = sort_instant(self.due_at)
        rows = [IndexEntry(index="notifications_by_day", partition=due[:10], sort=due)]
        if stands_at := self.stands_at:
            stands = sort_instant(stands_at)
            rows.append(IndexEntry(index="notifications_due", partition=due_shard(self.id), sort=stands))
        if not self.is_of_visit:
            rows.append(IndexEntry(index="notifications_by_patient", partition=self.patient_id, sort=due))
        if self.batch_id:
            rows.append(IndexEntry(index="notifications_by_batch", partition=self.batch_id, sort=due))
        return tuple(rows)


class SendOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How one handing-over ended, as far as the channel knows."""

    state: AttemptState
    """Never SENDING."""
    provider_message_id: str = ""
    code: str = ""
    """The provider's own word, without any address or text."""
    retry_after_s: float | None = None
    """The provider's wish, for NOT_SENT."""


def notification_id(*parts: str) -> str:
    """
    Return the id derived from what a notification is for, so that planning twice plans nothing new.

    >>> notification_id("apt_1", "0", "24h", "pat_1") == notification_id("apt_1", "0", "24h", "pat_1")
    True
    """
    return "ntf_" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


@lru_cache(maxsize=4096)
def due_shard(entity_id: str) -> str:
    """Return the partition of the due index for an id; kept, because each write asks for those of old and new."""
    return str(hashlib.sha256(entity_id.encode()).digest()[0] % DUE_SHARDS)


def due_shards() -> tuple[str, ...]:
    """Return all partitions of the due index."""
    return tuple(str(n) for n in range(DUE_SHARDS))
