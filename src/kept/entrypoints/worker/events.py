"""What the dispatcher's own thread is told by the store, by the sending threads and by whoever wakes it."""

from __future__ import annotations

import heapq
import itertools
import queue
import time
from collections.abc import Callable

Event = Callable[[], None]


class Events:
    """Calls to be made in one thread: some now, some later. Any thread may add, one makes them."""

    def __init__(self) -> None:
        self._now: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._later: list[tuple[float, int, Event]] = []
        self._numbers = itertools.count()

    def put(self, event: Event) -> None:
        """Add a call; from any thread, even from a signal's handler."""
        self._now.put(event)

    def put_later(self, event: Event, seconds: float) -> None:
        """Add a call to be made after so many seconds; only from the thread that makes them."""
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._numbers), event))

    def wait(self, seconds: float) -> None:
        """Make the calls that have come until now; wait up to so many seconds for the first."""
        self._ripen()
        try:
            event = self._now.get(timeout=max(0.0, min(seconds, self._until_next())))
        except queue.Empty:
            return
        event()
        for _ in range(self._now.qsize()):
            self._now.get_nowait()()

    def _ripen(self) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            self._now.put(heapq.heappop(self._later)[2])

    def _until_next(self) -> float:
        return self._later[0][0] - time.monotonic() if self._later else float("inf")
