"""One appointment: its details, history and notifications, and the forms that change it."""

from __future__ import annotations

from starlette.responses import Response

from kept.core.booking import Appointment, AppointmentEvent
from kept.core.errors import NotFoundError
from kept.core.notifications import Notification
from kept.core.people import Patient
from kept.core.schedules import Schedule
from kept.entrypoints.web.calls import CALLER, Call, form_version
from kept.entrypoints.web.day import visit_row
from kept.entrypoints.web.finding import one
from kept.entrypoints.web.rendering import page, see_other
from kept.entrypoints.web.told import told
from kept.flow.booking import Change, apply


def appointment_page(call: Call) -> Response:
    """Show one appointment."""
    store = call.parts.store
    appointment = one(store, Appointment, call.args["appointment_id"])
    patient = next(iter(store.load(Patient, [appointment.patient_id])), None)
    rooms = store.load(Schedule, [i for i in (appointment.practitioner_id, appointment.room_id) if i])
    notifications = store.load(Notification, appointment.notification_ids)
    name = patient.name if patient and patient.name else call.say("patient.nameless", id=appointment.patient_id)
    return page(
        call,
        "appointment.html",
        row=visit_row(call, appointment, name, tuple(told(call, n, appointment.zone) for n in notifications)),
        with_whom=tuple(schedule.name for schedule in rooms),
        place=call.practice.place(appointment.place_id),
        done=call.query.get("done", ""),
    )


def change_visit(call: Call) -> Response:
    """Let something other than a move happen to an appointment, if it still stands as it was looked at."""
    try:
        event = AppointmentEvent(call.args["event"])
    except ValueError:
        raise NotFoundError("change") from None
    change = Change(appointment_id=call.args["appointment_id"], by=CALLER, version=form_version(call))
    after = call.parts.store.submit(lambda tx: apply(tx, change, event, now=call.now)).result()
    call.parts.wake()
    if call.form.get("from") == "day":
        day = f"/day/{after.start_local.date()}"
        return see_other(f"{day}", place=call.form.get("place", ""), done=event.value, id=after.id)
    return see_other(f"/appointments/{after.id}", done=event.value)
