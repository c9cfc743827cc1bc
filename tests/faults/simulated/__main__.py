"""
Run simulations by hand.

``python -m tests.faults.simulated 0 2000`` lives through months; with ``races`` behind it, through races instead.
``mistakes`` alone looks for each planted mistake and prints at which seed it was found.
"""

from __future__ import annotations

import logging
import sys
import time
import zoneinfo

import structlog

from tests.faults.simulated.invariants import problems_of
from tests.faults.simulated.mistakes import MISTAKES
from tests.faults.simulated.setting import MONTH, RACES, Scheme
from tests.faults.simulated.sweeping import first_seed_that_sees
from tests.faults.simulated.world import lived


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def sweep(first: int, end: int, scheme: Scheme) -> int:
    """Live through seeds; return how many were wrong."""
    began, wrong, calls = time.process_time(), 0, 0
    for seed in range(first, end):
        month = lived(seed, scheme)
        found = problems_of(month)
        calls += sum(len(carrier.ledger) for carrier in month.carriers.values())
        wrong += bool(found)
        for line in found:
            say(line)
    seconds = time.process_time() - began
    say(f"{end - first} seeds, {calls} messages handed over, {wrong} seeds wrong, {seconds:.0f} s of one processor")
    return wrong


def look_for_mistakes() -> int:
    """Look for each planted mistake; return how many were missed."""
    missed = 0
    for name, (plant, invariant, scheme) in MISTAKES.items():
        with plant():
            seed = first_seed_that_sees(invariant, scheme)
        missed += seed is None
        say(f"{invariant:4} {'missed' if seed is None else f'seed {seed}':9} {name}")
    return missed


if __name__ == "__main__":
    zoneinfo.reset_tzpath(to=[])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if sys.argv[1:] == ["mistakes"]:
        sys.exit(bool(look_for_mistakes()))
    first, end, *rest = sys.argv[1:]
    sys.exit(bool(sweep(int(first), int(end), RACES if rest else MONTH)))
