"""``kept worker``: the worker alone, for those who serve from another process, or not at all."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from kept.adapters.sqlite import FileSeat
from kept.core.errors import ConflictError
from kept.entrypoints.worker.dispatcher import DRAIN_S
from kept.main.assembly import open_parts, sender_of
from kept.main.logs import set_up_logs
from kept.main.settings import Settings

EXIT_SEAT_TAKEN: Final = 75
"""Exit code of a worker that may not send, because another process does (EX_TEMPFAIL of sysexits.h)."""

LOOK_EVERY_S: Final = 0.2

log = structlog.get_logger("kept.worker")


class SeatTakenError(ConflictError):
    """Another process sends from this store."""

    def __init__(self) -> None:
        super().__init__("another process sends from this store; end that one first, or wait for it with --wait")


def work(settings: Settings, *, wait: bool = False) -> None:
    """
    Send what falls due until told to end (SIGTERM, SIGINT), then end within 15 seconds.

    Args:
        settings: As they hold.
        wait: Whether to wait while another process sends, and take over when it has ended.

    Raises:
        SeatTakenError: another process sends, and *wait* is off; exit code 75.
        SettingsError: the settings of a channel make no sense.
        StorageUnavailableError: a file cannot be opened.
    """
    set_up_logs(settings.log_level.value)
    seat = FileSeat(settings.data)
    is_seated = seat.take()
    if not is_seated and not wait:
        raise SeatTakenError
    with open_parts(settings, checkpoints=is_seated) as parts, _signals() as told:
        stop = threading.Event()
        sender = sender_of(parts, seat)
        thread = threading.Thread(target=sender.run, args=(stop,), name="kept-worker", daemon=True)
        thread.start()
        while thread.is_alive() and not told:
            thread.join(LOOK_EVERY_S)
        log.info("stopping")
        stop.set()
        sender.wake()
        thread.join(DRAIN_S + 1)
    log.info("stopped")


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Lend a list to which each signal that is to end the program is added; a handler must take no lock, so no more."""
    told: list[int] = []
    before = {n: signal.signal(n, lambda number, _frame: told.append(number)) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
