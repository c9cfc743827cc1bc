"""Write the messages of a notification at the last moment, so that words such as "tomorrow" are true."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kept.core.booking import Appointment
from kept.core.calendar import CalendarEntry, CalendarMethod, calendar_entry
from kept.core.channels import Carrier, Facts, address_for
from kept.core.links import Links
from kept.core.merging import Companion
from kept.core.moments import first_language
from kept.core.notifications import Notification, NotificationKind
from kept.core.people import ChannelName, Patient, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.wording import MessageFacts, Rendered, rendered
from kept.flow.merging import merged_with
from kept.ports.store import Transaction

_METHODS: Final = {
    NotificationKind.BOOKED: CalendarMethod.REQUEST,
    NotificationKind.MOVED: CalendarMethod.REQUEST,
    NotificationKind.REMINDER: CalendarMethod.REQUEST,
    NotificationKind.CANCELLED: CalendarMethod.CANCEL,
}
"""What a mail asks of the patient's calendar."""


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """A notification about to be sent, with what was read for it."""

    notification: Notification
    facts: Facts
    links: Links | None
    now: datetime
    companions: tuple[Companion, ...] = ()
    """Reminders that a text of this one speaks for."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One message before its attempt is on record."""

    channel: ChannelName
    carrier: Carrier
    to: str
    text: Rendered
    language: str
    unsubscribe_url: str = ""
    calendar: CalendarEntry | None = None


def occasion_of(
    tx: Transaction, notification: Notification, facts: Facts, *, links: Links | None, now: datetime
) -> Occasion:
    """Return what a message is written from, with the reminders that it can speak for."""
    visit, patient = facts.appointment, facts.patient
    companions: tuple[Companion, ...] = ()
    if visit and patient and ChannelName.SMS in notification.plan[notification.stage]:
        within = (tx.get(Practice, PRACTICE_ID) or Practice()).merge_within
        companions = merged_with(tx, notification, visit, patient, within=within, now=now)
    return Occasion(notification=notification, facts=facts, links=links, now=now, companions=companions)


def drafted(tx: Transaction, occasion: Occasion, channels: tuple[ChannelName, ...]) -> tuple[Draft, ...]:
    """
    Return the messages for some channels.

    Raises:
        InvalidInputError: a text cannot be filled.
    """
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    return tuple(_draft(occasion, channel, practice) for channel in channels)


def message_facts(
    notification: Notification, appointment: Appointment | None, patient: Patient | None, practice: Practice
) -> MessageFacts:
    """Return what a message may say."""
    if appointment:
        start, zone, place_id = appointment.start, appointment.zone, appointment.place_id
        place = practice.place(place_id)
        where = place.name if place else appointment.location
    else:
        start, zone = datetime.fromisoformat(notification.facts["start"]), notification.facts["zone"]
        place, where = None, notification.facts.get("place", "")
    return MessageFacts(
        practice=practice.name,
        phone=(place.phone if place else "") or practice.phone,
        place=where,
        start=start,
        zone=zone,
        reader_zone=patient.zone if patient else None,
    )


def _draft(occasion: Occasion, channel: ChannelName, practice: Practice) -> Draft:
    notification, facts = occasion.notification, occasion.facts
    say = message_facts(notification, facts.appointment, facts.patient, practice)
    language = first_language(facts.patient.language if facts.patient else None, practice.language)
    to = address_for(notification, facts.patient, channel) or ""
    return Draft(
        channel=channel,
        carrier=facts.carriers[channel],
        to=to,
        text=rendered(notification.template, channel, language=language, facts=say, now=occasion.now),
        language=language,
        unsubscribe_url=_unsubscribe_url(occasion, channel, to, language),
        calendar=_calendar(occasion, channel, to, say),
    )


def _unsubscribe_url(occasion: Occasion, channel: ChannelName, to: str, language: str) -> str:
    """Return the address of one click that ends the mails; only https can stand in a mail's header."""
    links = occasion.links
    if channel is not ChannelName.EMAIL or links is None or not links.is_secure:
        return ""
    return links.unsubscribe_url(channel, consent_id(channel, to), language=language, now=occasion.now)


def _calendar(occasion: Occasion, channel: ChannelName, to: str, say: MessageFacts) -> CalendarEntry | None:
    """Return what a mail asks of the patient's calendar, or None."""
    method = _METHODS.get(occasion.notification.about)
    appointment = occasion.facts.appointment
    if channel is not ChannelName.EMAIL or method is None or appointment is None:
        return None
    return calendar_entry(appointment, say.practice, say.place, to, method=method)
