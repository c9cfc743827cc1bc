"""
What a person does through a link in a message: answer, move or cancel one visit, or end the messages to one address.

The link is the right to do it, and stands in the history as the one who did it. Everything here may come twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kept.core.booking import (
    Appointment,
    AppointmentEvent,
    AppointmentStatus,
    ParticipationStatus,
    answered,
)
from kept.core.errors import NotFoundError, StateConflictError
from kept.core.holds import SlotHold, hold_id
from kept.core.intervals import Interval, overlaps
from kept.core.links import UnsubscribeLink, VisitLink
from kept.core.people import Consent, Patient
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.schedules import Role, Schedule, ScheduleDay, days_of
from kept.core.worklist import ItemKind, WorklistItem, closed, visit_item_id
from kept.flow.booking import Change, apply, move
from kept.flow.holds import hold_slot
from kept.flow.reminders import touch_reminders
from kept.flow.slots import free_times
from kept.ports.store import Store, Transaction

BY: Final = "link"
CONFIRMED: Final = "the patient confirmed by the link"
CHANGED: Final = "the patient moved or cancelled by the link"

_ANSWERED: Final = tuple(kind for kind in ItemKind if kind is not ItemKind.WRONG_NUMBER)
"""What the desk need not do any more about a visit that the patient has moved or cancelled."""
_OPEN_TO_CHANGE: Final = frozenset({AppointmentStatus.REQUESTED, AppointmentStatus.CONFIRMED})
_UNREACHED: Final = (ItemKind.UNDELIVERABLE, ItemKind.OPTED_OUT, ItemKind.NO_CONTACT, ItemKind.UNKNOWN_OUTCOME)
"""Items that ask the desk to tell the patient of the visit, of which a patient with the link knows."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Which visit, and as what it was looked at."""

    appointment_id: str
    sequence: int
    """Of the visit that the page showed: what was decided on another time or state is not done."""


class LinkedVisit(msgspec.Struct, frozen=True, kw_only=True):
    """What a page about a visit may show: nothing of the person but the language."""

    appointment: Appointment
    practice: Practice
    language: str
    """Of the patient; empty when it is not known."""
    hold: SlotHold | None
    """The time that is kept for it now."""
    taken: Interval | None
    """The time that stands on the schedule days for it: that of the hold, and for a moment after its end."""
    was_changed: bool
    """Whether it was moved or cancelled after the link was made."""

    @property
    def place(self) -> str:
        """Where it is."""
        place = self.practice.place(self.appointment.place_id)
        return place.name if place else self.appointment.location

    @property
    def phone(self) -> str:
        """The number to call, as it should be read; empty when there is none."""
        place = self.practice.place(self.appointment.place_id)
        return (place.phone if place else "") or self.practice.phone


def linked_visit(store: Store, link: VisitLink, *, now: datetime) -> LinkedVisit:
    """
    Return the visit that a link is about, as it stands.

    Raises:
        NotFoundError: it is gone.
    """
    appointment = next(iter(store.load(Appointment, [link.appointment_id])), None)
    if appointment is None:
        raise NotFoundError("page for this link")
    practice = next(iter(store.load(Practice, [PRACTICE_ID])), None) or Practice()
    patient = next(iter(store.load(Patient, [appointment.patient_id])), None)
    hold = next(iter(store.load(SlotHold, [hold_id(appointment.id)])), None)
    return LinkedVisit(
        appointment=appointment,
        practice=practice,
        language=(patient.language if patient else None) or "",
        hold=hold if hold and now < hold.ends_at else None,
        taken=hold.interval if hold else None,
        was_changed=appointment.sequence != link.sequence,
    )


def may_change(appointment: Appointment, *, now: datetime) -> bool:
    """Tell whether a patient may still answer, move or cancel."""
    return appointment.status in _OPEN_TO_CHANGE and now < appointment.start


def times_to_move_to(
    store: Store, appointment: Appointment, within: Interval, *, now: datetime
) -> tuple[Interval, ...]:
    """
    Return the times to which a visit could be moved; none when it has no practitioner or no type.

    Args:
        store: Where everyone's days are.
        appointment: The visit; its practitioner, room and length stay.
        within: The range asked about.
        now: The one reading of the clock.
    """
    practice = next(iter(store.load(Practice, [PRACTICE_ID])), None) or Practice()
    visit_type = practice.visit_type(appointment.visit_type_id)
    practitioner = next(iter(store.load(Schedule, [appointment.practitioner_id or ""])), None)
    if visit_type is None or practitioner is None or practitioner.role is not Role.PRACTITIONER:
        return ()
    earliest, latest = now + visit_type.notice, now + practice.horizon
    length = appointment.end - appointment.start
    busy = _others(store, appointment, within)
    wanted = (
        Interval(start=slot.start, end=slot.start + length)
        for slot in free_times(store, practitioner.id, visit_type.id, within)
        if now < slot.start and earliest <= slot.start <= latest
    )
    return tuple(each for each in wanted if not any(overlaps(each, other) for other in busy))


def confirm_visit(tx: Transaction, seen: Seen, *, now: datetime) -> Appointment:
    """
    Note that the patient will come.

    Raises:
        NotFoundError: the visit is gone.
        StateConflictError: it has another time or state than the patient saw, or has begun.
    """
    appointment = _as_seen(tx, seen, now=now)
    after = answered(appointment, ParticipationStatus.ACCEPTED, by=BY, now=now)
    _close_items(tx, appointment, _UNREACHED, done=CONFIRMED, now=now)
    if after is appointment:
        return appointment
    touch_reminders(tx, after)
    return tx.put(after)


def cancel_visit(tx: Transaction, seen: Seen, *, now: datetime) -> Appointment:
    """
    Cancel a visit; one that is cancelled already stays as it is.

    Raises:
        NotFoundError: the visit is gone.
        StateConflictError: it has another time or state than the patient saw, or has begun.
    """
    known = _current(tx, seen)
    if known.status is AppointmentStatus.CANCELLED:
        return known
    appointment = _as_seen(tx, seen, now=now)
    _close_items(tx, appointment, _ANSWERED, done=CHANGED, now=now)
    return apply(tx, Change(appointment_id=appointment.id, by=BY), AppointmentEvent.CANCEL, now=now)


def keep_time(tx: Transaction, seen: Seen, to: Interval, *, now: datetime) -> SlotHold:
    """
    Keep a time for ten minutes while the patient makes up their mind.

    Raises:
        NotFoundError: the visit is gone.
        StateConflictError: it has another time or state than the patient saw, or has begun.
        InvalidInputError: impossible or closed times.
        SlotTakenError: the time is taken.
    """
    appointment = _as_seen(tx, seen, now=now)
    return hold_slot(tx, Change(appointment_id=appointment.id, by=BY), to, zone=appointment.zone, now=now)


def move_visit(tx: Transaction, seen: Seen, to: Interval, *, now: datetime) -> Appointment:
    """
    Move a visit to the time that was kept for it, or to any that is free, and note that the patient will come then.

    The new time is taken and the old one given back, or neither. A visit that stands there already stays as it is.

    Raises:
        NotFoundError: the visit is gone.
        StateConflictError: it has another time or state than the patient saw, or has begun.
        InvalidInputError: impossible or closed times.
        SlotTakenError: the time is taken.
    """
    known = _current(tx, seen)
    if known.interval == to and known.is_live:
        return known
    appointment = _as_seen(tx, seen, now=now)
    _close_items(tx, appointment, _ANSWERED, done=CHANGED, now=now)
    change = Change(appointment_id=appointment.id, by=BY)
    after = move(tx, change, to, zone=appointment.zone, now=now)
    return tx.put(answered(after, ParticipationStatus.ACCEPTED, by=BY, now=now))


def end_messages(tx: Transaction, link: UnsubscribeLink, *, now: datetime) -> Consent:
    """
    Withdraw the consent of the address that a link is about; one that is withdrawn already stays as it is.

    Source:
        RFC 8058 §3.2 (one POST is enough).
    """
    known = tx.get(Consent, link.consent_id)
    if known and not known.granted:
        return known
    new = Consent(id=link.consent_id, channel=link.channel, granted=False, source=BY, recorded_at=now, recorded_by=BY)
    if known is None:
        return tx.put(new)
    return tx.put(msgspec.structs.replace(known, granted=False, source=BY, wording="", recorded_at=now, recorded_by=BY))


def _current(tx: Transaction, seen: Seen) -> Appointment:
    appointment = tx.get(Appointment, seen.appointment_id)
    if appointment is None:
        raise NotFoundError("page for this link")
    return appointment


def _as_seen(tx: Transaction, seen: Seen, *, now: datetime) -> Appointment:
    """Return the visit, if it is still as the patient saw it and open to change."""
    appointment = _current(tx, seen)
    if appointment.sequence != seen.sequence:
        raise StateConflictError("this visit was moved or cancelled meanwhile; look at it again", code="changed")
    if not may_change(appointment, now=now):
        raise StateConflictError("this visit has begun or is over; call the practice", code="over")
    return appointment


def _close_items(
    tx: Transaction, appointment: Appointment, kinds: tuple[ItemKind, ...], *, done: str, now: datetime
) -> None:
    """Close what the desk was to do about a visit and what the patient has now done."""
    for kind in kinds:
        item = tx.get(WorklistItem, visit_item_id(kind, appointment))
        if item and item.is_open:
            tx.put(closed(item, done=done, by=BY, now=now))


def _others(store: Store, appointment: Appointment, within: Interval) -> tuple[Interval, ...]:
    """Return when the patient has other visits, and when the visit's room is taken."""
    own = {appointment.id, hold_id(appointment.id)}
    owners = [(role, owner) for role, owner in appointment.owners() if role is not Role.PRACTITIONER]
    if appointment.seats > 1:
        owners = [(role, owner) for role, owner in owners if role is Role.PATIENT]
    ids = [day for role, owner in owners for day in days_of(role, owner, within)]
    return tuple(b.interval for day in store.load(ScheduleDay, ids) for b in day.busy if b.appointment_id not in own)
