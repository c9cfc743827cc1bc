"""
Half-open stretches of time in UTC, and what can be asked of them.

Everything here is aware and in UTC; zones and wall times live in ``zones``.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec

from kept.core.errors import InvalidInputError

ONE_MICROSECOND = timedelta(microseconds=1)  # the smallest step of datetime: the last instant before an open end


class NaiveTimeError(InvalidInputError):
    """A time came without a UTC offset, so that it names no instant."""


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """
    A stretch of time that holds its start and not its end.

    Make one with ``interval``, which checks; this class trusts what it is given.
    """

    start: datetime
    """First instant inside; aware, UTC."""
    end: datetime
    """First instant after; aware, UTC, later than the start."""

    @property
    def duration(self) -> timedelta:
        """Return how long it lasts, in elapsed time."""
        return self.end - self.start


def in_utc(instant: datetime, *, field: str) -> datetime:
    """
    Return the same instant in UTC.

    Args:
        instant: Aware, in any zone.
        field: What to name in the error.

    Raises:
        NaiveTimeError: *instant* has no UTC offset.
        InvalidInputError: the instant is outside the years 1 to 9999 in UTC (``too_far``).

    >>> from datetime import timezone
    >>> in_utc(datetime(2026, 5, 4, 9, 0, tzinfo=timezone(timedelta(hours=-4))), field="start").isoformat()
    '2026-05-04T13:00:00+00:00'
    """
    if instant.utcoffset() is None:
        raise NaiveTimeError.of(field, "naive_time", "has no UTC offset; give an instant such as 2026-05-04T13:00:00Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise InvalidInputError.of(field, "too_far", "is too far away; give a year from 1900 to 9998") from None


def interval(start: datetime, end: datetime) -> Interval:
    """
    Return the interval from *start* up to, not including, *end*.

    Args:
        start: Aware, in any zone.
        end: Aware, in any zone, later than *start*.

    Raises:
        NaiveTimeError: one of them has no UTC offset.
        InvalidInputError: *end* is not later than *start* (field ``end``, code ``before_start``).

    >>> interval(datetime(2026, 5, 4, 13, 0, tzinfo=UTC), datetime(2026, 5, 4, 13, 30, tzinfo=UTC)).duration
    datetime.timedelta(seconds=1800)
    """
    start, end = in_utc(start, field="start"), in_utc(end, field="end")
    if end <= start:
        raise InvalidInputError.of("end", "before_start", "is not after the start; give a later end")
    return Interval(start=start, end=end)


def overlaps(a: Interval, b: Interval) -> bool:
    """
    Return whether the two share an instant; one that ends as the other starts does not.

    Source:
        Allen, "Maintaining Knowledge about Temporal Intervals", CACM 26(11), 1983: true for 9 of the 13
        relations, all but before, after, meets and met-by.
    """
    return a.start < b.end and b.start < a.end


def subtract(window: Interval, busy: Iterable[Interval]) -> tuple[Interval, ...]:
    """
    Return the parts of *window* that no busy interval covers, in order.

    Args:
        window: What could be free.
        busy: In any order; may overlap each other and reach beyond the window.
    """
    free: list[Interval] = []
    cursor = window.start
    for taken in sorted(busy, key=lambda i: i.start):
        if cursor < min(taken.start, window.end):
            free.append(Interval(start=cursor, end=min(taken.start, window.end)))
        cursor = max(cursor, taken.end)
    if cursor < window.end:
        free.append(Interval(start=cursor, end=window.end))
    return tuple(free)


def utc_days(of: Interval) -> tuple[date, ...]:
    """
    Return the UTC dates that the interval touches, in order; one that ends at midnight does not touch the next day.

    >>> utc_days(interval(datetime(2026, 5, 4, 23, 0, tzinfo=UTC), datetime(2026, 5, 5, 1, 0, tzinfo=UTC)))
    (datetime.date(2026, 5, 4), datetime.date(2026, 5, 5))
    """
    first, last = of.start.date(), (of.end - ONE_MICROSECOND).date()
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
