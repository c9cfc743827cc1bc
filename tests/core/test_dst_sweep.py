"""
Every kind of clock change from 2025 to 2035: reminders and quiet hours around it are what is promised.

Zones that change at the same instants by the same steps are one kind. The answers come from an oracle that knows
nothing of gaps and overlaps: it walks along the instants, a quarter of an hour at a time, and looks at the clock on the
wall.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import pytest

from kept.core.leads import Lead, fires_at
from kept.core.quiet_hours import QuietHours, day_around, daylight_at, moved_out_of_the_night, next_day
from kept.core.zones import NOT_ZONES

pytestmark = pytest.mark.uncounted

FIRST: Final = datetime(2025, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2036, 1, 1, tzinfo=UTC)
STRIDE: Final = timedelta(days=5)
"""Shorter than the shortest stay of an offset; Morocco's in Ramadan lasts a month."""
MINUTE: Final = timedelta(minutes=1)
QUARTER: Final = timedelta(minutes=15)
NEAR: Final = timedelta(hours=3)
DAY: Final = timedelta(days=1)
QUIET: Final = QuietHours(begin=time(21), end=time(8))

Change = tuple[datetime, timedelta, timedelta]
"""When, and the offsets before and after."""


def offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


@cache
def changes_of(name: str) -> tuple[Change, ...]:
    """Return when clocks change in a zone, found by halving."""
    zone, found, at = ZoneInfo(name), [], FIRST
    while at < LAST:
        low, high = at, at + STRIDE
        before, after = offset(low, zone), offset(high, zone)
        while before != after and high - low > MINUTE:
            middle = low + (high - low) // (2 * MINUTE) * MINUTE
            low, high = (middle, high) if offset(middle, zone) == before else (low, middle)
        if before != after:
            found.append((high, before, after))
        at += STRIDE
    return tuple(found)


@cache
def kinds() -> dict[tuple[Change, ...], str]:
    """Return one zone for each distinct series of changes."""
    names = sorted(available_timezones() - NOT_ZONES)
    series = {changes_of(name): name for name in reversed(names)}
    return {changes: name for changes, name in series.items() if changes}


def instants_around(at: datetime) -> Iterator[datetime]:
    """Yield every quarter of an hour within three hours, and so both readings of a wall time that occurs twice."""
    for step in range(-(NEAR // QUARTER), NEAR // QUARTER + 1):
        yield at + step * QUARTER


@cache
def walked(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which clocks show a wall time, or have jumped over it: by walking there."""
    at = wall.replace(tzinfo=UTC) - timedelta(hours=15)
    shown = at.astimezone(zone).replace(tzinfo=None)
    while shown < wall:
        at += max(wall - shown - NEAR, QUARTER)
        shown = at.astimezone(zone).replace(tzinfo=None)
    return at


def all_changes() -> list[tuple[str, datetime]]:
    return [(name, at) for changes, name in sorted(kinds().items(), key=lambda kind: kind[1]) for at, _, _ in changes]


def test_the_sweep_meets_every_kind_of_change_there_is() -> None:
    steps = {after - before for changes in kinds() for _, before, after in changes}
    zones = [name for name in available_timezones() - NOT_ZONES if changes_of(name)]

    assert len(kinds()) > 25
    assert len(zones) > 150
    assert {timedelta(hours=1), timedelta(hours=-1), timedelta(minutes=30), timedelta(minutes=-30)} <= steps


def starts_around(change: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield instants around a change, a day of elapsed time after them, and a day later by the clock on the wall."""
    for near in instants_around(change):
        wall = near.astimezone(zone).replace(tzinfo=None, fold=0)
        yield from {walked(wall + DAY, zone), near + DAY, near}


def days_before_that_are_wrong(day_before: Callable[[datetime, ZoneInfo], datetime]) -> list[tuple[str, datetime]]:
    """Return visits around changes, and a day after them, that are reminded of at another time than agreed."""
    wrong = []
    for name, change in all_changes():
        zone = ZoneInfo(name)
        for start in starts_around(change, zone):
            agreed = start.astimezone(zone).replace(tzinfo=None, fold=0)
            if day_before(start, zone) != walked(agreed - DAY, zone):
                wrong.append((name, start))
    return wrong


def test_a_day_before_is_the_same_wall_time_or_the_jump_over_it() -> None:
    assert days_before_that_are_wrong(lambda start, zone: fires_at(start, zone, Lead(days=1))) == []


def test_the_sweep_sees_days_that_are_taken_for_24_hours() -> None:
    assert len(days_before_that_are_wrong(lambda start, _zone: start - DAY)) > len(all_changes())


@pytest.mark.parametrize("lead", [timedelta(hours=24), timedelta(hours=1), timedelta(minutes=90)], ids=str)
def test_hours_before_are_hours_that_pass(lead: timedelta) -> None:
    wrong = []

    for name, change in all_changes():
        for start in instants_around(change):
            fired = fires_at(start, ZoneInfo(name), Lead(exact=lead))
            if (start - fired, fired.utcoffset()) != (lead, timedelta(0)):
                wrong.append((name, start))

    assert wrong == []


def test_it_is_night_when_the_clock_on_the_wall_says_so() -> None:
    wrong = []

    for name, change in all_changes():
        zone = ZoneInfo(name)
        for at in (*instants_around(change), *instants_around(change - 9 * 4 * QUARTER)):
            shown = at.astimezone(zone).time()
            day = day_around(at, QUIET, (zone,))
            if (day is not None) is not (QUIET.end <= shown < QUIET.begin):
                wrong.append((name, at, "day"))
            if day and (day.end.astimezone(zone).time(), day.start.astimezone(zone).time()) != (QUIET.begin, QUIET.end):
                wrong.append((name, at, "hours"))

    assert wrong == []


def test_what_would_wake_somebody_leaves_by_day_before_it_is_too_late() -> None:
    wrong: list[tuple[str, datetime, object]] = []

    for name, change in all_changes():
        zone = ZoneInfo(name)
        for due in instants_around(change):
            moved = moved_out_of_the_night(due, QUIET, (zone,), deadline=due + 18 * 4 * QUARTER, now=due - 2 * DAY)
            light = daylight_at(moved, QUIET, (zone,))
            shown = moved.astimezone(zone).time()
            if light.until is None or not QUIET.end <= shown < QUIET.begin or moved > due + 18 * 4 * QUARTER:
                wrong.append((name, due, moved))
            if next_day(due, QUIET, (zone,)) != max(due, walked_to_day(due, zone)):
                wrong.append((name, due, "next day"))

    assert wrong == []


def walked_to_day(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant from here on at which clocks show day: by walking there."""
    while not QUIET.end <= at.astimezone(zone).time() < QUIET.begin:
        at += QUARTER
    return at
