"""
Once a night: whether every message is accounted for, kept where pages, `/healthz` and alarms find it.

The check reads page by page. A function has its time and no more, so each page is asked for only while there is time
for it; a check that was not finished says so, and what the last whole one found stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import structlog

from kept.core.reports import Metric
from kept.entrypoints.aws_lambda.invocation import Answer, Invocation
from kept.flow.balance import keep_nightly, nightly_of
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.store import E, Page, Store

LEAST_S: Final = 20.0
"""No page is asked for with less time left: the largest takes seconds, and what was found is to be written. Ours."""
REMEDY: Final = "raise MemorySize of the function, which makes it faster, or run: kept balance"

log = structlog.get_logger("kept.lambda")


class Balancing:
    """
    Checks, and keeps what it has found.

    Args:
        store: What is checked.
        clock: Says when.
        meter: Tells what was found.
    """

    def __init__(self, store: Store, *, clock: Clock, meter: Meter) -> None:
        self._store = store
        self._clock = clock
        self._meter = meter

    def run(self, invocation: Invocation) -> Answer:
        """
        Check everything, and write it over what was found before.

        Raises:
            TimeoutError: there was no time for all of it; nothing is written and no figure is told.
        """
        now = self._clock.now()
        pages = _WhileThereIsTime(self._store, invocation)
        try:
            nightly = nightly_of(pages, now=now)
        except TimeoutError:
            self._meter.count(Metric.DISPATCH_ERRORS, doing="checking_the_balance")
            log.exception("balance_not_finished", count=pages.read, remedy=REMEDY)
            raise
        self._store.submit(partial(keep_nightly, nightly=nightly)).result()
        found = sum(nightly.found.values())
        self._meter.gauge(Metric.BALANCE_FINDINGS, found)
        self._meter.gauge(Metric.BALANCE_CHECKED, now.timestamp())
        say = log.error if found else log.info
        say("balance_checked", count=pages.read, failures=found, remedy="run: kept balance" if found else "")
        return {"checkedAt": now.isoformat(), "found": dict(nightly.found), "read": pages.read}


class _WhileThereIsTime:
    """A store that is asked while there is time, and refuses then."""

    def __init__(self, store: Store, invocation: Invocation) -> None:
        self._store = store
        self._invocation = invocation
        self.submit = store.submit
        self.close = store.close
        self.read = 0
        """Entities so far."""

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        """Return the entities of these ids."""
        self._look()
        found = self._store.load(kind, ids)
        self.read += len(found)
        return found

    def query(self, index: str, partition: str, **how: Any) -> Page:  # noqa: ANN401 whatever the store takes
        """Return one page of an index."""
        self._look()
        return self._store.query(index, partition, **how)

    def _look(self) -> None:
        """
        Look at the time.

        Raises:
            TimeoutError: too little is left.
        """
        if self._invocation.left_s() < LEAST_S:
            raise TimeoutError(f"no time for more after {self.read} entities; nothing of the check is kept")
