"""
Once a minute: queue the ids of what is due, do the chores that fit, and say that somebody has looked.

Nothing is sent here, and nothing is claimed: an id that is queued twice is looked at twice and sent once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar

import structlog

from kept.core.booking import sort_instant
from kept.core.reports import Metric
from kept.core.watch import Heartbeat
from kept.entrypoints.aws_lambda.invocation import Answer, Invocation
from kept.entrypoints.aws_lambda.named import note_of
from kept.entrypoints.worker.chores import Chores
from kept.entrypoints.worker.watching import SURVEY_EVERY, is_time
from kept.flow.due import Early, due_hits, readable
from kept.flow.watch import Survey, keep_heartbeat, survey
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.queue import Queue
from kept.ports.store import Hit, Store, Transaction

MOST_DUE: Final = 5_000
"""Ids that are looked up in each part of the index at once; what is beyond waits for the next minute. Ours."""
AT_ONCE: Final = 100
"""Ids that one thread queues in a row."""
QUEUED_FOR: Final = timedelta(minutes=2)
"""
How long an id counts as queued while it stands where it stood. What stands longer is read: it may be early, waiting for
word of its delivery, and is remembered then; else it is queued again, for a message may be lost. Ours.
"""
FOR_CHORES_S: Final = 20.0
"""Chores are begun with so much time left, and not with less."""
TO_SETTLE_S: Final = 10.0

T = TypeVar("T")

log = structlog.get_logger("kept.lambda")


class Sweep:
    """
    The look that is taken each minute; one at a time.

    Args:
        store: Where everything is.
        queue: Takes the ids.
        clock: Says when.
        meter: Counts.
        pool: Puts ids into the queue side by side.
    """

    def __init__(self, store: Store, queue: Queue, *, clock: Clock, meter: Meter, pool: Executor) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._meter = meter
        self._pool = pool
        self._queued: dict[str, tuple[str, datetime]] = {}
        """Since when an id was due that was queued, and when that was; lost with the process, which does no harm."""
        self._early = Early()
        self._surveyed_at: datetime | None = None
        self._survey = Survey()

    def run(self, invocation: Invocation) -> Answer:
        """Queue what is due, then do what else there is."""
        now = self._clock.now()
        hits = self._due(now)
        fresh = [hit for hit in hits if not self._is_queued(hit, now)]
        queued = self._put(fresh, now)
        self._queued = {hit.id: self._queued[hit.id] for hit in hits if hit.id in self._queued}
        self._tell(hits, now)
        if invocation.left_s() > FOR_CHORES_S:
            self._keep_house(hits, now)
        self._meter.gauge(Metric.LAST_LOOK, now.timestamp())
        if queued < len(fresh):
            log.error("not_queued", count=len(fresh) - queued, remedy="the next sweep tries again; look at the queue")
        return {"due": len(hits), "queued": queued, "left": len(fresh) - queued}

    def _due(self, now: datetime) -> tuple[Hit, ...]:
        """Return what is to be looked at, the longest due first; what has stood for a while is read for it."""
        self._early.first_at(now=now)
        hits = due_hits(self._store, now=now, skip=lambda hit: self._early.holds(hit, now=now), limit=MOST_DUE)
        since = sort_instant(now - QUEUED_FOR)
        stood = [hit.id for hit in hits if hit.sort <= since and not self._is_queued(hit, now)]
        read = readable(self._store, stood)
        gone = {i for i, n in read.items() if n.is_done or self._early.note(n, now=now)}
        return tuple(hit for hit in hits if hit.id not in gone)

    def _is_queued(self, hit: Hit, now: datetime) -> bool:
        sort, at = self._queued.get(hit.id, ("", now))
        return sort == hit.sort and now < at + QUEUED_FOR

    def _put(self, hits: Sequence[Hit], now: datetime) -> int:
        chunks = [hits[first : first + AT_ONCE] for first in range(0, len(hits), AT_ONCE)]
        taken = [self._pool.submit(self._queue.put, [note_of(hit.id) for hit in chunk]) for chunk in chunks]
        for chunk, future in zip(chunks, taken, strict=True):
            if future.result() == len(chunk):
                self._queued.update({hit.id: (hit.sort, now) for hit in chunk})
        return sum(future.result() for future in taken)

    def _tell(self, hits: Sequence[Hit], now: datetime) -> None:
        self._meter.gauge(Metric.NOTIFICATIONS_DUE, len(hits))
        oldest = _since(hits)
        self._meter.gauge(Metric.OLDEST_DUE_SECONDS, (now - oldest).total_seconds() if oldest else 0.0)

    def _keep_house(self, hits: Sequence[Hit], now: datetime) -> None:
        """Do the chores, and wait for what they have begun: a function that has answered is frozen."""
        store = _Awaited(self._store)
        try:
            beat = partial(self._beat, store, hits, now)
            Chores(store, _Watch(beat), clock=self._clock, meter=self._meter).do_if_time()
        finally:
            store.settle(TO_SETTLE_S)

    def _beat(self, store: Store, hits: Sequence[Hit], now: datetime) -> None:
        if is_time(now, self._surveyed_at, SURVEY_EVERY):
            self._surveyed_at = now
            self._survey = survey(store, now=now)
        self._meter.gauge(Metric.UNKNOWN_OPEN, self._survey.unknown_open)
        self._meter.gauge(Metric.SILENT_ROUTES, sum(route.is_silent for route in self._survey.routes))
        beat = Heartbeat(
            looked_at=now,
            due=len(hits),
            oldest_due_at=_since(hits),
            routes=self._survey.routes,
            unknown_open=self._survey.unknown_open,
        )
        store.submit(partial(keep_heartbeat, beat=beat)).add_done_callback(self._noted)

    def _noted(self, kept: Future[Heartbeat]) -> None:
        """Say when the heartbeat could not be kept: what watches it sees an old one. The next minute tries again."""
        error = kept.exception()
        if error is not None:
            self._meter.count(Metric.DISPATCH_ERRORS, doing="keeping_the_heartbeat")
            log.error("chore_failed", doing="keeping_the_heartbeat", exc_info=error)


class _Watch:
    """What the chores call a watch."""

    def __init__(self, look: Callable[[], None]) -> None:
        self.look = look


class _Awaited:
    """A store whose commits can be waited for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open: list[Future[object]] = []
        self.load = store.load
        self.query = store.query
        self.close = store.close

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run the step, and remember that it was begun."""
        future = self._store.submit(step)
        self._open.append(future)  # type: ignore[arg-type]  # whatever it brings
        return future

    def settle(self, seconds: float) -> None:
        """Wait for what was begun."""
        wait(self._open, timeout=seconds)


def _since(hits: Sequence[Hit]) -> datetime | None:
    return datetime.fromisoformat(hits[0].sort + "+00:00") if hits else None
