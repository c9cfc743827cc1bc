"""Write the messages of a notification at the last moment, so that words such as "tomorrow" are true."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kept.core.answers import visits_asked
from kept.core.booking import Appointment, ParticipationStatus
from kept.core.calendar import CalendarEntry, CalendarMethod, calendar_entry
from kept.core.channels import Carrier, Facts, address_for
from kept.core.links import Links
from kept.core.merging import Companion
from kept.core.moments import first_language
from kept.core.notices import words_said
from kept.core.notifications import Notification, NotificationKind
from kept.core.people import ChannelName, Patient, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.texts import REMINDER, REMINDER_ASKING, REMINDER_SEVERAL
from kept.core.visit_lists import VisitFacts
from kept.core.wording import MessageFacts, Rendered, rendered
from kept.flow.merging import merged_with
from kept.flow.texts import own_text_for
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
        main = Companion(notification=notification, appointment=visit, patient=patient)
        companions = merged_with(tx, main, within=within, now=now)
    return Occasion(notification=notification, facts=facts, links=links, now=now, companions=companions)


def drafted(tx: Transaction, occasion: Occasion, channels: tuple[ChannelName, ...]) -> tuple[Draft, ...]:
    """
    Return the messages for some channels.

    Raises:
        InvalidInputError: a text cannot be filled.
    """
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    return tuple(_draft(tx, occasion, channel, practice) for channel in channels)


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
        first_name=patient.first_name if patient else "",
        visits=visits_asked(notification),
    )


def _draft(tx: Transaction, occasion: Occasion, channel: ChannelName, practice: Practice) -> Draft:
    notification, facts = occasion.notification, occasion.facts
    language = first_language(facts.patient.language if facts.patient else None, practice.language)
    to = address_for(notification, facts.patient, channel) or ""
    say = _said(occasion, channel, practice, language=language)
    template = _template(occasion, channel, practice)
    own = own_text_for(tx, practice, template, channel, language=language)
    return Draft(
        channel=channel,
        carrier=facts.carriers[channel],
        to=to,
        text=rendered(template, channel, language=language, facts=say, now=occasion.now, own=own),
        language=language,
        unsubscribe_url=_unsubscribe_url(occasion, channel, to, language),
        calendar=_calendar(occasion, channel, to, say),
    )


def _template(occasion: Occasion, channel: ChannelName, practice: Practice) -> str:
    """
    Return the name of the text: a reminder asks for an answer while none has come and one can come back.

    A text that speaks of several visits asks nothing, because nobody could tell for which one the answer is.
    """
    notification, visit = occasion.notification, occasion.facts.appointment
    if notification.template != REMINDER or visit is None:
        return notification.template
    if channel is ChannelName.SMS and occasion.companions:
        return REMINDER_SEVERAL
    by_reply = channel is ChannelName.SMS and occasion.facts.carriers[channel].capabilities.replies
    by_link = channel is ChannelName.EMAIL and occasion.links is not None
    is_open = visit.participation is ParticipationStatus.NEEDS_ACTION
    return REMINDER_ASKING if practice.asks_to_confirm and is_open and (by_reply or by_link) else REMINDER


def _said(occasion: Occasion, channel: ChannelName, practice: Practice, *, language: str) -> MessageFacts:
    """Return what a message says, with the page of its visit for mails and with further visits for texts."""
    facts, visit = occasion.facts, occasion.facts.appointment
    say = message_facts(occasion.notification, visit, facts.patient, practice)
    if occasion.notification.about is NotificationKind.NOTICE:
        say = msgspec.structs.replace(say, words=words_said(occasion.notification, language=language))
    if channel is ChannelName.EMAIL and occasion.links and visit and visit.is_live:
        say = msgspec.structs.replace(say, link=occasion.links.visit_url(visit))
    if channel is ChannelName.SMS and occasion.companions and visit and facts.patient:
        say = msgspec.structs.replace(say, visits=_visits(visit, facts.patient, occasion.companions, practice))
    return say


def _visits(
    visit: Appointment, patient: Patient, companions: tuple[Companion, ...], practice: Practice
) -> tuple[VisitFacts, ...]:
    """Return the visits of a text about several, the soonest first; first names where people share a number."""
    pairs = [(visit, patient), *((c.appointment, c.patient) for c in companions)]
    is_family = len({person.id for _, person in pairs}) > 1
    found = []
    for each, person in sorted(pairs, key=lambda pair: (pair[0].start, pair[0].id)):
        place = practice.place(each.place_id)
        found.append(
            VisitFacts(
                start=each.start,
                zone=each.zone,
                place=place.name if place else each.location,
                first_name=person.first_name if is_family else "",
            )
        )
    return tuple(found)


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
