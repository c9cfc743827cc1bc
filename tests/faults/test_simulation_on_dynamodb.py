"""
The simulated practice over DynamoDB, where nothing locks: others come in between the reads and the write of one step.

Most of it runs over tables in this process, which answer as the emulator does and whose indexes lag behind; some of it
over the emulator itself, which takes seconds for each seed. More of both: ``python -m tests.faults.simulated``.
"""

from __future__ import annotations

from typing import Final

import msgspec
import pytest

from tests.faults.simulated.mistakes import MISTAKES
from tests.faults.simulated.optimistic_mistakes import OPTIMISTIC
from tests.faults.simulated.setting import BETWEEN, MONTH, MONTH_BETWEEN, RACES_BETWEEN, Scheme
from tests.faults.simulated.stores import Keep, in_memory, in_this_process, on_emulator
from tests.faults.simulated.sweeping import ENOUGH, first_seed_that_sees, problems_in, unheard
from tests.faults.simulated.world import lived

BLOCK: Final = 10
MONTHS: Final = 20
ORDERS: Final = 100
ONCE_WRONG: Final = {MONTH_BETWEEN: (4, 80), RACES_BETWEEN: (19, 174, 186, 1154, 1917)}
"""Seeds in which something was wrong once, with the program or with its judge; they always run."""
EMULATED: Final = 2
"""Races on the emulator, of more than a thousand calls each: about two seconds on a machine with nothing else to do."""
SAME: Final = 12
ON_TIME: Final = msgspec.structs.replace(RACES_BETWEEN, days=2, acts=16, lags=(0.0,))
"""As the emulator is: its indexes are never behind."""
AS_ELSEWHERE: Final = (
    "a claim does not see a cancellation",
    "a claim does not see an opt-out",
    "an unknown is treated like a message that was not sent",
    "taken time is not written down",
    "the last receipt wins",
    "the outcome is written before the message is sent",
    "what a dead worker was sending is never looked at again",
)
"""Mistakes that every store shows; here they must be seen too."""
SOON: Final = 12
"""Seeds on the emulator within which a mistake must be seen."""


@pytest.mark.parametrize("first", range(0, MONTHS, BLOCK))
def test_a_month_keeps_every_promise(first: int) -> None:
    assert problems_in(range(first, first + BLOCK), MONTH_BETWEEN, in_this_process) == []


@pytest.mark.parametrize("first", range(0, ORDERS, BLOCK))
def test_nothing_begins_after_a_change_was_committed_between_its_reads_and_its_write(first: int) -> None:
    assert problems_in(range(first, first + BLOCK), RACES_BETWEEN, in_this_process) == []


@pytest.mark.parametrize("scheme", ONCE_WRONG, ids=["months", "races"])
def test_seeds_that_were_once_wrong_stay_right(scheme: Scheme) -> None:
    assert problems_in(ONCE_WRONG[scheme], scheme, in_this_process) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(EMULATED))
def test_races_on_the_emulator_keep_every_promise(seed: int) -> None:
    assert problems_in([seed], ON_TIME, on_emulator) == []


@pytest.mark.parametrize("mistake", OPTIMISTIC)
def test_a_mistake_that_only_a_store_without_locks_can_show_is_seen(mistake: str) -> None:
    plant, invariant = OPTIMISTIC[mistake]

    with plant():
        seed = first_seed_that_sees(invariant, RACES_BETWEEN, in_this_process)

    assert seed is not None, f"{ENOUGH} seeds did not see it"


@pytest.mark.parametrize("mistake", AS_ELSEWHERE)
def test_a_planted_mistake_is_seen_here_too(mistake: str) -> None:
    plant, invariant, scheme = MISTAKES[mistake]

    with plant():
        seed = first_seed_that_sees(invariant, BETWEEN[scheme], in_this_process)

    assert seed is not None, f"{ENOUGH} seeds did not see it"


def test_a_write_that_does_not_look_at_what_is_stored_is_seen_on_the_emulator() -> None:
    plant, invariant = OPTIMISTIC["a write does not look at what is stored"]

    with plant():
        seed = first_seed_that_sees(invariant, ON_TIME, on_emulator, within=SOON)

    assert seed is not None, f"{SOON} seeds did not see it"


def test_a_month_hands_over_what_it_hands_over_in_memory() -> None:
    assert handed_over(MONTH, in_this_process, range(SAME)) == handed_over(MONTH, in_memory, range(SAME))


def test_a_race_on_the_emulator_hands_over_what_it_hands_over_in_this_process() -> None:
    assert handed_over(ON_TIME, on_emulator, [0]) == handed_over(ON_TIME, in_this_process, [0])


def handed_over(scheme: Scheme, keep: Keep, seeds: range | list[int]) -> list[str]:
    """Return every line of every ledger."""
    lines = []
    with unheard():
        for seed in seeds:
            with lived(seed, scheme, keep) as month:
                calls = [call for carrier in month.carriers.values() for call in carrier.ledger]
            lines += [f"{seed} {call.at} {call.fate} {call.message}" for call in calls]
    return lines
