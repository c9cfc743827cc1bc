"""Mistakes that somebody could make, planted one at a time in a process that is about to be killed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import Final, TypeVar

import msgspec

from kept.adapters.dynamodb import DynamoStore
from kept.adapters.sqlite import schema
from kept.adapters.sqlite import writer as sqlite_writer
from kept.core import dispatch as core_dispatch
from kept.core import people as core_people
from kept.core import recording as core_recording
from kept.core.booking import Appointment, AppointmentStatus
from kept.core.links import Links
from kept.core.notifications import Attempt, AttemptState, Notification, NotificationState, SendOutcome
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.receipts import ReceivedCall
from kept.entrypoints.worker import CallReaders, steps
from kept.entrypoints.worker.calls import Applied
from kept.entrypoints.worker.chores import Chores
from kept.flow import booking, dispatch
from kept.flow.dispatch import AttemptRef, Carriers, Claimed
from kept.flow.receipts import mark_applied
from kept.flow.reminders import plan_reminders
from kept.ports.store import Store, Transaction
from tests.faults import world
from tests.faults.scenario import Op
from tests.faults.simulated.optimistic_mistakes import one_after_the_other

T = TypeVar("T")

_PLANTED_FOR_GOOD: Final[list[AbstractContextManager[None]]] = []
"""Whatever nobody holds any more would be taken out again."""
_TAKEN: Final = SendOutcome(state=AttemptState.ACCEPTED, provider_message_id="surely")


def outcome_before_the_send() -> None:
    """Call a message accepted when its attempt begins, so that a crash before the call loses it."""

    def claim_and_hope(
        tx: Transaction, notification_id: str, *, carriers: Carriers, now: datetime, links: Links | None = None
    ) -> Claimed:
        claimed = dispatch.claim(tx, notification_id, carriers=carriers, now=now, links=links)
        for handover in claimed.handovers:
            dispatch.record(tx, handover.ref, _TAKEN, now=now)
        return claimed

    _put_in_place(steps, "claim", claim_and_hope)


def no_fence() -> None:
    """Write any late outcome over the last attempt, whoever made it, and go on from there."""

    def overwrite(tx: Transaction, ref: AttemptRef, outcome: SendOutcome, *, now: datetime) -> Notification | None:
        notification = tx.get(Notification, ref.notification_id)
        if notification is None or not notification.attempts:
            return notification
        last = msgspec.structs.replace(notification.attempts[-1], state=outcome.state, ended_at=now)
        after = core_recording.recorded(notification, last)
        state = NotificationState.WAITING
        return tx.put(msgspec.structs.replace(after, state=state, wake_at=now, outcome=None, done_at=None))

    _put_in_place(steps, "record", overwrite)


def expired_leases_are_due_again() -> None:
    """Treat an attempt whose lease has ended as one that was never sent."""

    def swept(notification: Notification, *, now: datetime) -> Notification:
        attempts = tuple(_as_if_not_sent(attempt, now) for attempt in notification.attempts)
        return msgspec.structs.replace(notification, attempts=attempts)

    _put_in_place(dispatch, "swept", swept)


def answer_before_the_commit() -> None:
    """Tell clients that it is done, and commit then."""

    def commit(writer: sqlite_writer.Writer, batch: list[sqlite_writer.Job[object]]) -> None:
        db = writer._db  # noqa: SLF001  the mistake is one inside
        assert db
        db.execute(schema.BEGIN_WRITE)
        inside = (writer._codec, writer._path)  # noqa: SLF001  as above
        one = sqlite_writer.OneTransaction(db, *inside, with_savepoints=False)
        for job in batch:
            job.run(one.run)
            job.tell()
        threading.Event().wait(0.01)  # as long as a disk may take
        db.execute(schema.COMMIT)

    submit = DynamoStore.submit

    def answered_first(store: DynamoStore, step: Callable[[Transaction], T]) -> Future[T]:
        answer: Future[T] = Future()

        def told_first(tx: Transaction) -> T:
            result = step(tx)
            if not answer.done():
                answer.set_result(result)
            threading.Event().wait(0.01)  # as long as a network may take
            return result

        submit(store, told_first).add_done_callback(lambda done: _pass_on_error(done, answer))
        return answer

    _put_in_place(sqlite_writer.Writer, "_commit", commit)
    _put_in_place(DynamoStore, "submit", answered_first)


def _pass_on_error(done: Future[T], answer: Future[T]) -> None:
    error = done.exception()
    if error and not answer.done():
        answer.set_exception(error)


def commit_in_parts() -> None:
    """Commit one item after the other."""
    planting = one_after_the_other()
    planting.__enter__()
    _PLANTED_FOR_GOOD.append(planting)


def applied_before_it_is() -> None:
    """Note that a call has been applied, and apply it then."""
    apply = CallReaders.apply

    def marked_first(readers: CallReaders, store: Store, call: ReceivedCall, *, now: datetime) -> Applied:
        store.submit(partial(mark_applied, call_id=call.id, now=now)).result()
        return apply(readers, store, call, now=now)

    _put_in_place(CallReaders, "apply", marked_first)


def accepted_counts_as_delivered() -> None:
    """Believe that whatever a provider takes arrives."""
    record = dispatch.record

    def surely(tx: Transaction, ref: AttemptRef, outcome: SendOutcome, *, now: datetime) -> Notification | None:
        is_taken = outcome.state is AttemptState.ACCEPTED
        state = AttemptState.DELIVERED if is_taken else outcome.state
        return record(tx, ref, msgspec.structs.replace(outcome, state=state), now=now)

    _put_in_place(steps, "record", surely)


def nothing_is_forgotten() -> None:
    """Leave what providers said where it is."""

    def nothing(_chores: Chores, _now: datetime) -> None:
        return None

    _put_in_place(Chores, "_forget_receipts", nothing)


def planning_in_a_second_transaction() -> None:
    """Commit the booking, and plan its reminders afterwards."""
    _put_in_place(booking, "plan_reminders", _plan_nothing)
    book = world.World._book  # noqa: SLF001  what a client does is changed, not what is asked

    def book_then_plan(self: world.World, op: Op) -> Appointment:
        made = book(self, op)
        step = partial(_plan, appointment_id=made.id, now=self.clock.now())
        return self._desk.submit(step).result()

    _put_in_place(world.World, "_book", book_then_plan)


def opt_out_by_spelling() -> None:
    """Compare addresses letter by letter."""
    _put_in_place(core_people, "email_key", str)


def claim_without_looking_again() -> None:
    """Send what was planned, whatever has become of the visit."""

    def never_void(_notification: Notification, _appointment: Appointment | None) -> None:
        return None

    _put_in_place(core_dispatch, "_void", never_void)


def days_are_not_kept() -> None:
    """Check a time against the days and do not take it."""

    def take_nothing(_tx: Transaction, _appointment: Appointment) -> tuple[str, ...]:
        return ()

    _put_in_place(booking, "take_time", take_nothing)


PLANTED: Final[dict[str, Callable[[], None]]] = {
    "outcome before the send": outcome_before_the_send,
    "no fence": no_fence,
    "expired leases are due again": expired_leases_are_due_again,
    "answer before the commit": answer_before_the_commit,
    "planning in a second transaction": planning_in_a_second_transaction,
    "opt-out by spelling": opt_out_by_spelling,
    "claim without looking again": claim_without_looking_again,
    "days are not kept": days_are_not_kept,
}


CALLED: Final[dict[str, Callable[[], None]]] = {
    "a commit in parts": commit_in_parts,
    "applied before it is": applied_before_it_is,
    "accepted counts as delivered": accepted_counts_as_delivered,
    "nothing is forgotten": nothing_is_forgotten,
}
"""Further ones, for programs that providers call, and whose store is called for each read and each write."""


def plant(name: str) -> None:
    """Plant a mistake, for this process only; without a name none."""
    if name:
        {**PLANTED, **CALLED}[name]()


def _put_in_place(holder: ModuleType | type, name: str, value: object) -> None:
    """Replace what others find under this name."""
    assert hasattr(holder, name), f"{holder} has no {name}: the mistake would do nothing"
    setattr(holder, name, value)


def _as_if_not_sent(attempt: Attempt, now: datetime) -> Attempt:
    if attempt.state is AttemptState.SENDING and attempt.lease_until <= now:
        return msgspec.structs.replace(attempt, state=AttemptState.NOT_SENT, ended_at=attempt.lease_until)
    return attempt


def _plan_nothing(_tx: Transaction, appointment: Appointment, _practice: Practice, *, now: datetime) -> Appointment:
    return appointment


def _plan(tx: Transaction, appointment_id: str, *, now: datetime) -> Appointment:
    appointment = tx.get(Appointment, appointment_id)
    assert appointment
    if appointment.status is not AppointmentStatus.CONFIRMED:
        return appointment
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    return tx.put(plan_reminders(tx, appointment, practice, now=now))
