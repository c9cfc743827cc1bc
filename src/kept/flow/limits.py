"""Read what limits a message: the night where a person is, how many texts they got, what texts cost, where they go."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kept.core.booking import Appointment
from kept.core.channels import Consents, address_for
from kept.core.contacts import PhoneNumber
from kept.core.limits import Caps, DaySpend, counted, country_of_number, has_room, spend_id
from kept.core.notifications import Notification, NotificationKind, Reason
from kept.core.people import ChannelName, Consent, Patient, Told, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.quiet_hours import Daylight, Zones, daylight_at, zones_for
from kept.core.reminders import Nights
from kept.core.zones import zone_named
from kept.ports.store import Transaction


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a message is for, and what is limited for them."""

    notification: Notification
    appointment: Appointment | None
    patient: Patient | None
    practice: Practice
    phone: PhoneNumber | None
    """The number that a text would go to."""

    def zones(self, at: datetime) -> Zones:
        """Return the zones in which it must be day."""
        place = self.appointment.zone if self.appointment else self.notification.facts.get("zone", self.practice.zone)
        return zones_for(self.patient.zone if self.patient else None, place, self.phone, at=at)

    @property
    def is_limited(self) -> bool:
        """Whether limits hold: they do for every text but an answer to someone who has just written."""
        return bool(self.phone) and self.notification.about is not NotificationKind.ANSWER


def reader_of(
    tx: Transaction, notification: Notification, appointment: Appointment | None, patient: Patient | None
) -> Reader:
    """Return whom a message is for, with the practice whose limits hold."""
    address = address_for(notification, patient, ChannelName.SMS)
    return Reader(
        notification=notification,
        appointment=appointment,
        patient=patient,
        practice=tx.get(Practice, PRACTICE_ID) or Practice(),
        phone=PhoneNumber(address) if address else None,
    )


def nights_of(appointment: Appointment, patient: Patient | None, practice: Practice) -> Nights | None:
    """Return when a patient gets no texts, or None when there are none to get or no quiet hours."""
    if practice.quiet_hours is None or patient is None or not patient.phone:
        return None
    zones = zones_for(patient.zone, appointment.zone, patient.phone, at=appointment.start)
    return Nights(quiet=practice.quiet_hours, zones=zones)


def daylight_for(reader: Reader, *, now: datetime) -> dict[ChannelName, Daylight]:
    """Return whether it is day for a text; mails make no noise."""
    quiet = reader.practice.quiet_hours
    if quiet is None or not reader.is_limited:
        return {}
    return {ChannelName.SMS: daylight_at(now, quiet, reader.zones(now))}


def barred_for(tx: Transaction, reader: Reader, consents: Consents, *, now: datetime) -> dict[ChannelName, Reason]:
    """Return which channels a limit of the practice closes for a message, and which limit."""
    consent = consents.get(ChannelName.SMS)
    is_unproven = consent is not None and consent.is_unproven
    if not reader.is_limited or not (reader.practice.limits_texts or is_unproven):
        return {}
    reason = Reason.UNVERIFIED if is_unproven else _why_barred(tx, reader, now=now)
    return {ChannelName.SMS: reason} if reason else {}


def note_told(tx: Transaction, address: Consent, lines: tuple[Told, ...]) -> None:
    """Write with an address what is about to leave for it, after all else is on record."""
    told = address.told
    for line in lines:
        told = counted(told, line)
    tx.put_last(msgspec.structs.replace(address, told=told))


def spend(tx: Transaction, segments: int, *, now: datetime) -> None:
    """Count segments of text against the budget of the day, where there is one."""
    practice = tx.get(Practice, PRACTICE_ID)
    if segments and practice and practice.sms_per_day is not None:
        spent = _spent(tx, practice, now=now)
        tx.put(msgspec.structs.replace(spent, segments=spent.segments + segments))


def _why_barred(tx: Transaction, reader: Reader, *, now: datetime) -> Reason | None:
    practice, phone = reader.practice, reader.phone
    if phone and practice.sms_countries and country_of_number(phone) not in practice.sms_countries:
        return Reason.COUNTRY_NOT_ALLOWED
    if practice.caps and not _has_room(tx, reader, practice.caps, now=now):
        return Reason.CAPPED
    limit = practice.sms_per_day
    return Reason.OVER_BUDGET if limit is not None and _spent(tx, practice, now=now).segments >= limit else None


def _has_room(tx: Transaction, reader: Reader, caps: Caps, *, now: datetime) -> bool:
    number = _number(tx, reader)
    return number is None or has_room(number.told, caps, _told(reader, now=now), reader.zones(now)[0])


def _told(reader: Reader, *, now: datetime) -> Told:
    notification = reader.notification
    return Told(at=now, patient_id=notification.patient_id, notification_id=notification.id)


def _number(tx: Transaction, reader: Reader) -> Consent | None:
    """Return what is known of the number that a text would go to; where nothing is, none goes there."""
    return tx.get(Consent, consent_id(ChannelName.SMS, reader.phone)) if reader.phone else None


def _spent(tx: Transaction, practice: Practice, *, now: datetime) -> DaySpend:
    today = spend_id(now.astimezone(zone_named(practice.zone)).date())
    return tx.get(DaySpend, today) or DaySpend(id=today)
