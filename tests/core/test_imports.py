from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.imports import arrival_id, desk_id, next_free_start
from kept.core.intervals import Interval, overlaps

OPENS = datetime(2016, 5, 4, 10, tzinfo=UTC)
DAY = Interval(start=OPENS, end=OPENS + timedelta(hours=2))
QUARTER = timedelta(minutes=15)


def at(minutes: int) -> datetime:
    """Return an instant so many minutes after the opening."""
    return OPENS + timedelta(minutes=minutes)


def taken(*stretches: tuple[int, int]) -> list[Interval]:
    """Return busy stretches by their minutes."""
    return [Interval(start=at(first), end=at(last)) for first, last in stretches]


@pytest.mark.parametrize(
    ("busy", "not_before", "expected"),
    [
        pytest.param([], None, 0, id="an empty day"),
        pytest.param([(0, 15), (15, 30)], None, 30, id="after what is taken"),
        pytest.param([(15, 30)], None, 0, id="a gap before"),
        pytest.param([(30, 45), (0, 15)], None, 15, id="a gap between, in any order"),
        pytest.param([(0, 20)], None, 30, id="the next point of the grid"),
        pytest.param([(5, 10)], None, 15, id="a short stretch inside a slot"),
        pytest.param([(-30, 5)], None, 15, id="a stretch from before the opening"),
        pytest.param([(0, 60), (10, 20)], None, 60, id="one stretch inside another"),
        pytest.param([], 20, 30, id="not before an instant"),
        pytest.param([], -60, 0, id="an instant before the opening"),
        pytest.param([(30, 45)], 20, 45, id="not before, and taken"),
        pytest.param([(0, 105)], None, 105, id="the last slot"),
        pytest.param([(0, 106)], None, None, id="too little left"),
        pytest.param([(0, 120)], None, None, id="a full day"),
        pytest.param([], 110, None, id="too late"),
    ],
)
def test_the_next_free_start(busy: list[tuple[int, int]], not_before: int | None, expected: int | None) -> None:
    earliest = None if not_before is None else at(not_before)

    start = next_free_start(DAY, taken(*busy), length=QUARTER, not_before=earliest)

    assert start == (None if expected is None else at(expected))


@given(
    st.lists(st.tuples(st.integers(-60, 150), st.integers(1, 90)), max_size=12),
    st.integers(1, 60),
    st.one_of(st.none(), st.integers(-30, 150)),
)
def test_it_is_the_first_of_the_grid_that_is_free(
    busy: list[tuple[int, int]], length: int, not_before: int | None
) -> None:
    stretches = taken(*((first, first + minutes) for first, minutes in busy))
    step = timedelta(minutes=length)
    earliest = None if not_before is None else at(not_before)
    grid = [DAY.start + step * n for n in range(DAY.duration // step)]
    free = [
        start
        for start in grid
        if (earliest is None or start >= earliest)
        and not any(overlaps(Interval(start=start, end=start + step), stretch) for stretch in stretches)
    ]

    assert next_free_start(DAY, stretches, length=step, not_before=earliest) == (free[0] if free else None)


def test_ids_are_the_same_whenever_they_are_made() -> None:
    assert arrival_id("north", "1") == arrival_id("north", "1")
    assert len({arrival_id("north", "1"), arrival_id("south", "1"), arrival_id("north", "2")}) == 3
    assert desk_id("centro", 3) == "centro:3"
