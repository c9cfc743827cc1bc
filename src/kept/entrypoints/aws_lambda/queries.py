"""Questions about appointments, answered in the members that their system knows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, cast

import msgspec

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.errors import InvalidInputError
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.zones import parse_date, zone_named
from kept.entrypoints.aws_lambda.invocation import Answer, Event, fields_of
from kept.entrypoints.aws_lambda.proxy import proxy_answer
from kept.flow.search import Search, search
from kept.formats.shapes import Member, Problems, Shape, Type, Values, read, text_of
from kept.ports.clock import Clock
from kept.ports.store import Store

USUAL_PAGE: Final = 50
DAYS_AHEAD: Final = 7
"""How far a question without a patient or a date looks."""

QUESTION: Final = Shape(
    name="AppointmentQuestion",
    about="One appointment, those of a patient, or those of a day.",
    members={
        "appointmentId": Member(types=(Type.ID,), about="Which one."),
        "patientId": Member(types=(Type.ID,), about="Whose."),
        "date": Member(types=(Type.NOTATION,), about="Local day."),
        "status": Member(
            types=(Type.TEXT,), about="In which state.", choices=tuple(s.value for s in AppointmentStatus)
        ),
        "cursor": Member(types=(Type.TEXT,), about="nextCursor of the page before.", limit=2_000),
        "limit": Member(types=(Type.INTEGER,), about="Longest page.", least=1, most=200, example=USUAL_PAGE),
    },
)


class AppointmentRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An appointment as that system has it: a day, and times of day on the clocks of its place."""

    appointment_id: str
    patient_id: str
    appointment_date: str
    start_time: str
    end_time: str
    status: str
    notes: str
    created_at: datetime
    updated_at: datetime


class Queries:
    """
    Answers questions.

    Args:
        store: Where appointments are.
        clock: Says which day it is.
    """

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def run(self, event: Event) -> Answer:
        """Answer a question, asked directly or in the query of a proxy event."""
        try:
            values = _question(event)
            if "appointmentId" in values:
                return self._one(text_of(values, "appointmentId"))
            found = search(self._store, Appointment, self._where(values), keep=lambda a: _is_meant(a, values))
        except InvalidInputError as error:
            return proxy_answer(400, {"error": str(error)})
        body = {"appointments": [row_of(a) for a in found.entities], "nextCursor": found.cursor}
        return proxy_answer(200, body)

    def _one(self, appointment_id: str) -> Answer:
        found = self._store.load(Appointment, (appointment_id,))
        return proxy_answer(200, row_of(found[0])) if found else proxy_answer(404, {"error": "Appointment not found"})

    def _where(self, values: Values) -> Search:
        limit, cursor = cast("int", values.get("limit", USUAL_PAGE)), text_of(values, "cursor") or None
        patient_id = text_of(values, "patientId")
        if patient_id:
            return Search(index="appointments_by_patient", partitions=(patient_id,), limit=limit, cursor=cursor)
        return Search(index="appointments_by_day", partitions=self._days(values), limit=limit, cursor=cursor)

    def _days(self, values: Values) -> tuple[str, ...]:
        if "date" in values:
            return (parse_date(text_of(values, "date"), field="date").isoformat(),)
        practice = next(iter(self._store.load(Practice, (PRACTICE_ID,))), None) or Practice()
        first: date = self._clock.now().astimezone(zone_named(practice.zone)).date()
        return tuple((first + timedelta(days=n)).isoformat() for n in range(DAYS_AHEAD))


def row_of(appointment: Appointment) -> AppointmentRow:
    """Return an appointment as that system has it."""
    end = appointment.end.astimezone(zone_named(appointment.zone))
    return AppointmentRow(
        appointment_id=appointment.id,
        patient_id=appointment.patient_id,
        appointment_date=appointment.start_local.date().isoformat(),
        start_time=appointment.start_local.strftime("%H:%M"),
        end_time=end.strftime("%H:%M"),
        status=appointment.status.value,
        notes=appointment.notes,
        created_at=appointment.created_at,
        updated_at=appointment.updated_at,
    )


def _question(event: Event) -> Values:
    """
    Return what is asked.

    Raises:
        InvalidInputError: with everything that is wrong.
    """
    asked = fields_of(event)
    if "requestContext" in asked or "queryStringParameters" in asked:
        asked = dict(fields_of(asked.get("queryStringParameters")))
        limit = asked.get("limit")
        if isinstance(limit, str) and limit.isascii() and limit.isdigit():
            asked["limit"] = int(limit[:6])
    problems = Problems()
    values = read(QUESTION, asked, problems)
    problems.check()
    return values


def _is_meant(appointment: Appointment, values: Values) -> bool:
    day, status = text_of(values, "date"), text_of(values, "status")
    is_that_day = not day or appointment.start_local.date().isoformat() == day
    return is_that_day and (not status or appointment.status.value == status)
