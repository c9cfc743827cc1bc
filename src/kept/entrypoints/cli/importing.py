"""Bring the lines of a file in, many under way at once, and count what became of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Final, Protocol, TypeVar

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError, KeptError, RefusedError, SlotTakenError
from kept.core.practice import SMS_NAME_LIMIT
from kept.core.schedules import Place
from kept.flow.imports import Arrived, Fate, add_place, bring_in
from kept.formats.csv_import import CsvReading, Refused, Understood
from kept.ports.store import TOO_MANY_RECORDS, Transaction

T = TypeVar("T")
LINES_PER_STEP: Final = 400
"""Lines that share a transaction; more are hardly faster, and keep a serving process waiting."""
STEPS_UNDER_WAY: Final = 4
ERRORS_SHOWN: Final = 20


class Submits(Protocol):
    """What runs steps: the store, or what only tries them."""

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run a step."""


class Report(msgspec.Struct, kw_only=True):
    """What became of a file."""

    read: int = 0
    imported: int = 0
    duplicates: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    """By code."""
    patients_new: int = 0
    places_new: int = 0
    planned: int = 0
    """Messages planned for visits to come."""
    errors: list[Refused] = []
    """The first ones."""
    seconds: float = 0.0

    def document(self) -> dict[str, object]:
        """Return the report as plain values, without anything that stands in the file."""
        return {
            "read": self.read,
            "imported": self.imported,
            "duplicates": self.duplicates,
            "refused": self.refused.total(),
            "refusedByCode": dict(sorted(self.refused.items())),
            "patientsNew": self.patients_new,
            "placesNew": self.places_new,
            "messagesPlanned": self.planned,
            "seconds": round(self.seconds, 2),
            "perSecond": round(self.read / self.seconds) if self.seconds else None,
            "errors": [
                {"line": e.line.number, "column": e.column, "code": e.code, "message": e.message} for e in self.errors
            ],
        }


class Importing(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is brought in."""

    reading: CsvReading
    store: Submits
    now: datetime
    zone: str
    """Of places that are added."""
    add_places: bool = False
    on_line: Callable[[], None] = lambda: None
    on_refused: Callable[[Refused], None] = lambda _: None

    def run(self) -> Report:
        """Bring everything in that can be; return what became of it."""
        report = Report(errors=[])
        under_way: deque[tuple[list[Understood], Future[tuple[Arrived | KeptError, ...]]]] = deque()
        batch: list[Understood] = []
        places: set[str] = set()
        for line in self.reading:
            report.read += 1
            self.on_line()
            if isinstance(line, Refused):
                self._refuse(report, line)
                continue
            if line.new_place and self.add_places and line.new_place not in places:
                places.add(line.new_place)
                self._add_place(report, line)
            batch.append(line)
            if len(batch) == LINES_PER_STEP:
                under_way.append((batch, self._submit(batch)))
                batch = []
            if len(under_way) > STEPS_UNDER_WAY:
                self._settle(report, *under_way.popleft())
        under_way.append((batch, self._submit(batch)))
        for lines, future in under_way:
            self._settle(report, lines, future)
        return report

    def _submit(self, lines: list[Understood]) -> Future[tuple[Arrived | KeptError, ...]]:
        arrivals = tuple(line.arrival for line in lines)
        return self.store.submit(lambda tx: bring_in(tx, arrivals, now=self.now))

    def _fates(
        self, lines: list[Understood], future: Future[tuple[Arrived | KeptError, ...]]
    ) -> tuple[Arrived | KeptError, ...]:
        """Return what became of the lines; those that are too many for one step of this store go by halves."""
        try:
            return future.result()
        except RefusedError as refused:
            if refused.code != TOO_MANY_RECORDS or len(lines) == 1:
                raise
        half = len(lines) // 2
        parts = (lines[:half], lines[half:])
        return tuple(fate for part in parts for fate in self._fates(part, self._submit(part)))

    def _settle(self, report: Report, lines: list[Understood], future: Future[tuple[Arrived | KeptError, ...]]) -> None:
        for line, fate in zip(lines, self._fates(lines, future), strict=True):
            if isinstance(fate, KeptError):
                self._refuse(report, self.reading.refusal(line.line, problem_in(fate)))
            elif fate.fate is Fate.DUPLICATE:
                report.duplicates += 1
            else:
                report.imported += 1
                report.patients_new += fate.is_new_patient
                report.planned += fate.planned

    def _refuse(self, report: Report, line: Refused) -> None:
        report.refused[line.code] += 1
        if len(report.errors) < ERRORS_SHOWN:
            report.errors.append(line)
        self.on_refused(line)

    def _add_place(self, report: Report, line: Understood) -> None:
        place_id = line.arrival.request.place_id or ""
        place = Place(id=place_id, name=line.new_place[:SMS_NAME_LIMIT].strip(), zone=self.zone)
        self.store.submit(lambda tx: add_place(tx, place)).result()
        report.places_new += 1


def problem_in(error: KeptError) -> FieldProblem:
    """
    Return what a step said of one line, as a problem of one of its targets.

    Raises:
        KeptError: *error* itself, when it is no line's fault: the store failed.
    """
    if isinstance(error, InvalidInputError):
        return error.problems[0]
    if isinstance(error, SlotTakenError):
        return FieldProblem(field="start", code="slot_taken", message=str(error))
    raise error
