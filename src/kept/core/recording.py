"""How a notification's own record changes: begun, waiting, ended, swept, answered, heard of."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kept.core.notifications import Attempt, AttemptState, Notification, NotificationState, Outcome, Reason
from kept.core.receipts import DeliveryReceipt, ReceiptState

TAKEN: Final = frozenset({AttemptState.ACCEPTED, AttemptState.DELIVERED})
"""The provider has it, or even the person."""


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing more to do."""

    outcome: Outcome
    reason: Reason | None = None


def begun(notification: Notification, attempts: tuple[Attempt, ...], *, fence: int, until: datetime) -> Notification:
    """Return the notification with new attempts on record, leased until an instant."""
    return msgspec.structs.replace(
        notification,
        state=NotificationState.SENDING,
        fence=fence,
        wake_at=until,
        attempts=(*notification.attempts, *attempts),
    )


def waiting(notification: Notification, *, until: datetime) -> Notification:
    """Return the notification set aside until an instant."""
    is_open = any(a.state is AttemptState.SENDING for a in notification.attempts)
    state = NotificationState.SENDING if is_open else NotificationState.WAITING
    if not notification.attempts and not notification.notes:
        state = NotificationState.PLANNED
    return msgspec.structs.replace(notification, state=state, wake_at=until)


def finished(notification: Notification, finish: Finish, *, now: datetime) -> Notification:
    """Return the notification ended."""
    return msgspec.structs.replace(
        notification,
        state=NotificationState.DONE,
        outcome=finish.outcome,
        reason=finish.reason,
        wake_at=None,
        done_at=now,
    )


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


def is_awaited(notification: Notification, attempt: Attempt) -> bool:
    """Tell whether another channel would take over if no receipt comes for an attempt that was accepted."""
    has_next = notification.stage + 1 < len(notification.plan)
    return attempt.state is AttemptState.ACCEPTED and attempt.awaits_receipt and has_next


def taken_outcome(notification: Notification) -> Outcome:
    """Return how a notification ended that somebody took: delivered as soon as one receipt says so."""
    delivered = any(a.state is AttemptState.DELIVERED for a in notification.attempts)
    return Outcome.DELIVERED if delivered else Outcome.ACCEPTED


def heard(notification: Notification, receipt: DeliveryReceipt, *, attempt_id: str, now: datetime) -> Notification:
    """
    Return the notification as it stands after a receipt, whenever and however often that comes.

    A receipt only moves an attempt forward: from taken or unknown to delivered or undelivered, and no further. Only the
    failure of a part of a text message overrules that another part was delivered. An end that was reached stays, but it
    says what is now known.
    """
    attempt = next((a for a in notification.attempts if a.id == attempt_id), None)
    state = _state_after(attempt, receipt) if attempt else None
    if attempt is None or state is None:
        return notification
    news = msgspec.structs.replace(
        attempt,
        state=state,
        provider_message_id=attempt.provider_message_id or receipt.provider_message_id,
        code=receipt.code or attempt.code,
        failure=receipt.failure if state is AttemptState.UNDELIVERED else None,
        ended_at=attempt.ended_at or now,
        heard_at=receipt.at,
    )
    after = recorded(notification, news)
    return _ended_anew(after) if after.is_done else waiting(after, until=now)


def _state_after(attempt: Attempt, receipt: DeliveryReceipt) -> AttemptState | None:
    """Return the state that a receipt moves an attempt to, or None when it changes nothing."""
    if receipt.state is ReceiptState.DELIVERED:
        return None if attempt.state in {AttemptState.DELIVERED, AttemptState.UNDELIVERED} else AttemptState.DELIVERED
    if receipt.state is ReceiptState.FAILED and receipt.is_final:
        is_overruled = attempt.state is AttemptState.DELIVERED and not receipt.part
        return None if is_overruled or attempt.state is AttemptState.UNDELIVERED else AttemptState.UNDELIVERED
    return AttemptState.ACCEPTED if attempt.state in {AttemptState.SENDING, AttemptState.UNKNOWN} else None


def _ended_anew(notification: Notification) -> Notification:
    """Return a notification that has ended, with its outcome as it is now known."""
    if notification.outcome not in {Outcome.ACCEPTED, Outcome.DELIVERED, Outcome.FAILED}:
        return notification
    if any(a.state in TAKEN for a in notification.attempts):
        return msgspec.structs.replace(notification, outcome=taken_outcome(notification), reason=None)
    if all(a.state is not AttemptState.UNDELIVERED for a in notification.attempts):
        return notification
    return msgspec.structs.replace(notification, outcome=Outcome.FAILED, reason=Reason.UNDELIVERED)
