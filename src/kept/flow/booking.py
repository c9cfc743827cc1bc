"""Book, move, confirm, cancel and close appointments, each in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

import msgspec

from kept.core.access import AnsweredRequest, RequestKey
from kept.core.booking import (
    Appointment,
    AppointmentEvent,
    AppointmentStatus,
    BookingRequest,
    appointment_from,
    changed,
    check_times,
    hours_problem,
    moved,
    sort_instant,
    taken_on,
)
from kept.core.errors import InvalidInputError, NotFoundError, StaleVersionError
from kept.core.holds import SlotHold, hold_id
from kept.core.intervals import Interval
from kept.core.notifications import NotificationKind, Reason
from kept.core.people import Patient
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.schedules import Role, Schedule, ScheduleDay, VisitType, days_of
from kept.core.zones import zone_named
from kept.flow.access import earlier_answer, note_answer
from kept.flow.reminders import plan_notice, plan_reminders, void_reminders
from kept.ports.store import Store, Transaction, Wish

_NEWS: Final = {
    AppointmentEvent.CONFIRM: NotificationKind.BOOKED,
    AppointmentEvent.CANCEL: NotificationKind.CANCELLED,
    AppointmentEvent.NO_SHOW: NotificationKind.MISSED,
}
"""What the patient is told of an event."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for a change of an appointment."""

    appointment_id: str
    by: str
    """Id of the key or the program that asks."""
    version: int | None = None
    """The version it was decided on; None: whatever is stored."""


def book(
    tx: Transaction, request: BookingRequest, *, appointment_id: str, now: datetime, key: RequestKey | None = None
) -> Appointment:
    """
    Take the time and write the appointment with its reminders.

    Args:
        tx: The transaction.
        request: What is asked.
        appointment_id: Id for the new appointment. One that exists already is answered as it stands.
        now: The one reading of the clock.
        key: Idempotency key: the same request under it again answers the same appointment and books nothing.

    Raises:
        InvalidInputError: unknown patient, schedule or visit type; impossible or closed times.
        SlotTakenError: the patient, practitioner or room has another appointment then.
        KeyReusedError: the key came with another request before.
    """
    tx.read_ahead(*_wishes(request, appointment_id, key))
    answered = earlier_answer(tx, key)
    known = tx.get(Appointment, answered.result_id if answered else appointment_id)
    if known:
        return known
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    wanted = Interval(start=request.start, end=request.end)
    visit_type = _visit_type(practice, request.visit_type_id)
    check_times(wanted, now=now, notice=visit_type.notice if visit_type else timedelta(0), horizon=practice.horizon)
    _check_place(practice, request.place_id)
    _check_schedules(tx, request.practitioner_id, request.room_id, wanted, practice=practice)
    _know_patient(tx, request, now=now)
    is_request = request.as_request or bool(visit_type and visit_type.by_request)
    hold = practice.request_hold if is_request else None
    appointment = appointment_from(request, visit_type, appointment_id=appointment_id, hold=hold, booked_at=now)
    take_time(tx, appointment)
    if appointment.status is AppointmentStatus.CONFIRMED:
        appointment = plan_reminders(tx, appointment, practice, now=now)
        appointment = plan_notice(tx, appointment, NotificationKind.BOOKED, now=now)
    note_answer(tx, key, result_id=appointment.id, now=now)
    return tx.put(appointment)


def move(tx: Transaction, change: Change, to: Interval, *, zone: str, now: datetime) -> Appointment:
    """
    Take the new time and give the old one back, or do neither.

    Raises:
        NotFoundError: no such appointment.
        StaleVersionError: it changed since the caller read it.
        StateConflictError: it cannot be moved in its state.
        InvalidInputError: impossible or closed times.
        SlotTakenError: the new time is taken.
    """
    appointment, after = as_moved(tx, change, to, zone=zone, now=now)
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    give_time_back(tx, appointment)
    take_time(tx, after)
    void_reminders(tx, appointment, Reason.APPOINTMENT_MOVED, now=now)
    if after.status is AppointmentStatus.CONFIRMED:
        after = plan_reminders(tx, after, practice, now=now)
        known = appointment.start
        after = plan_notice(tx, after, NotificationKind.MOVED, now=now, known_start=known)
    return tx.put(after)


def as_moved(
    tx: Transaction, change: Change, to: Interval, *, zone: str, now: datetime
) -> tuple[Appointment, Appointment]:
    """
    Return an appointment as it stands, and as it would after a move; nothing is written, and the time may be taken.

    Raises:
        NotFoundError: no such appointment.
        StaleVersionError: it changed since the caller read it.
        StateConflictError: it cannot be moved in its state.
        InvalidInputError: impossible or closed times.
    """
    appointment = _current(tx, change)
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    visit_type = practice.visit_type(appointment.visit_type_id)
    after = moved(appointment, to, zone=zone, by=change.by, now=now)
    check_times(to, now=now, notice=visit_type.notice if visit_type else timedelta(0), horizon=practice.horizon)
    _check_schedules(tx, appointment.practitioner_id, appointment.room_id, to, practice=practice)
    return appointment, after


def apply(tx: Transaction, change: Change, event: AppointmentEvent, *, now: datetime) -> Appointment:
    """
    Let an event other than a move happen to an appointment.

    Raises:
        NotFoundError: no such appointment.
        StaleVersionError: it changed since the caller read it.
        StateConflictError: the event is not possible in its state.
    """
    appointment = _current(tx, change)
    after = changed(appointment, event, by=change.by, now=now)
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    if event is AppointmentEvent.CANCEL:
        give_time_back(tx, appointment)
        void_reminders(tx, appointment, Reason.APPOINTMENT_CANCELLED, now=now)
    elif after.status is AppointmentStatus.CONFIRMED:
        after = plan_reminders(tx, after, practice, now=now)
    else:
        void_reminders(tx, appointment, Reason.APPOINTMENT_NOT_LIVE, now=now)
    if event in _NEWS:
        after = plan_notice(tx, after, _NEWS[event], now=now)
    return tx.put(after)


def annotate(tx: Transaction, change: Change, *, notes: str, now: datetime) -> Appointment:
    """Replace the desk's notes of an appointment; nothing is planned anew."""
    appointment = _current(tx, change)
    return tx.put(msgspec.structs.replace(appointment, notes=notes, updated_at=now))


def ended_holds(store: Store, *, now: datetime, limit: int = 500) -> tuple[str, ...]:
    """Return ids of appointments whose hold may have ended; candidates for :func:`release_hold`."""
    page = store.query("holds_by_end", "all", before=sort_instant(now + timedelta(microseconds=1)), limit=limit)
    return tuple(hit.id for hit in page.hits)


def release_hold(tx: Transaction, appointment_id: str, *, now: datetime) -> bool:
    """Cancel a REQUESTED appointment whose hold has ended; tell whether it was."""
    appointment = tx.get(Appointment, appointment_id)
    if appointment is None or appointment.status is not AppointmentStatus.REQUESTED:
        return False
    if appointment.hold_until is None or appointment.hold_until > now:
        return False
    give_time_back(tx, appointment)
    before_start = min(now, appointment.start - timedelta(microseconds=1))
    tx.put(changed(appointment, AppointmentEvent.CANCEL, by="hold ended", now=before_start))
    return True


def record_past(tx: Transaction, appointment: Appointment, patient: Patient) -> Appointment:
    """
    Write an appointment that another system has kept, as it was, without planning anything.

    It takes its time like any other, so that history cannot hold two visits of one person at once.

    Raises:
        SlotTakenError: the time is taken.
    """
    known = tx.get(Appointment, appointment.id)
    if known:
        return known
    if tx.get(Patient, patient.id) is None:
        tx.put(patient)
    if appointment.status is not AppointmentStatus.CANCELLED:
        take_time(tx, appointment)
    return tx.put(appointment)


def _current(tx: Transaction, change: Change) -> Appointment:
    appointment = tx.get(Appointment, change.appointment_id)
    if appointment is None:
        raise NotFoundError("appointment")
    if change.version is not None and change.version != appointment.version:
        raise StaleVersionError(given=change.version, current=appointment.version)
    return appointment


def _wishes(request: BookingRequest, appointment_id: str, key: RequestKey | None) -> Iterator[Wish]:
    """Yield what a booking reads before it takes the time."""
    yield from ((Appointment, appointment_id), (Practice, PRACTICE_ID), (Patient, request.patient_id))
    yield from ((Schedule, schedule_id) for schedule_id in (request.practitioner_id, request.room_id) if schedule_id)
    if key:
        yield AnsweredRequest, key.id


def _know_patient(tx: Transaction, request: BookingRequest, *, now: datetime) -> None:
    if tx.get(Patient, request.patient_id) is not None:
        return
    if not request.register_patient:
        raise InvalidInputError.of("patientId", "unknown_patient", "names no patient; register the patient first")
    tx.put(Patient(id=request.patient_id, created_at=now, updated_at=now))


def _visit_type(practice: Practice, visit_type_id: str | None) -> VisitType | None:
    visit_type = practice.visit_type(visit_type_id)
    if visit_type_id and visit_type is None:
        raise InvalidInputError.of("visitType", "unknown_visit_type", "names no visit type of this practice")
    return visit_type


def _check_place(practice: Practice, place_id: str | None) -> None:
    if place_id and practice.place(place_id) is None:
        raise InvalidInputError.of("placeId", "unknown_place", "names no place of this practice")


def _check_schedules(
    tx: Transaction, practitioner_id: str | None, room_id: str | None, wanted: Interval, *, practice: Practice
) -> None:
    """Refuse unknown practitioners and rooms, and times outside their hours."""
    wishes = (("practitionerId", Role.PRACTITIONER, practitioner_id), ("roomId", Role.ROOM, room_id))
    tx.read_ahead(*((Schedule, schedule_id) for _, _, schedule_id in wishes if schedule_id))
    for field, role, schedule_id in wishes:
        if not schedule_id:
            continue
        schedule = tx.get(Schedule, schedule_id)
        if schedule is None or schedule.role is not role:
            raise InvalidInputError.of(field, f"unknown_{role.value}", f"names no {role.value} of this practice")
        place = practice.place(schedule.place_id)
        problem = hours_problem((schedule,), zone_named(place.zone if place else practice.zone), wanted)
        if problem:
            raise InvalidInputError(problem)


def take_time(tx: Transaction, appointment: Appointment) -> tuple[str, ...]:
    """
    Take the appointment's time on every day of everyone it concerns; return the ids of those days.

    Raises:
        SlotTakenError: a part of it is taken.
    """
    taken = []
    wishes = {(role, owner): taken_on(role, appointment) for role, owner in appointment.owners()}
    days = {owner: days_of(*owner, wanted.interval) for owner, wanted in wishes.items()}
    tx.read_ahead(*((ScheduleDay, day_id) for ids in days.values() for day_id in ids))
    for (role, owner), wanted in wishes.items():
        capacity = 1 if role is Role.PATIENT else appointment.seats
        for day_id in days[role, owner]:
            day = tx.get(ScheduleDay, day_id) or ScheduleDay(id=day_id)
            tx.put(day.reserve(wanted, owner=role.value, capacity=capacity))
            taken.append(day_id)
    return tuple(taken)


def give_time_back(tx: Transaction, appointment: Appointment) -> None:
    """Give back the appointment's time, and whatever is kept for it elsewhere."""
    drop_hold(tx, appointment.id)
    owned = (days_of(role, owner, taken_on(role, appointment).interval) for role, owner in appointment.owners())
    _release(tx, tuple(chain.from_iterable(owned)), appointment.id)


def drop_hold(tx: Transaction, appointment_id: str) -> SlotHold | None:
    """Give back the time that is kept for an appointment's move, and forget it; return what it was, or None."""
    hold = give_hold_back(tx, appointment_id)
    if hold:
        tx.delete(hold)
    return hold


def give_hold_back(tx: Transaction, appointment_id: str) -> SlotHold | None:
    """Take a hold's time off the schedule days; return the hold, which is still on record, or None."""
    hold = tx.get(SlotHold, hold_id(appointment_id))
    _release(tx, hold.days if hold else (), hold_id(appointment_id))
    return hold


def _release(tx: Transaction, day_ids: tuple[str, ...], holder: str) -> None:
    """Take what somebody holds off some days."""
    tx.read_ahead(*((ScheduleDay, day_id) for day_id in day_ids))
    for day_id in day_ids:
        day = tx.get(ScheduleDay, day_id)
        if day:
            tx.put(day.release(holder))
