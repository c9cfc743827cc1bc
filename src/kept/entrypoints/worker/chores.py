"""What is done now and then beside sending: give times back, close and forget what is over, say how much is waiting."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

import structlog

from kept.core.reports import Metric
from kept.entrypoints.worker.watching import is_time
from kept.flow.access import forget, forgettable
from kept.flow.answers import forget_exchanges, forgettable_exchanges
from kept.flow.booking import ended_holds, release_hold
from kept.flow.holds import end_slot_hold, ended_slot_holds
from kept.flow.receipts import forget_receipts, forgettable_receipts
from kept.flow.replies import forget_replies, forgettable_replies
from kept.flow.worklist import close_moot, moot_items
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.store import Store

EVERY: Final = timedelta(minutes=1)
MEASURED_EVERY: Final = timedelta(seconds=10)
MOST_FORGOTTEN: Final = 1_000
"""Calls, and as many messages, that are forgotten in one minute: more than a practice sends."""
AT_ONCE: Final = 10
"""Records that one step forgets: with the rows by which they are found, fewer than any store takes at once. Ours."""

log = structlog.get_logger("kept.worker")


class Watch(Protocol):
    """Notes how it goes, for those who watch."""

    def look(self) -> None:
        """Look, and note what is to be noted."""


class Chores:
    """Does each chore when its time has gone by on the clock."""

    def __init__(self, store: Store, watching: Watch, *, clock: Clock, meter: Meter) -> None:
        self._store = store
        self._watching = watching
        self._clock = clock
        self._meter = meter
        self._done_at: datetime | None = None
        self._measured_at: datetime | None = None

    def do_if_time(self) -> None:
        """
        Do what was not done a short while ago; a clock that was put back makes everything due.

        Raises:
            StorageUnavailableError: the store cannot be read; it is tried again when the time has gone by once more.
        """
        now = self._clock.now()
        if is_time(now, self._measured_at, MEASURED_EVERY):
            self._measured_at = now
            self._watching.look()
        if is_time(now, self._done_at, EVERY):
            self._done_at = now
            self._release_holds(now)
            self._end_slot_holds(now)
            self._forget_answers(now)
            self._forget_receipts(now)
            self._forget_conversations(now)
            self._close_moot(now)

    def _release_holds(self, now: datetime) -> None:
        for appointment_id in ended_holds(self._store, now=now):
            released = self._store.submit(partial(release_hold, appointment_id=appointment_id, now=now))
            released.add_done_callback(partial(self._noted, doing="releasing_holds"))

    def _end_slot_holds(self, now: datetime) -> None:
        for appointment_id in ended_slot_holds(self._store, now=now):
            ended = self._store.submit(partial(end_slot_hold, appointment_id=appointment_id, now=now))
            ended.add_done_callback(partial(self._noted, doing="ending_slot_holds"))

    def _forget_answers(self, now: datetime) -> None:
        for ids in _parts(forgettable(self._store, now=now)):
            forgotten = self._store.submit(partial(forget, ids=ids))
            forgotten.add_done_callback(partial(self._noted, doing="forgetting_answers"))

    def _forget_receipts(self, now: datetime) -> None:
        calls, messages = forgettable_receipts(self._store, now=now, limit=MOST_FORGOTTEN)
        steps = [partial(forget_receipts, calls=ids, messages=()) for ids in _parts(calls)]
        steps += [partial(forget_receipts, calls=(), messages=ids) for ids in _parts(messages)]
        for step in steps:
            self._store.submit(step).add_done_callback(partial(self._noted, doing="forgetting_receipts"))

    def _forget_conversations(self, now: datetime) -> None:
        for ids in _parts(forgettable_exchanges(self._store, now=now, limit=MOST_FORGOTTEN)):
            forgotten = self._store.submit(partial(forget_exchanges, ids=ids, now=now))
            forgotten.add_done_callback(partial(self._noted, doing="forgetting_exchanges"))
        for ids in _parts(forgettable_replies(self._store, now=now, limit=MOST_FORGOTTEN)):
            forgotten = self._store.submit(partial(forget_replies, ids=ids, now=now))
            forgotten.add_done_callback(partial(self._noted, doing="forgetting_replies"))

    def _close_moot(self, now: datetime) -> None:
        for item_id in moot_items(self._store, now=now):
            closed = self._store.submit(partial(close_moot, item_id=item_id, now=now))
            closed.add_done_callback(partial(self._noted, doing="closing_moot_items"))

    def _noted(self, future: Future[bool] | Future[int], *, doing: str) -> None:
        """Say what went wrong, if anything did; the next minute tries again."""
        error = future.exception()
        if error is not None:
            self._meter.count(Metric.DISPATCH_ERRORS, doing=doing)
            log.error("chore_failed", doing=doing, exc_info=error)


def _parts(ids: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield ids in parts of which one step can forget each."""
    return (ids[first : first + AT_ONCE] for first in range(0, len(ids), AT_ONCE))
