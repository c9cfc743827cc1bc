"""The steps that the worker submits: those of the flow, which also tell whether a notification has ended just now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from kept.core.links import Links
from kept.core.notifications import Notification, SendOutcome
from kept.core.receipts import DeliveryReceipt
from kept.entrypoints.worker.gates import Gates
from kept.flow.dispatch import AttemptRef, Claimed, answer, claim, note_failure, record
from kept.flow.receipts import apply_receipt, told_of
from kept.ports.store import Transaction


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What one step did with a notification."""

    claimed: Claimed
    changed: bool
    """Whether anything was written."""
    ended: bool
    """Whether it was this step that ended it."""


Step = Callable[[Transaction], Turn]


def claiming(notification_id: str, gates: Gates, *, now: datetime, links: Links | None) -> Step:
    """Return the step that decides what to do with a notification; it raises NotYetError when that must wait."""

    def step(tx: Transaction) -> Turn:
        before = tx.get(Notification, notification_id)
        passage = gates.passed(notification_id, now=now)
        claimed = claim(tx, notification_id, carriers=passage.carriers(), now=now, links=links)
        gates.settle(passage, claimed)
        return _turn(before, claimed)

    return step


def recording(ref: AttemptRef, outcome: SendOutcome, *, now: datetime) -> Step:
    """Return the step that puts on record how a handing-over ended."""

    def step(tx: Transaction) -> Turn:
        before = tx.get(Notification, ref.notification_id)
        return _turn(before, Claimed(notification=record(tx, ref, outcome, now=now)))

    return step


def answering(ref: AttemptRef, found: SendOutcome | None, *, now: datetime) -> Step:
    """Return the step that puts on record what a provider said of an unknown."""

    def step(tx: Transaction) -> Turn:
        before = tx.get(Notification, ref.notification_id)
        return _turn(before, Claimed(notification=answer(tx, ref, found, now=now)))

    return step


def hearing(receipt: DeliveryReceipt, *, now: datetime) -> Step:
    """Return the step that puts on record what a provider says of a message."""

    def step(tx: Transaction) -> Turn:
        about = told_of(tx, receipt)
        after = apply_receipt(tx, receipt, now=now)
        return _turn(about[0] if about else None, Claimed(notification=after))

    return step


def noting_failure(notification_id: str, *, now: datetime) -> Step:
    """Return the step that notes a failure of our own code."""

    def step(tx: Transaction) -> Turn:
        before = tx.get(Notification, notification_id)
        return _turn(before, Claimed(notification=note_failure(tx, notification_id, now=now)))

    return step


def _turn(before: Notification | None, claimed: Claimed) -> Turn:
    after = claimed.notification
    changed = before is not None and after is not None and after.version != before.version
    ended = changed and before is not None and after is not None and after.is_done and not before.is_done
    return Turn(claimed=claimed, changed=changed, ended=ended)
