"""A program that works until it is told to end, and then ends by itself: what SIGTERM asks for."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable
from typing import Final

from kept.entrypoints.worker import dispatcher
from tests.faults.world import World

LOOK_S: Final = 0.002
LONGEST_END_S: Final = 15
"""What a program may take to end once it is told to."""


class EndedError(Exception):
    """The program is told to end, so nothing more is begun."""


class Gentle:
    """Runs the worker in the main thread, as the program does, and the clients in another."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._stop = threading.Event()
        self._told_at: float | None = None
        world.work = self._until_quiet
        _let_the_clock_leap()

    @property
    def is_told(self) -> bool:
        """Whether the signal has come."""
        return self._told_at is not None

    def run(self, clients: Callable[[], None]) -> float:
        """Work until told to end, or until the clients have no more to do; return how many seconds the end took."""
        signal.signal(signal.SIGTERM, lambda *_: self._told())
        thread = threading.Thread(target=self._serve, args=(clients,))
        thread.start()
        self._world.dispatcher.run(self._stop)
        thread.join()
        self._world.store.close()
        self._world.ledger.close()
        return time.monotonic() - self._told_at if self._told_at else 0.0

    def check(self) -> None:
        """Begin nothing more once the program is told to end."""
        if self._stop.is_set():
            raise EndedError

    def _serve(self, clients: Callable[[], None]) -> None:
        try:
            clients()
        except EndedError:
            pass
        finally:
            self._end()

    def _told(self) -> None:
        self._told_at = time.monotonic()
        self._end()

    def _end(self) -> None:
        self._stop.set()
        self._world.dispatcher.wake()

    def _until_quiet(self) -> None:
        """Wait until the worker has found nothing more to do at this instant."""
        self._world.dispatcher.wake()
        now = self._world.clock.now()
        while True:
            self.check()
            pulse = self._world.dispatcher.pulse()
            if not pulse.in_flight and pulse.last_look_at and pulse.last_look_at >= now:
                return
            threading.Event().wait(LOOK_S)


def _let_the_clock_leap() -> None:
    """Make leaps of the clock nothing special in this process: they are how time passes here."""
    name = "CLOCK_JUMP_S"
    assert hasattr(dispatcher, name)
    setattr(dispatcher, name, math.inf)
