"""The worklist: what a person at the desk must do, because automation could not."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from kept.core.booking import Appointment, sort_instant
from kept.core.errors import StateConflictError
from kept.core.notifications import Notification, NotificationKind, Outcome, Reason
from kept.core.records import IndexEntry

OPEN_INDEX: Final = "worklist_open"
CLOSED_INDEX: Final = "worklist_closed"
MOST_CAUSES: Final = 50
"""Causes kept with an item; the newest stay."""


class ItemKind(StrEnum):
    """What is to be done."""

    UNDELIVERABLE = "undeliverable"
    """A reminder reached nobody."""
    OPTED_OUT = "opted_out"
    NO_CONTACT = "no_contact"
    UNKNOWN_OUTCOME = "unknown_outcome"
    """Nobody knows whether a reminder arrived."""
    UNCLEAR_REPLY = "unclear_reply"
    WANTS_TO_CANCEL = "wants_to_cancel"
    WANTS_TO_MOVE = "wants_to_move"
    WRONG_NUMBER = "wrong_number"
    NOT_TOLD = "not_told"
    """The news that a visit was moved or cancelled reached nobody."""


WHY: Final[dict[ItemKind, str]] = {
    ItemKind.UNDELIVERABLE: "The reminder reached nobody. Call.",
    ItemKind.OPTED_OUT: "The patient asked for no messages. Call.",
    ItemKind.NO_CONTACT: "No number or address is known. Find one, then call.",
    ItemKind.UNKNOWN_OUTCOME: "Nobody knows whether the reminder arrived. Call.",
    ItemKind.UNCLEAR_REPLY: "A reply needs a person: read it and answer.",
    ItemKind.WANTS_TO_CANCEL: "The patient may want to cancel. Nothing is cancelled yet: ask, then cancel.",
    ItemKind.WANTS_TO_MOVE: "The patient asks for another time. Offer one.",
    ItemKind.WRONG_NUMBER: "The number belongs to somebody else. Find the right one.",
    ItemKind.NOT_TOLD: "The patient may not know that the visit was moved or cancelled. Call.",
}
"""In plain words, with what to do."""

_FROM_REPLIES: Final = frozenset(
    {ItemKind.UNCLEAR_REPLY, ItemKind.WANTS_TO_CANCEL, ItemKind.WANTS_TO_MOVE, ItemKind.WRONG_NUMBER}
)
"""A new reply opens such an item again; another reminder of a visit about which somebody has acted does not."""

_NEWS: Final = frozenset({NotificationKind.MOVED, NotificationKind.CANCELLED})
_UNREACHED: Final = frozenset({Outcome.FAILED, Outcome.SKIPPED, Outcome.EXPIRED})
_KINDS: Final[dict[Reason, ItemKind]] = {
    Reason.NO_CONTACT: ItemKind.NO_CONTACT,
    Reason.NO_CONSENT: ItemKind.OPTED_OUT,
    Reason.OPTED_OUT: ItemKind.OPTED_OUT,
    Reason.OUTCOME_UNKNOWN: ItemKind.UNKNOWN_OUTCOME,
    Reason.NO_CHANNEL: ItemKind.UNDELIVERABLE,
    Reason.CANNOT_RENDER: ItemKind.UNDELIVERABLE,
    Reason.REFUSED: ItemKind.UNDELIVERABLE,
    Reason.TRIES_EXHAUSTED: ItemKind.UNDELIVERABLE,
    Reason.NO_RECEIPT: ItemKind.UNDELIVERABLE,
    Reason.UNDELIVERED: ItemKind.UNDELIVERABLE,
    Reason.UNUSABLE: ItemKind.UNDELIVERABLE,
    Reason.DEADLINE_PASSED: ItemKind.UNDELIVERABLE,
    Reason.QUIET_HOURS: ItemKind.UNDELIVERABLE,
    Reason.CAPPED: ItemKind.UNDELIVERABLE,
    Reason.OVER_BUDGET: ItemKind.UNDELIVERABLE,
    Reason.COUNTRY_NOT_ALLOWED: ItemKind.UNDELIVERABLE,
    Reason.UNVERIFIED: ItemKind.UNDELIVERABLE,
    Reason.PROVIDER_UNAVAILABLE: ItemKind.UNDELIVERABLE,
}
"""What a person must do about a reminder that ended so; reasons without a row call for nobody."""


class ItemState(StrEnum):
    """Whether somebody has acted."""

    OPEN = "open"
    CLOSED = "closed"


class ItemEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an item's history: opened, closed or reopened."""

    at: datetime
    what: str
    by: str
    """Id of the key or the program; never a person's name."""
    done: str = ""
    """For closed: what was done, in the words of whoever did it."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what an item is about."""

    patient_id: str = ""
    """Empty: several people, or nobody we know, have the address."""
    appointment: Appointment | None = None
    address: str = ""
    """Number or address that a reply came from."""


class WorklistItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a person must do."""

    kind: ClassVar[str] = "worklist_item"

    id: str
    """Made from what it is about: the same cause makes one item."""
    version: int = 0
    about: ItemKind
    patient_id: str = ""
    """Empty: several people, or nobody we know, have the address."""
    appointment_id: str | None = None
    appointment_sequence: int = 0
    visit_start: datetime | None = None
    """UTC, for the rank; None: no visit is known, and it ranks by when it was opened."""
    address: str = ""
    """Number or address that a reply came from."""
    notification_ids: tuple[str, ...] = ()
    """Reminders that caused it, oldest first."""
    reply_ids: tuple[str, ...] = ()
    """Replies that caused it, oldest first."""
    opened_at: datetime
    state: ItemState = ItemState.OPEN
    closed_at: datetime | None = None
    closed_by: str = ""
    done: str = ""
    """What was done about it; empty while it is open."""
    history: tuple[ItemEvent, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it waits for somebody."""
        return self.state is ItemState.OPEN

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return where it is found: open ones by how soon the visit is, closed ones by the UTC day of closing."""
        if self.closed_at is None:
            return (
                IndexEntry(index=OPEN_INDEX, partition="all", sort=sort_instant(self.visit_start or self.opened_at)),
            )
        sort = sort_instant(self.closed_at)
        return (IndexEntry(index=CLOSED_INDEX, partition=sort[:10], sort=sort),)


def cause_in(notification: Notification) -> ItemKind | None:
    """Return what a person could do about a notification that has ended without reaching anybody, or None."""
    is_unreached = notification.is_done and notification.outcome in _UNREACHED
    return _KINDS.get(notification.reason) if is_unreached and notification.reason else None


def item_for_unreached(notification: Notification, appointment: Appointment, *, now: datetime) -> WorklistItem | None:
    """
    Return the item for a notification that reached nobody, or None when it calls for no one.

    Only reminders of a visit that still takes place, at the time of which they spoke, call for anyone; and the news
    that one was moved or cancelled, until the time of which the patient may still be thinking.
    """
    about = cause_in(notification)
    is_same = appointment.sequence == notification.appointment_sequence and appointment.start > now
    if about is None or not is_same:
        return None
    if notification.about in _NEWS:
        about = ItemKind.NOT_TOLD
    elif notification.about is not NotificationKind.REMINDER or not appointment.is_live:
        return None
    subject = Subject(patient_id=appointment.patient_id, appointment=appointment)
    return _item(about, subject, now=now, notification_ids=(notification.id,))


def item_for_reply(about: ItemKind, subject: Subject, *, reply_id: str, now: datetime) -> WorklistItem:
    """Return the item that a reply calls for."""
    return _item(about, subject, now=now, reply_ids=(reply_id,))


def joined(known: WorklistItem, wanted: WorklistItem, *, now: datetime) -> WorklistItem:
    """
    Return a known item with the cause of another of the same id; unchanged when it knows that cause.

    A closed one is opened again by a new reply, and by nothing else.
    """
    notifications = _with(known.notification_ids, wanted.notification_ids)
    replies = _with(known.reply_ids, wanted.reply_ids)
    if (notifications, replies) == (known.notification_ids, known.reply_ids):
        return known
    after = msgspec.structs.replace(known, notification_ids=notifications, reply_ids=replies)
    return after if after.is_open or known.about not in _FROM_REPLIES else reopened(after, by="reply", now=now)


def closed(item: WorklistItem, *, done: str, by: str, now: datetime) -> WorklistItem:
    """
    Return an item with what was done about it.

    Raises:
        StateConflictError: it is closed already.
    """
    if not item.is_open:
        raise StateConflictError("this item is closed already; reopen it to say something else", code="already_closed")
    line = ItemEvent(at=now, what="closed", by=by, done=done)
    return msgspec.structs.replace(
        item, state=ItemState.CLOSED, closed_at=now, closed_by=by, done=done, history=(*item.history, line)
    )


def reopened(item: WorklistItem, *, by: str, now: datetime) -> WorklistItem:
    """
    Return an item that waits for somebody again; what was done before stays in its history.

    Raises:
        StateConflictError: it is open.
    """
    if item.is_open:
        raise StateConflictError("this item is open; there is nothing to reopen", code="already_open")
    line = ItemEvent(at=now, what="reopened", by=by)
    return msgspec.structs.replace(
        item, state=ItemState.OPEN, closed_at=None, closed_by="", done="", history=(*item.history, line)
    )


def is_moot(item: WorklistItem, appointment: Appointment | None, *, now: datetime) -> bool:
    """Tell whether an item needs nobody any more: its visit was cancelled or moved, has begun, or is gone."""
    if item.appointment_id is None:
        return False
    if appointment is None:
        return True
    if not appointment.is_live and item.about is not ItemKind.NOT_TOLD:
        return True
    return appointment.sequence != item.appointment_sequence or appointment.start <= now


def visit_item_id(about: ItemKind, visit: Appointment) -> str:
    """Return the id of the one item of a kind that a visit can have at its present time."""
    return _item_id(about, "visit", visit.id, str(visit.sequence))


def _item(
    about: ItemKind,
    subject: Subject,
    *,
    now: datetime,
    notification_ids: tuple[str, ...] = (),
    reply_ids: tuple[str, ...] = (),
) -> WorklistItem:
    visit = subject.appointment
    person = (subject.patient_id, subject.address)
    return WorklistItem(
        id=visit_item_id(about, visit) if visit else _item_id(about, "person", *person),
        about=about,
        patient_id=subject.patient_id,
        appointment_id=visit.id if visit else None,
        appointment_sequence=visit.sequence if visit else 0,
        visit_start=visit.start if visit else None,
        address=subject.address,
        notification_ids=notification_ids,
        reply_ids=reply_ids,
        opened_at=now,
        history=(ItemEvent(at=now, what="opened", by="reply" if reply_ids else "reminder"),),
    )


def _item_id(*what: str) -> str:
    return "wli_" + hashlib.sha256("\x1f".join(what).encode()).hexdigest()[:32]


def _with(known: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    return (*known, *(i for i in wanted if i not in known))[-MOST_CAUSES:]
