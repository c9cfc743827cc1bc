"""Find out whom and which visit a reply is about, without guessing."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kept.core.booking import Appointment, sort_instant
from kept.core.notifications import Notification, NotificationKind
from kept.core.people import ChannelName, Consent, Patient, consent_id, email_key
from kept.core.receipts import IncomingReply, ProviderMessage, notification_of, provider_message_key
from kept.core.reply_choices import MOST_OPTIONS
from kept.ports.store import Store, Transaction

MOST_PATIENTS: Final = 20
"""People of one number or address that are looked at; a family has fewer."""
MOST_VISITS: Final = MOST_OPTIONS + 1
"""Visits of each that are looked at: one more than can be asked about."""

_INDEXES: Final = {ChannelName.SMS: "patients_by_phone", ChannelName.EMAIL: "patients_by_email"}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what a reply may be about, looked up before its transaction, which reads all of it again."""

    patient_ids: tuple[str, ...] = ()
    appointment_ids: tuple[str, ...] = ()
    attempt_id: str = ""
    """The attempt that its message answers; empty: nobody says which, or that one is not known here."""


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply is about, as its transaction read it."""

    patients: tuple[Patient, ...]
    visit: Appointment | None = None
    """None: there is none, or there are several, or it has moved since it was asked about."""
    options: tuple[Appointment, ...] = ()
    """The visits that it may mean when it may mean several, the soonest first."""


def found_for(store: Store, reply: IncomingReply, *, now: datetime) -> Found:
    """Return who has the sender's number or address, and their next visits."""
    address = email_key(reply.sender) if reply.channel is ChannelName.EMAIL else reply.sender
    if not address:
        return Found()
    people = tuple(hit.id for hit in store.query(_INDEXES[reply.channel], address, limit=MOST_PATIENTS).hits)
    visits = tuple(visit.id for person in people for visit in _next_visits(store, person, now=now))
    return Found(patient_ids=people, appointment_ids=visits, attempt_id=_attempt_answered(store, reply))


def matched(tx: Transaction, reply: IncomingReply, found: Found, *, now: datetime) -> Matched:
    """
    Return what a reply is about: the visit of the message it answers, else the only one it can be about.

    A text message tells only which one of ours came last, and some providers not even that. So when the number was told
    about several visits, it answers none of them beyond doubt; when it was told about one alone, it answers that one.
    """
    people = tuple(p for p in (tx.get(Patient, i) for i in found.patient_ids) if p and _has(p, reply))
    ids = {person.id for person in people}
    visits = [v for v in (tx.get(Appointment, i) for i in found.appointment_ids) if v and is_to_come(v, now)]
    own = sorted((visit for visit in visits if visit.patient_id in ids), key=lambda visit: (visit.start, visit.id))
    asked = _asked_about(tx, reply, found.attempt_id)
    if asked:
        return _of_message(tx, reply, asked, Matched(patients=people, options=tuple(own)), now=now)
    told = [visit for visit in own if _was_told_of(tx, visit, reply)] if len(own) > 1 else []
    if len(told) == 1 and _was_told_of(tx, told[0], reply, as_it_stands=True):
        own = told
    if len(own) != 1:
        return Matched(patients=people, options=tuple(own))
    return Matched(patients=tuple(p for p in people if p.id == own[0].patient_id), visit=own[0])


def is_to_come(visit: Appointment, now: datetime) -> bool:
    """Tell whether a visit is still expected to take place."""
    return visit.is_live and visit.start > now


def _of_message(
    tx: Transaction, reply: IncomingReply, asked: Notification, among: Matched, *, now: datetime
) -> Matched:
    """Return what a reply is about that answers a certain message of ours."""
    others = [v for v in among.options if v.id != asked.appointment_id and _was_told_of(tx, v, reply)]
    visit = tx.get(Appointment, asked.appointment_id) if asked.appointment_id else None
    is_same = visit is not None and visit.sequence == asked.appointment_sequence and is_to_come(visit, now)
    if others and reply.channel is ChannelName.SMS:
        meant = {v.id for v in others} | {asked.appointment_id}
        return Matched(patients=among.patients, options=tuple(v for v in among.options if v.id in meant))
    patient = tx.get(Patient, asked.patient_id)
    return Matched(patients=(patient,) if patient else among.patients, visit=visit if is_same else None)


def _next_visits(store: Store, patient_id: str, *, now: datetime) -> tuple[Appointment, ...]:
    page = store.query("appointments_by_patient", patient_id, after=sort_instant(now))
    visits = store.load(Appointment, [hit.id for hit in page.hits])
    return tuple(visit for visit in visits if visit.is_live)[:MOST_VISITS]


def _was_told_of(tx: Transaction, visit: Appointment, reply: IncomingReply, *, as_it_stands: bool = False) -> bool:
    """
    Tell whether a message about a visit went to the address that a reply came from.

    So did one that spoke for it, together with other visits.
    """
    sent_to = consent_id(reply.channel, reply.sender)
    told = [n for n in (tx.get(Notification, i) for i in visit.notification_ids) if n]
    if as_it_stands:
        told = [n for n in told if n.appointment_sequence == visit.sequence]
    spoke = [tx.get(Notification, n.said_in) for n in told if n.said_in]
    return any(a.destination_hash == sent_to for n in (*told, *spoke) if n for a in n.attempts)


def _attempt_answered(store: Store, reply: IncomingReply) -> str:
    """Return the attempt whose message a reply answers, where the provider names that and it is not long ago."""
    if not reply.answers_message_id:
        return ""
    key = provider_message_key(reply.provider, reply.answers_message_id)
    remembered = next(iter(store.load(ProviderMessage, (key,))), None)
    if remembered and remembered.attempt_id:
        return remembered.attempt_id
    addresses = store.load(Consent, (consent_id(reply.channel, reply.sender),))
    told = store.load(Notification, [line.notification_id for address in addresses for line in address.told])
    attempts = (a for n in told for a in n.attempts if a.provider == reply.provider)
    return next((a.id for a in attempts if a.provider_message_id == reply.answers_message_id), "")


def _asked_about(tx: Transaction, reply: IncomingReply, attempt_id: str) -> Notification | None:
    """
    Return the notification that a reply answers, if it went to this very address.

    What we have only answered asks about no visit.
    """
    notification = tx.get(Notification, notification_of(attempt_id)) if attempt_id else None
    sent_to = consent_id(reply.channel, reply.sender)
    is_answer = notification is not None and notification.about is NotificationKind.ANSWER
    attempts = notification.attempts if notification and not is_answer else ()
    return notification if any(a.id == attempt_id and a.destination_hash == sent_to for a in attempts) else None


def _has(patient: Patient, reply: IncomingReply) -> bool:
    own = patient.address(reply.channel)
    return bool(own) and consent_id(reply.channel, own or "") == consent_id(reply.channel, reply.sender)
