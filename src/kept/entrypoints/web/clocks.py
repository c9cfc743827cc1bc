"""How days and times are written on the pages: on the clock of the place, in the reader's language."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from babel.dates import format_date, format_skeleton, format_time, get_timezone_location

from kept.core.intervals import Interval
from kept.core.moments import tongue_for
from kept.core.zones import zone_named

_NO_CITY: Final = ("GMT", "UTC")
_MINUTE: Final = timedelta(minutes=1)


class Clocks:
    """
    Writes days and times.

    Args:
        language: Of the reader.
        region: Country whose customs count: 12 or 24 hours, day or month first.
    """

    def __init__(self, language: str, region: str) -> None:
        self.tag = tongue_for(f"{language}-{region}").tag

    def time(self, instant: datetime, zone: str) -> str:
        """Return the time of day: ``9:00 AM``."""
        return format_time(instant.astimezone(zone_named(zone)).time(), "short", locale=self.tag)

    def second(self, instant: datetime, zone: str) -> str:
        """Return day and time to the second."""
        local = instant.astimezone(zone_named(zone))
        return f"{self.short_day(local.date())}, {format_time(local.time(), 'medium', locale=self.tag)}"

    def span(self, times: Interval, zone: str) -> str:
        """Return start and end of what lies within a day."""
        return f"{self.time(times.start, zone)} \u2013 {self.time(times.end, zone)}"

    def moment(self, instant: datetime, zone: str) -> str:
        """Return day and time: ``Mon, May 4, 9:00 AM``."""
        return f"{self.short_day(instant.astimezone(zone_named(zone)).date())}, {self.time(instant, zone)}"

    def day(self, day: date) -> str:
        """Return a whole date: ``Monday, May 4, 2026``."""
        return format_date(day, "full", locale=self.tag)

    def short_day(self, day: date) -> str:
        """Return a date without its year: ``Mon, May 4``."""
        return format_skeleton("MMMEd", datetime.combine(day, time(12), tzinfo=UTC), locale=self.tag)

    def medium_day(self, day: date) -> str:
        """Return a date with its year: ``May 4, 2026``."""
        return format_date(day, "medium", locale=self.tag)

    def zone(self, name: str, instant: datetime) -> str:
        """Return the name of a zone and its offset at an instant: ``New York, GMT-4``."""
        offset = instant.astimezone(zone_named(name)).utcoffset() or timedelta(0)
        hours, minutes = divmod(abs(offset) // _MINUTE, 60)
        said = f"GMT{'-' if offset < timedelta(0) else '+'}{hours}{f':{minutes:02}' if minutes else ''}"
        city = get_timezone_location(zone_named(name), locale=self.tag, return_city=True)
        return said if city.startswith(_NO_CITY) else f"{city}, {said}"


def local_day(instant: datetime, zone: str) -> date:
    """Return the date on the clock of a place."""
    return instant.astimezone(zone_named(zone)).date()
