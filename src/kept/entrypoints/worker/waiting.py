"""Those that wait a moment, in this process alone: for an instant, or for room on their channel."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime

from kept.core.people import ChannelName
from kept.entrypoints.worker.gates import NotYetError, Why


class WaitingRoom:
    """
    Holds ids.

    Args:
        free: Returns how many more of a channel may be under way; None: any number.
    """

    def __init__(self, free: Callable[[ChannelName], int | None]) -> None:
        self._free = free
        self._ids: set[str] = set()
        self._by_time: list[tuple[datetime, str]] = []
        self._for_room: dict[ChannelName, deque[str]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    @property
    def wants_room(self) -> bool:
        """Whether anybody waits for room."""
        return any(self._for_room.values())

    def keep(self, notification_id: str, told: NotYetError) -> None:
        """Let an id wait as it was told to."""
        if notification_id in self._ids:
            return
        self._ids.add(notification_id)
        if told.hold.why is Why.ROOM:
            self._for_room.setdefault(told.channel, deque()).append(notification_id)
        else:
            heapq.heappush(self._by_time, (told.hold.until, notification_id))

    def called(self, now: datetime) -> list[str]:
        """Return whose time has come, and let them go."""
        ripe = []
        while self._by_time and self._by_time[0][0] <= now:
            ripe.append(heapq.heappop(self._by_time)[1])
        for channel, queue in self._for_room.items():
            free = self._free(channel)
            count = len(queue) if free is None else min(free, len(queue))
            ripe += [queue.popleft() for _ in range(count)]
        self._ids.difference_update(ripe)
        return ripe

    def seconds_left(self, now: datetime) -> float:
        """Return in how many seconds the next time comes."""
        return (self._by_time[0][0] - now).total_seconds() if self._by_time else float("inf")

    def clear(self) -> None:
        """Let everybody go; the store knows them all."""
        self._ids.clear()
        self._by_time.clear()
        self._for_room.clear()
