"""From the store's futures to awaitables: one wake-up of the event loop for each commit, however many wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")

_Arrival = tuple["asyncio.Future[Any]", "Future[Any]"]


class Bridge:
    """Waits for results of another thread in one event loop."""

    def __init__(self) -> None:
        self._arrived: deque[_Arrival] = deque()
        self._is_called = False

    async def result(self, future: Future[T]) -> T:
        """Return what the future brings, or raise what it raises."""
        if future.done():
            return future.result()
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        future.add_done_callback(lambda done: self._arrive(loop, waiter, done))
        return await waiter

    def _arrive(self, loop: asyncio.AbstractEventLoop, waiter: asyncio.Future[T], done: Future[T]) -> None:
        """Note an arrival, in the thread that brings it; call the loop unless it is already on its way."""
        self._arrived.append((waiter, done))
        if not self._is_called:
            self._is_called = True
            loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        """Hand over everything that has arrived. The flag falls first: what comes later calls again."""
        self._is_called = False
        while self._arrived:
            waiter, done = self._arrived.popleft()
            if waiter.done():
                continue  # whoever waited has gone
            error = done.exception()
            if error is not None:
                waiter.set_exception(error)
            else:
                waiter.set_result(done.result())
