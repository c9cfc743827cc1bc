"""Appointments: their states, what may happen in each, and the rules of booking, moving and cancelling."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError, StateConflictError
from kept.core.intervals import Interval
from kept.core.records import IndexEntry
from kept.core.schedules import Busy, Role, Schedule, VisitType, is_open
from kept.core.zones import wall_of, zone_named

MAX_LENGTH: Final = timedelta(hours=24)
"""Longest appointment; longer ones are stays, not visits. Ours."""
HISTORY_LIMIT: Final = 50
"""Events kept with an appointment; the oldest after the first go."""


class AppointmentStatus(StrEnum):
    """Where an appointment stands."""

    REQUESTED = "REQUESTED"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


class AppointmentEvent(StrEnum):
    """What can happen to an appointment."""

    CONFIRM = "confirm"
    MOVE = "move"
    CHECK_IN = "check-in"
    COMPLETE = "complete"
    CANCEL = "cancel"
    NO_SHOW = "no-show"


class ParticipationStatus(StrEnum):
    """
    The patient's own answer, apart from the status.

    Source:
        RFC 5545 §3.2.12 (PARTSTAT).
    """

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


_S = AppointmentStatus
_E = AppointmentEvent

TRANSITIONS: Final[dict[AppointmentStatus, dict[AppointmentEvent, AppointmentStatus]]] = {
    _S.REQUESTED: {_E.CONFIRM: _S.CONFIRMED, _E.MOVE: _S.REQUESTED, _E.CANCEL: _S.CANCELLED},
    _S.CONFIRMED: {
        _E.MOVE: _S.CONFIRMED,
        _E.CHECK_IN: _S.CHECKED_IN,
        _E.COMPLETE: _S.COMPLETED,
        _E.CANCEL: _S.CANCELLED,
        _E.NO_SHOW: _S.NO_SHOW,
    },
    _S.CHECKED_IN: {_E.COMPLETE: _S.COMPLETED, _E.CANCEL: _S.CANCELLED},
    _S.COMPLETED: {},
    _S.CANCELLED: {},
    _S.NO_SHOW: {_E.CHECK_IN: _S.CHECKED_IN},
}
"""State x event -> state; every state has a row. A missed visit whose patient arrives after all is checked in."""

LIVE: Final = frozenset({_S.REQUESTED, _S.CONFIRMED, _S.CHECKED_IN})
"""States in which the appointment may still take place."""

REMINDABLE: Final = frozenset({_S.CONFIRMED})
"""States in which a reminder makes sense: someone who has arrived needs none."""


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an appointment's history."""

    at: datetime
    what: str
    by: str
    """Id of the key or the program; never a person's name."""


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """A visit at a time."""

    kind: ClassVar[str] = "appointment"

    id: str
    version: int = 0
    sequence: int = 0
    """
    Raised by each change of time or cancellation; what is planned for an older one is void.

    Source: RFC 5545 §3.8.7.4 (SEQUENCE).
    """
    patient_id: str
    practitioner_id: str | None = None
    room_id: str | None = None
    place_id: str | None = None
    visit_type_id: str | None = None
    start: datetime
    """UTC."""
    end: datetime
    """UTC, exclusive."""
    zone: str
    """IANA zone in which the wall time holds."""
    start_local: datetime
    """Wall time of the start in that zone: what was agreed with the patient."""
    status: AppointmentStatus
    participation: ParticipationStatus = ParticipationStatus.NEEDS_ACTION
    hold_until: datetime | None = None
    """When a REQUESTED appointment gives its time back; None: never by itself."""
    buffer_before: timedelta = timedelta(0)
    """Kept free before it on the practitioner's and the room's days; fixed when it was booked."""
    buffer_after: timedelta = timedelta(0)
    seats: int = 1
    """How many bookings of its visit type may share its time; fixed when it was booked."""
    description: str = ""
    location: str = ""
    notes: str = ""
    outside_id: str = ""
    """The id that another system gave it."""
    notification_ids: tuple[str, ...] = ()
    """All ever planned for it, oldest first."""
    history: tuple[Happening, ...] = ()
    created_at: datetime
    """When it was booked."""
    updated_at: datetime

    @property
    def interval(self) -> Interval:
        """From start to end."""
        return Interval(start=self.start, end=self.end)

    @property
    def is_live(self) -> bool:
        """Whether it may still take place."""
        return self.status in LIVE

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """
        Return where it is found: by patient, by local day, by end of its hold.

        What a practitioner or a room has on a day stands in their schedule days.
        """
        start = sort_instant(self.start)
        day = self.start_local.date().isoformat()
        rows = [
            IndexEntry(index="appointments_by_patient", partition=self.patient_id, sort=start),
            IndexEntry(index="appointments_by_day", partition=day, sort=f"{start}|{self.status.value}"),
        ]
        if self.hold_until and self.status is _S.REQUESTED:
            rows.append(IndexEntry(index="holds_by_end", partition="all", sort=sort_instant(self.hold_until)))
        return tuple(rows)

    def owners(self) -> tuple[tuple[Role, str], ...]:
        """Return whose time it takes, in a fixed order, so that everyone claims in the same order."""
        named = ((Role.PATIENT, self.patient_id), (Role.PRACTITIONER, self.practitioner_id), (Role.ROOM, self.room_id))
        return tuple((role, owner) for role, owner in named if owner)


class BookingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for an appointment; times are already understood."""

    patient_id: str
    start: datetime
    end: datetime
    zone: str
    practitioner_id: str | None = None
    room_id: str | None = None
    place_id: str | None = None
    visit_type_id: str | None = None
    description: str = ""
    location: str = ""
    notes: str = ""
    outside_id: str = ""
    as_request: bool = False
    """Hold the time as REQUESTED until the practice confirms."""
    register_patient: bool = False
    """Register an unknown patient id without contact points instead of refusing it."""
    by: str = ""
    """Id of the key or the program that asks."""


@lru_cache(maxsize=4096)
def sort_instant(instant: datetime) -> str:
    """
    Return a UTC instant as text that sorts as the instants do; kept, because each write asks for the same few again.

    >>> from datetime import UTC
    >>> sort_instant(datetime(2026, 5, 4, 13, tzinfo=UTC))
    '2026-05-04T13:00:00.000000'
    """
    return instant.replace(tzinfo=None).isoformat(timespec="microseconds")


def after_event(appointment: Appointment, event: AppointmentEvent, *, now: datetime) -> AppointmentStatus:
    """
    Return the status that an event leads to.

    Raises:
        StateConflictError: the event is not possible in this state, or too early or too late.
    """
    row = TRANSITIONS[appointment.status]
    if event not in row:
        possible = ", ".join(sorted(e.value for e in row)) or "nothing"
        message = (
            f"{event.value} is not possible while the appointment is {appointment.status.value}; possible: {possible}"
        )
        raise StateConflictError(message)
    if (
        event in {_E.MOVE, _E.CANCEL, _E.CONFIRM}
        and appointment.start <= now
        and appointment.status is not _S.CHECKED_IN
    ):
        message = f"{event.value} is not possible once the appointment has begun; use no-show, check-in or complete"
        raise StateConflictError(message, code="already_begun")
    if event is _E.NO_SHOW and now < appointment.start:
        raise StateConflictError("no-show is not possible before the appointment begins; use cancel", code="not_begun")
    return row[event]


def changed(appointment: Appointment, event: AppointmentEvent, *, by: str, now: datetime) -> Appointment:
    """
    Return the appointment after an event other than a move.

    Raises:
        StateConflictError: the event is not possible in this state.
    """
    status = after_event(appointment, event, now=now)
    return msgspec.structs.replace(
        appointment,
        status=status,
        sequence=appointment.sequence + (event is _E.CANCEL),
        hold_until=None,
        history=_noted(appointment, event.value, by=by, now=now),
        updated_at=now,
    )


def moved(appointment: Appointment, to: Interval, *, zone: str, by: str, now: datetime) -> Appointment:
    """
    Return the appointment at its new time; the patient's earlier answer no longer counts.

    Raises:
        StateConflictError: it cannot be moved in this state.
    """
    status = after_event(appointment, _E.MOVE, now=now)
    return msgspec.structs.replace(
        appointment,
        status=status,
        sequence=appointment.sequence + 1,
        start=to.start,
        end=to.end,
        zone=zone,
        start_local=wall_of(to.start, zone_named(zone)),
        participation=ParticipationStatus.NEEDS_ACTION,
        history=_noted(appointment, _E.MOVE.value, by=by, now=now),
        updated_at=now,
    )


def answered(appointment: Appointment, answer: ParticipationStatus, *, by: str, now: datetime) -> Appointment:
    """
    Return the appointment with the patient's own answer; its status and its reminders stay.

    The same answer again changes nothing.
    """
    if appointment.participation is answer:
        return appointment
    return msgspec.structs.replace(
        appointment,
        participation=answer,
        history=_noted(appointment, answer.value, by=by, now=now),
        updated_at=now,
    )


def appointment_from(
    request: BookingRequest,
    visit_type: VisitType | None,
    *,
    appointment_id: str,
    hold: timedelta | None,
    booked_at: datetime,
) -> Appointment:
    """
    Return the appointment that a request asks for.

    Args:
        request: What is asked.
        visit_type: The one it names; its buffers and seats are fixed with the appointment.
        appointment_id: Its id, new.
        hold: How long it stays REQUESTED at most; None: it is CONFIRMED at once.
        booked_at: When it was asked for.
    """
    return Appointment(
        id=appointment_id,
        patient_id=request.patient_id,
        practitioner_id=request.practitioner_id,
        room_id=request.room_id,
        place_id=request.place_id,
        visit_type_id=request.visit_type_id,
        start=request.start,
        end=request.end,
        zone=request.zone,
        start_local=wall_of(request.start, zone_named(request.zone)),
        status=_S.CONFIRMED if hold is None else _S.REQUESTED,
        hold_until=None if hold is None else min(booked_at + hold, request.start),
        buffer_before=visit_type.buffer_before if visit_type else timedelta(0),
        buffer_after=visit_type.buffer_after if visit_type else timedelta(0),
        seats=visit_type.capacity if visit_type else 1,
        description=request.description,
        location=request.location,
        notes=request.notes,
        outside_id=request.outside_id,
        history=(Happening(at=booked_at, what="book", by=request.by),),
        created_at=booked_at,
        updated_at=booked_at,
    )


def check_times(wanted: Interval, *, now: datetime, notice: timedelta, horizon: timedelta) -> None:
    """
    Refuse times that nobody can mean.

    Raises:
        InvalidInputError: in the past, inside the notice, beyond the horizon, or longer than a day.
    """
    if wanted.start <= now:
        raise InvalidInputError.of("start", "in_the_past", "lies in the past; choose a time to come")
    if wanted.start < now + notice:
        hours = notice / timedelta(hours=1)
        raise InvalidInputError.of(
            "start", "too_soon", f"this visit is booked at least {hours:g} hours ahead; choose a later time"
        )
    if wanted.start > now + horizon:
        raise InvalidInputError.of(
            "start", "too_far", f"bookings open {horizon.days} days ahead; choose an earlier time"
        )
    if wanted.end - wanted.start > MAX_LENGTH:
        raise InvalidInputError.of("end", "too_long", "an appointment lasts 24 hours at most; choose an earlier end")


def hours_problem(schedules: tuple[Schedule, ...], zone: ZoneInfo, wanted: Interval) -> FieldProblem | None:
    """Return what is wrong when a wanted time lies outside the hours of a practitioner or room, else None."""
    for schedule in schedules:
        if not is_open(schedule, zone, wanted):
            message = f"lies outside the hours of this {schedule.role.value}; ask for free slots"
            return FieldProblem(field="start", code="outside_hours", message=message)
    return None


def taken_on(role: Role, appointment: Appointment) -> Busy:
    """
    Return the stretch that an appointment takes on one owner's day.

    Buffers are the practice's time, so they count for practitioners and rooms and not for the patient.
    """
    if role is Role.PATIENT:
        return Busy(start=appointment.start, end=appointment.end, appointment_id=appointment.id)
    return Busy(
        start=appointment.start - appointment.buffer_before,
        end=appointment.end + appointment.buffer_after,
        appointment_id=appointment.id,
        group=appointment.visit_type_id or "" if appointment.seats > 1 else "",
    )


def _noted(appointment: Appointment, what: str, *, by: str, now: datetime) -> tuple[Happening, ...]:
    lines = (*appointment.history, Happening(at=now, what=what, by=by))
    return lines if len(lines) <= HISTORY_LIMIT else (lines[0], *lines[-(HISTORY_LIMIT - 1) :])
