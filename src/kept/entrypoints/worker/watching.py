"""What the sender notes for those who watch: that it looks, that messages leave, what comes back, and the balance."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime, time, timedelta
from functools import partial
from typing import Final

import structlog

from kept.core.reports import Metric
from kept.core.watch import Heartbeat
from kept.core.zones import zone_named
from kept.flow.balance import keep_nightly, load_nightly, nightly_of
from kept.flow.due import Backlog, backlog
from kept.flow.practice import load_practice
from kept.flow.watch import Survey, keep_heartbeat, standing_alarm, survey
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.store import Store

BEAT_EVERY: Final = timedelta(minutes=1)
SURVEY_EVERY: Final = timedelta(minutes=5)
NIGHTLY_AT: Final = time(3)
"""On the clock of the practice: nobody books then, and the day before is over. Ours."""
NIGHTLY_AGAIN: Final = timedelta(hours=1)
"""When a check that failed is tried again: it reads much."""
SETTLED_IN: Final = timedelta(minutes=5)
"""How long the worker has run before it checks what it missed: first it sends what waited. Ours."""

log = structlog.get_logger("kept.worker")


class Watching:
    """
    Keeps the heartbeat, and has the long looks taken by somebody else.

    Args:
        store: Where everything is.
        clock: Says when.
        meter: Counts what goes wrong.
        left_at: Tells when the last message left, as far as this process knows.
        aside: Takes the long looks, one at a time; None: nobody does, as in commands and simulations.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        meter: Meter,
        left_at: Callable[[], datetime | None],
        aside: Executor | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._meter = meter
        self._left_at = left_at
        self._aside = aside
        self._since: datetime | None = None
        self._beaten_at: datetime | None = None
        self._surveyed_at: datetime | None = None
        self._asked_nightly_at: datetime | None = None
        self._checked_at: datetime | None = None
        self._beat: Heartbeat | None = None
        self._survey = Survey()
        self._writing: Future[Heartbeat] | None = None
        self._looking: Future[None] | None = None

    def look(self) -> None:
        """
        Note how much is waiting, keep the heartbeat when a minute is over, and have long looks taken when it is time.

        Raises:
            StorageUnavailableError: the store cannot be read.
        """
        now = self._clock.now()
        waiting = backlog(self._store, now=now)
        self._meter.gauge(Metric.NOTIFICATIONS_DUE, waiting.due)
        age = (now - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0.0
        self._meter.gauge(Metric.OLDEST_DUE_SECONDS, age)
        if is_time(now, self._beaten_at, BEAT_EVERY) or self._is_relief(waiting, now):
            self._keep(waiting, now)
        if self._aside and (self._looking is None or self._looking.done()):
            self._take_long_looks(self._aside, now)

    def _is_relief(self, waiting: Backlog, now: datetime) -> bool:
        """Tell whether a message has left since what was written last says that none did: that waits for no minute."""
        left_at = self._left_at()
        if self._beat is None or left_at is None or left_at == self._beat.left_at:
            return False
        return self._beat.left_at is None or standing_alarm(self._beat, waiting, now=now) is not None

    def _keep(self, waiting: Backlog, now: datetime) -> None:
        if self._writing is not None and not self._writing.done():
            return
        self._beaten_at = now
        beat = Heartbeat(
            looked_at=now,
            left_at=self._left_at(),
            due=waiting.due,
            oldest_due_at=waiting.oldest_at,
            routes=self._survey.routes,
            unknown_open=self._survey.unknown_open,
        )
        self._beat = beat
        self._writing = self._store.submit(partial(keep_heartbeat, beat=beat))
        self._writing.add_done_callback(partial(self._noted, doing="keeping_the_heartbeat"))

    def _take_long_looks(self, aside: Executor, now: datetime) -> None:
        self._since = now if self._since is None or now < self._since else self._since
        if self._is_night_check_due(now):
            self._checked_at = now
            self._looking = aside.submit(self._check_nightly, now)
            self._looking.add_done_callback(partial(self._noted, doing="checking_the_balance"))
        elif is_time(now, self._surveyed_at, SURVEY_EVERY):
            self._surveyed_at = now
            self._looking = aside.submit(self._take_survey, now)
            self._looking.add_done_callback(partial(self._noted, doing="surveying_receipts"))

    def _is_night_check_due(self, now: datetime) -> bool:
        """Tell whether three in the morning has gone by since the last check; asked once a minute."""
        has_settled = self._since is not None and now >= self._since + SETTLED_IN
        is_asked = is_time(now, self._asked_nightly_at, BEAT_EVERY) and is_time(now, self._checked_at, NIGHTLY_AGAIN)
        if not has_settled or not is_asked:
            return False
        self._asked_nightly_at = now
        last = load_nightly(self._store)
        return last is None or not _last_three(self._store, now) <= last.checked_at <= now

    def _take_survey(self, now: datetime) -> None:
        self._survey = survey(self._store, now=now)

    def _check_nightly(self, now: datetime) -> None:
        nightly = nightly_of(self._store, now=now)
        self._store.submit(partial(keep_nightly, nightly=nightly)).result()
        say = log.error if nightly.found else log.info
        failures = sum(nightly.found.values())
        say("balance_checked", failures=failures, remedy="kept balance" if failures else "")

    def _noted(self, future: Future[Heartbeat] | Future[None], *, doing: str) -> None:
        """Say what went wrong, if anything did; it is tried again in time."""
        error = future.exception()
        if error is not None:
            self._meter.count(Metric.DISPATCH_ERRORS, doing=doing)
            log.error("chore_failed", doing=doing, exc_info=error)


def is_time(now: datetime, done_at: datetime | None, every: timedelta) -> bool:
    """Tell whether the time for something has come again; a clock that was put back makes it so."""
    return done_at is None or not done_at <= now < done_at + every


def _last_three(store: Store, now: datetime) -> datetime:
    """Return the last three in the morning on the clock of the practice."""
    local = now.astimezone(zone_named(load_practice(store).practice.zone))
    three = local.replace(hour=NIGHTLY_AT.hour, minute=0, second=0, microsecond=0)
    return three if three <= local else three - timedelta(days=1)
