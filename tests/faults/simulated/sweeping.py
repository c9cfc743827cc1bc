"""Live through many seeds, as quickly as they can be."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog

from tests.faults.simulated.invariants import problems_of
from tests.faults.simulated.setting import Scheme
from tests.faults.simulated.stores import Keep, in_memory
from tests.faults.simulated.world import lived
from tests.uncounted import uncounted

ENOUGH: Final = 200
"""Seeds within which a planted mistake must be seen."""


def problems_in(seeds: Iterable[int], scheme: Scheme, keep: Keep = in_memory) -> list[str]:
    """Return everything that is wrong with these seeds; each line names its seed and step."""
    with unheard():
        return [problem for seed in seeds for problem in _problems(seed, scheme, keep)]


def first_seed_that_sees(invariant: str, scheme: Scheme, keep: Keep = in_memory, *, within: int = ENOUGH) -> int | None:
    """Return the first seed in which an invariant is broken, or None."""
    with unheard():
        for seed in range(within):
            if any(problem.startswith(f"{invariant} ") for problem in _problems(seed, scheme, keep)):
                return seed
    return None


def _problems(seed: int, scheme: Scheme, keep: Keep) -> list[str]:
    with lived(seed, scheme, keep) as month:
        return problems_of(month)


@contextmanager
def unheard() -> Iterator[None]:
    """Count no lines and write no log meanwhile."""
    writing = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        with uncounted():
            yield
    finally:
        structlog.configure(**writing)
