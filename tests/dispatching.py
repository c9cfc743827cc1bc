"""Notifications, attempts and facts for the tests of dispatch, each with as little as its test needs to say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from kept.core.booking import Appointment, AppointmentStatus, BookingRequest, appointment_from
from kept.core.channels import Capabilities, Carrier, Facts
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.notifications import (
    SMS_THEN_EMAIL,
    Attempt,
    AttemptState,
    Notification,
    NotificationKind,
    SendOutcome,
    Stages,
)
from kept.core.people import ChannelName, Consent, Patient, consent_id

START = datetime(2026, 5, 4, 13, tzinfo=UTC)
"""When the visit starts."""
DUE = START - timedelta(hours=24)
DEADLINE = START - timedelta(hours=6)
LEASE = timedelta(minutes=1)
PHONE = PhoneNumber("+12065550111")
EMAIL = EmailAddress("ana@example.com")

LETTERS = {
    "s": AttemptState.SENDING,
    "a": AttemptState.ACCEPTED,
    "r": AttemptState.REFUSED,
    "n": AttemptState.NOT_SENT,
    "u": AttemptState.UNKNOWN,
}
"""One letter for each state of an attempt, so that a history is a word."""

ACCEPTED = SendOutcome(state=AttemptState.ACCEPTED, provider_message_id="m1")
REFUSED = SendOutcome(state=AttemptState.REFUSED, code="bad_number")
NOT_SENT = SendOutcome(state=AttemptState.NOT_SENT, code="unreachable")
UNKNOWN = SendOutcome(state=AttemptState.UNKNOWN, code="timeout")


def patient(**changes: object) -> Patient:
    """Return a patient with a number and an address."""
    made = Patient(id="pat_1", first_name="Ana", phone=PHONE, email=EMAIL, created_at=DUE, updated_at=DUE)
    return msgspec.structs.replace(made, **changes)


def appointment(**changes: object) -> Appointment:
    """Return a confirmed visit."""
    request = BookingRequest(
        patient_id="pat_1", start=START, end=START + timedelta(minutes=30), zone="America/New_York"
    )
    made = appointment_from(request, None, appointment_id="apt_1", hold=None, booked_at=DUE - timedelta(days=9))
    return msgspec.structs.replace(made, **changes)


def cancelled() -> Appointment:
    """Return the visit, cancelled."""
    return appointment(status=AppointmentStatus.CANCELLED, sequence=1)


def attempt(
    letter: str, number: int = 1, *, channel: ChannelName = ChannelName.SMS, at: datetime = DUE, lookups: int = 0
) -> Attempt:
    """Return an attempt that was begun at an instant and ended two seconds later, unless it is still being sent."""
    is_open = letter == "s"
    return Attempt(
        id=f"ntf_1.{channel.value}.{number}",
        channel=channel,
        provider="fake",
        number=number,
        fence=number,
        destination_hash="d",
        body_hash="b",
        state=LETTERS[letter],
        started_at=at,
        lease_until=at + LEASE,
        ended_at=None if is_open else at + timedelta(seconds=2),
        lookups=lookups,
    )


def history(letters: str, *, channel: ChannelName = ChannelName.SMS, lookups: int = 0) -> tuple[Attempt, ...]:
    """Return one attempt per letter, ten minutes apart, the last one at DUE."""
    first = DUE - timedelta(minutes=10) * (len(letters) - 1)
    return tuple(
        attempt(letter, n + 1, channel=channel, at=first + timedelta(minutes=10) * n, lookups=lookups)
        for n, letter in enumerate(letters)
    )


def notification(*attempts: Attempt, plan: Stages = SMS_THEN_EMAIL, **changes: object) -> Notification:
    """Return a reminder of the visit."""
    made = Notification(
        id="ntf_1",
        about=NotificationKind.REMINDER,
        rule="24h",
        patient_id="pat_1",
        appointment_id="apt_1",
        template="reminder",
        plan=plan,
        planned_at=DUE - timedelta(days=9),
        due_at=DUE,
        wake_at=DUE,
        deadline_at=DEADLINE,
        attempts=attempts,
        fence=len(attempts),
    )
    return msgspec.structs.replace(made, **changes)


def consent(channel: ChannelName, address: str, *, granted: bool = True) -> Consent:
    """Return what a person said of an address."""
    return Consent(
        id=consent_id(channel, address),
        channel=channel,
        granted=granted,
        source="desk",
        recorded_at=DUE,
        recorded_by="t",
    )


def facts(
    *,
    visit: Appointment | None = None,
    person: Patient | None = None,
    consents: Mapping[ChannelName, Consent | None] | None = None,
    can: Capabilities | None = None,
    carriers: dict[ChannelName, Carrier] | None = None,
) -> Facts:
    """Return facts under which everything may be sent, but for what is given."""
    granted: dict[ChannelName, Consent | None] = {
        ChannelName.SMS: consent(ChannelName.SMS, PHONE),
        ChannelName.EMAIL: consent(ChannelName.EMAIL, EMAIL),
    }
    carrier = Carrier(provider="fake", capabilities=can or Capabilities(), lease=LEASE)
    return Facts(
        appointment=visit or appointment(),
        patient=person or patient(),
        consents=granted if consents is None else consents,
        carriers=dict.fromkeys(ChannelName, carrier) if carriers is None else carriers,
    )
