"""One notification's story: what was planned, what happened, and why it went or did not."""

from __future__ import annotations

from starlette.responses import Response

from kept.core.booking import Appointment
from kept.core.notifications import Attempt, Notification
from kept.core.people import Patient
from kept.core.story import story_of
from kept.entrypoints.web.calls import Call
from kept.entrypoints.web.finding import one
from kept.entrypoints.web.rendering import page
from kept.entrypoints.web.told import told

_OUTBOX = "outbox"


def notification_page(call: Call) -> Response:
    """Tell the whole life of a notification."""
    store = call.parts.store
    notification = one(store, Notification, call.args["notification_id"])
    wanted = [notification.appointment_id] if notification.appointment_id else []
    appointment = next(iter(store.load(Appointment, wanted)), None)
    patient = next(iter(store.load(Patient, [notification.patient_id])), None)
    zone = appointment.zone if appointment else notification.facts.get("zone", call.practice.zone)
    return page(
        call,
        "notification.html",
        notification=notification,
        appointment=appointment,
        patient=patient,
        zone=zone,
        told=told(call, notification, zone),
        story=story_of(notification, appointment),
        attempts=tuple((attempt, _outbox_number(attempt)) for attempt in notification.attempts),
    )


def _outbox_number(attempt: Attempt) -> str:
    """Return the place of a message in the outbox, if it went there."""
    provider, _, number = attempt.provider_message_id.partition("-")
    return number if provider == _OUTBOX == attempt.provider and number.isdecimal() else ""
