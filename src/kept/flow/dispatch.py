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

from kept.core.booking import Appointment
from kept.core.channels import Carrier, Facts, address_for
from kept.core.dispatch import LOOKUP_LEASE, Ask, Send, Wait, expires_at, next_move
from kept.core.errors import InvalidInputError
from kept.core.links import Links
from kept.core.notifications import (
    Attempt,
    AttemptState,
    Notification,
    NotificationKind,
    Outcome,
    Reason,
    SendOutcome,
)
from kept.core.people import ChannelName, Consent, Patient, Told, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.recording import (
    Finish,
    begun,
    finished,
    is_settled,
    listening,
    look_again_at,
    recorded,
    swept,
    taken_outcome,
    waiting,
)
from kept.core.sms import size_of
from kept.flow.drafts import Draft, Occasion, drafted, occasion_of
from kept.flow.limits import barred_for, daylight_for, note_told, reader_of, spend
from kept.flow.merging import followed, speak_for
from kept.flow.receipts import know_message, learn_from_refusal
from kept.flow.worklist import list_unreached
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Transaction

MAX_FAILURES: Final = 5
"""How often our own code may fail on a notification before it is set aside for a person."""
MAX_RETRY_AFTER_S: Final = 86_400.0
"""Longest wish of a provider that is kept: some ask for absurd pauses."""

Carriers = Mapping[ChannelName, Carrier]


class AttemptRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which attempt an outcome belongs to, and which claim made it."""

    notification_id: str
    attempt_id: str
    fence: int


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """One message and the attempt that is on record for it."""

    ref: AttemptRef
    message: OutgoingMessage


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Ask a provider what became of an attempt."""

    ref: AttemptRef
    channel: ChannelName
    dedupe_key: str


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What a claim gives the worker to do outside the transaction."""

    notification: Notification | None = None
    """As committed; None when it does not exist."""
    handovers: tuple[Handover, ...] = ()
    question: Question | None = None


def claim(
    tx: Transaction, notification_id: str, *, carriers: Carriers, now: datetime, links: Links | None = None
) -> Claimed:
    """
    Decide what is to be done with a notification and put that on record.

    The same transaction reads the appointment, the patient and the consents again, so that nothing starts after a
    cancel, a move or an opt-out is committed, and nothing at night or beyond a limit. What changes meanwhile makes it
    run again: whatever changes a visit writes all that is open of its list, and what goes to an address depends on
    what is known of that.

    Args:
        tx: The transaction.
        notification_id: Which one; it may turn out to need nothing.
        carriers: Who takes each channel's messages.
        now: The one reading of the clock.
        links: Makes the links in messages; None: there are none.
    """
    stored = tx.get(Notification, notification_id)
    if stored is None or stored.is_done or stored.wake_at is None or stored.wake_at > now:
        return Claimed(notification=stored)
    if stored.said_in:
        stored, goes_on = followed(tx, stored, now=now)
        if not goes_on:
            return Claimed(notification=stored)
    facts = _facts(tx, stored, carriers, now=now)
    seen, move = next_move(swept(stored, now=now), facts, now=now)
    if isinstance(move, Send):
        return _send(tx, occasion_of(tx, seen, facts, links=links, now=now), move.channels)
    if isinstance(move, Ask):
        return _ask(tx, seen, move.attempt, now=now)
    after = tx.put(waiting(seen, until=move.until)) if isinstance(move, Wait) else _end(tx, seen, move, now=now)
    return Claimed(notification=after)


def record(tx: Transaction, ref: AttemptRef, outcome: SendOutcome, *, now: datetime) -> Notification | None:
    """
    Put on record how a handing-over ended; return the notification as it then stands.

    Only the claim that made the attempt may tell its outcome, and only while it is open or unknown: whoever comes
    later changes nothing.
    """
    notification = tx.get(Notification, ref.notification_id)
    attempt = next((a for a in notification.attempts if a.id == ref.attempt_id), None) if notification else None
    if notification is None or attempt is None or attempt.fence != ref.fence or notification.is_done:
        return notification
    is_open = attempt.state is AttemptState.SENDING
    is_news = attempt.state is AttemptState.UNKNOWN and outcome.state is not AttemptState.UNKNOWN
    if not is_open and not is_news:
        return notification
    ended = _ended(attempt, outcome, now=now)
    after = recorded(notification, ended)
    learn_from_refusal(tx, ended, now=now)
    if ended.is_known_by_id and ended.state is AttemptState.ACCEPTED and ended.provider_message_id:
        after = know_message(tx, after, ended, now=now)
    if is_settled(after):
        return tx.put(finished(after, Finish(outcome=taken_outcome(after)), now=now))
    return tx.put(listening(after, until=look_again_at(after, now=now)))


def answer(tx: Transaction, ref: AttemptRef, found: SendOutcome | None, *, now: datetime) -> Notification | None:
    """Put on record what a provider says became of an unknown; None: it could not say."""
    if found is not None and found.state is not AttemptState.UNKNOWN:
        return record(tx, ref, found, now=now)
    notification = tx.get(Notification, ref.notification_id)
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
        return _end(tx, counted, Finish(outcome=Outcome.FAILED, reason=Reason.CANNOT_RENDER), now=now)
    pause = timedelta(minutes=1) * 2 ** (failures - 1)
    return tx.put(waiting(counted, until=now + pause))


def dedupe_key(notification_id: str, channel: ChannelName) -> str:
    """
    Return the key that every copy of one message carries.

    >>> dedupe_key("ntf_1", ChannelName.SMS)
    'ntf_1.sms'
    """
    return f"{notification_id}.{channel.value}"


def _facts(tx: Transaction, notification: Notification, carriers: Carriers, *, now: datetime) -> Facts:
    """Read everything that the decision depends on."""
    visit = ((Appointment, notification.appointment_id),) if notification.appointment_id else ()
    tx.read_ahead(*visit, (Patient, notification.patient_id), (Practice, PRACTICE_ID))
    appointment = tx.get(Appointment, notification.appointment_id) if notification.appointment_id else None
    patient = tx.get(Patient, notification.patient_id)
    consents = _Consents(tx, notification, patient)
    reader = reader_of(tx, notification, appointment, patient)
    return Facts(
        appointment=appointment,
        patient=patient,
        consents=consents,
        carriers=carriers,
        barred=barred_for(tx, reader, consents, now=now),
        daylight=daylight_for(reader, now=now),
    )


class _Consents:
    """What is known of the address of each channel, read when it is asked for: the second stage seldom matters."""

    def __init__(self, tx: Transaction, notification: Notification, patient: Patient | None) -> None:
        self._tx = tx
        self._addresses = {c: address_for(notification, patient, c) for stage in notification.plan for c in stage}
        self._known: dict[ChannelName, Consent | None] = {}

    def get(self, channel: ChannelName, /) -> Consent | None:
        if channel not in self._known:
            address = self._addresses.get(channel)
            self._known[channel] = self._tx.get(Consent, consent_id(channel, address)) if address else None
        return self._known[channel]


def _end(tx: Transaction, notification: Notification, how: Finish, *, now: datetime) -> Notification:
    """Write that a notification has ended, and what a person must do when it reached nobody."""
    stored = tx.put(finished(notification, how, now=now))
    list_unreached(tx, stored, now=now)
    return stored


def _ask(tx: Transaction, notification: Notification, attempt: Attempt, *, now: datetime) -> Claimed:
    """Count the question before it is asked, so that a crash cannot ask for ever."""
    asked = msgspec.structs.replace(attempt, lookups=attempt.lookups + 1)
    stored = tx.put(waiting(recorded(notification, asked), until=now + LOOKUP_LEASE))
    ref = AttemptRef(notification_id=stored.id, attempt_id=asked.id, fence=asked.fence)
    key = dedupe_key(stored.id, asked.channel)
    return Claimed(notification=stored, question=Question(ref=ref, channel=asked.channel, dedupe_key=key))


def _send(tx: Transaction, occasion: Occasion, channels: tuple[ChannelName, ...]) -> Claimed:
    """Put the attempts on record and return their messages."""
    notification, now = occasion.notification, occasion.now
    try:
        drafts = drafted(tx, occasion, channels)
    except InvalidInputError:
        end = Finish(outcome=Outcome.FAILED, reason=Reason.CANNOT_RENDER)
        return Claimed(notification=_end(tx, notification, end, now=now))
    fence = notification.fence + 1
    made = tuple(_attempt(notification, draft, fence=fence, now=now) for draft in drafts)
    _tell(tx, occasion, made)
    speak_for(tx, notification, occasion.companions, now=now)
    leases = [a.lease_until for a in (*notification.attempts, *made) if a.state is AttemptState.SENDING]
    stored = tx.put(begun(notification, made, fence=fence, until=min(leases)))
    pairs = zip(made, drafts, strict=True)
    return Claimed(
        notification=stored, handovers=tuple(_handover(occasion, attempt, draft) for attempt, draft in pairs)
    )


def _tell(tx: Transaction, occasion: Occasion, attempts: tuple[Attempt, ...]) -> None:
    """
    Write with each address that a message is about to leave for it, and count what texts cost.

    So no attempt starts after its address has said stop, and of two at once one is decided again. An answer to what
    somebody has written counts for nothing. A visit that does not list the notification is watched itself.
    """
    notification, visit, now = occasion.notification, occasion.facts.appointment, occasion.now
    own = Told(at=now, patient_id=notification.patient_id, notification_id=notification.id)
    others = (Told(at=now, patient_id=c.patient.id, notification_id=c.notification.id) for c in occasion.companions)
    lines = {ChannelName.SMS: (own, *others), ChannelName.EMAIL: (own,)}
    for attempt in attempts:
        address = tx.get(Consent, attempt.destination_hash)
        if address and notification.about is NotificationKind.ANSWER:
            tx.guard(address)
        elif address:
            note_told(tx, address, lines[attempt.channel])
    if visit and notification.id not in visit.notification_ids:
        tx.guard(visit)
    spend(tx, sum(attempt.segments for attempt in attempts), now=now)


def _attempt(notification: Notification, draft: Draft, *, fence: int, now: datetime) -> Attempt:
    number = sum(a.channel is draft.channel for a in notification.attempts) + 1
    return Attempt(
        id=f"{dedupe_key(notification.id, draft.channel)}.{number}",
        channel=draft.channel,
        provider=draft.carrier.provider,
        number=number,
        fence=fence,
        destination_hash=consent_id(draft.channel, draft.to),
        body_hash=hashlib.sha256(draft.text.text.encode()).hexdigest()[:32],
        segments=size_of(draft.text.text).segments if draft.channel is ChannelName.SMS else 0,
        started_at=now,
        lease_until=now + draft.carrier.lease,
        awaits_receipt=draft.carrier.capabilities.receipts,
        is_known_by_id=draft.carrier.capabilities.tells_by_id,
    )


def _handover(occasion: Occasion, attempt: Attempt, draft: Draft) -> Handover:
    notification = occasion.notification
    light = occasion.facts.daylight.get(attempt.channel)
    message = OutgoingMessage(
        dedupe_key=dedupe_key(notification.id, attempt.channel),
        attempt_id=attempt.id,
        channel=attempt.channel,
        to=draft.to,
        subject=draft.text.subject,
        text=draft.text.text,
        html=draft.text.html,
        language=draft.language,
        expires_at=expires_at(notification, light, now=attempt.started_at),
        unsubscribe_url=draft.unsubscribe_url,
        calendar=draft.calendar,
    )
    ref = AttemptRef(notification_id=notification.id, attempt_id=attempt.id, fence=attempt.fence)
    return Handover(ref=ref, message=message)


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
