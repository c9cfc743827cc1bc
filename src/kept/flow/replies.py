"""
Apply what people answer: understood by rules, matched without guessing, once in effect however often it comes.

A wish to end messages is in force with the commit that notes it: every send reads consent again in its own transaction.
What the rules do not understand, or cannot match to one visit, a person reads. Nothing here cancels or moves a visit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from kept.core.booking import Appointment, ParticipationStatus, answered, sort_instant
from kept.core.conversation import Reply, country_of, kept_reply, reply_key
from kept.core.notifications import Notification
from kept.core.people import ChannelName, Consent, Patient, consent_id, email_key
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.receipts import IncomingReply, ProviderMessage, notification_of, provider_message_key
from kept.core.replies import Intent, Understanding, understand
from kept.core.worklist import ItemKind, Subject, item_for_reply
from kept.flow.worklist import open_item
from kept.ports.store import Store, Transaction

MOST_PATIENTS: Final = 20
"""People of one number or address that are looked at; a family has fewer."""
MOST_VISITS: Final = 2
"""Visits of each that are looked at: with two it is a question already."""
WRONG_NUMBER: Final = "wrong_number"
"""What is noted of an address that belongs to somebody else."""
BY: Final = "reply"

_INDEXES: Final = {ChannelName.SMS: "patients_by_phone", ChannelName.EMAIL: "patients_by_email"}
_ANSWERS: Final = {
    Intent.CONFIRM: ParticipationStatus.ACCEPTED,
    Intent.RESCHEDULE: ParticipationStatus.TENTATIVE,
    Intent.DECLINE: ParticipationStatus.DECLINED,
}
_TASKS: Final = {
    Intent.RESCHEDULE: ItemKind.WANTS_TO_MOVE,
    Intent.DECLINE: ItemKind.WANTS_TO_CANCEL,
    Intent.UNCLEAR: ItemKind.UNCLEAR_REPLY,
    Intent.WRONG_NUMBER: ItemKind.WRONG_NUMBER,
}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Whom and what a reply may be about, looked up before its transaction, which reads all of it again."""

    patient_ids: tuple[str, ...] = ()
    appointment_ids: tuple[str, ...] = ()


class _Matched(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply is about, as its transaction read it."""

    patients: tuple[Patient, ...]
    visit: Appointment | None
    """None: there is none, or there are several, or it has moved since it was asked about."""


def reply_step(store: Store, reply: IncomingReply, *, now: datetime) -> Callable[[Transaction], Reply]:
    """Return the step that applies a reply, with what it may be about looked up already."""
    return partial(apply_reply, reply=reply, found=found_for(store, reply, now=now), now=now)


def found_for(store: Store, reply: IncomingReply, *, now: datetime) -> Found:
    """Return who has the sender's number or address, and their next visits."""
    address = email_key(reply.sender) if reply.channel is ChannelName.EMAIL else reply.sender
    if not address:
        return Found()
    people = store.query(_INDEXES[reply.channel], address, limit=MOST_PATIENTS).hits
    visits = [hit.id for person in people for hit in _next_visits(store, person.id, now=now)]
    return Found(patient_ids=tuple(person.id for person in people), appointment_ids=tuple(visits))


def apply_reply(tx: Transaction, reply: IncomingReply, *, found: Found, now: datetime) -> Reply:
    """
    Keep a reply and do what it asks for; one that is kept already changes nothing.

    Args:
        tx: The transaction.
        reply: As the provider told it.
        found: Whom and what it may be about.
        now: The one reading of the clock.
    """
    known = tx.get(Reply, reply_key(reply.provider, reply.id))
    if known:
        return known
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    taken = understand(reply.text, country=country_of(reply, fallback=practice.region))
    matched = _matched(tx, reply, found, now=now)
    kept = msgspec.structs.replace(
        kept_reply(reply, taken, now=now),
        patient_ids=tuple(patient.id for patient in matched.patients),
        appointment_id=matched.visit.id if matched.visit else None,
    )
    for about in _done(tx, kept, taken, matched, now=now):
        _list(tx, kept, about, matched, now=now)
    return tx.put(kept)


def _next_visits(store: Store, patient_id: str, *, now: datetime) -> tuple[Appointment, ...]:
    page = store.query("appointments_by_patient", patient_id, after=sort_instant(now))
    visits = store.load(Appointment, [hit.id for hit in page.hits])
    return tuple(visit for visit in visits if visit.is_live)[:MOST_VISITS]


def _matched(tx: Transaction, reply: IncomingReply, found: Found, *, now: datetime) -> _Matched:
    """
    Return what a reply is about: the visit of the message it answers, else the only one to come on its number.

    A text message tells only which one of ours came last. So when the number was also asked about another visit, it
    answers neither beyond doubt.
    """
    people = tuple(p for p in (tx.get(Patient, i) for i in found.patient_ids) if p and _has(p, reply))
    ids = {person.id for person in people}
    visits = [v for v in (tx.get(Appointment, i) for i in found.appointment_ids) if v and _is_to_come(v, now)]
    own = [visit for visit in visits if visit.patient_id in ids]
    asked = _asked_about(tx, reply)
    if asked:
        others = [v for v in own if v.id != asked.appointment_id and _was_asked_about(tx, v, reply)]
        if others and reply.channel is ChannelName.SMS:
            return _Matched(patients=people, visit=None)
        visit = tx.get(Appointment, asked.appointment_id) if asked.appointment_id else None
        is_same = visit and visit.sequence == asked.appointment_sequence and _is_to_come(visit, now)
        patient = tx.get(Patient, asked.patient_id)
        return _Matched(patients=(patient,) if patient else people, visit=visit if is_same else None)
    if len(own) != 1:
        return _Matched(patients=people, visit=None)
    return _Matched(patients=tuple(p for p in people if p.id == own[0].patient_id), visit=own[0])


def _was_asked_about(tx: Transaction, visit: Appointment, reply: IncomingReply) -> bool:
    """Tell whether a message about a visit went to the address that a reply came from."""
    sent_to = consent_id(reply.channel, reply.sender)
    told = (tx.get(Notification, i) for i in visit.notification_ids)
    return any(a.destination_hash == sent_to for n in told if n for a in n.attempts)


def _asked_about(tx: Transaction, reply: IncomingReply) -> Notification | None:
    """Return the notification that a reply answers, where the provider says so and it went to this very address."""
    if not reply.answers_message_id:
        return None
    message = tx.get(ProviderMessage, provider_message_key(reply.provider, reply.answers_message_id))
    attempt_id = message.attempt_id if message else ""
    notification = tx.get(Notification, notification_of(attempt_id)) if attempt_id else None
    sent_to = consent_id(reply.channel, reply.sender)
    attempts = notification.attempts if notification else ()
    return notification if any(a.id == attempt_id and a.destination_hash == sent_to for a in attempts) else None


def _done(
    tx: Transaction, reply: Reply, taken: Understanding, matched: _Matched, *, now: datetime
) -> tuple[ItemKind, ...]:
    """Do what a reply asks for; return what is left for a person."""
    intent = taken.intent
    if intent is Intent.OPT_OUT:
        _end_messages(tx, reply, now=now)
        return (ItemKind.WANTS_TO_CANCEL,) if taken.is_bare_cancel else ()
    if intent is Intent.OPT_IN:
        _allow_messages(tx, reply, now=now)
    if intent is Intent.WRONG_NUMBER:
        _give_up_address(tx, reply, now=now)
    if intent in _ANSWERS:
        return _answer(tx, intent, reply, matched, now=now)
    return (_TASKS[intent],) if intent in _TASKS else ()


def _answer(tx: Transaction, intent: Intent, reply: Reply, matched: _Matched, *, now: datetime) -> tuple[ItemKind, ...]:
    """
    Note an answer about a visit, if it is beyond doubt which visit and what is meant; return what is left.

    A yes from an address that is opted out may mean the visit or the messages, so a person asks; it lifts nothing.
    """
    consent = tx.get(Consent, consent_id(reply.channel, reply.sender))
    is_opted_out = consent is not None and not consent.granted
    if matched.visit is None or (intent is Intent.CONFIRM and is_opted_out):
        return (ItemKind.UNCLEAR_REPLY,)
    after = answered(matched.visit, _ANSWERS[intent], by=BY, now=now)
    if after is not matched.visit:
        tx.put(after)
    return (_TASKS[intent],) if intent in _TASKS else ()


def _end_messages(tx: Transaction, reply: Reply, *, now: datetime) -> None:
    """Withdraw the consent of the address that a reply came from; other addresses of the person keep theirs."""
    tx.put(_said(tx, reply, granted=False, now=now))


def _allow_messages(tx: Transaction, reply: Reply, *, now: datetime) -> None:
    """Lift an opt-out of the address; where none is on record nothing is allowed that was not allowed before."""
    known = tx.get(Consent, consent_id(reply.channel, reply.sender))
    if known and not known.granted:
        tx.put(_said(tx, reply, granted=True, now=now))


def _give_up_address(tx: Transaction, reply: Reply, *, now: datetime) -> None:
    """Note that an address belongs to somebody else: nothing is sent there until the desk has spoken to someone."""
    known = tx.get(Consent, consent_id(reply.channel, reply.sender))
    after = known or _said(tx, reply, granted=False, now=now)
    tx.put(msgspec.structs.replace(after, unusable=WRONG_NUMBER))


def _said(tx: Transaction, reply: Reply, *, granted: bool, now: datetime) -> Consent:
    """Return the consent of an address as a reply changes it, with the reply's own words as evidence."""
    record = consent_id(reply.channel, reply.sender)
    known = tx.get(Consent, record)
    return Consent(
        id=record,
        version=known.version if known else 0,
        channel=reply.channel,
        granted=granted,
        source=BY,
        wording=reply.text,
        recorded_at=now,
        recorded_by=reply.id,
        unusable=known.unusable if known else "",
    )


def _list(tx: Transaction, reply: Reply, about: ItemKind, matched: _Matched, *, now: datetime) -> None:
    """Open the item that a reply calls for."""
    patients = matched.patients
    subject = Subject(
        patient_id=patients[0].id if len(patients) == 1 else "", appointment=matched.visit, address=reply.sender
    )
    open_item(tx, item_for_reply(about, subject, reply_id=reply.id, now=now), now=now)


def _has(patient: Patient, reply: IncomingReply) -> bool:
    own = patient.address(reply.channel)
    return bool(own) and consent_id(reply.channel, own or "") == consent_id(reply.channel, reply.sender)


def _is_to_come(visit: Appointment, now: datetime) -> bool:
    return visit.is_live and visit.start > now
