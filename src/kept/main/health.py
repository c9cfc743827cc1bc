"""How the program is doing, told without waiting: a store that hangs must not hang the answer too."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.balance import Nightly
from kept.core.errors import OutsideError
from kept.core.reports import Metric
from kept.core.watch import Alarm, AlarmKind, Heartbeat
from kept.entrypoints import http_api
from kept.entrypoints.web.parts import Health as PageHealth
from kept.entrypoints.worker import Pulse, SeatedDispatcher
from kept.flow.balance import load_nightly
from kept.flow.due import Backlog, backlog
from kept.flow.watch import load_heartbeat, standing_alarm
from kept.main.nightly_words import balance_said
from kept.ports.clock import Clock
from kept.ports.meter import Meter
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


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the store says of sending."""

    waiting: Backlog
    beat: Heartbeat | None
    alarm: Alarm | None
    nightly: Nightly | None


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
        checks = {"store": store, "worker": worker, "providers": self._providers_say()}
        try:
            seen = self._seen(now)
        except OutsideError:
            checks |= dict.fromkeys(("oldestDue", "lastMessage", "receipts", "balance"), "unknown")
            return http_api.Health(ok=False, checks=checks)
        checks |= {
            "oldestDue": _age(seen.waiting.oldest_at, now),
            "lastMessage": _alarm_text(seen),
            "receipts": _receipts(seen.beat),
            "balance": balance_said(seen.nightly, now=now),
        }
        return http_api.Health(ok=store == "ok" and worker in _WELL and seen.alarm is None, checks=checks)

    def sending(self) -> PageHealth:
        """Return how sending is going, for the pages."""
        now = self._clock.now()
        seen = self._seen(now)
        waiting = seen.waiting
        oldest_s = (now - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0.0
        return PageHealth(
            is_sending=self._worker_says(now) in _WELL,
            due=waiting.due,
            oldest_due_s=oldest_s,
            alarm=seen.alarm,
            silent=tuple(route for route in seen.beat.routes if route.is_silent) if seen.beat else (),
            unbalanced=sum(seen.nightly.found.values()) if seen.nightly else 0,
        )

    def measure(self, meter: Meter) -> None:
        """Set the gauges that any process may show, because whoever sends has noted them in the store."""
        try:
            seen = self._seen(self._clock.now())
        except OutsideError:
            return
        beat, nightly = seen.beat, seen.nightly
        meter.gauge(Metric.SENDING_STOPPED, int(seen.alarm is not None))
        meter.gauge(Metric.NOTIFICATIONS_DUE, seen.waiting.due)
        oldest_at = seen.waiting.oldest_at
        meter.gauge(Metric.OLDEST_DUE_SECONDS, (self._clock.now() - oldest_at).total_seconds() if oldest_at else 0.0)
        meter.gauge(Metric.LAST_HANDOVER, beat.left_at.timestamp() if beat and beat.left_at else 0.0)
        meter.gauge(Metric.UNKNOWN_OPEN, beat.unknown_open if beat else 0)
        routes = beat.routes if beat else ()
        meter.gauge(Metric.SILENT_ROUTES, sum(route.is_silent for route in routes))
        for route in routes:
            labels = {"provider": route.provider, "country": route.country}
            meter.gauge(Metric.ROUTE_MESSAGES, route.messages, **labels)
            meter.gauge(Metric.ROUTE_HEARD, route.heard, **labels)
        meter.gauge(Metric.BALANCE_FINDINGS, sum(nightly.found.values()) if nightly else 0)
        meter.gauge(Metric.BALANCE_CHECKED, nightly.checked_at.timestamp() if nightly else 0.0)

    def _seen(self, now: datetime) -> _Seen:
        waiting, beat = backlog(self._store, now=now), load_heartbeat(self._store)
        alarm = standing_alarm(beat, waiting, now=now)
        return _Seen(waiting=waiting, beat=beat, alarm=alarm, nightly=load_nightly(self._store))

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

    def _providers_say(self) -> str:
        """Tell of providers that are left alone; that is no fault of this process, and others can be well."""
        resting = self._sender.pulse().resting_providers if self._sender and self._sender.is_seated else ()
        return f"left alone but for one message a minute: {', '.join(resting)}" if resting else "none is left alone"

    def _worker_says(self, now: datetime) -> str:
        if self._sender is None:
            return _ELSEWHERE
        if not self._sender.is_seated:
            return _OTHER
        pulse: Pulse = self._sender.pulse()
        if pulse.last_round_at and now > pulse.last_round_at + ROUND_PATIENCE:
            return "stuck"
        return "resting: the log says why" if pulse.is_resting else _SENDING

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


def _age(oldest_at: datetime | None, now: datetime) -> str:
    return f"waiting for {int((now - oldest_at).total_seconds())} s" if oldest_at else "nothing is waiting"


def _alarm_text(seen: _Seen) -> str:
    """Return what is said of the last message: that all is well, or what has stopped and since when, in UTC."""
    if seen.alarm is None:
        left_at = seen.beat.left_at if seen.beat else None
        return f"left at {_utc(left_at)}" if left_at else "none yet"
    since = _utc(seen.alarm.since) if seen.alarm.since else ""
    due = f"though {seen.alarm.due} were due"
    if seen.alarm.about is AlarmKind.ABSENT:
        return f"no worker has looked since {since}; {seen.alarm.due} are due"
    return f"no message left since {since} {due}" if since else f"no message has ever left {due}"


def _receipts(beat: Heartbeat | None) -> str:
    silent = [f"{r.provider} {r.country}".strip() for r in beat.routes if r.is_silent] if beat else []
    return f"no word of the last 20 messages by {', '.join(silent)}" if silent else "ok"


def _utc(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%MZ")
