"""Ranges of days and instants in a query, and the days they touch."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.intervals import in_utc
from kept.core.zones import LAST_YEAR, parse_date, parse_instant
from kept.formats.shapes import Member, Problems, Type, Values, text_of

DAY: Final = timedelta(days=1)
_DATE_LENGTH: Final = len("2026-05-04")
_LAST_DAY: Final = date(LAST_YEAR, 12, 31)

FROM: Final = Member(
    types=(Type.NOTATION,),
    about="First day (2026-05-04, whole) or instant (RFC 3339, included).",
    example="2030-05-06",
)
TO: Final = Member(
    types=(Type.NOTATION,),
    about="Last day (2026-05-04, whole) or instant (RFC 3339, excluded).",
    example="2030-05-10",
)


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """What a query asks about."""

    first: date
    """First day, on the calendar of the practice."""
    last: date
    """Last day, included."""
    start: datetime | None = None
    """First instant; None: the first day counts whole, wherever the visit takes place."""
    end: datetime | None = None
    """First instant after; None: the last day counts whole."""

    def covers(self, start: datetime, on: date) -> bool:
        """Tell whether something that starts at an instant, on a local day, lies in it."""
        begins_in = self.first <= on if self.start is None else self.start <= start
        ends_in = on <= self.last if self.end is None else start < self.end
        return begins_in and ends_in


def wanted_range(values: Values, zone: ZoneInfo, *, today: date, days: int, most_days: int) -> Range:
    """
    Return the range that ``from`` and ``to`` name.

    Args:
        values: The query.
        zone: Of the practice: an instant lies on a day of its calendar.
        today: Where it begins when ``from`` is not given.
        days: How long it is when ``to`` is not given.
        most_days: Longest range.

    Raises:
        InvalidInputError: no date or instant, ``to`` before ``from``, or a range that is too long.
    """
    problems = Problems()
    start, first = _edge(values, "from", zone, problems) or (None, today)
    end, last = _edge(values, "to", zone, problems) or (None, _later(first, days - 1))
    if not problems.found and (last < first or (start is not None and end is not None and end < start)):
        problems.add("to", "before_from", "lies before from; give a later one, or swap them")
    elif (last - first).days >= most_days:
        problems.add("to", "range_too_long", f"lies more than {most_days} days after from; ask for less at once")
    problems.check()
    return Range(first=first, last=last, start=start, end=end)


def _later(day: date, days: int) -> date:
    """Return a day so many days later, or the last one there is."""
    return date.fromordinal(min(day.toordinal() + days, _LAST_DAY.toordinal()))


def _edge(values: Values, name: str, zone: ZoneInfo, problems: Problems) -> tuple[datetime | None, date] | None:
    """Return the instant, if it is one, and the day of one end; None when it was not given or is wrong."""
    return problems.tried(_read_edge, text_of(values, name), name, zone) if name in values else None


def _read_edge(text: str, name: str, zone: ZoneInfo) -> tuple[datetime | None, date]:
    if len(text) <= _DATE_LENGTH:
        return None, parse_date(text, field=name)
    instant = in_utc(parse_instant(text, field=name), field=name)
    return instant, instant.astimezone(zone).date()
