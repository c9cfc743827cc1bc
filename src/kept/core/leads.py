"""
How long before its appointment a reminder fires.

A lead has a nominal part in days and an exact part in elapsed time, because "the day before" and
"24 hours before" differ on two days of the year.
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.intervals import in_utc
from kept.core.zones import end_of_gap, instants_of, wall_of

LONGEST_DAYS = 366  # a year ahead; ours, so that no sum leaves the calendar

_LEAD = re.compile(r"(?P<count>[0-9]{1,6}) ?(?P<unit>d|day|days|h|hour|hours|m|min|minute|minutes)")
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """How long before the start; ``str()`` of it is a short name for ids: ``1d``, ``24h``, ``90m``, ``1d2h``."""

    days: int = 0
    """Nominal: the same wall time so many days earlier."""
    exact: timedelta = timedelta(0)
    """Elapsed time, subtracted after the days; whole minutes."""

    def __post_init__(self) -> None:
        """Refuse what is negative, longer than a year, or finer than a minute."""
        if self.days < 0 or self.exact < timedelta(0):
            raise InvalidInputError.of("lead", "negative_lead", "is negative; a reminder fires before the start")
        if self.days > LONGEST_DAYS or self.exact > timedelta(days=LONGEST_DAYS):
            raise InvalidInputError.of("lead", "too_long", f"is too long; give at most {LONGEST_DAYS} days")
        if self.exact % _MINUTE:
            raise InvalidInputError.of("lead", "not_a_lead", "is finer than a minute; give whole minutes")

    def __str__(self) -> str:
        """Return the short name; equal leads have equal names, and different ones different names."""
        days = f"{self.days}d" if self.days else ""
        if self.exact % _HOUR:
            return f"{days}{self.exact // _MINUTE}m"
        if self.exact or not days:
            return f"{days}{self.exact // _HOUR}h"
        return days


def lead_named(text: str, *, field: str = "lead") -> Lead:
    """
    Return the lead that the text names.

    Args:
        text: A count and a unit: ``1 day`` (nominal), ``24 h``, ``30 min`` (exact), or the short name ``1d``, ``24h``,
            ``30m``.
        field: What to name in the error.

    Raises:
        InvalidInputError: ``not_a_lead``, ``negative_lead`` or ``too_long``.

    >>> str(lead_named("1 day")), str(lead_named("24 h")), str(lead_named("90 min"))
    ('1d', '24h', '90m')
    """
    match = _LEAD.fullmatch(text)
    if not match:
        code = "negative_lead" if text.lstrip().startswith("-") else "not_a_lead"
        message = "is not a time before the start; write it like '1 day', '24 h' or '30 min'"
        raise InvalidInputError.of(field, code, message)
    count, unit = int(match["count"]), match["unit"][0]
    if count > LONGEST_DAYS * {"d": 1, "h": 24, "m": 24 * 60}[unit]:
        raise InvalidInputError.of(field, "too_long", f"is too long; give at most {LONGEST_DAYS} days")
    if unit == "d":
        return Lead(days=count)
    return Lead(exact=count * (_HOUR if unit == "h" else _MINUTE))


def fires_at(start: datetime, zone: ZoneInfo, lead: Lead) -> datetime:
    """
    Return the instant at which a reminder fires.

    Days are nominal: one day earlier is the same wall time on the day before, even when that day has 23 or
    25 hours. Where that day skips the wall time, it is the instant at which clocks jump over it; where that day
    has it twice, the first of the two. Hours and minutes are exact.

    Args:
        start: When the appointment starts. Aware, in any zone.
        zone: Zone of the place of the appointment, not of the reader.
        lead: Days first, then the exact part.

    Returns:
        An aware UTC instant, never after *start*.

    Raises:
        NaiveTimeError: *start* has no UTC offset.

    >>> from kept.core.zones import zone_named
    >>> after_the_change = datetime.fromisoformat("2026-03-08T09:00-04:00")
    >>> fires_at(after_the_change, zone_named("America/New_York"), Lead(days=1)).isoformat()
    '2026-03-07T14:00:00+00:00'
    >>> fires_at(after_the_change, zone_named("America/New_York"), Lead(exact=timedelta(hours=24))).isoformat()
    '2026-03-07T13:00:00+00:00'

    Source:
        RFC 5545 §3.3.6 (days nominal, the rest exact). The choices for a skipped or doubled wall time are ours:
        a reminder may come a little early in the night of a clock change, never late.
    """
    instant = in_utc(start, field="start")
    if lead.days:  # an instant in an overlap keeps its place when no day is taken away
        instant = _days_before(instant, zone, lead.days)
    return instant - lead.exact


def _days_before(instant: datetime, zone: ZoneInfo, days: int) -> datetime:
    wall = wall_of(instant, zone) - timedelta(days=days)
    instants = instants_of(wall, zone)
    return instants[0] if instants else end_of_gap(wall, zone)
