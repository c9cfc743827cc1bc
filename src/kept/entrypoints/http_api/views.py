"""What the API shows of our values: the members, in camelCase, from which the answers and their schemas are made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from kept.core.booking import Appointment
from kept.core.notifications import Attempt, Notification
from kept.core.people import ChannelName, Consent, Patient
from kept.core.story import story_of
from kept.core.zones import zone_named


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=False):
    """Something the API shows."""


class HappeningView(View, frozen=True, kw_only=True):
    """One line of an appointment's history."""

    at: datetime
    what: str
    by: str


class AppointmentView(View, frozen=True, kw_only=True):
    """An appointment."""

    appointment_id: str
    patient_id: str
    practitioner_id: str | None
    room_id: str | None
    place_id: str | None
    visit_type: str | None
    start: str
    """RFC 3339, with the offset of the time zone at that instant."""
    end: str
    time_zone: str
    start_local: str
    """What clocks at the place show."""
    status: str
    participation: str
    hold_until: datetime | None
    description: str
    location: str
    notes: str
    outside_id: str
    version: int
    created_at: datetime
    updated_at: datetime
    notification_ids: tuple[str, ...]
    history: tuple[HappeningView, ...]


class BookedView(View, frozen=True, kw_only=True):
    """What whoever booked is told."""

    appointment_id: str
    message: str
    status: str


class UserBookedView(View, frozen=True, kw_only=True):
    """What a user who booked is told."""

    appointment_id: str
    message: str


class ConsentView(View, frozen=True, kw_only=True):
    """What a person allows on one channel."""

    granted: bool
    proven: bool
    """False: typed by somebody whom nobody has seen, so that nothing is sent there yet."""
    source: str
    wording: str
    recorded_at: datetime


class PatientView(View, frozen=True, kw_only=True):
    """A patient."""

    patient_id: str
    name: str
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    date_of_birth: str | None
    language: str | None
    time_zone: str | None
    consents: dict[str, ConsentView]
    """By channel; a channel without a line has no address, or nothing is known of it."""
    version: int
    created_at: datetime
    updated_at: datetime


class AttemptView(View, frozen=True, kw_only=True):
    """One handing-over, as it is on record."""

    attempt_id: str
    channel: str
    provider: str
    number: int
    state: str
    started_at: datetime
    ended_at: datetime | None
    lease_until: datetime
    retry_after: datetime | None
    provider_message_id: str
    code: str
    segments: int


class ChannelNoteView(View, frozen=True, kw_only=True):
    """Why a channel of the plan was not used."""

    channel: str
    reason: str
    at: datetime


class StoryLineView(View, frozen=True, kw_only=True):
    """One line of a notification's story."""

    at: datetime
    text: str


class NotificationView(View, frozen=True, kw_only=True):
    """A notification."""

    notification_id: str
    about: str
    rule: str
    patient_id: str
    appointment_id: str | None
    batch_id: str | None
    template: str
    plan: tuple[tuple[str, ...], ...]
    stage: int
    state: str
    outcome: str | None
    reason: str | None
    planned_at: datetime
    due_at: datetime
    deadline_at: datetime
    wake_at: datetime | None
    done_at: datetime | None
    attempts: tuple[AttemptView, ...]
    notes: tuple[ChannelNoteView, ...]


class NotificationStoryView(NotificationView, frozen=True, kw_only=True):
    """A notification with its story in words."""

    story: tuple[StoryLineView, ...]


class AppointmentPage(View, frozen=True, kw_only=True):
    """A page of appointments."""

    appointments: tuple[AppointmentView, ...]
    next_cursor: str | None


class PatientPage(View, frozen=True, kw_only=True):
    """A page of patients."""

    patients: tuple[PatientView, ...]
    next_cursor: str | None


class NotificationPage(View, frozen=True, kw_only=True):
    """A page of notifications."""

    notifications: tuple[NotificationView, ...]
    next_cursor: str | None


def local_text(instant: datetime, zone: str) -> str:
    """Return an instant as clocks of a zone show it, with its offset."""
    return instant.astimezone(zone_named(zone)).isoformat()


def appointment_view(appointment: Appointment) -> AppointmentView:
    """Return what is shown of an appointment."""
    return AppointmentView(
        appointment_id=appointment.id,
        patient_id=appointment.patient_id,
        practitioner_id=appointment.practitioner_id,
        room_id=appointment.room_id,
        place_id=appointment.place_id,
        visit_type=appointment.visit_type_id,
        start=local_text(appointment.start, appointment.zone),
        end=local_text(appointment.end, appointment.zone),
        time_zone=appointment.zone,
        start_local=appointment.start_local.isoformat(),
        status=appointment.status.value,
        participation=appointment.participation.value,
        hold_until=appointment.hold_until,
        description=appointment.description,
        location=appointment.location,
        notes=appointment.notes,
        outside_id=appointment.outside_id,
        version=appointment.version,
        created_at=appointment.created_at,
        updated_at=appointment.updated_at,
        notification_ids=appointment.notification_ids,
        history=tuple(HappeningView(at=h.at, what=h.what, by=h.by) for h in appointment.history),
    )


def patient_view(patient: Patient, consents: dict[ChannelName, Consent]) -> PatientView:
    """Return what is shown of a patient."""
    return PatientView(
        patient_id=patient.id,
        name=patient.name,
        first_name=patient.first_name,
        last_name=patient.last_name,
        email=patient.email,
        phone=patient.phone,
        date_of_birth=patient.date_of_birth.isoformat() if patient.date_of_birth else None,
        language=patient.language,
        time_zone=patient.zone,
        consents={channel.value: consent_view(consent) for channel, consent in consents.items()},
        version=patient.version,
        created_at=patient.created_at,
        updated_at=patient.updated_at,
    )


def consent_view(consent: Consent) -> ConsentView:
    """Return what is shown of a consent."""
    return ConsentView(
        granted=consent.granted,
        proven=not consent.is_unproven,
        source=consent.source,
        wording=consent.wording,
        recorded_at=consent.recorded_at,
    )


def notification_view(notification: Notification) -> NotificationView:
    """Return what is shown of a notification in a list."""
    return NotificationView(**_notification_members(notification))


def notification_story_view(notification: Notification, appointment: Appointment | None) -> NotificationStoryView:
    """Return what is shown of one notification: everything that happened, and in words."""
    story = story_of(notification, appointment)
    lines = tuple(StoryLineView(at=line.at, text=line.text) for line in story)
    return NotificationStoryView(**_notification_members(notification), story=lines)


def _notification_members(notification: Notification) -> dict[str, Any]:
    return {
        "notification_id": notification.id,
        "about": notification.about.value,
        "rule": notification.rule,
        "patient_id": notification.patient_id,
        "appointment_id": notification.appointment_id or notification.facts.get("outside_id") or None,
        "batch_id": notification.batch_id or None,
        "template": notification.template,
        "plan": tuple(tuple(channel.value for channel in stage) for stage in notification.plan),
        "stage": notification.stage,
        "state": notification.state.value,
        "outcome": notification.outcome.value if notification.outcome else None,
        "reason": notification.reason.value if notification.reason else None,
        "planned_at": notification.planned_at,
        "due_at": notification.due_at,
        "deadline_at": notification.deadline_at,
        "wake_at": notification.wake_at,
        "done_at": notification.done_at,
        "attempts": tuple(_attempt_view(attempt) for attempt in notification.attempts),
        "notes": tuple(
            ChannelNoteView(channel=n.channel.value, reason=n.reason.value, at=n.at) for n in notification.notes
        ),
    }


def _attempt_view(attempt: Attempt) -> AttemptView:
    return AttemptView(
        attempt_id=attempt.id,
        channel=attempt.channel.value,
        provider=attempt.provider,
        number=attempt.number,
        state=attempt.state.value,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        lease_until=attempt.lease_until,
        retry_after=attempt.retry_after,
        provider_message_id=attempt.provider_message_id,
        code=attempt.code,
        segments=attempt.segments,
    )
