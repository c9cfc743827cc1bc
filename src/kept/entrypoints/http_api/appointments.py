"""Book an appointment, and show one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.access import Scope
from kept.core.booking import Appointment, AppointmentStatus, BookingRequest
from kept.core.errors import ConflictError, InvalidInputError, OutsideError, SlotTakenError
from kept.core.intervals import Interval
from kept.core.practice import Practice
from kept.core.reports import Metric
from kept.entrypoints.http_api.answers import Answer, etag, json_answer, problem_answer
from kept.entrypoints.http_api.booking_forms import BOOKING, Form, booking_of, form_of, in_their_names
from kept.entrypoints.http_api.operations import Body, Call, Operation
from kept.entrypoints.http_api.problems import problem_of
from kept.entrypoints.http_api.views import (
    AppointmentView,
    BookedView,
    UserBookedView,
    appointment_view,
    local_text,
)
from kept.flow.booking import book
from kept.flow.slots import free_times
from kept.formats.seed_events import PATIENT_REQUEST, USER_BOOKING, user_booking_answer
from kept.ports.store import Transaction

FREE_TIMES_TOLD: Final = 5
FREE_TIMES_WITHIN: Final = timedelta(days=7)
"""Where to look for other times when one is taken."""

_REQUESTED: Final = "Appointment requested; its time is held until the practice confirms it"


async def create(call: Call) -> Answer:
    """Book, once for each idempotency key, and answer in the words of the form that asked."""
    meter = call.parts.meter
    meter.count(Metric.BOOKING_ATTEMPTS)
    practice = call.practice()
    form = form_of(call.document)
    request = msgspec.structs.replace(booking_of(form, call.document, practice), by=call.by)
    new_id = call.parts.ids.new("apt")

    def step(tx: Transaction) -> Appointment:
        return book(tx, request, appointment_id=new_id, now=call.now, key=call.request_key)

    try:
        appointment = await call.done(step)
    except InvalidInputError as error:
        raise in_their_names(error, form) from None
    except ConflictError as error:
        meter.count(Metric.BOOKING_CONFLICTS)
        return _conflict(call, error, request, practice)
    except OutsideError:
        meter.count(Metric.BOOKING_ERRORS)
        raise
    is_replay = appointment.id != new_id
    if not is_replay:
        meter.count(Metric.BOOKING_SUCCESS)
    return _booked(appointment, form, is_replay=is_replay)


async def show(call: Call) -> Answer:
    """Show one appointment."""
    appointment = call.loaded(Appointment, "appointment")
    return shown(appointment)


def shown(appointment: Appointment) -> Answer:
    """Return an appointment with its version."""
    return json_answer(appointment_view(appointment), headers=(etag(appointment.version),))


def _booked(appointment: Appointment, form: Form, *, is_replay: bool) -> Answer:
    headers = [etag(appointment.version), (b"location", f"/api/appointments/{appointment.id}".encode())]
    if is_replay:
        headers.append((b"idempotency-replayed", b"true"))
    answer = user_booking_answer(appointment.id)
    if form is not Form.USER:
        is_request = appointment.status is AppointmentStatus.REQUESTED
        answer |= {"status": appointment.status.value} | ({"message": _REQUESTED} if is_request else {})
    return json_answer(answer, status=201, headers=tuple(headers))


def _conflict(call: Call, error: ConflictError, request: BookingRequest, practice: Practice) -> Answer:
    """Return what stands in the way, with the next free times where they can be known."""
    problem = problem_of(error)
    if isinstance(error, SlotTakenError) and request.practitioner_id and request.visit_type_id:
        extra = {**problem.extra, "freeTimes": _free_times(call, request, practice, call.now)}
        problem = msgspec.structs.replace(problem, extra=extra)
    return problem_answer(problem, call.correlation_id)


def _free_times(call: Call, request: BookingRequest, practice: Practice, now: datetime) -> list[dict[str, str]]:
    visit_type = practice.visit_type(request.visit_type_id)
    notice = visit_type.notice if visit_type else timedelta(0)
    start = max(request.start, now + notice)
    within = Interval(start=start, end=start + FREE_TIMES_WITHIN)
    found = free_times(call.parts.store, request.practitioner_id or "", request.visit_type_id or "", within)
    return [
        {"start": local_text(slot.start, request.zone), "end": local_text(slot.end, request.zone)}
        for slot in found[:FREE_TIMES_TOLD]
    ]


OPERATIONS: Final = (
    Operation(
        name="bookAppointment",
        method="POST",
        path="/api/appointments",
        scope=Scope.DESK,
        run=create,
        summary="Book an appointment",
        about=(
            "Takes the time and plans the reminders, both or neither; the answer comes when they are durable. No "
            "two live appointments of one patient, practitioner or room overlap. Of the three forms of the body, "
            "its members tell which it is; the forms with `userId` and with `appointmentDate` register an unknown"
            " patient without contact points, and the latter stays REQUESTED until it is confirmed. A 409 tells "
            "the other booking's times and nothing else of it."
        ),
        tag="Appointments",
        body=Body.JSON,
        shapes=(BOOKING, USER_BOOKING, PATIENT_REQUEST),
        answers={201: (BookedView, UserBookedView)},
        problems=("slot-taken",),
        takes_key=True,
    ),
    Operation(
        name="getAppointment",
        method="GET",
        path="/api/appointments/{id}",
        scope=Scope.READ,
        run=show,
        summary="Show an appointment",
        tag="Appointments",
        answers={200: (AppointmentView,)},
        problems=("not-found",),
    ),
)
