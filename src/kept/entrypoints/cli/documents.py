"""What the commands print: entities as documents, named as in the API."""

from __future__ import annotations

from datetime import datetime

from kept.core.booking import Appointment
from kept.core.notifications import Attempt, Notification
from kept.core.people import Patient


def instant_text(instant: datetime | None) -> str | None:
    """Return an instant as RFC 3339 in UTC, or None."""
    return instant.isoformat().replace("+00:00", "Z") if instant else None


def appointment_document(appointment: Appointment) -> dict[str, object]:
    """Return an appointment."""
    return {
        "appointmentId": appointment.id,
        "version": appointment.version,
        "status": appointment.status.value,
        "patientId": appointment.patient_id,
        "practitionerId": appointment.practitioner_id,
        "roomId": appointment.room_id,
        "placeId": appointment.place_id,
        "visitType": appointment.visit_type_id,
        "start": instant_text(appointment.start),
        "end": instant_text(appointment.end),
        "startLocal": appointment.start_local.isoformat(timespec="minutes"),
        "timeZone": appointment.zone,
        "description": appointment.description,
        "location": appointment.location,
        "notes": appointment.notes,
        "notificationIds": list(appointment.notification_ids),
        "createdAt": instant_text(appointment.created_at),
    }


def patient_document(patient: Patient) -> dict[str, object]:
    """Return a patient."""
    return {
        "patientId": patient.id,
        "version": patient.version,
        "firstName": patient.first_name,
        "lastName": patient.last_name,
        "name": patient.name,
        "phone": patient.phone,
        "email": patient.email,
        "dateOfBirth": patient.date_of_birth.isoformat() if patient.date_of_birth else None,
        "language": patient.language,
        "timeZone": patient.zone,
    }


def notification_document(notification: Notification) -> dict[str, object]:
    """Return a notification with its attempts; neither addresses nor texts."""
    return {
        "notificationId": notification.id,
        "about": notification.about.value,
        "rule": notification.rule,
        "patientId": notification.patient_id,
        "appointmentId": notification.appointment_id,
        "batchId": notification.batch_id or None,
        "state": notification.state.value,
        "outcome": notification.outcome.value if notification.outcome else None,
        "reason": notification.reason.value if notification.reason else None,
        "dueAt": instant_text(notification.due_at),
        "deadlineAt": instant_text(notification.deadline_at),
        "doneAt": instant_text(notification.done_at),
        "attempts": [_attempt(a) for a in notification.attempts],
        "notes": [{"channel": n.channel.value, "reason": n.reason.value} for n in notification.notes],
    }


def _attempt(attempt: Attempt) -> dict[str, object]:
    return {
        "channel": attempt.channel.value,
        "provider": attempt.provider,
        "number": attempt.number,
        "state": attempt.state.value,
        "code": attempt.code or None,
        "segments": attempt.segments,
        "startedAt": instant_text(attempt.started_at),
        "endedAt": instant_text(attempt.ended_at),
    }
