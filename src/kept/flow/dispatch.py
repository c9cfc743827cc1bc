"""
Hand due notifications over, once: claim, send, record.

The attempt is committed before its first byte leaves; the provider is called outside any transaction; then the outcome
is committed. A crash between the two leaves an attempt whose lease ends, and its outcome counts as unknown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.booking import Appointment, sort_instant
from kept.core.dispatch import (
    LOOKUP_LEASE,
    Ask,
    Carrier,
    Facts,
    Finish,
    Send,
    Wait,
    address_for,
    begun,
    expires_at,
    finished,
    next_move,
    recorded,
    settled_by,
    swept,
    waiting,
)
from kept.core.errors import InvalidInputError
from kept.core.notifications import (
    Attempt,
    AttemptState,
    Notification,
    NotificationState,
    Outcome,
    Reason,
    SendOutcome,
    due_shards,
)
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.sms import size_of
from kept.core.wording import MessageFacts, Rendered, rendered
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Store, Transaction

MAX_FAILURES: Final = 5
"""How often our own code may fail on a notification before it is set aside for a person."""
DUE_PAGE: Final = 500
MAX_RETRY_AFTER_S: Final = 86_400.0
"""Longest wish of a provider that is kept: some ask for absurd pauses."""

Carriers = Mapping[ChannelName, Carrier]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Ask a provider what became of an attempt."""

    channel: ChannelName
    attempt_id: str
    dedupe_key: str


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim gives the worker to do outside the transaction."""

    notification: Notification | None = None
    """As committed; None when it does not exist."""
    messages: tuple[OutgoingMessage, ...] = ()
    question: Question | None = None
    fence: int = 0


def due_ids(store: Store, *, now: datetime, limit: int = DUE_PAGE) -> tuple[str, ...]:
    """Return ids of notifications to look at now, the longest due first within each shard; candidates only."""
    before = sort_instant(now + timedelta(microseconds=1))
    pages = [store.query("notifications_due", shard, before=before, limit=limit) for shard in due_shards()]
    hits = sorted((hit.sort, hit.id) for page in pages for hit in page.hits)
    return tuple(notification_id for _, notification_id in hits[:limit])


def next_due(store: Store) -> datetime | None:
    """Return the instant at which the next notification is to be looked at, or None when none is planned."""
    firsts = [store.query("notifications_due", shard, limit=1).hits for shard in due_shards()]
    sorts = [hits[0].sort for hits in firsts if hits]
    return datetime.fromisoformat(min(sorts) + "+00:00") if sorts else None


def claim(tx: Transaction, notification_id: str, *, carriers: Carriers, now: datetime) -> Claimed:
    """
    Decide what is to be done with a notification and put that on record.

    The same transaction reads the appointment, the patient and the consents again and makes the commit depend on them,
    so that nothing starts after a cancel, a move or an opt-out is committed.
    """
    stored = tx.get(Notification, notification_id)
    if stored is None or stored.is_done or stored.wake_at is None or stored.wake_at > now:
        return Claimed(notification=stored)
    facts = _facts(tx, stored, carriers)
    seen, move = next_move(swept(stored, now=now), facts, now=now)
    if isinstance(move, Send):
        return _send(tx, seen, move, facts, now=now)
    if isinstance(move, Ask):
        asked = msgspec.structs.replace(move.attempt, lookups=move.attempt.lookups + 1)
        tx.put(waiting(recorded(seen, asked), until=now + LOOKUP_LEASE))
        question = Question(
            channel=asked.channel, attempt_id=asked.id, dedupe_key=dedupe_key(seen.id, asked.channel)
        )
        return Claimed(notification=seen, question=question, fence=asked.fence)
    after = waiting(seen, until=move.until) if isinstance(move, Wait) else finished(seen, move, now=now)
    return Claimed(notification=tx.put(after))


def record(
    tx: Transaction, notification_id: str, attempt_id: str, outcome: SendOutcome, *, fence: int, now: datetime
) -> Notification | None:
    """
    Put on record how a handing-over ended; return the notification as it then stands.

    Only the claim that made the attempt may tell its outcome, and only while it is open or unknown: whoever comes
    later changes nothing.
    """
    notification = tx.get(Notification, notification_id)
    attempt = next((a for a in notification.attempts if a.id == attempt_id), None) if notification else None
    if notification is None or attempt is None or attempt.fence != fence:
        return notification
    is_news = attempt.state is AttemptState.SENDING or (
        attempt.state is AttemptState.UNKNOWN and outcome.state is not AttemptState.UNKNOWN
    )
    if not is_news or notification.is_done:
        return notification
    after = recorded(notification, _ended(attempt, outcome, now=now))
    if settled_by(after.attempts, after.plan[after.stage]):
        return tx.put(finished(after, Finish(outcome=Outcome.ACCEPTED), now=now))
    is_open = any(a.state is AttemptState.SENDING for a in after.attempts)
    until = min(a.lease_until for a in after.attempts if a.state is AttemptState.SENDING) if is_open else now
    return tx.put(waiting(after, until=until))


def answer(
    tx: Transaction, notification_id: str, attempt_id: str, found: SendOutcome | None, *, fence: int, now: datetime
) -> Notification | None:
    """Put on record what a provider says became of an unknown; None: it could not say."""
    if found is not None and found.state is not AttemptState.UNKNOWN:
        return record(tx, notification_id, attempt_id, found, fence=fence, now=now)
    notification = tx.get(Notification, notification_id)
    if notification is None or notification.is_done:
        return notification
    return tx.put(waiting(notification, until=now))


def note_failure(tx: Transaction, notification_id: str, *, now: datetime) -> Notification | None:
    """
    Note that our own code failed on a notification, and set it aside for a person after too many times.

    It is tried again after a pause that doubles from one minute, so that one poisoned record never stops the rest.
    """
    notification = tx.get(Notification, notification_id)
    if notification is None or notification.is_done:
        return notification
    failures = notification.failures + 1
    counted = msgspec.structs.replace(notification, failures=failures)
    if failures >= MAX_FAILURES:
        return tx.put(finished(counted, Finish(outcome=Outcome.FAILED, reason=Reason.CANNOT_RENDER), now=now))
    pause = timedelta(minutes=1) * 2 ** (failures - 1)
    return tx.put(waiting(counted, until=now + pause))


def dedupe_key(notification_id: str, channel: ChannelName) -> str:
    """
    Return the key that every copy of one message carries.

    >>> dedupe_key("ntf_1", ChannelName.SMS)
    'ntf_1.sms'
    """
    return f"{notification_id}.{channel.value}"


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


def _facts(tx: Transaction, notification: Notification, carriers: Carriers) -> Facts:
    """Read, and guard, everything that the decision depends on."""
    appointment = tx.get(Appointment, notification.appointment_id) if notification.appointment_id else None
    patient = tx.get(Patient, notification.patient_id)
    consents: dict[ChannelName, Consent | None] = {}
    for channel in {c for stage in notification.plan for c in stage}:
        address = address_for(notification, patient, channel)
        consents[channel] = tx.get(Consent, consent_id(channel, address)) if address else None
    for entity in (appointment, patient, *consents.values()):
        if entity:
            tx.guard(entity)
    return Facts(appointment=appointment, patient=patient, consents=consents, carriers=carriers)


def _send(tx: Transaction, notification: Notification, move: Send, facts: Facts, *, now: datetime) -> Claimed:
    """Put the attempts on record and return their messages."""
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    say = message_facts(notification, facts.appointment, facts.patient, practice)
    language = (facts.patient.language if facts.patient else None) or practice.language
    try:
        texts = {c: rendered(notification.template, c, language=language, facts=say, now=now) for c in move.channels}
    except InvalidInputError:
        end = Finish(outcome=Outcome.FAILED, reason=Reason.CANNOT_RENDER)
        return Claimed(notification=tx.put(finished(notification, end, now=now)))
    fence = notification.fence + 1
    made = tuple(
        _attempt(notification, channel, texts[channel], facts, fence=fence, now=now) for channel in move.channels
    )
    leases = [a.lease_until for a in (*notification.attempts, *made) if a.state is AttemptState.SENDING]
    stored = tx.put(begun(notification, made, fence=fence, until=min(leases)))
    messages = tuple(
        _message(stored, attempt, texts[attempt.channel], facts, language=language, now=now) for attempt in made
    )
    return Claimed(notification=stored, messages=messages, fence=fence)


def _attempt(
    notification: Notification, channel: ChannelName, text: Rendered, facts: Facts, *, fence: int, now: datetime
) -> Attempt:
    carrier = facts.carriers[channel]
    number = sum(a.channel is channel for a in notification.attempts) + 1
    address = address_for(notification, facts.patient, channel) or ""
    return Attempt(
        id=f"{dedupe_key(notification.id, channel)}.{number}",
        channel=channel,
        provider=carrier.provider,
        number=number,
        fence=fence,
        destination_hash=consent_id(channel, address),
        body_hash=hashlib.sha256(text.text.encode()).hexdigest()[:32],
        segments=size_of(text.text).segments if channel is ChannelName.SMS else 0,
        started_at=now,
        lease_until=now + carrier.lease,
    )


def _message(
    notification: Notification, attempt: Attempt, text: Rendered, facts: Facts, *, language: str, now: datetime
) -> OutgoingMessage:
    return OutgoingMessage(
        dedupe_key=dedupe_key(notification.id, attempt.channel),
        attempt_id=attempt.id,
        channel=attempt.channel,
        to=address_for(notification, facts.patient, attempt.channel) or "",
        subject=text.subject,
        text=text.text,
        html=text.html,
        language=language,
        expires_at=expires_at(notification, now=now),
    )


def _ended(attempt: Attempt, outcome: SendOutcome, *, now: datetime) -> Attempt:
    pause_s = min(outcome.retry_after_s or 0, MAX_RETRY_AFTER_S)
    retry_after = now + timedelta(seconds=pause_s) if pause_s > 0 else None
    return msgspec.structs.replace(
        attempt,
        state=outcome.state,
        ended_at=now,
        provider_message_id=outcome.provider_message_id,
        code=outcome.code,
        retry_after=retry_after,
    )


__all__ = ["Claimed", "NotificationState", "Question", "answer", "claim", "due_ids", "next_due", "note_failure", "record"]
