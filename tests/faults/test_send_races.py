"""
Cancellations, moves, opt-outs and the beginning of the night that come between any two steps of sending.

What is judged is what the providers were handed, in the moment in which it begins.
"""

from __future__ import annotations

from typing import Final

import pytest

from tests.faults.simulated.setting import RACES
from tests.faults.simulated.sweeping import problems_in

BLOCK: Final = 100
ORDERS: Final = 2_000


@pytest.mark.parametrize("first", range(0, ORDERS, BLOCK))
def test_nothing_begins_after_a_change_was_committed(first: int) -> None:
    assert problems_in(range(first, first + BLOCK), RACES) == []
