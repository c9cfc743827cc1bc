"""When a person may be written to: never at night where they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.contacts import PhoneNumber, zones_of_number
from kept.core.errors import InvalidInputError
from kept.core.intervals import Interval
from kept.core.zones import end_of_gap, instants_of, zone_named

WIDEST_BEGIN: Final = time(21)
"""Quiet begins at this hour at the latest, and ends at 8 at the earliest. Source: 47 CFR 64.1200(c)(1)."""
WIDEST_END: Final = time(8)
EVENING_MARGIN: Final = timedelta(minutes=30)
"""What is brought forward leaves so long before quiet begins, so that a carrier has time for it. Ours."""
LAST_MOMENTS: Final = timedelta(minutes=1)
"""What is handed over so shortly before quiet begins might arrive after it. Ours."""
_DAYS_AROUND: Final = 3


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """From when in the evening until when in the morning nobody is written to, on the clock of the person."""

    begin: time = time(20)
    end: time = time(8)

    def __post_init__(self) -> None:
        """
        Refuse hours that leave people less peace than the law does.

        Raises:
            InvalidInputError: they begin later than 21:00 or end earlier than 8:00, or leave no day between them.
        """
        if self.begin > WIDEST_BEGIN or self.end < WIDEST_END:
            message = "must begin at 21:00 at the latest and end at 08:00 at the earliest"
            raise InvalidInputError.of("quietHours", "too_narrow", message)
        if self.end >= self.begin:
            raise InvalidInputError.of(
                "quietHours", "no_day_left", "must end before they begin again; leave a day between"
            )


Zones = tuple[ZoneInfo, ...]
"""All zones in which it must be day: the person's own, else the place's; with the number's, if that disagrees."""


class Daylight(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a person may get a text now, and how long that holds."""

    until: datetime | None = None
    """When quiet begins; None: it is quiet now."""
    again_at: datetime | None = None
    """When it ends; None: it is day now, or the zones share no day."""


def zones_for(own: str | None, place: str, phone: PhoneNumber | None, *, at: datetime) -> Zones:
    """
    Return the zones in which it must be day.

    Args:
        own: Zone of the person, where it is known.
        place: Zone of the place of the visit, else of the practice.
        phone: The number; its own zone counts too when clocks there show another time.
        at: The instant in question.

    Returns:
        One or two. A number of several zones, such as a mobile one of a large country, is taken for the nearest.
    """
    base = zone_named(own or place)
    numbers = [zone_named(name) for name in zones_of_number(phone)] if phone else []
    if not numbers:
        return (base,)
    nearest = min(numbers, key=lambda zone: _apart(zone, base, at))
    return (base, nearest) if _apart(nearest, base, at) else (base,)


def daylight_at(instant: datetime, quiet: QuietHours, zones: Zones) -> Daylight:
    """Return whether it is day in all zones; the last moments before the night are night, because texts take time."""
    day = day_around(instant, quiet, zones)
    if day and day.end - instant > LAST_MOMENTS:
        return Daylight(until=day.end)
    return Daylight(again_at=next_day(day.end if day else instant, quiet, zones))


def day_around(instant: datetime, quiet: QuietHours, zones: Zones) -> Interval | None:
    """Return the stretch of common day that holds an instant, or None at night."""
    return next((day for day in _days(instant, quiet, zones) if day.start <= instant < day.end), None)


def next_day(instant: datetime, quiet: QuietHours, zones: Zones) -> datetime | None:
    """
    Return the first instant, not earlier, at which it is day in all zones.

    Returns:
        None when the zones lie so far apart that they share no day.
    """
    day = next((day for day in _days(instant, quiet, zones) if instant < day.end), None)
    return max(instant, day.start) if day else None


def evening_before(instant: datetime, quiet: QuietHours, zones: Zones) -> datetime | None:
    """Return the last instant before a night at which something can still be sent in time, or None."""
    ended = [day for day in _days(instant, quiet, zones) if day.end <= instant and day.start < day.end - EVENING_MARGIN]
    return ended[-1].end - EVENING_MARGIN if ended else None


def moved_out_of_the_night(
    due: datetime, quiet: QuietHours, zones: Zones, *, deadline: datetime, now: datetime
) -> datetime:
    """
    Return when to send what would be due at night: in the morning, or the evening before if the morning is too late.

    Args:
        due: When it would be sent.
        quiet: The practice's quiet hours.
        zones: Where it must be day.
        deadline: After this instant it is of no use.
        now: It is not moved into the past.

    Returns:
        *due* itself by day, or when neither morning nor evening serves: then it stands as skipped when its time comes.
    """
    morning = next_day(due, quiet, zones)
    if morning is not None and morning <= deadline - EVENING_MARGIN:
        return morning
    evening = evening_before(due, quiet, zones)
    return evening if evening is not None and evening > now else due


def _days(instant: datetime, quiet: QuietHours, zones: Zones) -> Iterator[Interval]:
    """Yield the stretches of common day around an instant, in order."""
    first, *others = zones
    local = instant.astimezone(first).date()
    for offset in range(-_DAYS_AROUND, _DAYS_AROUND + 1):
        yield from _shared(_day(local + timedelta(days=offset), quiet, first.key), quiet, others)


def _shared(day: Interval, quiet: QuietHours, zones: list[ZoneInfo]) -> Iterator[Interval]:
    """Yield the parts of a day that are day in further zones too."""
    if not zones:
        yield day
        return
    zone, *others = zones
    local = day.start.astimezone(zone).date()
    for offset in (-1, 0, 1):
        there = _day(local + timedelta(days=offset), quiet, zone.key)
        start, end = max(day.start, there.start), min(day.end, there.end)
        if start < end:
            yield from _shared(Interval(start=start, end=end), quiet, others)


@lru_cache(maxsize=4096)
def _day(on: date, quiet: QuietHours, zone_key: str) -> Interval:
    """Return from the end of quiet to its beginning, on one date in one zone."""
    zone = ZoneInfo(zone_key)
    start, end = (_first(datetime.combine(on, at), zone) for at in (quiet.end, quiet.begin))
    return Interval(start=start, end=end)


def _apart(zone: ZoneInfo, other: ZoneInfo, at: datetime) -> timedelta:
    """Return how far the clocks of two zones are apart at an instant."""
    here, there = (at.astimezone(z).utcoffset() or timedelta(0) for z in (zone, other))
    return abs(here - there)


def _first(wall: datetime, zone: ZoneInfo) -> datetime:
    instants = instants_of(wall, zone)
    return instants[0] if instants else end_of_gap(wall, zone)
