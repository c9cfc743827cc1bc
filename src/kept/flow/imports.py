"""
Bring in what another system has kept: visits to come are planned like any other, past ones are only recorded.

Many lines share one transaction, because that is fast; each is kept or refused by itself all the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar, cast

import msgspec

from kept.core.booking import Appointment, AppointmentStatus, BookingRequest, appointment_from
from kept.core.errors import InvalidInputError, KeptError
from kept.core.imports import Arrival, NextFree, desk_id, next_free_start
from kept.core.intervals import Interval
from kept.core.people import Patient
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.schedules import Busy, Place, Role, Schedule, ScheduleDay, VisitType, days_of
from kept.flow.booking import record_past
from kept.flow.people import register
from kept.flow.reminders import plan_reminders
from kept.ports.store import Entity, Key, Transaction, Wish
from kept.ports.work import UnitOfWork

T = TypeVar("T")

BY: Final = "import"
ENDED: Final = frozenset({AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW, AppointmentStatus.CHECKED_IN})


class Fate(StrEnum):
    """What became of one line."""

    NEW = "new"
    DUPLICATE = "duplicate"


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is on record."""

    fate: Fate
    appointment_id: str
    is_new_patient: bool = False
    planned: int = 0
    """Notifications planned for it."""


def bring_in(tx: Transaction, arrivals: tuple[Arrival, ...], *, now: datetime) -> tuple[Arrived | KeptError, ...]:
    """
    Write what can be written of some visits, each whole or not at all.

    A visit that is on record already stays as it is. A patient that nobody knows is registered with what the line
    says; a known one stays as it is, and so does what a number or an address allows.

    Returns:
        For each visit, in their order, what became of it: an error says why it was refused.
    """
    return tuple(_apart(tx, _bringing(arrival, now=now)) for arrival in arrivals)


def add_place(tx: Transaction, place: Place) -> Practice:
    """Write a further place of the practice; one of the same id stays as it is."""
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    if practice.place(place.id):
        return practice
    return tx.put(msgspec.structs.replace(practice, places=(*practice.places, place)))


def _bringing(arrival: Arrival, *, now: datetime) -> Callable[[Transaction], Arrived]:
    def step(tx: Transaction) -> Arrived:
        return _bring_in_one(tx, arrival, now=now)

    return step


def _bring_in_one(tx: Transaction, arrival: Arrival, *, now: datetime) -> Arrived:
    if tx.get(Appointment, arrival.appointment_id):
        return Arrived(fate=Fate.DUPLICATE, appointment_id=arrival.appointment_id)
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    visit_type = _checked_names(tx, arrival, practice)
    is_new_patient = tx.get(Patient, arrival.patient.id) is None
    if is_new_patient:
        register(tx, arrival.patient, (), by=BY, now=now)
    request = arrival.request
    if arrival.next_free:
        request = _with_time(tx, request, arrival.next_free, visit_type)
    _check_status(arrival.status, request.start, now=now)
    new = appointment_from(
        request, visit_type, appointment_id=arrival.appointment_id, hold=None, booked_at=arrival.booked_at
    )
    stored = record_past(tx, msgspec.structs.replace(new, status=arrival.status), arrival.patient)
    if stored.status is AppointmentStatus.CONFIRMED and stored.start > now:
        stored = tx.put(plan_reminders(tx, stored, practice, now=now))
    return Arrived(
        fate=Fate.NEW,
        appointment_id=stored.id,
        is_new_patient=is_new_patient,
        planned=len(stored.notification_ids),
    )


def _checked_names(tx: Transaction, arrival: Arrival, practice: Practice) -> VisitType | None:
    """Refuse what names nothing of this practice; return the visit type."""
    request = arrival.request
    visit_type = practice.visit_type(request.visit_type_id)
    if request.visit_type_id and visit_type is None:
        raise InvalidInputError.of("visitType", "unknown_visit_type", "names no visit type; add it to the practice")
    if request.place_id and practice.place(request.place_id) is None:
        raise InvalidInputError.of(
            "placeId", "unknown_place", "names no place; add it to the practice, or --add-places"
        )
    if request.practitioner_id and not arrival.next_free:
        schedule = tx.get(Schedule, request.practitioner_id)
        if schedule is None or schedule.role is not Role.PRACTITIONER:
            message = "names no practitioner; add them to the practice"
            raise InvalidInputError.of("practitionerId", "unknown_practitioner", message)
    return visit_type


def _check_status(status: AppointmentStatus, start: datetime, *, now: datetime) -> None:
    if status in ENDED and start > now:
        message = f"cannot be {status.value} before the visit; correct the status or the time"
        raise InvalidInputError.of("status", "not_begun", message)


def _with_time(
    tx: Transaction, request: BookingRequest, wanted: NextFree, visit_type: VisitType | None
) -> BookingRequest:
    """Return the request with the next free time of one of the clinic's desks, a further one if all are full."""
    before, after = (visit_type.buffer_before, visit_type.buffer_after) if visit_type else (timedelta(0), timedelta(0))
    length = before + wanted.length + after
    own = _busy(tx, Role.PATIENT, request.patient_id, wanted.window)
    last_start = wanted.window.end - length
    not_before = wanted.not_before if wanted.not_before and wanted.not_before <= last_start else None
    number = 0
    while True:
        number += 1
        desk = desk_id(wanted.clinic, number)
        taken = _busy(tx, Role.PRACTITIONER, desk, wanted.window)
        start = next_free_start(wanted.window, (*taken, *own), length=length, not_before=not_before)
        if start:
            _open_desk(tx, desk, number, wanted, request)
            begins = start + before
            return msgspec.structs.replace(request, practitioner_id=desk, start=begins, end=begins + wanted.length)
        if not taken:  # even an empty desk is no help: it is the patient's own day that is full
            message = "has no time left for this patient; give the visit a time"
            raise InvalidInputError.of("date", "no_time_left", message)


def _busy(tx: Transaction, role: Role, owner: str, window: Interval) -> tuple[Busy, ...]:
    days = (tx.get(ScheduleDay, day_id) for day_id in days_of(role, owner, window))
    return tuple(itertools.chain.from_iterable(day.busy for day in days if day))


def _open_desk(tx: Transaction, desk: str, number: int, wanted: NextFree, request: BookingRequest) -> None:
    if tx.get(Schedule, desk) is None:
        name = wanted.name if number == 1 else f"{wanted.name} {number}"
        tx.put(Schedule(id=desk, role=Role.PRACTITIONER, name=name, place_id=request.place_id or ""))


def _apart(tx: Transaction, step: Callable[[Transaction], T]) -> T | KeptError:
    """Run a step inside another, so that its refusal leaves nothing of it behind, and the other goes on."""

    def read_together(wishes: Sequence[Wish]) -> dict[Key, Entity | None]:
        tx.read_ahead(*wishes)
        return {(kind.kind, entity_id): tx.get(kind, entity_id) for kind, entity_id in wishes}

    work = UnitOfWork(cast("Callable[[type[Entity], str], Entity | None]", tx.get), read_together)
    try:
        result = step(work)
    except KeptError as error:
        return error
    for change in work.changes():
        new = cast("msgspec.Struct", change.new)  # nothing here deletes or guards
        tx.put(cast("Entity", msgspec.structs.replace(new, version=change.expected)))
    return result
