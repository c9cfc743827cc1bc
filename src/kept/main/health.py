"""How the program is doing, told without waiting: a store that hangs must not hang the answer too."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Final

from kept.core.errors import OutsideError
from kept.entrypoints import http_api, web
from kept.entrypoints.worker import Pulse, SeatedDispatcher
from kept.flow.dispatch import backlog
from kept.ports.clock import Clock
from kept.ports.store import Store, Transaction

ASK_AGAIN: Final = timedelta(seconds=1)
PATIENCE: Final = timedelta(seconds=5)
"""How long a commit may take before the store counts as stuck. Ours."""
FIRST_ANSWER_S: Final = 0.5
ROUND_PATIENCE: Final = timedelta(seconds=30)
"""How long the worker may go without a sign of life; it gives one each second. Ours."""

_SENDING: Final = "sending"
_OTHER: Final = "another process sends"
_ELSEWHERE: Final = "not in this process"
_WELL: Final = frozenset({_SENDING, _OTHER, _ELSEWHERE})


class HealthWatch:
    """Watches store and worker; may be asked from any thread, as often as one likes."""

    def __init__(self, store: Store, clock: Clock, sender: SeatedDispatcher | None) -> None:
        self._store = store
        self._clock = clock
        self._sender = sender
        self._lock = threading.Lock()
        self._asked_at: datetime | None = None
        self._question: Future[None] | None = None
        self._said = "not asked yet"

    def report(self) -> http_api.Health:
        """Return what is well and what is not; not well as a whole when messages or bookings cannot go through."""
        now = self._clock.now()
        store = self._store_says(now)
        worker = self._worker_says(now)
        checks = {"store": store, "worker": worker, "oldestDue": self._oldest_due(now)}
        return http_api.Health(ok=store == "ok" and worker in _WELL, checks=checks)

    def sending(self) -> web.Health:
        """Return how sending is going, for the pages."""
        now = self._clock.now()
        waiting = backlog(self._store, now=now)
        oldest_s = (now - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0.0
        return web.Health(is_sending=self._worker_says(now) in _WELL, due=waiting.due, oldest_due_s=oldest_s)

    def _store_says(self, now: datetime) -> str:
        """Return what became of the last empty commit, and make another one now and then."""
        with self._lock:
            if self._question is None or (self._question.done() and now >= (self._asked_at or now) + ASK_AGAIN):
                is_first = self._question is None
                self._asked_at = now
                self._question = self._store.submit(_nothing)
                if is_first:
                    self._wait(self._question)
            if self._question.done():
                self._said = _answer_of(self._question)
            elif now > (self._asked_at or now) + PATIENCE:
                self._said = "does not answer"
            return self._said

    def _worker_says(self, now: datetime) -> str:
        if self._sender is None:
            return _ELSEWHERE
        if not self._sender.is_seated:
            return _OTHER
        pulse: Pulse = self._sender.pulse()
        if pulse.last_round_at and now > pulse.last_round_at + ROUND_PATIENCE:
            return "stuck"
        return "resting: the log says why" if pulse.is_resting else _SENDING

    def _oldest_due(self, now: datetime) -> str:
        try:
            oldest = backlog(self._store, now=now).oldest_at
        except OutsideError:
            return "unknown"
        return f"waiting for {int((now - oldest).total_seconds())} s" if oldest else "nothing is waiting"

    @staticmethod
    def _wait(question: Future[None]) -> None:
        answered = threading.Event()
        question.add_done_callback(lambda _: answered.set())
        answered.wait(FIRST_ANSWER_S)


def _nothing(_tx: Transaction) -> None:
    """Commit nothing: enough to see that the store takes commits."""


def _answer_of(question: Future[None]) -> str:
    error = question.exception()
    return "ok" if error is None else f"refuses: {error}" if isinstance(error, OutsideError) else type(error).__name__
