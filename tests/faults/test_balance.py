"""The check of the ledger, made again and again while a practice lives through a month of faults."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from kept.core.balance import FindingKind
from kept.flow.balance import Check
from tests.faults.simulated.setting import MONTH
from tests.faults.simulated.world import Month

SEEDS = 8
EVERY = 20
"""Rounds of the worker between two checks."""
DAY = timedelta(days=1)


class CheckedMonth(Month):
    """A month in which the ledger is checked now and then, while a worker lives."""

    rounds = 0
    checks = 0
    found: Counter[FindingKind]

    def work(self) -> None:
        super().work()
        self.rounds += 1
        if self.rounds % EVERY == 0 and self.worker is not None:
            now = self.clock.now()
            seen = Check(self.store, self.setting.begin.date() - DAY, now.date() + DAY, now=now).run()
            self.checks += 1
            self.found.update(seen.found)


def test_whatever_faults_there_are_the_check_finds_nothing_that_is_not_so() -> None:
    found: Counter[FindingKind] = Counter()
    checks = 0

    for seed in range(SEEDS):
        month = CheckedMonth(seed, MONTH)
        month.found = found
        month.run()
        checks += month.checks

    assert checks > SEEDS
    assert found == {}
