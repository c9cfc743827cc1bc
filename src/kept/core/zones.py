"""
Wall times, zones and instants, and how text becomes one of them.

A person means a wall time in a zone. Twice a year in most zones such a time names no instant, or two;
nothing here chooses silently between them.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo, available_timezones

from kept.core.errors import InvalidInputError
from kept.core.intervals import Interval, in_utc

FIRST_YEAR = 1900  # nobody alive was born before, and zones are guesswork there
LAST_YEAR = 9998  # datetime ends with 9999; one year keeps every conversion inside
ONE_SECOND = timedelta(seconds=1)
NOT_ZONES = frozenset({"Factory", "localtime", "posixrules"})  # in some tz databases; they name no place's time

_DATE = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_CLOCK = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
_OFFSET = r"[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9]"
_SECONDS = r":(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?"
_INSTANT = re.compile(rf"{_DATE}[Tt]{_CLOCK}{_SECONDS}(?P<offset>{_OFFSET})?")
_WALL = re.compile(rf"{_DATE}T{_CLOCK}(?::(?P<second>[0-9]{{2}}))?")
_DATE_ONLY = re.compile(_DATE)
_CLOCK_ONLY = re.compile(_CLOCK)

_INSTANT_REMEDY = "is not a date and time; write it like 2026-05-04T09:00:00-04:00 or 2026-05-04T13:00:00Z"
_WALL_REMEDY = "is not a local date and time; write it like 2026-05-04T09:00, without an offset"

_Made = TypeVar("_Made", date, datetime, time)


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones()) - NOT_ZONES


def zone_named(name: str, *, field: str = "timeZone") -> ZoneInfo:
    """
    Return the time zone of that name.

    Args:
        name: A name of the IANA database, spelled as there: ``America/New_York``, ``UTC``.
        field: What to name in the error.

    Raises:
        InvalidInputError: no such zone (``unknown_zone``). A name is looked up in the list of zones before
            anything is opened, so that a path is never followed.

    >>> zone_named("Europe/London").key
    'Europe/London'
    """
    if name not in _zone_names():
        message = "is not a time zone; give a name of the IANA database, such as America/New_York"
        raise InvalidInputError.of(field, "unknown_zone", message)
    return ZoneInfo(name)


def instants_of(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """
    Return the instants at which clocks in the zone show this wall time.

    Args:
        wall: Naive; its ``fold`` is ignored.
        zone: Where the clock hangs.

    Returns:
        UTC, in order: one as a rule, none in a gap (clocks jump over it), two in an overlap (clocks go back).

    >>> instants_of(datetime(2026, 3, 8, 2, 30), zone_named("America/New_York"))
    ()
    """
    naive = wall.replace(fold=0)
    readings = {naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(i for i in readings if i.astimezone(zone).replace(tzinfo=None, fold=0) == naive))


def instant_of(wall: datetime, zone: ZoneInfo, *, field: str) -> datetime:
    """
    Return the one instant at which clocks in the zone show this wall time.

    Args:
        wall: Naive.
        zone: Where the clock hangs.
        field: What to name in the error.

    Raises:
        InvalidInputError: clocks never show it (``nonexistent_time``, with ``suggestions``), or show it twice
            (``ambiguous_time``, with ``candidates``); both are lists of local times with their offsets.

    >>> instant_of(datetime(2026, 5, 4, 9, 0), zone_named("America/New_York"), field="start").isoformat()
    '2026-05-04T13:00:00+00:00'
    """
    instants = instants_of(wall, zone)
    if not instants:
        raise _nonexistent(wall, zone, field)
    if len(instants) > 1:
        message = f"occurs twice in {zone.key}, where clocks go back that day; give the offset, as in the candidates"
        raise InvalidInputError.of(field, "ambiguous_time", message, candidates=_local_texts(instants, zone))
    return instants[0]


def end_of_gap(wall: datetime, zone: ZoneInfo) -> datetime:
    """
    Return the instant at which clocks jump over this wall time.

    Args:
        wall: Naive, one for which ``instants_of`` is empty.
        zone: Where the clock hangs.

    >>> end_of_gap(datetime(2026, 3, 8, 2, 30), zone_named("America/New_York")).isoformat()
    '2026-03-08T07:00:00+00:00'

    Source:
        PEP 495: in a gap, fold=0 reads with the offset before the jump and fold=1 with the one after it.
    """
    whole = wall.replace(microsecond=0)  # zones change on whole seconds
    after_jump = whole.replace(tzinfo=zone, fold=0).astimezone(UTC)
    before_jump = whole.replace(tzinfo=zone, fold=1).astimezone(UTC)
    offset_before = before_jump.astimezone(zone).utcoffset()
    while after_jump - before_jump > ONE_SECOND:
        middle = before_jump + (after_jump - before_jump) // (2 * ONE_SECOND) * ONE_SECOND
        if middle.astimezone(zone).utcoffset() == offset_before:
            before_jump = middle
        else:
            after_jump = middle
    return after_jump


def whole_day(day: date, zone: ZoneInfo) -> Interval:
    """
    Return a day of a place, from its first instant to the next day's first; 23 to 25 hours long.

    >>> whole_day(date(2026, 3, 8), zone_named("America/New_York")).end.isoformat()
    '2026-03-09T04:00:00+00:00'
    """
    return Interval(start=_first_instant(day, zone), end=_first_instant(day + timedelta(days=1), zone))


def wall_of(instant: datetime, zone: ZoneInfo) -> datetime:
    """
    Return what clocks in the zone show at that instant, naive.

    Raises:
        NaiveTimeError: *instant* has no UTC offset.

    >>> wall_of(datetime(2026, 5, 4, 13, 0, tzinfo=UTC), zone_named("America/New_York"))
    datetime.datetime(2026, 5, 4, 9, 0)
    """
    return in_utc(instant, field="instant").astimezone(zone).replace(tzinfo=None, fold=0)


def check_offset(local: datetime, zone: ZoneInfo, *, field: str) -> None:
    """
    Accept a local time whose offset is the zone's own at that instant; ``Z`` is a plain instant and fits any zone.

    Args:
        local: Aware, with the offset as it was written: what ``parse_instant`` returns.
        zone: The zone that was given beside it.
        field: What to name in the error.

    Raises:
        NaiveTimeError: *local* has no UTC offset.
        InvalidInputError: the zone has another offset then (``offset_zone_mismatch``, with ``expected``), or
            never shows that wall time (``nonexistent_time``).
    """
    instant = in_utc(local, field=field)
    if local.tzinfo is UTC or instant.astimezone(zone).utcoffset() == local.utcoffset():
        return
    wall = local.replace(tzinfo=None)
    instants = instants_of(wall, zone)
    if not instants:
        raise _nonexistent(wall, zone, field)
    message = f"has an offset that {zone.key} does not have then; correct the offset or the zone, or send it with Z"
    raise InvalidInputError.of(field, "offset_zone_mismatch", message, expected=_local_texts(instants, zone))


def parse_instant(text: str, *, field: str) -> datetime:
    """
    Return the instant that the text names, keeping its offset for ``check_offset``.

    Args:
        text: Date, ``T``, time with seconds, up to six digits of a fraction, and an offset or ``Z``.
        field: What to name in the error.

    Returns:
        Aware. ``Z``, and ``-00:00``, which says that the local offset is unknown, give ``datetime.UTC`` itself.

    Raises:
        InvalidInputError: ``not_a_datetime``, ``missing_offset``, or ``too_far`` (a year before 1900 or after 9998).

    >>> parse_instant("2026-05-04T09:00:00-04:00", field="start").isoformat()
    '2026-05-04T09:00:00-04:00'

    Source:
        RFC 3339 §5.6, and §4.3 for -00:00. Leap seconds (§5.7) are not taken: no appointment starts in one.
    """
    match = _INSTANT.fullmatch(text)
    if not match:
        raise InvalidInputError.of(field, "not_a_datetime", _INSTANT_REMEDY)
    wall = _made(_wall_from, match, field=field, code="not_a_datetime", remedy=_INSTANT_REMEDY)
    if match["offset"] is None:
        message = "has no UTC offset; add one, like 2026-05-04T09:00:00-04:00, or give the local time and its time zone"
        raise InvalidInputError.of(field, "missing_offset", message)
    return wall.replace(tzinfo=_offset_named(match["offset"]))


def parse_wall(text: str, *, field: str) -> datetime:
    """
    Return the wall time that the text names, naive: ``YYYY-MM-DDTHH:MM``, seconds if wanted.

    Raises:
        InvalidInputError: ``not_a_datetime``, or ``too_far`` (a year before 1900 or after 9998).

    >>> parse_wall("2026-05-04T09:00", field="startLocal")
    datetime.datetime(2026, 5, 4, 9, 0)
    """
    match = _WALL.fullmatch(text)
    if not match:
        raise InvalidInputError.of(field, "not_a_datetime", _WALL_REMEDY)
    return _made(_wall_from, match, field=field, code="not_a_datetime", remedy=_WALL_REMEDY)


def parse_date(text: str, *, field: str) -> date:
    """
    Return the date that the text names: ``YYYY-MM-DD``.

    Raises:
        InvalidInputError: ``not_a_date``, or ``too_far`` (a year before 1900 or after 9998).

    >>> parse_date("2024-02-29", field="dateOfBirth")
    datetime.date(2024, 2, 29)
    """
    remedy = "is not a date; write it like 2026-05-04"
    match = _DATE_ONLY.fullmatch(text)
    if not match:
        raise InvalidInputError.of(field, "not_a_date", remedy)
    return _made(_date_from, match, field=field, code="not_a_date", remedy=remedy)


def parse_clock(text: str, *, field: str) -> time:
    """
    Return the time of day that the text names: ``HH:MM``, from 00:00 to 23:59.

    Raises:
        InvalidInputError: ``not_a_time``.

    >>> parse_clock("09:30", field="opens")
    datetime.time(9, 30)
    """
    remedy = "is not a time of day; write it like 09:30, from 00:00 to 23:59"
    match = _CLOCK_ONLY.fullmatch(text)
    if not match:
        raise InvalidInputError.of(field, "not_a_time", remedy)
    return _made(_clock_from, match, field=field, code="not_a_time", remedy=remedy)


def _first_instant(day: date, zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(day, time(0))
    instants = instants_of(midnight, zone)
    return instants[0] if instants else end_of_gap(midnight, zone)


def _made(make: Callable[[re.Match[str]], _Made], match: re.Match[str], *, field: str, code: str, remedy: str) -> _Made:
    """Return what *make* builds; years out of range and dates that no calendar has become input errors."""
    year = match.groupdict().get("year")
    if year is not None and not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise InvalidInputError.of(field, "too_far", f"is too far away; give a year from {FIRST_YEAR} to {LAST_YEAR}")
    try:
        return make(match)
    except ValueError:
        raise InvalidInputError.of(field, code, remedy) from None


def _date_from(match: re.Match[str]) -> date:
    return date(int(match["year"]), int(match["month"]), int(match["day"]))


def _clock_from(match: re.Match[str]) -> time:
    parts = match.groupdict()
    microsecond = int((parts.get("fraction") or "0").ljust(6, "0"))
    return time(int(parts["hour"]), int(parts["minute"]), int(parts.get("second") or 0), microsecond)


def _wall_from(match: re.Match[str]) -> datetime:
    return datetime.combine(_date_from(match), _clock_from(match))


def _offset_named(text: str) -> timezone:
    if text in {"Z", "z", "-00:00"}:
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return timezone(-offset if text[0] == "-" else offset, text)  # named, so that +00:00 is not UTC itself


def _nonexistent(wall: datetime, zone: ZoneInfo, field: str) -> InvalidInputError:
    """Return the error for a wall time in a gap; suggests the end of the gap, and the same minutes on either side."""
    jump = end_of_gap(wall, zone)
    instants = {jump} | {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    message = (
        f"does not exist in {zone.key}: clocks jump forward to {wall_of(jump, zone):%H:%M} on "
        f"{wall_of(jump, zone):%Y-%m-%d}; choose another time, such as one of the suggestions"
    )
    return InvalidInputError.of(field, "nonexistent_time", message, suggestions=_local_texts(sorted(instants), zone))


def _local_texts(instants: Iterable[datetime], zone: ZoneInfo) -> list[str]:
    return [instant.astimezone(zone).isoformat() for instant in instants]
