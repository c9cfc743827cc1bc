"""
Lines of a CSV file to visits: what each says, and what is wrong with it.

A line is read whole or refused, with the number it has in the file, the column, a code and the remedy. No message
repeats what stands in the line.

Source:
    RFC 4180.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

import msgspec

from kept.core.booking import BookingRequest
from kept.core.contacts import parse_email, parse_phone
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.imports import Arrival, NextFree, arrival_id
from kept.core.intervals import Interval
from kept.core.people import Patient, checked_text
from kept.core.practice import Practice
from kept.core.zones import parse_date, wall_of, zone_named
from kept.formats.csv_cells import (
    check_booked_before,
    check_number,
    foreign_id,
    instant_of_cell,
    optional_id,
    place_of,
    status_of,
    times_of,
    translated,
    unescaped,
    window_of,
)
from kept.formats.csv_recipe import Recipe


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file."""

    number: int
    """As an editor counts: the header is in line 1."""
    cells: tuple[str, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A line that was not taken."""

    line: Line
    column: str
    code: str
    message: str


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """A line that makes sense."""

    line: Line
    arrival: Arrival
    new_place: str = ""
    """Name of the place that it speaks of and the practice does not have."""


class CsvReading:
    """
    A file that is being read.

    Args:
        lines: Its text, line by line, with their ends.
        recipe: How to read it.
        practice: Where zone, country and places come from.
        now: When it is read.
        delimiter: What stands between cells.

    Raises:
        InvalidInputError: the header lacks a column, or has it twice.
    """

    def __init__(
        self, lines: Iterable[str], recipe: Recipe, practice: Practice, *, now: datetime, delimiter: str = ","
    ) -> None:
        self._rows = csv.reader(lines, strict=True, delimiter=delimiter)
        self._recipe = recipe
        self._practice = practice
        self._now = now
        self.header = _header(self._rows)
        self._at = {target: _index(self.header, column) for target, column in recipe.columns.items()}
        self._checks = [(column, _index(self.header, column), bounds) for column, bounds in recipe.checks.items()]

    def __iter__(self) -> Iterator[Understood | Refused]:
        """Yield every line that is not blank, in the order of the file."""
        while True:
            number = self._rows.line_num + 1
            try:
                cells = next(self._rows)
            except StopIteration:
                return
            except csv.Error:
                line = Line(number=number, cells=())
                yield _refused(line, "", "not_csv", "is not CSV; put cells with quotes or line breaks in quotes")
                continue
            if cells:
                yield self._read(Line(number=number, cells=tuple(cells)))

    def _read(self, line: Line) -> Understood | Refused:
        if len(line.cells) != len(self.header):
            message = (
                f"has {len(line.cells)} cells instead of {len(self.header)}; look for a stray or missing delimiter"
            )
            return _refused(line, "", "wrong_cells", message)
        try:
            for column, index, bounds in self._checks:
                check_number(line.cells[index], column, bounds)
            return self._understood(line)
        except InvalidInputError as error:
            return self.refusal(line, error.problems[0])

    def refusal(self, line: Line, problem: FieldProblem) -> Refused:
        """Return a line refused for what is wrong with a target, told by its column."""
        column = self._recipe.columns.get(problem.field, problem.field)
        return _refused(line, column, problem.code, problem.message)

    def _understood(self, line: Line) -> Understood:
        recipe, cell = self._recipe, self._cell(line.cells)
        patient_id = foreign_id(cell("patientId"), "patientId")
        external_id = cell("externalId")
        parts = ("id", foreign_id(external_id, "externalId")) if external_id else self._mapped(line.cells)
        place_id, place_name = place_of(cell("placeId") or recipe.place, self._practice)
        place = self._practice.place(place_id)
        zone = recipe.zone or (place.zone if place else self._practice.zone)
        booked_at = instant_of_cell(cell("bookedAt"), zone, "bookedAt") if cell("bookedAt") else self._now
        times, next_free = self._times(cell, zone, booked_at, clinic=(place_id or "", place_name))
        check_booked_before(booked_at, times.start, zone)
        request = BookingRequest(
            patient_id=patient_id,
            start=times.start,
            end=times.end,
            zone=zone,
            practitioner_id=optional_id(cell("practitionerId"), "practitionerId"),
            place_id=place_id,
            visit_type_id=optional_id(cell("visitType"), "visitType"),
            notes=checked_text(cell("notes"), field="notes", limit=4_000, multiline=True),
            outside_id=external_id,
            by="import",
        )
        arrival = Arrival(
            appointment_id=arrival_id(recipe.source, *parts),
            request=request,
            status=status_of(cell("status")),
            booked_at=booked_at,
            patient=self._patient(patient_id, cell, booked_at),
            next_free=next_free,
        )
        return Understood(line=line, arrival=arrival, new_place="" if place or not place_id else place_name)

    def _cell(self, cells: tuple[str, ...]) -> Callable[[str], str]:
        """Return what answers the text of a target: trimmed, translated, empty where no column is mapped."""
        at, values = self._at, self._recipe.values

        def cell(target: str) -> str:
            index = at.get(target)
            if index is None:
                return ""
            text = unescaped(cells[index]).strip()
            if target in values:
                return translated(text, values[target], target)
            return text

        return cell

    def _mapped(self, cells: tuple[str, ...]) -> tuple[str, ...]:
        """Return what a visit without an id of its own is known by: all that the line says of it."""
        return ("all", *(f"{target}={cells[index].strip()}" for target, index in sorted(self._at.items())))

    def _patient(self, patient_id: str, cell: Callable[[str], str], booked_at: datetime) -> Patient:
        phone, email, born = cell("phone"), cell("email"), cell("dateOfBirth")
        return Patient(
            id=patient_id,
            first_name=checked_text(cell("firstName"), field="firstName"),
            last_name=checked_text(cell("lastName"), field="lastName"),
            full_name=checked_text(cell("name"), field="name"),
            phone=parse_phone(phone, region=self._practice.region) if phone else None,
            email=parse_email(email) if email else None,
            date_of_birth=parse_date(born, field="dateOfBirth") if born else None,
            language=checked_text(cell("language"), field="language", limit=20) or None,
            created_at=booked_at,
            updated_at=booked_at,
        )

    def _times(
        self, cell: Callable[[str], str], zone: str, booked_at: datetime, *, clinic: tuple[str, str]
    ) -> tuple[Interval, NextFree | None]:
        """Return when the visit is, or within which window its time is to be found."""
        rule = self._recipe.day_rule
        if rule is None:
            return times_of(cell, zone), None
        clinic_id, name = clinic
        if not clinic_id:
            raise InvalidInputError.of("placeId", "required", "is empty; a visit without a time needs a place")
        day = cell("date")
        window = window_of(day, zone, rule)
        opening_day = wall_of(window.start, zone_named(zone)).date()
        is_same_day = wall_of(booked_at, zone_named(zone)).date() == opening_day
        not_before = booked_at if is_same_day else None
        return window, NextFree(clinic=clinic_id, name=name, window=window, length=rule.length, not_before=not_before)


def _header(rows: Iterator[list[str]]) -> tuple[str, ...]:
    try:
        return tuple(name.strip() for name in next(rows))
    except StopIteration:
        raise InvalidInputError.of("", "empty", "is empty; the first line must name the columns") from None
    except csv.Error:
        raise InvalidInputError.of("", "not_csv", "is not CSV; see whether it is the right file") from None


def _index(header: tuple[str, ...], column: str) -> int:
    found = [index for index, name in enumerate(header) if name == column]
    if not found:
        # The columns are not listed: in a file without a header, line 1 is about a person.
        near = difflib.get_close_matches(column, header, n=1)
        hint = f"; did you mean {near[0]}?" if near else "; see whether line 1 names the columns"
        message = f"is not among the {len(header)} columns of line 1{hint}"
        raise InvalidInputError.of(column, "missing_column", message, line=1)
    if len(found) > 1:
        message = "stands twice in line 1; rename one, so that it is clear which is meant"
        raise InvalidInputError.of(column, "double_column", message, line=1)
    return found[0]


def _refused(line: Line, column: str, code: str, message: str) -> Refused:
    return Refused(line=line, column=column, code=code, message=message)
