"""
Two thousand months of a practice, with everything going wrong that can, judged by what the providers' ledgers say.

A failure prints its seed and step. It is then added to the seeds that always run.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from tests.faults.simulated.mistakes import MISTAKES
from tests.faults.simulated.setting import DAY, HOUR, MONTH, Scheme
from tests.faults.simulated.sweeping import ENOUGH, first_seed_that_sees, problems_in

BLOCK: Final = 50
MONTHS: Final = 2_000
ONCE_WRONG: Final = (137, 182, 629, 1510, 1930, 1976)
"""Seeds in which something was wrong once, with the program or with its judge; they always run."""
JUMPS: Final = {
    "a minute ahead": timedelta(minutes=1),
    "three hours ahead": 3 * HOUR,
    "a day ahead": DAY,
    "a year ahead": 365 * DAY,
    "ten years ahead": 3653 * DAY,
    "a minute back": timedelta(minutes=-1),
    "an hour back": -HOUR,
    "a day back": -DAY,
}


@pytest.mark.parametrize("first", range(0, MONTHS, BLOCK))
def test_a_month_keeps_every_promise(first: int) -> None:
    assert problems_in(range(first, first + BLOCK), MONTH) == []


def test_seeds_that_were_once_wrong_stay_right() -> None:
    assert problems_in(ONCE_WRONG, MONTH) == []


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS)
def test_a_clock_that_is_put_wrong_makes_no_copy_and_wakes_nobody(jump: timedelta) -> None:
    scheme = Scheme(days=6, acts=20, jumps=(jump,))

    assert problems_in(range(20), scheme) == []


def test_after_two_days_of_standstill_nothing_stale_leaves_and_nothing_is_lost() -> None:
    scheme = Scheme(days=5, acts=1_500, people=600, outage=48 * HOUR)

    assert problems_in(range(2), scheme) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_seen(mistake: str) -> None:
    plant, invariant, scheme = MISTAKES[mistake]

    with plant():
        seed = first_seed_that_sees(invariant, scheme)

    assert seed is not None, f"{ENOUGH} seeds did not see it"
