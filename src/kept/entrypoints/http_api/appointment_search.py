"""Find appointments: of a patient, or of some days."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final, cast

import msgspec

from kept.core.access import Scope
from kept.core.booking import Appointment, AppointmentStatus, sort_instant
from kept.core.zones import zone_named
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.operations import Call, Operation
from kept.entrypoints.http_api.ranges import DAY, FROM, TO, Range, wanted_range
from kept.entrypoints.http_api.views import AppointmentPage, appointment_view
from kept.flow.search import Found, Search, search
from kept.formats.shapes import Member, Shape, Type, Values, text_of

LONGEST_PAGE: Final = 200
USUAL_PAGE: Final = 50
_DAYS_OF_PRACTICE: Final = 93
"""Longest range without a patient: a quarter, because every day of it is read."""
_DAYS_OF_PATIENT: Final = 366 * 110
"""Usual range with one: a life, half of it to come."""
_ANY_LENGTH: Final = 366 * 10_000

CURSOR: Final = Member(types=(Type.TEXT,), about="nextCursor of the page before.", limit=2_000)
LIMIT: Final = Member(types=(Type.INTEGER,), about="Longest page.", least=1, most=LONGEST_PAGE, example=USUAL_PAGE)

QUERY: Final = Shape(
    name="AppointmentSearch",
    about="Appointments of a patient, or of some days.",
    members={
        "patientId": Member(types=(Type.ID,), about="Whose."),
        "status": Member(
            types=(Type.TEXT,), about="In which state.", choices=tuple(s.value for s in AppointmentStatus)
        ),
        "from": FROM,
        "to": TO,
        "cursor": CURSOR,
        "limit": LIMIT,
    },
)


async def find(call: Call) -> Answer:
    """Show a page of appointments, in the order of their start."""
    found = await asyncio.to_thread(_found, call)
    views = tuple(appointment_view(appointment) for appointment in found.entities)
    return json_answer(AppointmentPage(appointments=views, next_cursor=found.cursor))


def page_asked(values: Values) -> tuple[int, str | None]:
    """Return length and cursor of the page that a query asks for."""
    return cast("int", values.get("limit", USUAL_PAGE)), text_of(values, "cursor") or None


def paged(where: Search, values: Values) -> Search:
    """Return the search of the page that a query asks for."""
    limit, cursor = page_asked(values)
    return msgspec.structs.replace(where, limit=limit, cursor=cursor)


def _found(call: Call) -> Found[Appointment]:
    zone = zone_named(call.practice().zone)
    patient_id = text_of(call.query, "patientId")
    status = text_of(call.query, "status")
    today = call.now.astimezone(zone).date()
    if patient_id:
        first = today - timedelta(days=_DAYS_OF_PATIENT // 2)
        wanted = wanted_range(call.query, zone, today=first, days=_DAYS_OF_PATIENT, most_days=_ANY_LENGTH)
    else:
        wanted = wanted_range(call.query, zone, today=today, days=7, most_days=_DAYS_OF_PRACTICE)

    def keep(appointment: Appointment) -> bool:
        is_wanted = not status or appointment.status.value == status
        return is_wanted and wanted.covers(appointment.start, appointment.start_local.date())

    where = _of_patient(patient_id, wanted) if patient_id else _of_days(wanted)
    return search(call.parts.store, Appointment, paged(where, call.query), keep=keep)


def _of_patient(patient_id: str, wanted: Range) -> Search:
    """Return where a patient's appointments are; a local day reaches into the UTC days around it."""
    after = datetime.combine(wanted.first - DAY, datetime.min.time())
    before = datetime.combine(wanted.last + 2 * DAY, datetime.min.time())
    return Search(
        index="appointments_by_patient",
        partitions=(patient_id,),
        after=sort_instant(after),
        before=sort_instant(before),
    )


def _of_days(wanted: Range) -> Search:
    """Return where the appointments of some local days are; instants may fall on another day elsewhere."""
    first = wanted.first - DAY if wanted.start else wanted.first
    last = wanted.last + DAY if wanted.end else wanted.last
    days = tuple((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))
    after = sort_instant(wanted.start) if wanted.start else None
    before = sort_instant(wanted.end) if wanted.end else None
    return Search(index="appointments_by_day", partitions=days, after=after, before=before)


OPERATIONS: Final = (
    Operation(
        name="findAppointments",
        method="GET",
        path="/api/appointments",
        scope=Scope.READ,
        run=find,
        summary="Find appointments",
        about=(
            "Of a patient, or of some days; without a patient the seven days from today, if nothing else is said."
            " A page may be shorter than its limit and still have a next one."
        ),
        tag="Appointments",
        query=QUERY,
        answers={200: (AppointmentPage,)},
    ),
)
