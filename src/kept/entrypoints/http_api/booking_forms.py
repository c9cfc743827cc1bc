"""
The bodies that ask for an appointment, or for another time of one.

Three forms are taken: our own and those of two existing systems. Which one it is, its members say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, cast
from zoneinfo import ZoneInfo

import msgspec

from kept.core.booking import Appointment, BookingRequest
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.intervals import Interval, in_utc
from kept.core.practice import Practice
from kept.core.zones import check_offset, instant_of, parse_instant, parse_wall, zone_named
from kept.formats.seed_events import (
    DETAILS,
    PATIENT_REQUEST,
    USER_BOOKING,
    Home,
    booking_by_request,
    booking_by_user,
)
from kept.formats.shapes import Member, Problems, Shape, Type, Values, object_of, read, text_of

MINUTES_OF_A_DAY: Final = 24 * 60
_HAS_OFFSET: Final = re.compile(r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})\Z")

_TIMES: Final = {
    "start": Member(
        types=(Type.NOTATION,),
        about="RFC 3339 with an offset or Z; or local, without an offset, beside a timeZone.",
    ),
    "end": Member(types=(Type.NOTATION,), about="Like start, and later. Give this or durationMinutes."),
    "durationMinutes": Member(
        types=(Type.INTEGER,),
        about="Elapsed minutes. Give this or end; with neither, the visit type says.",
        least=1,
        most=MINUTES_OF_A_DAY,
    ),
    "timeZone": Member(
        types=(Type.NOTATION,),
        about="IANA zone of the wall times; where none is given, the place's, else the practice's.",
    ),
}
_NOTES: Final = Member(types=(Type.TEXT,), about="For the desk; never in a message.", limit=4_000, multiline=True)

BOOKING: Final = Shape(
    name="Booking",
    about="A booking with everything that can be said of it.",
    members={
        "patientId": Member(types=(Type.ID,), about="Who comes; registered before.", required=True),
        "practitionerId": Member(types=(Type.ID,), about="Whom the patient sees."),
        "roomId": Member(types=(Type.ID,), about="Where in the house."),
        "placeId": Member(types=(Type.ID,), about="Which place of the practice."),
        "visitType": Member(types=(Type.ID,), about="Kind of visit: length, buffers, notice, reminders."),
        **_TIMES,
        "start": msgspec.structs.replace(_TIMES["start"], required=True),
        "notes": _NOTES,
        "details": Member(types=(Type.OBJECT,), about="What the visit is about.", shape=DETAILS),
        "asRequest": Member(types=(Type.FLAG,), about="Hold the time until the practice confirms it."),
    },
    example={
        "patientId": "pat_1",
        "start": "2030-05-06T09:00:00-04:00",
        "durationMinutes": 30,
        "timeZone": "America/New_York",
    },
)

CHANGE: Final = Shape(
    name="AppointmentChange",
    about="Another time, other notes, or both. The length stays unless end or durationMinutes is given.",
    members={**_TIMES, "notes": _NOTES},
    needs=(*_TIMES, "notes"),
    example={"start": "2030-05-07T09:00:00-04:00"},
)


class Form(StrEnum):
    """Which body it is."""

    USER = "user"
    REQUEST = "request"
    OURS = "ours"


_MARKS: Final[Mapping[Form, frozenset[str]]] = {
    Form.USER: frozenset({"userId"}),
    Form.REQUEST: frozenset({"appointmentDate"}),
    Form.OURS: frozenset(BOOKING.members) - USER_BOOKING.members.keys() - PATIENT_REQUEST.members.keys(),
}
"""Members that only one form has."""

_THEIR_NAMES: Final[Mapping[Form, Mapping[str, str]]] = {
    Form.USER: {"start": "startTime", "end": "endTime", "patientId": "userId"},
    Form.REQUEST: {"start": "startTime", "end": "endTime"},
    Form.OURS: {},
}
"""What a form calls a field of ours."""


def home_of(practice: Practice) -> Home:
    """Return what is taken for granted where a document says nothing."""
    return Home(zone=practice.zone, region=practice.region)


def form_of(document: object) -> Form:
    """
    Return which form a body has.

    Raises:
        InvalidInputError: it mixes two; the members of the one with fewer of them are named.
    """
    given = document.keys() if isinstance(document, dict) else set()
    marked = sorted((form for form in _MARKS if _MARKS[form] & given), key=lambda form: -len(_MARKS[form] & given))
    if len(marked) > 1:
        first = min(_MARKS[marked[0]] & given)
        message = f"belongs to another form of booking than {first}; leave one of them out"
        others = sorted(name for form in marked[1:] for name in _MARKS[form] & given)
        raise InvalidInputError(
            *(
                FieldProblem(field=n, code="conflicts_with", message=message, extra={"with": f"/{first}"})
                for n in others
            )
        )
    if marked:
        return marked[0]
    if given & {"startTime", "endTime"}:
        return Form.REQUEST if "patientId" in given else Form.USER
    return Form.OURS


def booking_of(form: Form, document: object, practice: Practice) -> BookingRequest:
    """
    Return what a body asks for.

    Raises:
        InvalidInputError: with everything that is wrong, in the form's own names.
    """
    if form is Form.USER:
        return booking_by_user(document, home_of(practice))
    if form is Form.REQUEST:
        return booking_by_request(document, home_of(practice))
    return _booking(document, practice)


def in_their_names(error: InvalidInputError, form: Form) -> InvalidInputError:
    """Return an error of ours with the fields named as the form names them."""
    names = _THEIR_NAMES[form]
    return InvalidInputError(*(msgspec.structs.replace(p, field=names.get(p.field, p.field)) for p in error.problems))


def wanted_change(document: object, appointment: Appointment) -> tuple[Interval | None, str, str | None]:
    """
    Return the time, its zone and the notes that a change asks for; None for what stays.

    Raises:
        InvalidInputError: with everything that is wrong; a change that changes nothing is.
    """
    problems = Problems()
    values = read(CHANGE, document, problems)
    problems.check()
    zone = _zone(values, problems, otherwise=appointment.zone)
    is_move = bool(values.keys() & _TIMES.keys())
    local = _Local(zone=zone, is_known=True, is_given="timeZone" in values)
    start = _moment(values, "start", local, problems) if "start" in values else appointment.start
    end = _end(values, start, local, problems, length=appointment.end - appointment.start)
    problems.check()
    to = Interval(start=cast("datetime", start), end=cast("datetime", end)) if is_move else None
    notes = text_of(values, "notes") if isinstance(document, dict) and "notes" in document else None
    return to, cast("ZoneInfo", zone).key, notes


class _Local(msgspec.Struct, frozen=True, kw_only=True):
    """How times without an offset are read."""

    zone: ZoneInfo | None
    """None: the one given is none."""
    is_known: bool
    """Whether a time may leave its offset out, because the caller knows which zone it will be read in."""
    is_given: bool
    """Whether the body itself names it: only then must an offset agree with it."""


def _booking(document: object, practice: Practice) -> BookingRequest:
    problems = Problems()
    values = read(BOOKING, document, problems)
    place = practice.place(text_of(values, "placeId"))
    zone = _zone(values, problems, otherwise=place.zone if place else practice.zone)
    is_given = "timeZone" in values
    local = _Local(zone=zone, is_known=is_given or problems.has("timeZone"), is_given=is_given)
    start = _moment(values, "start", local, problems) if "start" in values else None
    visit_type = practice.visit_type(text_of(values, "visitType"))
    if not visit_type and not values.keys() & {"end", "durationMinutes"} and not problems.has("durationMinutes"):
        message = "is missing; give it, or end, or a visitType of this practice"
        problems.add("durationMinutes", "required", message)
    end = _end(values, start, local, problems, length=visit_type.duration if visit_type else None)
    problems.check()
    details = object_of(values, "details")
    return BookingRequest(
        patient_id=text_of(values, "patientId"),
        practitioner_id=text_of(values, "practitionerId") or None,
        room_id=text_of(values, "roomId") or None,
        place_id=text_of(values, "placeId") or None,
        visit_type_id=text_of(values, "visitType") or None,
        start=cast("datetime", start),
        end=cast("datetime", end),
        zone=cast("ZoneInfo", zone).key,
        description=text_of(details, "description"),
        location=text_of(details, "location"),
        notes=text_of(values, "notes"),
        as_request=bool(values.get("asRequest", False)),
    )


def _zone(values: Values, problems: Problems, *, otherwise: str) -> ZoneInfo | None:
    if "timeZone" in values:
        return problems.tried(zone_named, text_of(values, "timeZone"))
    return None if problems.has("timeZone") else zone_named(otherwise)


def _moment(values: Values, name: str, local: _Local, problems: Problems) -> datetime | None:
    """Return the instant of a time, in UTC, if it can be read."""
    return problems.tried(_read_moment, text_of(values, name), local, field=name)


def _read_moment(text: str, local: _Local, *, field: str) -> datetime | None:
    if _HAS_OFFSET.search(text):
        instant = parse_instant(text, field=field)
        if local.is_given and local.zone:
            check_offset(instant, local.zone, field=field)
        return in_utc(instant, field=field)
    wall = parse_wall(text, field=field)
    if not local.is_known:
        message = "has no UTC offset; add one, like 2026-05-04T09:00:00-04:00, or give a timeZone beside it"
        raise InvalidInputError.of(field, "missing_offset", message)
    return instant_of(wall, local.zone, field=field) if local.zone else None


def _end(
    values: Values, start: datetime | None, local: _Local, problems: Problems, *, length: timedelta | None
) -> datetime | None:
    """Return when it ends, by the end given, the minutes given, or its usual length."""
    minutes = cast("int | None", values.get("durationMinutes"))
    by_minutes = timedelta(minutes=minutes) if minutes is not None else None
    if "end" not in values:
        usual = by_minutes or length
        return start + usual if start and usual else None
    end = _moment(values, "end", local, problems)
    if start is None or end is None:
        return None
    if end <= start:
        problems.add("end", "before_start", "is not after the start; give a later end")
    elif by_minutes is not None and end - start != by_minutes:
        message = "says another length than durationMinutes; give only one of them"
        problems.add("end", "conflicts_with", message, **{"with": "/durationMinutes"})
    return end
