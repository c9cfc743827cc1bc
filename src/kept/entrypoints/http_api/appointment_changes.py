"""Move an appointment, note something, and let it be confirmed, cancelled, attended or missed."""

from __future__ import annotations

from typing import Final

from kept.core.access import Scope
from kept.core.booking import Appointment, AppointmentEvent
from kept.core.errors import NotFoundError
from kept.core.intervals import Interval
from kept.entrypoints.http_api.answers import Answer
from kept.entrypoints.http_api.appointments import shown
from kept.entrypoints.http_api.booking_forms import CHANGE, wanted_change
from kept.entrypoints.http_api.operations import Body, Call, Operation, Run
from kept.entrypoints.http_api.preconditions import Precondition
from kept.entrypoints.http_api.views import AppointmentView
from kept.flow.access import earlier_answer, note_answer
from kept.flow.booking import Change, annotate, apply, move
from kept.ports.store import Transaction

_SUMMARIES: Final = {
    AppointmentEvent.CONFIRM: ("Confirm a requested appointment", "Its reminders are planned from now on."),
    AppointmentEvent.CANCEL: ("Cancel an appointment", "Gives its time back; no message about it starts any more."),
    AppointmentEvent.CHECK_IN: ("Note that the patient has arrived", "No reminder is sent any more."),
    AppointmentEvent.COMPLETE: ("Note that the visit has taken place", ""),
    AppointmentEvent.NO_SHOW: ("Note that the patient did not come", "Possible once the visit has begun."),
}


async def change(call: Call) -> Answer:
    """Move the appointment, replace its notes, or both, in one transaction."""
    appointment = call.loaded(Appointment, "appointment")
    to, zone, notes = wanted_change(call.document, appointment)
    wanted = Change(appointment_id=appointment.id, by=call.by, version=appointment.version)

    def step(tx: Transaction) -> Appointment:
        after = _moved(tx, wanted, to, zone, call) if to else None
        if notes is None:
            return after or appointment
        noting = Change(appointment_id=wanted.appointment_id, by=wanted.by, version=None if after else wanted.version)
        return annotate(tx, noting, notes=notes, now=call.now)

    return shown(await call.done(step))


def _moved(tx: Transaction, wanted: Change, to: Interval, zone: str, call: Call) -> Appointment:
    return move(tx, wanted, to, zone=zone, now=call.now)


def happening(event: AppointmentEvent) -> Run:
    """Return what lets an event happen to the appointment of a call."""

    async def run(call: Call) -> Answer:
        appointment_id = call.id_in_path("appointment")

        def step(tx: Transaction) -> Appointment:
            current = tx.get(Appointment, appointment_id)
            if current is None:
                raise NotFoundError("appointment")
            if earlier_answer(tx, call.request_key):
                return current
            call.check_version(current.version)
            note_answer(tx, call.request_key, result_id=appointment_id, now=call.now)
            return apply(tx, Change(appointment_id=appointment_id, by=call.by), event, now=call.now)

        return shown(await call.done(step))

    return run


def _event_operation(event: AppointmentEvent) -> Operation:
    summary, about = _SUMMARIES[event]
    return Operation(
        name="".join(part.title() if n else part for n, part in enumerate(event.value.split("-"))) + "Appointment",
        method="POST",
        path=f"/api/appointments/{{id}}/{event.value}",
        scope=Scope.DESK,
        run=happening(event),
        summary=summary,
        about=about,
        tag="Appointments",
        body=Body.EMPTY,
        precondition=Precondition.OPTIONAL,
        answers={200: (AppointmentView,)},
        problems=("not-found", "state-conflict"),
        takes_key=True,
    )


OPERATIONS: Final = (
    Operation(
        name="changeAppointment",
        method="PATCH",
        path="/api/appointments/{id}",
        scope=Scope.DESK,
        run=change,
        summary="Move an appointment, or note something",
        about=(
            "Takes the new time and gives the old one back, both or neither; reminders for the old time are void,"
            " those for the new one planned. Send If-Match with the ETag that you read."
        ),
        tag="Appointments",
        body=Body.JSON,
        shapes=(CHANGE,),
        precondition=Precondition.REQUIRED,
        answers={200: (AppointmentView,)},
        problems=("not-found", "slot-taken", "state-conflict"),
    ),
    *(_event_operation(event) for event in _SUMMARIES),
)
