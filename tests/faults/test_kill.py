"""
Kill the program at every step of booking and sending, start it again, and ask the providers what they got.

A failure prints the point and the seed: ``pytest tests/faults/test_kill.py --kill 'POINT' SEED`` runs it again.
"""

from __future__ import annotations

import signal
from typing import Final

import pytest

from tests.faults.killing import Nursery
from tests.faults.planted_bugs import PLANTED
from tests.faults.traps import POINTS, SENDING

SEEDS: Final = 25
SEEDS_OF_TERM: Final = 4
ALWAYS: Final[dict[str, tuple[int, ...]]] = {
    "provider: no answer yet": (70,),  # opted out while unknown: fell back without asking, and both channels took it
}
"""Further seeds, by point: whoever finds one beyond the first 25 that fails writes it down here, and it stays."""
CAUGHT_BY: Final = {
    "outcome before the send": ("none lost", ["sending: before the connection"]),
    "no fence": ("no extra", ["sending: outcome committed"]),
    "expired leases are due again": ("no extra", ["provider: no answer yet", "provider: answer unread"]),
    "answer before the commit": ("acknowledged is durable", ["booking: before the commit"]),
    "planning in a second transaction": ("none lost", ["booking: before the answer"]),
    "opt-out by spelling": ("none to opted-out", list(SENDING)),
    "claim without looking again": ("none after cancel or move", list(SENDING)),
    "days are not kept": ("double booking", ["booking: before the answer"]),
}
"""Planted mistake -> the invariant that must see it, and the points at which it is looked for."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seeds" not in metafunc.fixturenames:
        return
    chosen = metafunc.config.getoption("--kill", default=None)
    count = SEEDS_OF_TERM if "told_to_end" in metafunc.function.__name__ else SEEDS
    if chosen:
        cases = [(chosen[0], (int(chosen[1]),))]
    else:
        cases = [(point, (*range(count), *ALWAYS.get(point, ()))) for point in POINTS]
    metafunc.parametrize(("point", "seeds"), cases, ids=[point for point, _ in cases])


def test_a_program_killed_at_any_step_keeps_the_promise(point: str, seeds: tuple[int, ...], nursery: Nursery) -> None:
    failures = [failure for seed in seeds for failure in failures_of(nursery, point, seed)]

    assert not failures, "\n".join(failures)


def test_a_program_told_to_end_at_any_step_ends_in_time_and_leaves_nothing_under_way(
    point: str, seeds: tuple[int, ...], nursery: Nursery
) -> None:
    failures = [failure for seed in seeds for failure in failures_of(nursery, point, seed, how=signal.SIGTERM)]

    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("bug", sorted(PLANTED))
def test_a_planted_mistake_is_found(bug: str, nursery: Nursery) -> None:
    invariant, points = CAUGHT_BY[bug]

    assert nursery.sees(bug, invariant, points, SEEDS), f"{SEEDS} seeds at {points} did not see it"


def test_every_planted_mistake_has_an_invariant_that_must_see_it() -> None:
    assert set(CAUGHT_BY) == set(PLANTED)


def failures_of(nursery: Nursery, point: str, seed: int, *, how: signal.Signals = signal.SIGKILL) -> list[str]:
    """Return what is wrong with a run, each with how to see it again."""
    verdict = nursery.verdict(point, seed, how=how)
    again = f"pytest tests/faults/test_kill.py --kill {point!r} {seed}"
    found = [*verdict.problems]
    if not verdict.was_killed:
        found.append(f"the point was never passed, so nothing was killed ({POINTS[point]})")
    return [f"{problem}\n    {how.name} at {point!r}, seed {seed}; again: {again}" for problem in found]
