"""Booking a visit: what, with whom and when, then for whom; what was typed is kept until it is right."""

from __future__ import annotations

import re
from datetime import date, datetime
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from kept.core.booking import Appointment
from kept.core.errors import FieldProblem, InvalidInputError, SlotTakenError
from kept.core.intervals import Interval
from kept.core.people import Patient
from kept.entrypoints.web.booking_forms import NEW, Wish, practitioner_of, wish_of
from kept.entrypoints.web.calls import CALLER, Call
from kept.entrypoints.web.finding import free_on, next_free, patients_like
from kept.entrypoints.web.rendering import page, see_other
from kept.entrypoints.web.wishes import Choice, candidates, choice, choices, chosen_start, length, wanted_day
from kept.flow.booking import book
from kept.flow.people import register
from kept.ports.store import Transaction

ALTERNATIVES: Final = 6
"""Free times that are offered when the wanted one cannot be had."""
FIELDS: Final = {
    "patientId": "patient",
    "practitionerId": "practitioner",
    "placeId": "practitioner",
    "visitType": "visit",
    "end": "start",
}
"""Fields of the form that errors of a booking belong to, where their names differ."""
_NEW_ID: Final = re.compile(r"apt_[A-Za-z0-9-]{10,64}")


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong with a booking, for the page that asks again."""

    problems: tuple[FieldProblem, ...] = ()
    offered: tuple[Choice, ...] = ()
    """Times to choose instead."""
    taken: str = ""
    """Whose time was taken: ``patient``, ``practitioner``, ``room``; else empty."""
    status: int = HTTPStatus.OK

    @property
    def is_about_time(self) -> bool:
        """Whether another time must be chosen."""
        return bool(self.taken or self.offered) or any(p.field in {"start", "end"} for p in self.problems)


def booking_page(call: Call) -> Response:
    """Show the form, as far as it is filled in."""
    try:
        chosen_start(call.query, call.zone_of(practitioner_of(call, call.query)))
        length(call, call.query)
    except InvalidInputError as error:
        return _form(call, call.query, _trouble(call, call.query, error))
    return _form(call, call.query, Trouble())


def book_visit(call: Call) -> Response:
    """Book what the form says, or ask again for what was wrong with it."""
    try:
        appointment = _booked(call, wish_of(call))
    except (InvalidInputError, SlotTakenError) as error:
        return _form(call, call.form, _trouble(call, call.form, error))
    call.parts.wake()
    return see_other(f"/appointments/{appointment.id}", done="booked")


def _booked(call: Call, wish: Wish) -> Appointment:
    """Return the appointment, once; sending the same form again answers the one that is booked."""
    given = call.form.get("id", "")
    new_id = given if _NEW_ID.fullmatch(given) else call.parts.ids.new("apt")

    def step(tx: Transaction) -> Appointment:
        known = tx.get(Appointment, new_id)
        if known:
            return known
        if wish.newcomer:
            register(tx, wish.newcomer.patient, wish.newcomer.wishes, by=CALLER, now=call.now)
        return book(tx, wish.request, appointment_id=new_id, now=call.now)

    return call.parts.store.submit(step).result()


def _trouble(call: Call, fields: dict[str, str], error: InvalidInputError | SlotTakenError) -> Trouble:
    """Return what the page that asks again says of an error."""
    zone = call.zone_of(practitioner_of(call, fields))
    if isinstance(error, InvalidInputError):
        found = Trouble(
            problems=error.problems,
            offered=candidates(call, error, zone),
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    else:
        found = Trouble(taken=error.owner, status=HTTPStatus.CONFLICT)
    if found.is_about_time and not found.offered:
        return msgspec.structs.replace(found, offered=_instead(call, fields, zone))
    return found


def _instead(call: Call, fields: dict[str, str], zone: str) -> tuple[Choice, ...]:
    """Return the next free times after the one that cannot be had."""
    practitioner, visit_type = practitioner_of(call, fields), call.visit_type(fields.get("visit"))
    if practitioner is None or visit_type is None:
        return ()
    wanted = _readable_start(fields, zone)
    if wanted:
        fields = {**fields, "day": wanted.date().isoformat()}
    after = wanted or call.now
    day = date.fromisoformat(wanted_day(call, fields, zone))
    slots = next_free(call, practitioner, visit_type, day, most=100)
    return choices(call, tuple(s for s in slots if s.start > after)[:ALTERNATIVES], zone)


def _readable_start(fields: dict[str, str], zone: str) -> datetime | None:
    try:
        return chosen_start(fields, zone)
    except InvalidInputError:
        return None


def _form(call: Call, fields: dict[str, str], trouble: Trouble) -> Response:
    practitioner, visit_type = practitioner_of(call, fields), call.visit_type(fields.get("visit"))
    zone = call.zone_of(practitioner)
    day = date.fromisoformat(wanted_day(call, fields, zone))
    slots: tuple[Interval, ...] = ()
    later: tuple[Interval, ...] = ()
    has_slots = practitioner is not None and visit_type is not None
    if practitioner and visit_type:
        slots = free_on(call, practitioner, visit_type, day)
        later = () if slots else next_free(call, practitioner, visit_type, day, most=ALTERNATIVES)
    start = None if trouble.is_about_time else _readable_start(fields, zone)
    return page(
        call,
        "book.html",
        status=trouble.status,
        fields=fields,
        trouble=trouble,
        errors={FIELDS.get(p.field, p.field): call.say.problem(p) for p in trouble.problems},
        practitioner=practitioner,
        visit_type=visit_type,
        zone=zone,
        day=day,
        slots=choices(call, slots, zone),
        later=choices(call, later, zone),
        has_slots=has_slots,
        start=choice(call, start, zone) if start else None,
        new_id=fields.get("id") or call.parts.ids.new("apt"),
        is_open=bool(start or trouble.is_about_time or call.form or not has_slots),
        **_people(call, fields),
    )


def _people(call: Call, fields: dict[str, str]) -> dict[str, object]:
    """Return the patients to choose from: those that the search finds, and the one that is chosen already."""
    wanted, chosen = fields.get("q", ""), fields.get("patient", "")
    found: tuple[Patient, ...] = ()
    problem = ""
    try:
        found = patients_like(call, wanted) if wanted else ()
    except InvalidInputError as error:
        problem = call.say.problem(error.problems[0])
    if chosen and chosen != NEW and all(p.id != chosen for p in found):
        found = (*call.parts.store.load(Patient, [chosen]), *found)
    return {"people": found, "search_problem": problem, "q": wanted}
