"""A clock that stands until it is moved: a month of work in a moment, and tests without waiting."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from kept.core.intervals import in_utc


class SimulatedClock:
    """
    Stands at one instant.

    Args:
        start: Aware, in any zone.

    Raises:
        NaiveTimeError: *start* has no UTC offset.
    """

    def __init__(self, start: datetime) -> None:
        self._now = in_utc(start, field="start")
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the instant at which it stands, in UTC."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Put it to an instant, earlier or later."""
        with self._lock:
            self._now = in_utc(instant, field="instant")

    def advance(self, by: timedelta) -> datetime:
        """Move it on, or back when *by* is negative; return where it then stands."""
        with self._lock:
            self._now += by
            return self._now
