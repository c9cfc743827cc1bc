"""
The notifications that are being worked on: each is claimed, handed over and put on record, and so on until it waits.

Everything here happens in the dispatcher's own thread, except the calls to providers. Nothing waits for the store: what
it answers comes back as an event.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime
from functools import partial
from typing import Final

import msgspec
import structlog

from kept.core.errors import ConflictError, CutOffError, StorageUnavailableError
from kept.core.links import Links
from kept.core.notifications import Attempt, AttemptState, Notification, SendOutcome
from kept.core.reports import Metric
from kept.entrypoints.worker.counting import EndCounter
from kept.entrypoints.worker.events import Events
from kept.entrypoints.worker.gates import Gates, NotYetError
from kept.entrypoints.worker.handing_over import CUT_OFF, RESTING, Channels, asked, handed_over
from kept.entrypoints.worker.setting_aside import SetAside
from kept.entrypoints.worker.steps import Step, Turn, answering, claiming, noting_failure, recording
from kept.entrypoints.worker.waiting import WaitingRoom
from kept.flow.dispatch import AttemptRef, Handover, Question
from kept.flow.due import Early, Skip
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.store import Store

MOST_TURNS: Final = 50
"""How often one notification is claimed in a row; more can only be a mistake of ours."""
RECORD_PAUSES_S: Final = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
"""Pauses before the store is asked again to keep an outcome that it refused; all within a lease. Ours."""

log = structlog.get_logger("kept.worker")


class Gear(msgspec.Struct, frozen=True, kw_only=True):
    """What the worker works with."""

    store: Store
    channels: Channels
    clock: Clock
    meter: Meter
    ends: EndCounter
    """Counts what ends, whoever sees it."""
    pool: Executor
    """Makes the calls to providers."""
    links: Links | None = None
    """Makes the links in messages; None: there are none."""
    record_pauses_s: tuple[float, ...] = RECORD_PAUSES_S


class Work:
    """One notification that is being worked on."""

    __slots__ = ("id", "latest", "open", "turns")

    def __init__(self, notification_id: str) -> None:
        self.id = notification_id
        self.turns = 0
        self.open = 0
        """Messages and questions whose end is not on record yet."""
        self.latest: Notification | None = None


class InFlight:
    """
    All that is being worked on, by id.

    Args:
        gear: What the worker works with.
        events: Where answers of the store and of providers arrive.
        gates: What stands before the channels.
        on_left: Told of each one that is let go of, with the newest that is known of it.
    """

    def __init__(
        self,
        gear: Gear,
        events: Events,
        gates: Gates,
        *,
        on_left: Callable[[str, Notification | None], None] | None = None,
    ) -> None:
        self._gear = gear
        self._on_left = on_left
        self._events = events
        self._gates = gates
        self._works: dict[str, Work] = {}
        self.aside = SetAside()
        self.waiting = WaitingRoom(gates.free)
        self.early = Early()
        self.fruitless: set[str] = set()
        """Candidates that turned out to need nothing: an index may lag behind."""
        self.refusal: StorageUnavailableError | None = None
        """Set when the store refuses to work at all."""
        self.left_at: datetime | None = None
        """When the last message was accepted."""
        self.is_ending = False
        """Set when nothing more is to be claimed."""

    def __len__(self) -> int:
        return len(self._works)

    def busy(self) -> frozenset[str]:
        """Return the ids that are not to be looked at now."""
        return self.aside.ids(self._gear.clock.now()).union(self._works, self.fruitless, self.waiting)

    def skip(self) -> Skip:
        """Return what tells which candidates a look for more is to leave out."""
        now, ids = self._gear.clock.now(), self.busy()
        return lambda hit: hit.id in ids or self.early.holds(hit, now=now)

    def start(self, notification_id: str) -> None:
        """Begin to work on a notification that may be due."""
        work = self._works[notification_id] = Work(notification_id)
        self._claim(work)

    # ---- claim

    def _claim(self, work: Work) -> None:
        work.turns += 1
        step = claiming(work.id, self._gates, now=self._gear.clock.now(), links=self._gear.links)
        self._submit(work, step, then=self._claimed, otherwise=self._not_claimed)

    def _claimed(self, work: Work, turn: Turn) -> None:
        claimed = turn.claimed
        self.aside.forget(work.id)
        self._saw(work, turn)
        work.open = len(claimed.handovers) + (claimed.question is not None)
        attempts = {a.id: a for a in claimed.notification.attempts} if claimed.notification else {}
        for handover in claimed.handovers:
            self._call(work, partial(self._hand_over, work, handover, attempts[handover.ref.attempt_id]))
        if claimed.question:
            self._call(work, partial(self._ask, work, claimed.question))
        if not turn.changed:
            self.fruitless.add(work.id)
        if not work.open:
            self._settle(work)

    def _cut_off(self, work: Work, turn: Turn) -> None:
        """Hand nothing over of what was claimed: its address said stop meanwhile, or another message was first."""
        self._saw(work, turn)
        work.open = len(turn.claimed.handovers)
        for handover in turn.claimed.handovers:
            self._gates.ended(handover.message.channel, work.id, CUT_OFF, now=self._gear.clock.now())
            self._record(work, handover.ref, CUT_OFF)

    def _not_claimed(self, work: Work, error: Exception) -> None:
        """Tell a store that refuses everything from a record that cannot be handled, and a lost race from both."""
        if isinstance(error, CutOffError) and isinstance(error.result, Turn):
            self._cut_off(work, error.result)
        elif isinstance(error, NotYetError):
            self.waiting.keep(work.id, error)
            self._leave(work)
        elif isinstance(error, StorageUnavailableError) and error.retry_after_s is not None:
            self.refusal = error
            self._leave(work)
        elif isinstance(error, ConflictError):
            self.fruitless.add(work.id)
            self._leave(work)
        else:
            self._gear.meter.count(Metric.DISPATCH_ERRORS, doing="claiming")
            if work.id not in self.aside:
                log.error("not_claimed", notification_id=work.id, exc_info=error)
            step = noting_failure(work.id, now=self._gear.clock.now())
            self._submit(work, step, then=self._failure_noted, otherwise=self._failure_not_noted)

    def _failure_noted(self, work: Work, turn: Turn) -> None:
        if not turn.changed:
            self.fruitless.add(work.id)
        self._leave(work)

    def _failure_not_noted(self, work: Work, _error: Exception) -> None:
        self.aside.note(work.id, now=self._gear.clock.now())
        self._leave(work)

    # ---- hand over and ask, in the pool's threads

    def _call(self, work: Work, call: Callable[[], None]) -> None:
        def ended(future: Future[None]) -> None:
            if future.cancelled() or future.exception() is not None:
                self._events.put(partial(self._broke_off, work))

        self._gear.pool.submit(call).add_done_callback(ended)

    def _hand_over(self, work: Work, handover: Handover, attempt: Attempt) -> None:
        channel, now = handover.message.channel, self._gear.clock.now
        is_open = self._gates.may_call(channel, work.id)
        outcome = handed_over(self._gear.channels, handover, attempt, self._gear.clock) if is_open else RESTING
        self._gates.ended(channel, work.id, outcome, now=now())
        self._events.put(partial(self._record, work, handover.ref, outcome))

    def _ask(self, work: Work, question: Question) -> None:
        found = asked(self._gear.channels, question)
        self._events.put(partial(self._answer, work, question.ref, found))

    # ---- record

    def _record(self, work: Work, ref: AttemptRef, outcome: SendOutcome, tries: int = 0) -> None:
        now = self._gear.clock.now()
        if outcome.state is AttemptState.ACCEPTED:
            self.left_at = now
        step = recording(ref, outcome, now=now)
        again = partial(self._record, work, ref, outcome, tries + 1)
        self._submit(work, step, then=self._recorded, otherwise=partial(self._not_recorded, again=again, tries=tries))

    def _answer(self, work: Work, ref: AttemptRef, found: SendOutcome | None, tries: int = 0) -> None:
        step = answering(ref, found, now=self._gear.clock.now())
        again = partial(self._answer, work, ref, found, tries + 1)
        self._submit(work, step, then=self._recorded, otherwise=partial(self._not_recorded, again=again, tries=tries))

    def _recorded(self, work: Work, turn: Turn) -> None:
        self._saw(work, turn)
        work.open -= 1
        if not work.open:
            self._settle(work)

    def _not_recorded(self, work: Work, error: Exception, *, again: Callable[[], None], tries: int) -> None:
        """Try again for a while; after that the lease ends, and the outcome counts as unknown."""
        pauses = self._gear.record_pauses_s
        if tries < len(pauses):
            self._events.put_later(again, pauses[tries])
            return
        self._gear.meter.count(Metric.DISPATCH_ERRORS, doing="recording")
        log.error("not_recorded", notification_id=work.id, exc_info=error)
        work.open -= 1
        if not work.open:
            self._leave(work)

    def _broke_off(self, work: Work) -> None:
        """Let go of a call that came to no end; its lease ends, and its outcome counts as unknown."""
        self._gear.meter.count(Metric.DISPATCH_ERRORS, doing="calling")
        log.error("call_broke_off", notification_id=work.id)
        work.open -= 1
        if not work.open:
            self._leave(work)

    # ---- what next

    def _settle(self, work: Work) -> None:
        """Go on at once with what is due at once, such as the next channel; let go of the rest."""
        latest = work.latest
        is_due = latest is not None and latest.wake_at is not None and latest.wake_at <= self._gear.clock.now()
        if not is_due or self.is_ending or work.id in self.fruitless:
            self._leave(work)
        elif work.turns < MOST_TURNS:
            self._claim(work)
        else:
            self._not_claimed(work, RuntimeError("claimed again and again without an end"))

    def _saw(self, work: Work, turn: Turn) -> None:
        """Keep the newest state, whichever of two outcomes was put on record last; count it if it is the end."""
        seen = turn.claimed.notification
        if seen is not None and (work.latest is None or seen.version >= work.latest.version):
            work.latest = seen
        if seen is not None and turn.ended:
            self._gear.ends.ended(seen)

    def _leave(self, work: Work) -> None:
        self._gates.let_go(work.id)
        self._works.pop(work.id, None)
        if work.latest is not None:
            self.early.note(work.latest, now=self._gear.clock.now())
        if self._on_left:
            self._on_left(work.id, work.latest)

    def _submit(
        self,
        work: Work,
        step: Step,
        *,
        then: Callable[[Work, Turn], None],
        otherwise: Callable[[Work, Exception], None],
    ) -> None:
        """Submit a step; what follows it happens as an event."""

        def resolved(future: Future[Turn]) -> None:
            self._events.put(partial(self._go_on, work, future, then, otherwise))

        self._gear.store.submit(step).add_done_callback(resolved)

    def _go_on(
        self,
        work: Work,
        future: Future[Turn],
        then: Callable[[Work, Turn], None],
        otherwise: Callable[[Work, Exception], None],
    ) -> None:
        """Follow a step up; a mistake of ours in doing so costs this notification's turn and nothing else."""
        try:
            error = future.exception()
            if error is None:
                then(work, future.result())
            else:
                otherwise(work, error if isinstance(error, Exception) else RuntimeError(type(error).__name__))
        except Exception:
            self._leave(work)
            self._gear.meter.count(Metric.DISPATCH_ERRORS, doing="deciding")
            log.exception("worker_failed", notification_id=work.id)
