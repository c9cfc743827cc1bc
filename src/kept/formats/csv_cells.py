"""
What single cells of a CSV file say: ids, times, places and states; empty text is nothing said.

Source:
    OWASP ASVS 5.0 V1.2.10 (cells that a spreadsheet would take for formulas).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Final

import msgspec

from kept.core.booking import AppointmentStatus
from kept.core.errors import InvalidInputError
from kept.core.intervals import Interval, in_utc
from kept.core.people import checked_id, checked_text
from kept.core.practice import Practice
from kept.core.zones import instant_of, parse_clock, parse_date, parse_instant, parse_wall, wall_of, zone_named

_FLOAT: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
_MIDNIGHT: Final = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?")
_CLOCK: Final = re.compile(r"(?P<clock>[0-9]{2}:[0-9]{2})(?::00)?")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NOT_IN_ID: Final = re.compile(r"[^a-z0-9]+")


class DayRule(msgspec.Struct, frozen=True, kw_only=True):
    """Visits have a day and no time: each gets the next free one."""

    opens: time
    closes: time
    length: timedelta


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a number, both included."""

    low: float
    high: float


def escaped(cell: str) -> str:
    """
    Return a cell that no spreadsheet takes for a formula.

    >>> escaped("=1+1"), escaped("plain"), unescaped(escaped("+12065550100"))
    ("'=1+1", 'plain', '+12065550100')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def unescaped(cell: str) -> str:
    """Return a cell as it was before :func:`escaped`."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_FORMULA) else cell


@lru_cache(maxsize=4096)
def slug(name: str) -> str:
    """
    Return an id made from a name.

    >>> slug("ANTÔNIO HONÓRIO")
    'antonio-honorio'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NOT_IN_ID.sub("-", plain).strip("-")


def check_number(text: str, column: str, bounds: Range) -> None:
    """
    Refuse a number outside its bounds.

    Raises:
        InvalidInputError: ``not_a_number`` or ``out_of_range``.
    """
    try:
        number = float(text)
    except ValueError:
        raise InvalidInputError.of(column, "not_a_number", "is not a number; correct it") from None
    if not bounds.low <= number <= bounds.high:
        raise InvalidInputError.of(column, "out_of_range", f"is not from {bounds.low:g} to {bounds.high:g}; correct it")


def foreign_id(text: str, field: str) -> str:
    """Return an id from another system; one that a spreadsheet has rounded names many people, and is refused."""
    if _FLOAT.fullmatch(text):
        message = "was rounded by a spreadsheet and is no longer anybody's; export the column as text"
        raise InvalidInputError.of(field, "lossy_number", message)
    return checked_id(text, field=field)


def optional_id(text: str, field: str) -> str | None:
    """Return an id, or None for an empty cell."""
    return checked_id(text, field=field) if text else None


def place_of(text: str, practice: Practice) -> tuple[str | None, str]:
    """Return id and name of the place that a cell names by id or by name; an id is made for one that nobody knows."""
    if not text:
        return None, ""
    known = practice.place(text) or next((p for p in practice.places if p.name == text), None)
    if known:
        return known.id, known.name
    checked_text(text, field="placeId", limit=100)
    return checked_id(slug(text), field="placeId"), text


def translated(text: str, meanings: Mapping[str, str], target: str) -> str:
    """
    Return what a cell means.

    Raises:
        InvalidInputError: nobody said what this cell means (``unknown_value``).
    """
    if text in meanings:
        return meanings[text]
    raise InvalidInputError.of(target, "unknown_value", f"has no meaning given; add --value {target}:…=…")


def status_of(text: str) -> AppointmentStatus:
    """
    Return the status that a cell names; CONFIRMED for an empty one.

    Raises:
        InvalidInputError: it names none that a visit from outside can have (``unknown_status``).
    """
    if not text:
        return AppointmentStatus.CONFIRMED
    if text not in set(AppointmentStatus) or text == AppointmentStatus.REQUESTED:
        names = ", ".join(s.value for s in AppointmentStatus if s is not AppointmentStatus.REQUESTED)
        raise InvalidInputError.of("status", "unknown_status", f"is none of {names}; say what it means with --value")
    return AppointmentStatus(text)


def instant_of_cell(text: str, zone: str, field: str) -> datetime:
    """Return an instant: with an offset, or on the clocks of the zone."""
    text = text.replace(" ", "T", 1)
    if text[-1:] in {"Z", "z"} or any(sign in text[11:] for sign in "+-"):
        return in_utc(parse_instant(text, field=field), field=field)
    return instant_of(parse_wall(text, field=field), zone_named(zone), field=field)


def times_of(cell: Callable[[str], str], zone: str) -> Interval:
    """
    Return when a visit is.

    Args:
        cell: Answers the text of a target.
        zone: Where wall times are read.

    Raises:
        InvalidInputError: missing or unreadable, a wall time that clocks skip or show twice, or longer than a day.
    """
    start_text, end_text, minutes = cell("start"), cell("end"), cell("minutes")
    if not start_text:
        raise InvalidInputError.of("start", "required", "is empty; give the time of the visit")
    start = _moment(cell, start_text, zone, "start")
    if end_text:
        end = _moment(cell, end_text, zone, "end")
    elif minutes.isascii() and minutes.isdigit() and 0 < int(minutes[:5]) <= 24 * 60:
        end = start + timedelta(minutes=int(minutes[:5]))
    else:
        raise InvalidInputError.of("minutes", "required", "needs a whole number of minutes from 1 to 1440, or an end")
    if end <= start:
        raise InvalidInputError.of("end", "before_start", "is not after the start; give a later end")
    if end - start > timedelta(days=1):
        raise InvalidInputError.of("end", "too_long", "is more than 24 hours after the start; correct it")
    return Interval(start=start, end=end)


def _moment(cell: Callable[[str], str], text: str, zone: str, field: str) -> datetime:
    clock = _CLOCK.fullmatch(text)
    if not clock:
        return instant_of_cell(text, zone, field)
    day = parse_date(_MIDNIGHT.sub("", cell("date")), field="date")
    wall = datetime.combine(day, parse_clock(clock["clock"], field=field))
    return instant_of(wall, zone_named(zone), field=field)


@lru_cache(maxsize=1024)
def window_of(day: str, zone: str, rule: DayRule) -> Interval:
    """
    Return when a clinic is open on a day.

    Raises:
        InvalidInputError: it is no day, or clocks change at its opening or closing.
    """
    on = parse_date(_MIDNIGHT.sub("", day), field="date")
    where = zone_named(zone)
    opens = instant_of(datetime.combine(on, rule.opens), where, field="date")
    return Interval(start=opens, end=instant_of(datetime.combine(on, rule.closes), where, field="date"))


def check_booked_before(booked_at: datetime, start: datetime, zone: str) -> None:
    """Refuse a visit whose day was over when it was booked: one of the two is wrong, and nobody knows which."""
    where = zone_named(zone)
    if booked_at > start and wall_of(booked_at, where).date() > wall_of(start, where).date():
        message = "lies after the day of the visit; correct one of the two"
        raise InvalidInputError.of("bookedAt", "booked_after_visit", message)
