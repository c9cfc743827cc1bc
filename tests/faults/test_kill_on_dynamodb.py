"""
Kill the program before and after each call that a step makes to DynamoDB, start it again, and ask the providers.

The tables are in a process of their own, as on AWS; some deaths happen over the emulator, which takes seconds for each.
A failure prints the point and the seed; ``pytest tests/faults/test_kill_on_dynamodb.py --kill 'POINT' SEED`` runs it
again. So does any other seed: the first few of each point in which the point is passed are those of every day.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from typing import Final

import pytest

from tests.aws.emulator import session_emulator
from tests.faults.keeping import EMULATOR, Keeping
from tests.faults.killing import Nursery
from tests.faults.planted_bugs import CALLED as BUGS_OF_CALLED
from tests.faults.planted_bugs import PLANTED
from tests.faults.recovery import Verdict
from tests.faults.traps import CALLED, CALLS, PROVIDER

DEATHS: Final = 2
"""For each point."""
MOST_SEEDS: Final = 40
"""So many runs at most are begun for a point: not each of them moves or cancels a visit."""
EMULATED: Final = ("booking: after a write", "claiming: after a write")
"""Points at which a program dies over the emulator, once each."""
BEGINNING: Final = [point for point in CALLED if point.startswith(("claiming", "sending"))]
CAUGHT_BY: Final = {
    "outcome before the send": ("none lost", ["sending: before the connection"]),
    "no fence": ("no extra", ["recording: after a write"]),
    "expired leases are due again": ("no extra", ["provider: no answer yet", "provider: answer unread"]),
    "answer before the commit": ("acknowledged is durable", ["booking: before a write"]),
    "planning in a second transaction": ("none lost", ["booking: after a write"]),
    "opt-out by spelling": ("none to opted-out", BEGINNING),
    "claim without looking again": ("none after cancel or move", BEGINNING),
    "days are not kept": ("double booking", ["booking: after a write"]),
    "a commit in parts": ("none lost", ["cancelling: after a write", "moving: after a write"]),
    "applied before it is": ("acknowledged is durable", ["receipts: before a write"]),
    "accepted counts as delivered": ("nobody has said so", ["recording: after a write"]),
    "nothing is forgotten": ("forgotten", ["booking: after a write"]),
}
"""Planted mistake -> the invariant that must see it, and the points at which it is looked for."""
SEEDS: Final = 25
"""Within which a planted mistake must be seen."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery(Keeping.DYNAMODB) as made:
        yield made


@pytest.fixture(scope="module")
def emulating() -> Iterator[Nursery]:
    with Nursery(Keeping.EMULATOR, **{EMULATOR: session_emulator().url}) as made:
        yield made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seeds" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--kill", default=None)
    cases = [(chosen[0], (int(chosen[1]),))] if chosen else [(point, tuple(range(MOST_SEEDS))) for point in CALLED]
    metafunc.parametrize(("point", "seeds"), cases, ids=[point for point, _ in cases])


def test_a_program_killed_at_any_call_keeps_the_promise(point: str, seeds: tuple[int, ...], nursery: Nursery) -> None:
    verdicts = dict(islice(deaths(nursery, point, seeds), DEATHS))

    failures = [f"{problem}\n    {again(point, seed)}" for seed, died in verdicts.items() for problem in died.problems]
    assert not failures, "\n".join(failures)
    assert len(verdicts) == min(DEATHS, len(seeds)), f"the point is hardly ever passed ({CALLED[point]})"


@pytest.mark.slow
@pytest.mark.parametrize("point", EMULATED)
def test_a_program_killed_over_the_emulator_keeps_the_promise(point: str, emulating: Nursery) -> None:
    seed, died = next(deaths(emulating, point, count()))

    assert not died.problems, (point, seed)


@pytest.mark.parametrize("bug", sorted(CAUGHT_BY))
def test_a_planted_mistake_is_found(bug: str, nursery: Nursery) -> None:
    invariant, points = CAUGHT_BY[bug]

    assert nursery.sees(bug, invariant, points, SEEDS), f"{SEEDS} seeds at {points} did not see it"


def test_every_planted_mistake_has_an_invariant_that_must_see_it() -> None:
    assert set(CAUGHT_BY) == {*PLANTED, *BUGS_OF_CALLED}


def test_the_places_in_the_middle_of_a_sending_are_among_those_of_its_calls() -> None:
    assert set(PROVIDER) | set(CALLS) < set(CALLED)


def deaths(nursery: Nursery, point: str, seeds: tuple[int, ...] | count[int]) -> Iterator[tuple[int, Verdict]]:
    """Yield the seeds in whose runs a point is passed, each with what became of the run."""
    verdicts = ((seed, nursery.verdict(point, seed)) for seed in seeds)
    return ((seed, verdict) for seed, verdict in verdicts if verdict.was_killed)


def again(point: str, seed: int) -> str:
    """Return how to see it again."""
    return f"SIGKILL; again: pytest tests/faults/test_kill_on_dynamodb.py --kill {point!r} {seed}"
