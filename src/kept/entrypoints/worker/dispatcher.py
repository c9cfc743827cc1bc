"""
Find what is due and see it through: many notifications at once, so that the store's commits are shared.

One thread decides what is done next. It waits neither for the store nor for a provider; both tell it through events.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Executor
from datetime import datetime
from threading import Event as Flag
from typing import Final

import msgspec
import structlog

from kept.core.errors import OutsideError
from kept.core.links import Links
from kept.core.people import ChannelName
from kept.core.reports import Metric
from kept.entrypoints.worker.calls import CallReaders, Calls
from kept.entrypoints.worker.chores import Chores
from kept.entrypoints.worker.counting import EndCounter
from kept.entrypoints.worker.events import Events
from kept.entrypoints.worker.gates import Gates
from kept.entrypoints.worker.handing_over import Channels, carriers_of
from kept.entrypoints.worker.in_flight import RECORD_PAUSES_S, Gear, InFlight
from kept.entrypoints.worker.watching import Watching
from kept.flow.due import due_ids, next_place
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.store import Store

POLL_S: Final = 1.0
"""Longest sleep: another process may have planned something, and nobody wakes us for that."""
CALM_S: Final = 0.02
"""Shortest time between two looks that find nothing; longer when they take long."""
DRAIN_S: Final = 14.0
"""How long what is under way is waited for when the program is to end: a little less than the promised 15 s."""
CLOCK_JUMP_S: Final = 300.0
"""How far the machine's clock may be put forward or back between two rounds without anybody being told. Ours."""
CLOCK_REST_S: Final = 60.0
"""Time for a person, or for the service that sets the clock, to put a wrong jump right before messages leave by it."""
SHARE: Final = 0.6
"""Part of all that may be under way which one channel may have: about three quarters of the threads. Ours."""
LONGEST_REST_S: Final = 10.0
"""How long the worker rests at most after the store has refused."""

log = structlog.get_logger("kept.worker")


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """How the worker is doing."""

    last_look_at: datetime | None = None
    """When it last found nothing left to do."""
    last_round_at: datetime | None = None
    """When it last decided what to do next; about every second while it lives."""
    in_flight: int = 0
    set_aside: int = 0
    """Records that can be neither handled nor marked."""
    is_resting: bool = False
    """Whether the store refuses, so that nothing is claimed for the moment."""
    resting_providers: tuple[str, ...] = ()
    """Those that failed again and again, so that only one message a minute is tried."""


class Dispatcher:
    """
    Works on what is due.

    Args:
        store: Where it is.
        channels: The ways out.
        clock: Says when.
        meter: Counts what ends.
        pool: Makes the calls to providers.
        max_in_flight: How many notifications are worked on at once. Not many more than the pool makes calls, because a
            claimed message that waits could be overtaken by a cancellation.
        readers: Who reads what providers say later; none: it is left as it is.
        rates: Messages a second, for channels that have a limit.
        links: Makes the links in messages; None: there are none.
        aside: Takes long looks at what is stored; None: nobody takes them.
        record_pauses_s: Pauses before an outcome that the store refused is put on record again.
    """

    _is_woken = False
    _started = 0
    _last_look_at: datetime | None = None
    _last_round_at: datetime | None = None

    def __init__(
        self,
        store: Store,
        channels: Channels,
        *,
        clock: Clock,
        meter: Meter,
        pool: Executor,
        max_in_flight: int,
        readers: CallReaders | None = None,
        rates: Mapping[ChannelName, float] | None = None,
        links: Links | None = None,
        aside: Executor | None = None,
        record_pauses_s: tuple[float, ...] = RECORD_PAUSES_S,
    ) -> None:
        gear = Gear(
            store=store,
            channels=channels,
            clock=clock,
            meter=meter,
            ends=EndCounter(meter),
            pool=pool,
            links=links,
            record_pauses_s=record_pauses_s,
        )
        self._store = store
        self._clock = clock
        self._meter = meter
        self._most = max_in_flight
        self._events = Events()
        self._gates = Gates(carriers_of(channels), rates or {}, room=max(1, int(max_in_flight * SHARE)), meter=meter)
        self._flight = InFlight(gear, self._events, self._gates)
        watching = Watching(store, clock=clock, meter=meter, left_at=lambda: self._flight.left_at, aside=aside)
        self._chores = Chores(store, watching, clock=clock, meter=meter)
        self._calls = Calls(gear, readers or CallReaders({}), on_applied=self.wake)
        self._backlog: deque[str] = deque()
        self._is_hungry = True
        """Whether there may be more in the store than in the backlog."""
        self._calm_s = CALM_S
        self._looked_at = self._next_look = self._rest_until = self._last_ticks = 0.0

    def run_due(self) -> int:
        """
        Work until nothing is due any more; return how many notifications were looked at.

        Raises:
            StorageUnavailableError: the store refuses; what was begun is on record, or its lease ends.
        """
        before = self._started
        self._gates.keeps_short = False
        self._flight.refusal = None
        self._is_hungry = True
        self._chores.do_if_time()
        self._calls.apply_all()
        while self._is_hungry or self._backlog or self._flight or self._flight.waiting.wants_room:
            if not self._flight.refusal:
                self._advance()
            elif not self._flight:
                self._backlog.clear()
                raise self._flight.refusal
            if self._flight:
                self._events.wait(POLL_S)
        return self._started - before

    def run(self, stop: Flag, *, drain_s: float = DRAIN_S) -> None:
        """Work until told to stop; then wait for what is under way, but not for long."""
        log.info("worker_started")
        self._gates.keeps_short = True
        while not stop.is_set():
            try:
                self._events.wait(self._round())
            except Exception as error:  # noqa: BLE001  whatever it is, the next notification must still leave
                self._meter.count(Metric.DISPATCH_ERRORS, doing="looking")
                self._rest(error)
        self._drain(drain_s)
        log.info("worker_stopped")

    def wake(self) -> None:
        """Look now: something may be due. From any thread, even from a signal's handler."""
        if not self._is_woken:
            self._is_woken = True
            self._events.put(self._woken)

    def pulse(self) -> Pulse:
        """Return how it is doing; from any thread."""
        return Pulse(
            last_look_at=self._last_look_at,
            last_round_at=self._last_round_at,
            in_flight=len(self._flight),
            set_aside=len(self._flight.aside),
            is_resting=self._is_resting(),
            resting_providers=self._gates.resting(),
        )

    def _round(self) -> float:
        """Start what there is room for; return for how many seconds nothing new can be started."""
        self._watch_clock()
        refusal, self._flight.refusal = self._flight.refusal, None
        if refusal:
            self._rest(refusal)
        if self._is_resting():
            return min(POLL_S, self._rest_until - time.monotonic())
        self._chores.do_if_time()
        self._is_hungry = self._is_hungry or time.monotonic() >= self._next_look
        if self._is_hungry:
            self._calls.begin()
        self._advance()
        if self._is_hungry or self._backlog:
            return 0.0 if len(self._flight) < self._most else POLL_S
        called_in_s = self._flight.waiting.seconds_left(self._clock.now())
        return min(POLL_S, self._next_look - time.monotonic(), called_in_s)

    def _advance(self) -> None:
        """Look for more when there is nothing left to start, then start what there is room for."""
        if not self._backlog:
            self._backlog.extend(self._flight.waiting.called(self._clock.now()))
        if self._is_hungry and not self._backlog and len(self._flight) < self._most:
            self._look()
        while self._backlog and len(self._flight) < self._most:
            self._started += 1
            self._flight.start(self._backlog.popleft())

    def _look(self) -> None:
        begun_at = time.monotonic()
        now = self._clock.now()
        self._backlog.extend(due_ids(self._store, now=now, skip=self._flight.skip()))
        if self._backlog:
            return
        self._is_hungry = False
        self._flight.fruitless.clear()
        self._last_look_at = now
        self._meter.gauge(Metric.LAST_LOOK, now.timestamp())
        upcoming = [next_place(self._store, after=now), self._flight.early.first_at(now=now)]
        pause_s = min(((at - now).total_seconds() for at in upcoming if at), default=POLL_S)
        self._calm_s = max(CALM_S, 2 * (time.monotonic() - begun_at))
        self._looked_at = time.monotonic()
        self._next_look = self._looked_at + min(POLL_S, pause_s)

    def _woken(self) -> None:
        """Look at once, but not a thousand times a second because a thousand things are planned."""
        self._is_woken = False
        self._next_look = min(self._next_look, self._looked_at + self._calm_s)

    def _is_resting(self) -> bool:
        return time.monotonic() < self._rest_until

    def _watch_clock(self) -> None:
        """Rest when the clock on the wall and the one that only counts do not agree: one of them was set."""
        now, ticks = self._clock.now(), time.monotonic()
        if self._last_round_at is not None:
            jump_s = (now - self._last_round_at).total_seconds() - (ticks - self._last_ticks)
            if abs(jump_s) > CLOCK_JUMP_S:
                self._rest_until = ticks + CLOCK_REST_S
                self._gates.forget()
                self._flight.waiting.clear()
                self._flight.early.clear()
                self._meter.count(Metric.DISPATCH_ERRORS, doing="reading_the_clock")
                log.critical(
                    "clock_jumped", seconds=round(jump_s), remedy="sending rests for a minute; check the clock"
                )
        self._last_round_at, self._last_ticks = now, ticks

    def _rest(self, error: Exception) -> None:
        """Start nothing for a while: the store refuses, or something is broken."""
        wish = error.retry_after_s if isinstance(error, OutsideError) else None
        pause_s = min(wish or POLL_S, LONGEST_REST_S)
        self._rest_until = time.monotonic() + pause_s
        self._backlog.clear()
        self._is_hungry = True
        log.error("worker_rests", seconds=pause_s, exc_info=error)

    def _drain(self, seconds: float) -> None:
        """Wait for what is under way; what is left has a lease that ends."""
        self._flight.is_ending = True
        end = time.monotonic() + seconds
        while self._flight and time.monotonic() < end:
            self._events.wait(min(POLL_S, end - time.monotonic()))
        if self._flight:
            log.warning("left_in_flight", count=len(self._flight))
