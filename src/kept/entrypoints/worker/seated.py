"""One process at most sends from a store: whoever holds the sender's seat."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event as Flag
from typing import Final

import structlog

from kept.core.reports import Metric
from kept.entrypoints.worker.dispatcher import DRAIN_S, Dispatcher, Pulse
from kept.ports.meter import Meter
from kept.ports.seat import Seat

TRY_AGAIN_S: Final = 2.0
"""How soon a waiting process takes over from one that has ended. Ours."""

log = structlog.get_logger("kept.worker")


class SeatedDispatcher:
    """
    A dispatcher that works only while it holds the seat.

    Args:
        dispatcher: What works.
        seat: The right to.
        meter: Tells whether it is here.
        on_seated: Called each time the seat is taken.
    """

    def __init__(
        self, dispatcher: Dispatcher, seat: Seat, *, meter: Meter, on_seated: Callable[[], None] = lambda: None
    ) -> None:
        self._dispatcher = dispatcher
        self._seat = seat
        self._meter = meter
        self._on_seated = on_seated
        self.is_seated = False

    def take(self) -> bool:
        """Try to sit down."""
        if not self.is_seated and self._seat.take():
            self.is_seated = True
            self._on_seated()
        self._meter.gauge(Metric.SENDING, int(self.is_seated))
        return self.is_seated

    def pulse(self) -> Pulse:
        """Return how the dispatcher is doing."""
        return self._dispatcher.pulse()

    def wake(self) -> None:
        """Tell the dispatcher that something may be due; without the seat that is somebody else's business."""
        if self.is_seated:
            self._dispatcher.wake()

    def run_due(self) -> int:
        """Send what is due now, holding the seat; return how many notifications were looked at."""
        return self._dispatcher.run_due()

    def leave(self) -> None:
        """Give the seat up."""
        self._seat.leave()
        self.is_seated = False
        self._meter.gauge(Metric.SENDING, 0)

    def run(self, stop: Flag, *, drain_s: float = DRAIN_S) -> None:
        """Wait for the seat if need be, work until told to stop, and give the seat up."""
        if not self.take():
            log.warning("seat_taken", remedy="another process sends from this store; this one waits for it to end")
        while not self.is_seated:
            if stop.wait(TRY_AGAIN_S):
                return
            self.take()
        try:
            self._dispatcher.run(stop, drain_s=drain_s)
        finally:
            self.leave()
