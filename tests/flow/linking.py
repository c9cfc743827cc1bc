"""What the tests of holds and links share: a store with a practice, a visit of Ann's, and short words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

import msgspec

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, BookingRequest
from kept.core.intervals import Interval
from kept.core.people import Patient
from kept.core.practice import Practice
from kept.core.schedules import OpenHours, Place, Role, Schedule, ScheduleDay, VisitType
from kept.flow.booking import book
from kept.ports.store import Store, Transaction

T = TypeVar("T")

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
"""A Monday, 9:00 in New York."""
ZONE = "America/New_York"
HALF = timedelta(minutes=30)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
REQUEST = BookingRequest(
    patient_id="ann",
    practitioner_id="prv",
    visit_type_id="check",
    place_id="north",
    start=START,
    end=START + HALF,
    zone=ZONE,
    by="key_1",
)
WEEKDAYS = tuple(OpenHours(weekday=d, opens=time(8), closes=time(17)) for d in range(5))


def practice_store() -> MemoryStore:
    """Return a store with a practice, three patients and Ann's visit."""
    store = MemoryStore()
    furnish(store)
    booked(store)
    return store


def furnish(store: Store) -> None:
    """Write a practice and three patients."""
    types = (
        VisitType(id="check", name="Check", duration=HALF),
        VisitType(id="late", name="With notice", duration=HALF, notice=timedelta(days=200)),
        VisitType(id="class", name="Class", duration=HALF, capacity=2),
    )
    place = Place(id="north", name="North", zone=ZONE, phone="(206) 555-0101")

    def prepare(tx: Transaction) -> None:
        tx.put(Practice(zone=ZONE, phone="(206) 555-0100", places=(place,), visit_types=types))
        tx.put(Schedule(id="prv", role=Role.PRACTITIONER, name="Dr A", place_id="north", hours=WEEKDAYS))
        tx.put(Schedule(id="room", role=Role.ROOM, name="Room 1", place_id="north"))
        for patient in ("ann", "ben", "cat"):
            tx.put(Patient(id=patient, created_at=NOW, updated_at=NOW))

    done(store, prepare)


def done(store: Store, step: Callable[[Transaction], T]) -> T:
    """Run a step."""
    return store.submit(step).result()


def booked(store: Store, appointment_id: str = "a1", **fields: object) -> Appointment:
    """Book a visit like Ann's."""
    request = msgspec.structs.replace(REQUEST, **fields)
    return done(store, lambda tx: book(tx, request, appointment_id=appointment_id, now=NOW))


def visit(store: Store, appointment_id: str = "a1") -> Appointment:
    """Return a visit as it is stored."""
    return store.load(Appointment, [appointment_id])[0]


def half_from(start: datetime) -> Interval:
    """Return the half hour that begins then."""
    return Interval(start=start, end=start + HALF)


def busy(store: Store, day_id: str = "practitioner/prv/2026-05-04") -> list[str]:
    """Return who has the times of a day, in order."""
    return [b.appointment_id for day in store.load(ScheduleDay, [day_id]) for b in day.busy]
