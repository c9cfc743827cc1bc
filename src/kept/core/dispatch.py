"""
What to do next with a notification: send, ask, wait or finish.

Everything here is decided from the notification's own record and a few facts read in the same transaction, so that a
crash at any moment leaves a record from which the next worker decides the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kept.core.booking import LIVE, REMINDABLE, Appointment, AppointmentStatus
from kept.core.channels import MIN_TTL, Capabilities, Carrier, Facts, closed_because, held_until
from kept.core.notifications import (
    Attempt,
    AttemptState,
    ChannelNote,
    Notification,
    NotificationKind,
    Outcome,
    Reason,
)
from kept.core.people import ChannelName
from kept.core.quiet_hours import Daylight
from kept.core.recording import TAKEN, Finish, has_reached, is_awaited, taken_outcome, word_due_at

MAX_TRIES: Final = 3
"""Tries on one channel that the provider certainly did not take."""
MOST_ATTEMPTS: Final = 20
"""Attempts on one channel of any kind, so that no record grows for ever."""
NOT_LET_IN: Final = "auth"
"""What every channel calls a failure of our own credentials: no fault of the message, so it costs it no try."""
PROVIDER_RESTS: Final = "provider_rests"
"""Code of an attempt that was not handed over, because its provider was left alone in the meantime; it costs no try."""
OVERTAKEN: Final = "overtaken"
"""Code of an attempt that was not handed over: its address said stop, or got another message; it costs no try."""
_NO_TRIES: Final = frozenset({NOT_LET_IN, PROVIDER_RESTS, OVERTAKEN})
FIRST_PAUSE: Final = timedelta(seconds=2)
PAUSE_FACTOR: Final = 2
MOST_DOUBLINGS: Final = 5
LOOKUP_AFTER: Final = (timedelta(seconds=90), timedelta(minutes=5), timedelta(minutes=15))
"""When a provider is asked what became of an unknown, counted from its end. Ours: soon, then patiently."""
COPY_AFTER: Final = timedelta(seconds=90)
"""Pause before the one more copy where the provider cannot be asked."""
LOOKUP_LEASE: Final = timedelta(seconds=60)
MAX_TTL: Final = timedelta(hours=4)
"""Longest time a provider may hold a message."""


class Progress(StrEnum):
    """How far one channel of a notification has come."""

    FRESH = "fresh"
    HELD = "held"
    IN_FLIGHT = "in_flight"
    AGAIN = "again"
    ASK = "ask"
    AWAITED = "awaited"
    TAKEN = "taken"
    CLOSED = "closed"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One channel's progress, from when it can go on, and why it is closed."""

    progress: Progress
    at: datetime | None = None
    reason: Reason | None = None


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """Hand over through these channels now."""

    channels: tuple[ChannelName, ...]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Ask the provider what became of this attempt."""

    attempt: Attempt


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Look again then."""

    until: datetime


_CLOSING: Final = {AttemptState.REFUSED: Reason.REFUSED, AttemptState.UNDELIVERED: Reason.UNDELIVERED}
"""Ends of an attempt after which its channel is not tried again."""

_STATUSES: Final = {
    NotificationKind.BOOKED: REMINDABLE,
    NotificationKind.MOVED: REMINDABLE,
    NotificationKind.REMINDER: REMINDABLE,
    NotificationKind.CANCELLED: frozenset({AppointmentStatus.CANCELLED}),
    NotificationKind.MISSED: frozenset({AppointmentStatus.NO_SHOW}),
    NotificationKind.NOTICE: LIVE,
}
"""In which states of its appointment a notification still makes sense."""

Move = Send | Ask | Wait | Finish


def next_move(notification: Notification, facts: Facts, *, now: datetime) -> tuple[Notification, Move]:
    """
    Return the notification with what was found on the way, and what to do with it.

    Args:
        notification: Not done; leases that have run out are already swept.
        facts: As read in this transaction.
        now: The one reading of the clock for this decision.

    Returns:
        The notification, perhaps at a later stage and with notes on channels that cannot be used; and the move.
    """
    stop = reason_to_stop(notification, facts.appointment, now=now)
    seen = notification if stop else _with_notes(notification, facts, now=now)
    while seen.stage < len(seen.plan):
        standings = {c: _standing(seen, c, facts, now=now) for c in seen.plan[seen.stage]}
        move = _move_within(seen, standings, stop=stop, now=now)
        if move:
            return seen, move
        if any(s.progress in {Progress.TAKEN, Progress.AWAITED} for s in standings.values()):
            return seen, Finish(outcome=taken_outcome(seen))
        if stop:
            return seen, _stopped(seen, stop)
        seen = msgspec.structs.replace(seen, stage=seen.stage + 1)
        seen = _with_notes(seen, facts, now=now)
    return seen, _gave_up(seen, facts, now=now)


def reason_to_stop(notification: Notification, appointment: Appointment | None, *, now: datetime) -> Reason | None:
    """Return why no new attempt may start, or None."""
    if notification.appointment_id is not None:
        void = _void(notification, appointment)
        if void:
            return void
    return Reason.LATE if now + MIN_TTL > notification.deadline_at else None


def expires_at(notification: Notification, light: Daylight | None, *, now: datetime) -> datetime:
    """Return the instant after which the provider must drop a message sent now: none arrives late or at night."""
    ends = (now + MAX_TTL, notification.deadline_at, light.until if light else None)
    return min(end for end in ends if end)


def pause_before(attempt: Attempt) -> timedelta:
    """
    Return the pause after a try that was not taken: 2 s, 4 s, 8 s, up to about a minute, each up to a quarter longer.

    The extra is drawn from the attempt's id: many failures at one moment spread, and every worker decides the same.
    """
    drawn = hashlib.sha256(attempt.id.encode()).digest()[0] / 255
    factor: int = PAUSE_FACTOR ** min(attempt.number - 1, MOST_DOUBLINGS)
    return FIRST_PAUSE * factor * (1 + drawn / 4)


def _move_within(
    notification: Notification, standings: Mapping[ChannelName, Standing], *, stop: Reason | None, now: datetime
) -> Move | None:
    """Return what to do within the current stage, or None when nothing in it is open."""
    ready = tuple(c for c, s in standings.items() if s.progress is Progress.FRESH or _is_due(s, Progress.AGAIN, now))
    if ready and not stop:
        return Send(channels=ready)
    for channel, standing in standings.items():
        if _is_due(standing, Progress.ASK, now):
            return Ask(attempt=_last(notification, channel))
    pausing = {Progress.AGAIN, Progress.AWAITED, Progress.HELD}
    open_ones = {Progress.IN_FLIGHT, Progress.ASK} | (set() if stop else pausing)
    times = [s.at for s in standings.values() if s.progress in open_ones and s.at]
    return Wait(until=min(times)) if times else None


def _standing(notification: Notification, channel: ChannelName, facts: Facts, *, now: datetime) -> Standing:
    """Return how far a channel has come; what could go on may be held back for the night or by its provider."""
    own = _own_standing(notification, channel, facts, now=now)
    if own.progress is not Progress.FRESH and own.progress is not Progress.AGAIN:
        return own
    if own.at and own.at + MIN_TTL > notification.deadline_at:
        return Standing(progress=Progress.CLOSED, reason=_reason_at_end(notification, channel))
    ends = held_until(channel, facts, now=now)
    return Standing(progress=Progress.HELD, at=max(ends, own.at or ends)) if ends else own


def _reason_at_end(notification: Notification, channel: ChannelName) -> Reason:
    """Return why a channel is not tried again whose next try would come too late."""
    is_unknown = _last(notification, channel).state is AttemptState.UNKNOWN
    return Reason.OUTCOME_UNKNOWN if is_unknown else Reason.TRIES_EXHAUSTED


def _own_standing(notification: Notification, channel: ChannelName, facts: Facts, *, now: datetime) -> Standing:
    """Return how far a channel has come by what is on record alone."""
    note = next((n for n in notification.notes if n.channel is channel), None)
    attempts = [a for a in notification.attempts if a.channel is channel]
    if any(a.state in TAKEN for a in attempts):
        return _taken(notification, attempts, now=now)
    if attempts and attempts[-1].state is AttemptState.SENDING:
        return Standing(progress=Progress.IN_FLIGHT, at=attempts[-1].lease_until)
    if note:
        return _question_left(attempts, facts) or Standing(progress=Progress.CLOSED, reason=note.reason)
    if not attempts:
        return Standing(progress=Progress.FRESH)
    return _after(attempts, facts.carriers.get(channel), now=now)


def _taken(notification: Notification, attempts: list[Attempt], *, now: datetime) -> Standing:
    """Return the standing of a channel whose message was taken: perhaps its receipt is still waited for."""
    awaited = [a for a in attempts if is_awaited(notification, a)]
    if not awaited or any(a.state is AttemptState.DELIVERED for a in attempts):
        return Standing(progress=Progress.TAKEN)
    until = word_due_at(notification, awaited[-1], now=now)
    if now < until:
        return Standing(progress=Progress.AWAITED, at=until)
    return Standing(progress=Progress.CLOSED, reason=Reason.NO_RECEIPT)


def _question_left(attempts: list[Attempt], facts: Facts) -> Standing | None:
    """
    Return when to ask about an unknown on a channel that may not be used any more, or None.

    Asking is not sending, and the next channel must not say again what this one may have said.
    """
    last = attempts[-1] if attempts else None
    carrier = facts.carriers.get(last.channel) if last else None
    if last is None or carrier is None or last.state is not AttemptState.UNKNOWN:
        return None
    return _asked_about(last, carrier.capabilities)


def _asked_about(last: Attempt, can: Capabilities) -> Standing | None:
    """Return when to ask the provider about an unknown; None when it cannot be asked, or not any more."""
    if not can.lookup or last.lookups >= len(LOOKUP_AFTER):
        return None
    ended = last.ended_at or last.lease_until
    return Standing(progress=Progress.ASK, at=ended + LOOKUP_AFTER[last.lookups])


def _after(attempts: list[Attempt], carrier: Carrier | None, *, now: datetime) -> Standing:
    """Return a channel's standing after its last attempt, which has ended and was not accepted."""
    last = attempts[-1]
    ended = last.ended_at or now
    if last.state in _CLOSING:
        return Standing(progress=Progress.CLOSED, reason=_CLOSING[last.state])
    if last.state is AttemptState.UNKNOWN:
        return _after_unknown(attempts, carrier.capabilities if carrier else Capabilities(), now=now)
    tries = sum(a.code not in _NO_TRIES for a in attempts)
    if tries >= MAX_TRIES or len(attempts) >= MOST_ATTEMPTS:
        return Standing(progress=Progress.CLOSED, reason=Reason.TRIES_EXHAUSTED)
    return Standing(progress=Progress.AGAIN, at=max(ended + pause_before(last), last.retry_after or ended))


def _after_unknown(attempts: list[Attempt], can: Capabilities, *, now: datetime) -> Standing:
    """
    Return a channel's standing while nobody knows whether its last message was taken.

    In this order: send it again where the provider recognises its key; ask where it can be asked; else one more copy,
    and never a second one.
    """
    last = attempts[-1]
    ended = last.ended_at or last.lease_until
    unknown = [a for a in attempts if a.state is AttemptState.UNKNOWN]
    window, again_at = can.idempotency_window, ended + pause_before(last)
    if window and len(attempts) < MAX_TRIES and max(now, again_at) < unknown[0].started_at + window:
        return Standing(progress=Progress.AGAIN, at=again_at)
    question = _asked_about(last, can)
    if question:
        return question
    if len(unknown) == 1:
        return Standing(progress=Progress.AGAIN, at=ended + (LOOKUP_AFTER[-1] if can.lookup else COPY_AFTER))
    return Standing(progress=Progress.CLOSED, reason=Reason.OUTCOME_UNKNOWN)


def _with_notes(notification: Notification, facts: Facts, *, now: datetime) -> Notification:
    """Return the notification with a note for each channel of its stage that may not or cannot be used any more."""
    if notification.stage >= len(notification.plan):
        return notification
    last = {a.channel: a.state for a in notification.attempts}
    noted = {channel for channel, state in last.items() if state in TAKEN or state in _CLOSING}
    noted.update(n.channel for n in notification.notes)
    notes = tuple(
        ChannelNote(channel=channel, reason=reason, at=now)
        for channel in notification.plan[notification.stage]
        if channel not in noted and (reason := closed_because(notification, facts, channel, now=now))
    )
    return msgspec.structs.replace(notification, notes=notification.notes + notes) if notes else notification


def _void(notification: Notification, appointment: Appointment | None) -> Reason | None:
    """Return why the appointment no longer calls for this notification, or None."""
    if appointment is None:
        return Reason.APPOINTMENT_GONE
    makes_sense = appointment.status in _STATUSES.get(notification.about, REMINDABLE)
    if makes_sense and appointment.sequence == notification.appointment_sequence:
        return None
    if appointment.status is AppointmentStatus.CANCELLED:
        return Reason.APPOINTMENT_CANCELLED
    if appointment.sequence != notification.appointment_sequence:
        return Reason.APPOINTMENT_MOVED
    return Reason.NOT_CONFIRMED if appointment.status is AppointmentStatus.REQUESTED else Reason.APPOINTMENT_NOT_LIVE


def _stopped(notification: Notification, stop: Reason) -> Finish:
    """Return how a notification ends that may not be sent any more."""
    if any(a.state in TAKEN for a in notification.attempts):
        return Finish(outcome=taken_outcome(notification))
    if any(a.state is AttemptState.UNKNOWN for a in notification.attempts):
        return Finish(outcome=Outcome.FAILED, reason=Reason.OUTCOME_UNKNOWN)
    if stop is Reason.LATE and notification.attempts:
        return Finish(outcome=Outcome.EXPIRED, reason=Reason.DEADLINE_PASSED)
    return Finish(outcome=Outcome.SKIPPED, reason=stop)


def _gave_up(notification: Notification, facts: Facts, *, now: datetime) -> Finish:
    """Return how a notification ends whose every channel is closed."""
    taken = {a.channel for a in notification.attempts if a.state in TAKEN}
    if has_reached(notification) or (taken and all(a.channel in taken for a in notification.attempts)):
        return Finish(outcome=taken_outcome(notification))
    if not notification.attempts:
        reasons = [n.reason for n in notification.notes]
        telling = [r for r in reasons if r is not Reason.NO_CONTACT]
        return Finish(outcome=Outcome.SKIPPED, reason=(telling or reasons or [Reason.NO_CHANNEL])[0])
    channel = notification.attempts[-1].channel
    return Finish(outcome=Outcome.FAILED, reason=_standing(notification, channel, facts, now=now).reason)


def _last(notification: Notification, channel: ChannelName) -> Attempt:
    return next(a for a in reversed(notification.attempts) if a.channel is channel)


def _is_due(standing: Standing, progress: Progress, now: datetime) -> bool:
    return standing.progress is progress and standing.at is not None and standing.at <= now
