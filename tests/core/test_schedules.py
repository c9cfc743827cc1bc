"""Opening hours, free slots, and the guard against double booking."""

from datetime import UTC, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.errors import SlotTakenError
from kept.core.intervals import Interval, interval, overlaps
from kept.core.schedules import (
    Busy,
    OpenHours,
    Role,
    Schedule,
    ScheduleDay,
    days_of,
    free_slots,
    is_open,
    open_intervals,
    schedule_day_id,
)
from tests.strategies import instants_near_zone_changes

NINE = datetime(2026, 5, 4, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEW_YORK = ZoneInfo("America/New_York")

RELATIONS = {
    "before": (-3, -1, False),
    "meets": (-2, 0, False),
    "overlaps": (-1, 1, True),
    "finished by": (-1, 2, True),
    "contains": (-1, 3, True),
    "starts": (0, 1, True),
    "equals": (0, 2, True),
    "started by": (0, 3, True),
    "during": (0.5, 1.5, True),
    "finishes": (1, 2, True),
    "overlapped by": (1, 3, True),
    "met by": (2, 4, False),
    "after": (3, 5, False),
}
"""The thirteen relations of two intervals, in hours from the start of one that lasts two. Source: Allen 1983."""


def busy(start: datetime, end: datetime, appointment_id: str = "a", group: str = "") -> Busy:
    return Busy(start=start, end=end, appointment_id=appointment_id, group=group)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("offset_hours", [-10, 0, 5.5])
@pytest.mark.parametrize("relation", RELATIONS)
def test_refuses_exactly_the_relations_that_share_time(relation: str, offset_hours: float) -> None:
    first, last, is_refused = RELATIONS[relation]
    local = NINE.astimezone(timezone(timedelta(hours=offset_hours)))
    day = ScheduleDay(id="d").reserve(busy(NINE, NINE + 2 * HOUR), owner="room")
    wanted = interval(local + first * HOUR, local + last * HOUR)

    taken = None
    try:
        day.reserve(busy(wanted.start, wanted.end, "b"), owner="room")
    except SlotTakenError as error:
        taken = error

    assert (taken is not None) is is_refused
    assert taken is None or taken.taken == (interval(NINE, NINE + 2 * HOUR),)


def test_the_same_appointment_may_take_a_time_that_overlaps_its_own() -> None:
    day = ScheduleDay(id="d").reserve(busy(NINE, NINE + HOUR), owner="room")

    day = day.reserve(busy(NINE + HOUR / 2, NINE + 2 * HOUR), owner="room")

    assert [(b.start, b.end) for b in day.busy] == [(NINE + HOUR / 2, NINE + 2 * HOUR)]


def test_release_gives_the_time_back_and_touches_nothing_else() -> None:
    day = ScheduleDay(id="d").reserve(busy(NINE, NINE + HOUR), owner="room")
    day = day.reserve(busy(NINE + HOUR, NINE + 2 * HOUR, "b"), owner="room")

    assert [b.appointment_id for b in day.release("a").busy] == ["b"]
    assert day.release("nobody") == day


def test_a_group_visit_takes_as_many_as_it_has_seats() -> None:
    day = ScheduleDay(id="d")
    for seat in ("a", "b", "c"):
        day = day.reserve(busy(NINE, NINE + HOUR, seat, "group"), owner="practitioner", capacity=3)

    with pytest.raises(SlotTakenError):
        day.reserve(busy(NINE, NINE + HOUR, "d", "group"), owner="practitioner", capacity=3)


@pytest.mark.parametrize(
    ("start", "end", "group"),
    [(NINE, NINE + HOUR, ""), (NINE, NINE + HOUR, "other"), (NINE, NINE + 2 * HOUR, "group")],
    ids=["no group", "another group", "other times"],
)
def test_a_seat_is_shared_only_within_one_group_visit(start: datetime, end: datetime, group: str) -> None:
    day = ScheduleDay(id="d").reserve(busy(NINE, NINE + HOUR, "a", "group"), owner="practitioner", capacity=3)

    with pytest.raises(SlotTakenError):
        day.reserve(busy(start, end, "b", group), owner="practitioner", capacity=3)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 12), st.booleans()), max_size=30))
def test_what_is_reserved_never_overlaps(wishes: list[tuple[int, int, bool]]) -> None:
    day = ScheduleDay(id="d")
    for number, (start, length, releases) in enumerate(wishes):
        begin = NINE + timedelta(minutes=5 * start)
        try:
            day = day.reserve(busy(begin, begin + timedelta(minutes=5 * length), f"a{number}"), owner="room")
        except SlotTakenError:
            day = day.release(f"a{number - 1}") if releases else day

    pairs = [(a, b) for i, a in enumerate(day.busy) for b in day.busy[i + 1 :]]
    assert not any(overlaps(a.interval, b.interval) for a, b in pairs)
    assert list(day.busy) == sorted(day.busy, key=lambda b: b.start)


def test_an_appointment_over_midnight_touches_both_days() -> None:
    night = interval(at("2026-05-04T23:30:00+00:00"), at("2026-05-05T00:30:00+00:00"))

    assert days_of(Role.PATIENT, "p", night) == (
        schedule_day_id(Role.PATIENT, "p", night.start.date()),
        schedule_day_id(Role.PATIENT, "p", night.end.date()),
    )


WINDOWS = [
    ("America/New_York", 0, "09:30", "12:30", "2025-11-30T05:00Z", "2025-12-04T05:00Z", ["2025-12-01T14:30Z/17:30Z"]),
    ("America/New_York", 1, "10:00", "16:00", "2025-12-02T17:00Z", "2025-12-03T03:00Z", ["2025-12-02T17:00Z/21:00Z"]),
    ("America/New_York", 6, "10:00", "16:00", "2025-11-02T14:00Z", "2025-11-03T03:00Z", ["2025-11-02T15:00Z/21:00Z"]),
    ("America/New_York", 6, "01:30", "06:30", "2025-11-02T04:00Z", "2025-11-02T15:00Z", ["2025-11-02T05:30Z/11:30Z"]),
    ("America/New_York", 6, "02:30", "04:00", "2026-03-08T00:00Z", "2026-03-09T00:00Z", ["2026-03-08T07:00Z/08:00Z"]),
    ("Europe/Berlin", 0, "08:00", "12:00", "2026-03-29T00:00Z", "2026-03-31T00:00Z", ["2026-03-30T06:00Z/10:00Z"]),
    ("Europe/Berlin", 3, "22:00", "00:00", "2026-05-07T00:00Z", "2026-05-08T00:00Z", ["2026-05-07T20:00Z/22:00Z"]),
    ("Asia/Kolkata", 2, "09:00", "17:00", "2026-05-07T00:00Z", "2026-05-08T00:00Z", []),
]


@pytest.mark.parametrize(("zone", "weekday", "opens", "closes", "first", "last", "expected"), WINDOWS)
def test_opens_by_the_wall_clock_of_the_place(
    zone: str, weekday: int, opens: str, closes: str, first: str, last: str, expected: list[str]
) -> None:
    hours = (OpenHours(weekday=weekday, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes)),)

    found = open_intervals(hours, ZoneInfo(zone), interval(at(first), at(last)))

    assert [f"{i.start:%Y-%m-%dT%H:%MZ}/{i.end:%H:%MZ}" for i in found] == expected


def test_no_hours_means_always_open_but_for_times_off() -> None:
    whole = interval(NINE, NINE + 4 * HOUR)
    away = Schedule(id="s", role=Role.ROOM, name="Room", place_id="p", away=(interval(NINE, NINE + HOUR),))

    assert open_intervals((), NEW_YORK, whole) == (whole,)
    assert not is_open(away, NEW_YORK, interval(NINE + HOUR / 2, NINE + 2 * HOUR))
    assert is_open(away, NEW_YORK, interval(NINE + HOUR, NINE + 2 * HOUR))


def test_a_visit_must_lie_in_one_window() -> None:
    hours = tuple(
        OpenHours(weekday=0, opens=time.fromisoformat(a), closes=time.fromisoformat(b))
        for a, b in (("08:00", "12:00"), ("13:00", "17:00"))
    )
    schedule = Schedule(id="s", role=Role.PRACTITIONER, name="Dr A", place_id="p", hours=hours)
    noon = datetime(2026, 5, 4, 12, tzinfo=NEW_YORK)

    assert is_open(schedule, NEW_YORK, interval(noon - HOUR, noon))
    assert not is_open(schedule, NEW_YORK, interval(noon - HOUR / 2, noon + HOUR / 2))


def test_offers_the_gaps_between_busy_times() -> None:
    window = interval(NINE, NINE + 2 * HOUR)
    taken = (interval(NINE + HOUR / 2, NINE + HOUR),)

    slots = free_slots(window, taken, length=HOUR / 2, step=HOUR / 4, zone=ZoneInfo("UTC"))

    assert [f"{s.start:%H:%M}" for s in slots] == ["09:00", "10:00", "10:15", "10:30"]


def test_offers_an_hour_that_occurs_twice_once() -> None:
    window = interval(at("2026-11-01T04:00:00+00:00"), at("2026-11-01T09:00:00+00:00"))

    slots = free_slots(window, (), length=HOUR, step=HOUR, zone=NEW_YORK)

    assert [f"{s.start.astimezone(NEW_YORK):%H:%M%z}" for s in slots] == [
        "00:00-0400",
        "01:00-0400",
        "02:00-0500",
        "03:00-0500",
    ]


@given(instants_near_zone_changes())
def test_offers_nothing_in_a_gap_and_no_wall_time_twice(drawn: tuple[datetime, ZoneInfo]) -> None:
    instant, zone = drawn
    window = Interval(start=instant - 6 * HOUR, end=instant + 6 * HOUR)

    slots = free_slots(window, (), length=HOUR / 4, step=HOUR / 4, zone=zone)

    walls = [s.start.astimezone(zone).replace(tzinfo=None, fold=0) for s in slots]
    assert len(set(walls)) == len(walls)
    assert all(window.start <= s.start and s.end <= window.end for s in slots)
