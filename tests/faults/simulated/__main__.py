"""
Run simulations by hand.

``python -m tests.faults.simulated 0 2000`` lives through months, in memory. Words behind it choose otherwise: ``races``
lives through races instead, ``dynamodb`` keeps everything in tables in this process, ``emulator`` in those of an
emulator. ``mistakes`` alone looks for each planted mistake, in memory and in tables in this process, and prints at
which seed it was found.
"""

from __future__ import annotations

import logging
import sys
import time
import zoneinfo
from collections.abc import Callable
from typing import Final

import structlog

from tests.faults.simulated.invariants import problems_of
from tests.faults.simulated.mistakes import MISTAKES, Planting
from tests.faults.simulated.optimistic_mistakes import OPTIMISTIC
from tests.faults.simulated.setting import BETWEEN, MONTH, RACES, RACES_BETWEEN, Scheme
from tests.faults.simulated.stores import Keep, in_memory, in_this_process, on_emulator
from tests.faults.simulated.sweeping import first_seed_that_sees
from tests.faults.simulated.world import lived

Hunt = tuple[str, Callable[[], Planting], str, Scheme, Keep]
STORES: Final = {"dynamodb": in_this_process, "emulator": on_emulator}


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def sweep(first: int, end: int, scheme: Scheme, keep: Keep) -> int:
    """Live through seeds; return how many were wrong."""
    began, wrong, calls = time.process_time(), 0, 0
    for seed in range(first, end):
        with lived(seed, scheme, keep) as month:
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
    hunts: list[Hunt] = []
    for name, (plant, invariant, scheme) in MISTAKES.items():
        hunts += [
            (name, plant, invariant, scheme, in_memory),
            (name, plant, invariant, BETWEEN[scheme], in_this_process),
        ]
    for name, (plant, invariant) in OPTIMISTIC.items():
        hunts.append((name, plant, invariant, RACES_BETWEEN, in_this_process))
    return sum(is_missed(*hunt) for hunt in hunts)


def is_missed(name: str, plant: Callable[[], Planting], invariant: str, scheme: Scheme, keep: Keep) -> bool:
    """Look for one mistake, and say whether it was found."""
    with plant():
        seed = first_seed_that_sees(invariant, scheme, keep)
    store = "memory" if keep is in_memory else "tables"
    say(f"{invariant:4} {store} {'missed' if seed is None else f'seed {seed}':9} {name}")
    return seed is None


def chosen(words: list[str]) -> tuple[Scheme, Keep]:
    """Return what some words choose: races or months, and in which store."""
    keep = next((STORES[word] for word in words if word in STORES), in_memory)
    scheme = RACES if "races" in words else MONTH
    return scheme if keep is in_memory else BETWEEN[scheme], keep


if __name__ == "__main__":
    zoneinfo.reset_tzpath(to=[])
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if sys.argv[1:] == ["mistakes"]:
        sys.exit(bool(look_for_mistakes()))
    first, end, *words = sys.argv[1:]
    sys.exit(bool(sweep(int(first), int(end), *chosen(words))))
