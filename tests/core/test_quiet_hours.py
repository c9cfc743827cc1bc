"""Nobody is written to at night."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from kept.core.errors import InvalidInputError
from kept.core.quiet_hours import (
    EVENING_MARGIN,
    QuietHours,
    day_around,
    evening_before,
    moved_out_of_the_night,
    next_day,
)
from tests.strategies import instants_near_zone_changes

QUIET = QuietHours()
EAST = (ZoneInfo("America/New_York"),)
EAST_AND_HAWAII = (ZoneInfo("America/New_York"), ZoneInfo("Pacific/Honolulu"))
FAR_APART = (ZoneInfo("UTC"), ZoneInfo("Etc/GMT-12"))
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def eastern(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=EAST[0]).astimezone(UTC)


@pytest.mark.parametrize(
    ("begin", "end", "code"),
    [(time(21, 1), time(8), "too_narrow"), (time(20), time(7, 59), "too_narrow"), (time(9), time(9), "no_day_left")],
)
def test_a_practice_may_give_more_peace_and_never_less(begin: time, end: time, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        QuietHours(begin=begin, end=end)

    assert caught.value.problems[0].code == code
    assert QuietHours(begin=time(21), end=time(8)).begin == time(21)


@pytest.mark.parametrize(
    ("wall", "is_day"),
    [("07:59:59", False), ("08:00:00", True), ("19:59:59", True), ("20:00:00", False), ("00:00:00", False)],
)
def test_day_is_half_open(wall: str, *, is_day: bool) -> None:
    assert (day_around(eastern(f"2026-05-04T{wall}"), QUIET, EAST) is not None) is is_day


def test_a_number_from_elsewhere_is_written_to_while_it_is_day_in_both_places() -> None:
    morning = eastern("2026-05-04T09:00:00")

    opens = next_day(morning, QUIET, EAST_AND_HAWAII)

    assert opens == eastern("2026-05-04T14:00:00")
    assert day_around(morning, QUIET, EAST_AND_HAWAII) is None


def test_zones_that_share_no_day_share_none() -> None:
    assert next_day(eastern("2026-07-04T09:00:00"), QUIET, FAR_APART) is None
    assert evening_before(eastern("2026-07-04T09:00:00"), QUIET, FAR_APART) is None


MOVES = [
    ("by day it stays", "2026-05-04T09:00:00", "2026-05-05T03:00:00", "2026-05-04T09:00:00"),
    ("early it waits for the morning", "2026-05-04T07:30:00", "2026-05-05T01:30:00", "2026-05-04T08:00:00"),
    ("late it waits for the morning", "2026-05-04T23:00:00", "2026-05-05T17:00:00", "2026-05-05T08:00:00"),
    (
        "an hour before 07:30 it goes the evening before",
        "2026-05-04T06:30:00",
        "2026-05-04T07:15:00",
        "2026-05-03T19:30:00",
    ),
]


@pytest.mark.parametrize(("due", "deadline", "expected"), [m[1:] for m in MOVES], ids=[m[0] for m in MOVES])
def test_what_is_due_at_night_moves(due: str, deadline: str, expected: str) -> None:
    moved = moved_out_of_the_night(eastern(due), QUIET, EAST, deadline=eastern(deadline), now=LONG_AGO)

    assert moved == eastern(expected)


def test_nothing_is_moved_into_the_past() -> None:
    due, deadline = eastern("2026-05-04T06:30:00"), eastern("2026-05-04T07:15:00")

    assert moved_out_of_the_night(due, QUIET, EAST, deadline=deadline, now=eastern("2026-05-03T22:00:00")) == due


@given(instants_near_zone_changes())
def test_what_moves_lands_by_day_and_no_later_than_its_use(drawn: tuple[datetime, ZoneInfo]) -> None:
    due, zone = drawn
    deadline = due + timedelta(minutes=45)

    moved = moved_out_of_the_night(due, QUIET, (zone,), deadline=deadline, now=LONG_AGO)

    wall = moved.astimezone(zone).time()
    assert QUIET.end <= wall < QUIET.begin
    assert moved <= deadline - EVENING_MARGIN or moved == due


@given(instants_near_zone_changes())
def test_the_next_day_begins_no_earlier_and_within_a_day(drawn: tuple[datetime, ZoneInfo]) -> None:
    instant, zone = drawn

    opens = next_day(instant, QUIET, (zone,))

    assert opens is not None
    assert instant <= opens <= instant + timedelta(hours=14)
    assert day_around(opens, QUIET, (zone,)) is not None
