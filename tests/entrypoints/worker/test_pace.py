"""How many may leave in a stretch of time, and whose turn it is when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.entrypoints.worker.pace import LOST_AFTER, SWEEP_EVERY, Pace

NOW = datetime(2026, 5, 4, 13, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Crowd:
    """Comes when told, and leaves when let."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.told: dict[int, datetime] = {}
        self.left: list[datetime] = []

    def come(self, who: int, now: datetime) -> None:
        """Ask, as a gate does: first for a turn, then to leave."""
        turn = self.pace.turn(str(who), now=now)
        later = turn if turn > now else self.pace.leave(str(who), now=now)
        self.told.pop(who, None)
        if later:
            self.told[who] = later
        else:
            self.left.append(now)

    def due(self, now: datetime) -> list[int]:
        """Return who was told to come by now, longest first."""
        return sorted((who for who, at in self.told.items() if at <= now), key=lambda who: self.told[who])


def most_in_any_stretch(left: list[datetime], rate: float) -> float:
    """Return by how many more than rate * t left in the worst stretch."""
    return max(
        (last - first + 1) - rate * (left[last] - left[first]).total_seconds()
        for first in range(len(left))
        for last in range(first, len(left))
    )


@given(
    rate=st.sampled_from([0.5, 1.0, 3.0, 7.0, 20.0]),
    burst=st.integers(1, 30),
    pauses=st.lists(st.sampled_from([0.0, 0.001, 0.05, 0.4, 1.0, 7.0, 60.0]), min_size=1, max_size=60),
    newcomers=st.lists(st.integers(0, 8), min_size=1, max_size=60),
)
def test_never_more_leave_than_the_rate_allows_however_late_they_come(
    rate: float, burst: int, pauses: list[float], newcomers: list[int]
) -> None:
    crowd, now, count = Crowd(Pace(rate, burst=burst)), NOW, 0

    for pause, number in zip(pauses, newcomers, strict=False):
        now += timedelta(seconds=pause)
        for who in [*crowd.due(now), *range(count, count + number)]:
            crowd.come(who, now)
        count += number

    assert not crowd.left or most_in_any_stretch(crowd.left, rate) <= burst + 1e-6


@pytest.mark.parametrize(("rate", "burst"), [(1.0, 2), (10.0, 10), (14.0, 14), (0.25, 2)])
def test_a_crowd_leaves_at_the_rate_and_everybody_is_told_once(rate: float, burst: int) -> None:
    crowd, told = Crowd(Pace(rate)), 0
    for who in range(500):
        crowd.come(who, NOW)
    told = len(crowd.told)

    while crowd.told:
        now = min(crowd.told.values())
        for who in crowd.due(now):
            crowd.come(who, now)
            told += who in crowd.told

    assert told == 500 - burst
    assert (crowd.left[-1] - NOW).total_seconds() == pytest.approx((500 - burst) / rate, rel=0.001)


def test_turns_are_a_gap_apart_and_stay_whose_they_are() -> None:
    pace = Pace(4.0, burst=1)

    turns = [pace.turn(str(n), now=NOW) for n in range(5)]

    assert {later - sooner for sooner, later in pairwise(turns)} == {SECOND / 4}
    assert [pace.turn(str(n), now=NOW) for n in range(5)] == turns


def test_a_turn_that_is_taken_back_is_the_next_ones() -> None:
    pace = Pace(1.0, burst=1)
    pace.turn("first", now=NOW)
    mark = pace.mark("second")
    given_back = pace.turn("second", now=NOW)

    pace.take_back(mark)

    assert pace.turn("third", now=NOW) == given_back


def test_a_turn_of_old_stays_with_somebody_who_comes_again_and_with_nobody_else() -> None:
    pace = Pace(1.0, burst=1)
    pace.turn("first", now=NOW)
    turn = pace.turn("second", now=NOW)

    pace.take_back(pace.mark("second"), comes_again=True)
    kept = pace.turn("second", now=NOW)
    pace.take_back(pace.mark("second"))

    assert kept == turn
    assert pace.turn("second", now=NOW) > turn


def test_a_turn_before_a_rest_is_given_up_for_one_after_it() -> None:
    pace = Pace(1.0, burst=1)
    pace.turn("first", now=NOW)
    rested = NOW + 60 * SECOND

    assert pace.turn("first", now=NOW, not_before=rested) == rested
    assert pace.turn("first", now=NOW, not_before=rested) == rested
    assert pace.turn("second", now=NOW, not_before=rested) == rested + SECOND


def test_those_who_come_late_together_leave_one_after_the_other() -> None:
    pace = Pace(1.0, burst=1)
    for n in range(4):
        pace.turn(str(n), now=NOW)
    late = NOW + 60 * SECOND

    told = [pace.leave(str(n), now=late) for n in range(4)]

    assert told == [None, late + SECOND, late + 2 * SECOND, late + 3 * SECOND]


def test_turns_that_nobody_comes_for_are_thrown_away() -> None:
    pace = Pace(1_000.0)
    first = pace.turn("lost", now=NOW)
    later = NOW + LOST_AFTER + 10 * SECOND

    for n in range(SWEEP_EVERY):
        pace.turn(str(n), now=later)

    assert first == NOW
    assert pace.mark("lost").turn is None


def test_begins_anew_when_the_clock_was_set() -> None:
    pace = Pace(1.0, burst=1)
    for n in range(100):
        pace.turn(str(n), now=NOW)
    before = NOW - timedelta(hours=5)

    pace.forget()

    assert pace.turn("0", now=before) == before
