"""How a notification's own record changes: begun, waiting, ended, swept, answered, heard of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.notifications import Attempt, AttemptState, Notification, NotificationState, Outcome, Reason
from kept.core.receipts import DeliveryReceipt, FailureClass, ReceiptState

EARLY: Final = timedelta(hours=4)
"""
How long before its time a notification may be found among what is due. Ours: to move it there costs two writes, to look
at it in vain costs a read; longer than providers hold a message, and few are still waited for after that.
"""
_INSTANT: Final = timedelta(microseconds=1)
TAKEN: Final = frozenset({AttemptState.ACCEPTED, AttemptState.DELIVERED})
"""The provider has it, or even the person."""


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more to do."""

    outcome: Outcome
    reason: Reason | None = None


def begun(notification: Notification, attempts: tuple[Attempt, ...], *, fence: int, until: datetime) -> Notification:
    """Return the notification with new attempts on record, leased until an instant."""
    return msgspec.structs.replace(
        waking(notification, at=until),
        state=NotificationState.SENDING,
        fence=fence,
        attempts=(*notification.attempts, *attempts),
    )


def waking(notification: Notification, *, at: datetime) -> Notification:
    """
    Return the notification that is to be looked at again at an instant, without a change of its state.

    It is found by then. Its place among what is due stays as it is while that is early enough and not too early.
    """
    stands, before = notification.stands_at, notification.wake_at
    if stands is not None and before is not None and before <= at <= stands + EARLY:
        return _woken(notification, at=at, place=stands)
    return _woken(notification, at=at, place=at)


def waiting(notification: Notification, *, until: datetime) -> Notification:
    """Return the notification set aside until an instant, and found then."""
    return msgspec.structs.replace(_woken(notification, at=until, place=until), state=_state_aside(notification))


def listening(notification: Notification, *, until: datetime) -> Notification:
    """Return the notification set aside until an instant before which word of it will have come, as a rule."""
    return msgspec.structs.replace(waking(notification, at=until), state=_state_aside(notification))


def finished(notification: Notification, finish: Finish, *, now: datetime) -> Notification:
    """Return the notification ended."""
    return msgspec.structs.replace(
        notification,
        state=NotificationState.DONE,
        outcome=finish.outcome,
        reason=finish.reason,
        wake_at=None,
        found_at=None,
        done_at=now,
    )


def _state_aside(notification: Notification) -> NotificationState:
    """Return the state of a notification for which nothing is done at the moment."""
    if any(a.state is AttemptState.SENDING for a in notification.attempts):
        return NotificationState.SENDING
    return NotificationState.WAITING if notification.attempts or notification.notes else NotificationState.PLANNED


def _woken(notification: Notification, *, at: datetime, place: datetime) -> Notification:
    """
    Return the notification with its time and its place among what is due.

    One that is to be looked at sooner than was said before always gets a new place, so that nobody who remembers the
    old one waits any longer.
    """
    stands, before = notification.stands_at, notification.wake_at
    if place == stands and before is not None and at < before:
        place -= _INSTANT
    return msgspec.structs.replace(notification, wake_at=at, found_at=place if place != at else None)


def swept(notification: Notification, *, now: datetime) -> Notification:
    """Return the notification with every attempt whose lease has run out marked unknown, never simply due again."""
    attempts = tuple(
        msgspec.structs.replace(a, state=AttemptState.UNKNOWN, code="lease_ended", ended_at=a.lease_until)
        if a.state is AttemptState.SENDING and a.lease_until <= now
        else a
        for a in notification.attempts
    )
    return (
        notification if attempts == notification.attempts else msgspec.structs.replace(notification, attempts=attempts)
    )


def recorded(notification: Notification, attempt: Attempt) -> Notification:
    """Return the notification with one attempt replaced by what has become of it."""
    attempts = tuple(attempt if a.id == attempt.id else a for a in notification.attempts)
    return msgspec.structs.replace(notification, attempts=attempts)


def is_settled(notification: Notification) -> bool:
    """Tell whether every channel of the stage was taken and no receipt is waited for: nothing needs deciding."""
    last = {a.channel: a for a in notification.attempts}
    attempts = [last.get(channel) for channel in notification.plan[notification.stage]]
    return all(a is not None and a.state in TAKEN and not is_awaited(notification, a) for a in attempts)


def awaits_word_only(notification: Notification) -> bool:
    """Tell whether every channel of the stage was taken, so that only word of its delivery is waited for."""
    if notification.is_done or notification.stage >= len(notification.plan):
        return False
    last = {a.channel: a.state for a in notification.attempts}
    return all(last.get(channel) in TAKEN for channel in notification.plan[notification.stage])


def is_awaited(notification: Notification, attempt: Attempt) -> bool:
    """Tell whether another channel would take over if no receipt comes for an attempt that was accepted."""
    has_next = notification.stage + 1 < len(notification.plan)
    return attempt.state is AttemptState.ACCEPTED and attempt.awaits_receipt and has_next


def word_due_at(notification: Notification, attempt: Attempt, *, now: datetime) -> datetime:
    """
    Return until when word of a message that was taken is waited for.

    However patient one may be, half of the time that is left belongs to the next channel.
    """
    ended = attempt.ended_at or now
    return ended + min(notification.patience, (notification.deadline_at - ended) / 2)


def look_again_at(notification: Notification, *, now: datetime) -> datetime:
    """
    Return when to look at a notification again after the end of an attempt is on record.

    At once where something is to be decided; but while attempts are open not before a lease ends, and while only word
    of a delivery is waited for not before that is given up. Never later than the deadline: an end that was put on
    record while the clock was ahead must not decide for years.
    """
    leases = [a.lease_until for a in notification.attempts if a.state is AttemptState.SENDING]
    if leases:
        return min(leases)
    if not awaits_word_only(notification):
        return now
    awaited = [a for a in notification.attempts if is_awaited(notification, a)]
    given_up = min((word_due_at(notification, a, now=now) for a in awaited), default=now)
    return min(given_up, notification.deadline_at)


def taken_outcome(notification: Notification) -> Outcome:
    """Return how a notification ended that somebody took: delivered as soon as one receipt says so."""
    delivered = any(a.state is AttemptState.DELIVERED for a in notification.attempts)
    return Outcome.DELIVERED if delivered else Outcome.ACCEPTED


def has_reached(notification: Notification) -> bool:
    """Tell whether somebody has a message as far as is known; one whose word was waited for in vain does not count."""
    ahead = {channel for stage in notification.plan[notification.stage :] for channel in stage}
    counting = (a for a in notification.attempts if a.state in TAKEN)
    return any(a.state is AttemptState.DELIVERED or not a.awaits_receipt or a.channel in ahead for a in counting)


def heard(notification: Notification, receipt: DeliveryReceipt, *, attempt_id: str, now: datetime) -> Notification:
    """
    Return the notification as it stands after a receipt, whenever, in whatever order and however often it comes.

    What is known of an attempt only gets firmer: taken; then a failure that may be a mistake; then delivered; then that
    the address takes nothing, or that a part of a text is lost. An end that was reached stays, but it says what is now
    known. Why a message failed is kept even when it was delivered all the same: a complaint follows a delivery.
    """
    attempt = next((a for a in notification.attempts if a.id == attempt_id), None)
    if attempt is None:
        return notification
    news = _told(attempt, receipt, now=now)
    if news == attempt:
        return notification
    after = recorded(notification, news)
    return _ended_anew(after) if after.is_done else waiting(after, until=now)


_FIRM: Final = frozenset({FailureClass.PERMANENT, FailureClass.LANDLINE})
"""Failures that outweigh a delivery: some mail servers take a message first and find out afterwards."""
_WEIGHTS: Final = (
    FailureClass.UNKNOWN,
    FailureClass.EXPIRED,
    FailureClass.TRANSIENT,
    FailureClass.OURS,
    FailureClass.OPTED_OUT,
    FailureClass.LANDLINE,
    FailureClass.PERMANENT,
)
"""The later one stays when a provider gives two reasons. Ours: what it says of the address goes first."""


def _told(attempt: Attempt, receipt: DeliveryReceipt, *, now: datetime) -> Attempt:
    """Return the attempt as a receipt makes it known."""
    is_failure = receipt.state is ReceiptState.FAILED and receipt.is_final
    failure = _heavier(attempt.failure, receipt.failure or FailureClass.UNKNOWN) if is_failure else attempt.failure
    part = max(attempt.failed_part, receipt.part) if is_failure else attempt.failed_part
    state = _state_after(attempt, receipt, failure=failure, part=part)
    if (state, failure, part) == (attempt.state, attempt.failure, attempt.failed_part):
        return attempt
    return msgspec.structs.replace(
        attempt,
        state=state,
        provider_message_id=attempt.provider_message_id or receipt.provider_message_id,
        code=receipt.code if state is not attempt.state and state is not AttemptState.ACCEPTED else attempt.code,
        failure=failure,
        failed_part=part,
        ended_at=attempt.ended_at or now,
        heard_at=receipt.at,
    )


def _heavier(known: FailureClass | None, said: FailureClass) -> FailureClass:
    return max(known or said, said, key=_WEIGHTS.index)


def _state_after(
    attempt: Attempt, receipt: DeliveryReceipt, *, failure: FailureClass | None, part: int
) -> AttemptState:
    """Return the state of an attempt once a receipt has come."""
    if failure in _FIRM or part:
        return AttemptState.UNDELIVERED
    if receipt.state is ReceiptState.DELIVERED or attempt.state is AttemptState.DELIVERED:
        return AttemptState.DELIVERED
    if failure:
        return AttemptState.UNDELIVERED
    return AttemptState.ACCEPTED if attempt.state in {AttemptState.SENDING, AttemptState.UNKNOWN} else attempt.state


def _ended_anew(notification: Notification) -> Notification:
    """Return a notification that has ended, with its outcome as it is now known."""
    if notification.outcome not in {Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.FAILED}:
        return notification
    if has_reached(notification):
        return msgspec.structs.replace(notification, outcome=taken_outcome(notification), reason=None)
    is_lost = any(a.state is AttemptState.UNDELIVERED for a in notification.attempts)
    reason = Reason.UNDELIVERED if is_lost else notification.reason or Reason.NO_RECEIPT
    return msgspec.structs.replace(notification, outcome=Outcome.FAILED, reason=reason)
