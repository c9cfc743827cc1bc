"""Moving a visit: its free times, or a time that is typed; the old time is given back only with the new one."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus

import msgspec
from starlette.responses import Response

from kept.core.booking import Appointment
from kept.core.errors import FieldProblem, InvalidInputError, SlotTakenError
from kept.core.intervals import Interval, interval
from kept.core.people import Patient
from kept.entrypoints.web.calls import CALLER, Call, form_version
from kept.entrypoints.web.clocks import local_day
from kept.entrypoints.web.finding import free_on, next_free, one
from kept.entrypoints.web.rendering import page, see_other
from kept.entrypoints.web.wishes import Choice, candidates, choices, chosen_start, wanted_day
from kept.flow.booking import Change, move

ALTERNATIVES = 6
"""Free times that are offered when the wanted one cannot be had."""


def moving_page(call: Call) -> Response:
    """Show where a visit could be moved to."""
    appointment = one(call.parts.store, Appointment, call.args["appointment_id"])
    return _form(call, appointment, call.query, _Trouble())


def move_visit(call: Call) -> Response:
    """Move a visit, or ask again for what was wrong."""
    appointment = one(call.parts.store, Appointment, call.args["appointment_id"])
    version = form_version(call)
    try:
        start = chosen_start(call.form, appointment.zone)
        if start is None:
            raise InvalidInputError.of("start", "no_time", "must be chosen")
        to = interval(start, start + (appointment.end - appointment.start))
        change = Change(appointment_id=appointment.id, by=CALLER, version=version)
        zone = appointment.zone
        call.parts.store.submit(lambda tx: move(tx, change, to, zone=zone, now=call.now)).result()
    except InvalidInputError as error:
        offered = candidates(call, error, appointment.zone)
        trouble = _Trouble(problems=error.problems, offered=offered, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return _form(call, appointment, call.form, trouble)
    except SlotTakenError as error:
        return _form(call, appointment, call.form, _Trouble(taken=error.owner, status=HTTPStatus.CONFLICT))
    call.parts.wake()
    return see_other(f"/appointments/{appointment.id}", done="move")


class _Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong with a move."""

    problems: tuple[FieldProblem, ...] = ()
    offered: tuple[Choice, ...] = ()
    taken: str = ""
    status: int = HTTPStatus.OK


def _form(call: Call, appointment: Appointment, fields: dict[str, str], trouble: _Trouble) -> Response:
    zone = appointment.zone
    own = local_day(appointment.start, zone).isoformat()
    day = date.fromisoformat(wanted_day(call, {"day": fields.get("day") or own}, zone))
    practitioner = call.practitioner(appointment.practitioner_id)
    visit_type = call.practice.visit_type(appointment.visit_type_id)
    slots: tuple[Interval, ...] = ()
    later: tuple[Interval, ...] = ()
    if practitioner and visit_type:
        slots = free_on(call, practitioner, visit_type, day)
        later = () if slots else next_free(call, practitioner, visit_type, day, most=ALTERNATIVES)
    patient = next(iter(call.parts.store.load(Patient, [appointment.patient_id])), None)
    return page(
        call,
        "move.html",
        status=trouble.status,
        appointment=appointment,
        version=fields.get("version") or appointment.version,
        patient=patient,
        practitioner=practitioner,
        fields=fields,
        trouble=trouble,
        errors={p.field: call.say.problem(p) for p in trouble.problems},
        zone=zone,
        day=day,
        offered=trouble.offered or choices(call, slots or later, zone),
        is_later=not slots and bool(later),
    )
