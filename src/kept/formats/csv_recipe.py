"""How one kind of CSV file is to be read: from the options a person gives to a recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.leads import lead_named
from kept.core.people import checked_text
from kept.core.zones import parse_clock, zone_named
from kept.formats.csv_cells import DayRule, Range

TARGETS: Final[Mapping[str, str]] = {
    "patientId": "id of the patient, as the other system has it; required",
    "externalId": "the other system's id of the visit; recognises it when the file comes again",
    "bookedAt": "when it was booked: an instant, or a wall time; else now",
    "date": "day of the visit, YYYY-MM-DD",
    "start": "beginning: an instant or a wall time; HH:MM where there is a date",
    "end": "end, written as the start is",
    "minutes": "length, instead of an end",
    "practitionerId": "id of the practitioner",
    "placeId": "id or name of the place",
    "visitType": "id of the visit type",
    "status": "CONFIRMED, CHECKED_IN, COMPLETED, CANCELLED or NO_SHOW; else CONFIRMED",
    "name": "the patient's whole name",
    "firstName": "the patient's first name",
    "lastName": "the patient's last name",
    "phone": "the patient's number",
    "email": "the patient's e-mail address",
    "dateOfBirth": "YYYY-MM-DD",
    "language": "language of messages, such as es",
    "notes": "for the desk",
}
"""What a column can be mapped to."""

USUAL_SOURCE: Final = "import"
NEXT_FREE: Final = "next-free"


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How to read one kind of file."""

    columns: Mapping[str, str]
    """Target to column."""
    values: Mapping[str, Mapping[str, str]] = {}
    """By target: what a cell says, and what it means."""
    checks: Mapping[str, Range] = {}
    """By column: a number outside refuses the line."""
    zone: str | None = None
    """IANA zone of wall times and days; None: that of the place, else the practice's."""
    place: str = ""
    """Where a visit takes place whose line does not say; empty: nowhere in particular."""
    day_rule: DayRule | None = None
    source: str = USUAL_SOURCE
    """Name of the other system; the same visit under another name is another visit."""


class RecipeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options as they were typed."""

    maps: tuple[str, ...]
    """``TARGET=COLUMN``."""
    values: tuple[str, ...] = ()
    """``TARGET:CELL=MEANING``."""
    checks: tuple[str, ...] = ()
    """``COLUMN=LOW..HIGH``."""
    zone: str | None = None
    place: str = ""
    source: str = USUAL_SOURCE
    time: str | None = None
    """``next-free``: visits have a day and no time."""
    hours: str = "07:00-19:00"
    """When clinics are open, for ``next-free``."""
    length: str = "15m"
    """How long such a visit lasts."""


def recipe_from(options: RecipeOptions) -> Recipe:
    """
    Return the recipe that options describe.

    Raises:
        InvalidInputError: an option is not of its form, or what is needed is missing.

    >>> recipe_from(RecipeOptions(maps=("patientId=Patient", "start=Begins", "minutes=Length"))).columns["start"]
    'Begins'
    """
    columns = _columns(options.maps)
    day_rule = _day_rule(options) if options.time else None
    needed = ["patientId", "date" if day_rule else "start"]
    if day_rule and not options.place:
        needed.append("placeId")
    for target in needed:
        if target not in columns:
            message = f"is needed; say which column it is: --map {target}=COLUMN"
            raise InvalidInputError.of(target, "missing_target", message)
    return Recipe(
        columns=columns,
        values=_values(options.values),
        checks=dict(_check(text) for text in options.checks),
        zone=zone_named(options.zone, field="zone").key if options.zone else None,
        place=options.place,
        day_rule=day_rule,
        source=checked_text(options.source, field="source", limit=64),
    )


def _columns(maps: Iterable[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for text in maps:
        target, equals, column = text.partition("=")
        if not equals or not column or target not in TARGETS:
            message = f"{text!r} is not TARGET=COLUMN; targets are {', '.join(TARGETS)}"
            raise InvalidInputError.of("map", "not_a_mapping", message)
        if target in columns:
            raise InvalidInputError.of("map", "double", f"maps {target} twice; give each target one column")
        columns[target] = column
    return columns


def _values(texts: Iterable[str]) -> dict[str, dict[str, str]]:
    values: dict[str, dict[str, str]] = {}
    for text in texts:
        target, colon, rest = text.partition(":")
        cell, equals, meaning = rest.partition("=")
        if not (colon and equals and target in TARGETS):
            raise InvalidInputError.of("value", "not_a_value", f"{text!r} is not TARGET:CELL=MEANING")
        values.setdefault(target, {})[cell] = meaning
    return values


def _check(text: str) -> tuple[str, Range]:
    column, _, bounds = text.rpartition("=")
    low, dots, high = bounds.partition("..")
    try:
        found = Range(low=float(low), high=float(high))
    except ValueError:
        found = None
    if not column or not dots or found is None:
        raise InvalidInputError.of("check", "not_a_range", f"{text!r} is not COLUMN=LOW..HIGH")
    return column, found


def _day_rule(options: RecipeOptions) -> DayRule:
    if options.time != NEXT_FREE:
        message = f"can only be {NEXT_FREE}; leave it out where the file has times"
        raise InvalidInputError.of("time", "not_a_choice", message)
    opens, dash, closes = options.hours.partition("-")
    if not dash:
        raise InvalidInputError.of("hours", "not_a_stretch", "is not a stretch of a day; write it like 07:00-19:00")
    rule = DayRule(
        opens=parse_clock(opens, field="hours"),
        closes=parse_clock(closes, field="hours"),
        length=lead_named(options.length, field="length").exact,
    )
    if rule.closes <= rule.opens:
        raise InvalidInputError.of("hours", "not_a_stretch", "must end later than they begin, on the same day")
    if not rule.length:
        raise InvalidInputError.of("length", "not_a_length", "must be hours or minutes, such as 15m")
    return rule
