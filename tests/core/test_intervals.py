from datetime import UTC, date, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.errors import InvalidInputError
from kept.core.intervals import (
    Interval,
    NaiveTimeError,
    in_utc,
    interval,
    overlaps,
    subtract,
    utc_days,
)

DAY = datetime(2026, 5, 4, tzinfo=UTC)

ALLEN = [
    ("before", (1, 2), (3, 5), False),
    ("meets", (1, 3), (3, 5), False),
    ("overlaps", (1, 4), (3, 5), True),
    ("starts", (3, 4), (3, 5), True),
    ("during", (4, 5), (3, 6), True),
    ("finishes", (4, 5), (3, 5), True),
    ("equals", (3, 5), (3, 5), True),
    ("finished-by", (3, 5), (4, 5), True),
    ("contains", (3, 6), (4, 5), True),
    ("started-by", (3, 5), (3, 4), True),
    ("overlapped-by", (3, 5), (1, 4), True),
    ("met-by", (3, 5), (1, 3), False),
    ("after", (3, 5), (1, 2), False),
]


def hours(start: int, end: int, offset: float = 0) -> Interval:
    """Return the interval between two hours of a day in UTC, given with another offset."""
    zone = timezone(timedelta(hours=offset))
    return interval(
        (DAY + timedelta(hours=start)).astimezone(zone),
        (DAY + timedelta(hours=end)).astimezone(zone),
    )


spans = st.builds(
    lambda start, length: hours(start, start + length),
    st.integers(0, 60),
    st.integers(1, 12),
)


def instants(intervals: tuple[Interval, ...]) -> set[datetime]:
    """Return the whole hours inside: a second way to say what intervals hold."""
    return {at for at in (DAY + timedelta(hours=n) for n in range(96)) if any(i.start <= at < i.end for i in intervals)}


@pytest.mark.parametrize("offset", [0, -4, 5.75], ids=["utc", "new-york", "kathmandu"])
@pytest.mark.parametrize(("a", "b", "expected"), [row[1:] for row in ALLEN], ids=[row[0] for row in ALLEN])
def test_overlap_follows_allens_relations_in_any_offset(
    a: tuple[int, int], b: tuple[int, int], *, expected: bool, offset: float
) -> None:
    first, second = hours(*a), hours(*b, offset=offset)

    assert overlaps(first, second) is expected


@given(spans, spans)
def test_overlap_is_symmetric_and_means_a_shared_instant(a: Interval, b: Interval) -> None:
    shared = instants((a,)) & instants((b,))

    assert overlaps(a, b) is overlaps(b, a) is bool(shared)


def test_an_interval_is_kept_in_utc() -> None:
    start = datetime(2026, 5, 4, 9, 0, tzinfo=timezone(timedelta(hours=-4)))

    kept = interval(start, start + timedelta(minutes=30))

    assert kept == Interval(start=datetime(2026, 5, 4, 13, 0, tzinfo=UTC), end=datetime(2026, 5, 4, 13, 30, tzinfo=UTC))
    assert kept.start.tzinfo is kept.end.tzinfo is UTC
    assert kept.duration == timedelta(minutes=30)


def test_an_interval_survives_its_bytes() -> None:
    kept = hours(9, 10)

    assert msgspec.json.decode(msgspec.json.encode(kept), type=Interval) == kept


@pytest.mark.parametrize("length", [timedelta(0), timedelta(minutes=-1)], ids=["empty", "backwards"])
def test_an_end_that_is_not_after_the_start_is_refused(length: timedelta) -> None:
    with pytest.raises(InvalidInputError, match="give a later end") as caught:
        interval(DAY, DAY + length)

    assert [(p.field, p.code) for p in caught.value.problems] == [("end", "before_start")]


def test_the_end_is_compared_as_an_instant_not_as_text() -> None:
    start = datetime(2026, 5, 4, 9, 0, tzinfo=timezone(timedelta(hours=-4)))
    end = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

    with pytest.raises(InvalidInputError, match="not after the start"):
        interval(start, end)


@pytest.mark.parametrize(
    ("start", "end", "field"), [(DAY.replace(tzinfo=None), DAY, "start"), (DAY, DAY.replace(tzinfo=None), "end")]
)
def test_a_naive_time_is_refused_by_name(start: datetime, end: datetime, field: str) -> None:
    with pytest.raises(NaiveTimeError) as caught:
        interval(start, end)

    assert [(p.field, p.code) for p in caught.value.problems] == [(field, "naive_time")]


def test_an_instant_beyond_the_calendar_is_refused() -> None:
    last = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12)))

    with pytest.raises(InvalidInputError) as caught:
        in_utc(last, field="start")

    assert caught.value.problems[0].code == "too_far"


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        ([], [(9, 17)]),
        ([(9, 17)], []),
        ([(8, 18)], []),
        ([(12, 13)], [(9, 12), (13, 17)]),
        ([(8, 10)], [(10, 17)]),
        ([(16, 18)], [(9, 16)]),
        ([(7, 9), (17, 18)], [(9, 17)]),
        ([(12, 14), (13, 15), (10, 11)], [(9, 10), (11, 12), (15, 17)]),
        ([(10, 14), (11, 12)], [(9, 10), (14, 17)]),
    ],
    ids=["none", "all", "beyond", "lunch", "early", "late", "outside", "overlapping-unsorted", "nested"],
)
def test_subtracting_leaves_the_free_parts_in_order(
    busy: list[tuple[int, int]], expected: list[tuple[int, int]]
) -> None:
    assert subtract(hours(9, 17), [hours(*each) for each in busy]) == tuple(hours(*each) for each in expected)


@given(spans, st.lists(spans, max_size=8))
def test_free_and_busy_together_are_the_window(window: Interval, busy: list[Interval]) -> None:
    free = subtract(window, busy)

    assert instants(free) == instants((window,)) - instants(tuple(busy))
    assert not any(overlaps(f, b) for f in free for b in busy)
    assert all(window.start <= f.start < f.end <= window.end for f in free)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [(9, 10, [4]), (23, 24, [4]), (23, 25, [4, 5]), (0, 48, [4, 5]), (12, 60, [4, 5, 6])],
    ids=["inside", "ends-at-midnight", "over-midnight", "two-whole-days", "three-days"],
)
def test_the_days_touched_leave_out_a_day_that_only_the_end_reaches(start: int, end: int, days: list[int]) -> None:
    assert utc_days(hours(start, end)) == tuple(date(2026, 5, day) for day in days)
