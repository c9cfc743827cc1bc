"""Whether every notification is accounted for, and what contradicts itself in what is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.notifications import (
    AttemptState,
    Notification,
    NotificationKind,
    NotificationState,
    Outcome,
)
from kept.core.records import IndexEntry

SETTLE: Final = timedelta(minutes=2)
"""Time for a worker to see that a lease has ended. Ours."""
LATE: Final = timedelta(minutes=5)
"""How long past its deadline a notification may be before it counts as forgotten. Ours."""
NIGHTLY_ID: Final = "nightly"

_SENT: Final = frozenset({Outcome.ACCEPTED, Outcome.DELIVERED})
_OPEN: Final = frozenset({AttemptState.SENDING, AttemptState.UNKNOWN})
_TAKEN: Final = frozenset({AttemptState.ACCEPTED, AttemptState.DELIVERED})


class FindingKind(StrEnum):
    """What contradicts itself."""

    UNACCOUNTED = "unaccounted"
    """Done, but without an outcome, or not sent and without a reason."""
    NOT_SCHEDULED = "not_scheduled"
    """Not done, and nothing will ever look at it."""
    STILL_SCHEDULED = "still_scheduled"
    """Done, and to be looked at again."""
    STUCK = "stuck"
    """Being sent for longer than any send can take."""
    OVERDUE = "overdue"
    """Its deadline has passed, and it has not ended."""
    NO_PROVIDER_ID = "no_provider_id"
    """Accepted by a provider that tells of deliveries, without the id under which it tells."""
    SUPERSEDED = "superseded"
    """Planned for a time at which the visit no longer takes place."""
    MISSING = "missing"
    """A confirmed visit to come lacks a reminder."""
    NOT_LISTED = "not_listed"
    """A reminder reached nobody, and nobody was told to call."""


REMEDIES: Final[dict[FindingKind, str]] = {
    FindingKind.UNACCOUNTED: "nothing of ours writes such a record: report it, with what kept why NOTIFICATION says",
    FindingKind.NOT_SCHEDULED: "it will never leave: call the patient, and move or cancel the visit to plan anew",
    FindingKind.STILL_SCHEDULED: "nothing is sent twice, but report it: a done notification should not be looked at",
    FindingKind.STUCK: "see that kept serve or kept worker runs; it finds out what became of the message by itself",
    FindingKind.OVERDUE: "see that kept serve or kept worker runs, and that kept doctor is content; call the patient",
    FindingKind.NO_PROVIDER_ID: "no receipt can be matched: look the message up at the provider",
    FindingKind.SUPERSEDED: "it will be skipped when its time comes; report it, because the move should have ended it",
    FindingKind.MISSING: "move the visit away and back to plan its reminders anew, or call the patient",
    FindingKind.NOT_LISTED: "call the patient; kept why NOTIFICATION says what happened",
}
"""What to do about each."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One contradiction, by the ids it concerns."""

    about: FindingKind
    notification_id: str = ""
    appointment_id: str = ""

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.about]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What became of some notifications: planned = sent + skipped + failed + pending, each with its reasons."""

    planned: int = 0
    sent: dict[str, int] = {}
    """By outcome: accepted, delivered."""
    skipped: dict[str, int] = {}
    """By reason."""
    failed: dict[str, int] = {}
    """By reason; expired ones too."""
    pending: dict[str, int] = {}
    """By state: planned, sending, waiting."""

    @property
    def balances(self) -> bool:
        """Whether every one stands in exactly one column with its reason."""
        return self.planned == sum(sum(column.values()) for column in self.columns().values())

    def columns(self) -> dict[str, dict[str, int]]:
        """Return the columns by name."""
        return {"sent": self.sent, "skipped": self.skipped, "failed": self.failed, "pending": self.pending}

    def plus(self, other: Account) -> Account:
        """Return the account of both sets together; they must not overlap."""
        mine, theirs = self.columns(), other.columns()
        both = {name: dict(Counter(mine[name]) + Counter(theirs[name])) for name in mine}
        return Account(planned=self.planned + other.planned, **both)


class Nightly(msgspec.Struct, frozen=True, kw_only=True):
    """What the last check by night found."""

    kind: ClassVar[str] = "nightly_balance"

    id: str = NIGHTLY_ID
    version: int = 0
    checked_at: datetime
    found: dict[str, int] = {}
    """How many of each kind; empty when all is in balance."""
    examples: tuple[Finding, ...] = ()
    """A few of them."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return nothing: there is one, read by its id."""
        return ()


def account_of(notifications: Iterable[Notification]) -> Account:
    """Return the account of some notifications; one whose record contradicts itself is only counted as planned."""
    planned = 0
    columns: dict[str, Counter[str]] = {name: Counter() for name in Account().columns()}
    for notification in notifications:
        planned += 1
        cell = cell_of(notification)
        if cell:
            columns[cell[0]][cell[1]] += 1
    return Account(planned=planned, **{name: dict(cells) for name, cells in columns.items()})


def cell_of(notification: Notification) -> tuple[str, str] | None:
    """Return column and reason under which it is counted, or None when its record contradicts itself."""
    if not notification.is_done:
        return "pending", notification.state.value
    outcome, reason = notification.outcome, notification.reason
    if outcome in _SENT:
        return "sent", outcome.value
    if outcome is None or reason is None:
        return None
    return ("skipped" if outcome is Outcome.SKIPPED else "failed"), reason.value


def contradictions(notification: Notification, *, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with a notification by its own record alone."""
    for about in _contradictions(notification, now=now):
        yield _finding(about, notification)


def superseded(notification: Notification, appointment: Appointment) -> Finding | None:
    """
    Return a finding when a reminder is planned for a time at which the visit no longer takes place.

    A move or a cancellation ends in its own transaction what has not begun. What has begun is left to the worker.
    """
    is_untouched = notification.state is NotificationState.PLANNED and not notification.attempts
    if notification.about is not NotificationKind.REMINDER or not is_untouched:
        return None
    is_over = appointment.status is AppointmentStatus.CANCELLED
    if not is_over and notification.appointment_sequence >= appointment.sequence:
        return None
    return _finding(FindingKind.SUPERSEDED, notification)


def missing(appointment: Appointment, wanted: Collection[str], stored: Mapping[str, Notification]) -> list[Finding]:
    """
    Return the reminders that a confirmed visit lacks.

    Rules changed after the visit was booked leave its reminders as they were: then it has others, and lacks none.

    Args:
        appointment: CONFIRMED and still to come.
        wanted: Ids of the reminders that its policy plans today.
        stored: Its notifications that are on record, by id.
    """
    planned = {
        n.id
        for n in stored.values()
        if n.about is NotificationKind.REMINDER and n.appointment_sequence == appointment.sequence
    }
    gone = {i for i in appointment.notification_ids if i not in stored}
    lacking = gone | (set(wanted) if not planned else set())
    return [
        Finding(about=FindingKind.MISSING, notification_id=i, appointment_id=appointment.id) for i in sorted(lacking)
    ]


def not_listed(notification: Notification) -> Finding:
    """Return the finding for a reminder that reached nobody and stands on no list."""
    return _finding(FindingKind.NOT_LISTED, notification)


def _contradictions(notification: Notification, *, now: datetime) -> Iterator[FindingKind]:
    taken = [a for a in notification.attempts if a.state in _TAKEN]
    if any(a.awaits_receipt and not a.provider_message_id for a in taken):
        yield FindingKind.NO_PROVIDER_ID
    if cell_of(notification) is None:
        yield FindingKind.UNACCOUNTED
    if notification.is_done:
        if notification.wake_at is not None:
            yield FindingKind.STILL_SCHEDULED
        return
    if notification.wake_at is None:
        yield FindingKind.NOT_SCHEDULED
    elif _is_stuck(notification, now=now):
        yield FindingKind.STUCK
    elif _is_overdue(notification, now=now):
        yield FindingKind.OVERDUE


def _is_stuck(notification: Notification, *, now: datetime) -> bool:
    leases = [a.lease_until for a in notification.attempts if a.state is AttemptState.SENDING]
    is_sending = notification.state is NotificationState.SENDING
    return is_sending and all(lease + SETTLE < now for lease in leases)


def _is_overdue(notification: Notification, *, now: datetime) -> bool:
    """Tell whether its time is over; while a provider is being asked what became of a try, it may still be open."""
    is_asked = any(a.state in _OPEN for a in notification.attempts)
    wakes_soon = notification.wake_at is not None and now < notification.wake_at + LATE
    return notification.deadline_at + LATE < now and not (is_asked and wakes_soon)


def _finding(about: FindingKind, notification: Notification) -> Finding:
    return Finding(about=about, notification_id=notification.id, appointment_id=notification.appointment_id or "")
