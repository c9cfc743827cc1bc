"""Many clients want the same time: one gets it, and everybody else is told so."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from kept.adapters.memory import MemoryStore
from kept.adapters.sqlite import SqliteStore
from kept.core.booking import Appointment, AppointmentEvent, AppointmentStatus, BookingRequest
from kept.core.errors import ConflictError, SlotTakenError, StateConflictError
from kept.core.intervals import utc_days
from kept.core.schedules import Role, ScheduleDay, schedule_day_id
from kept.flow.booking import Change, apply, book, move
from kept.ports.store import Store, Transaction
from tests.aws.tables import dynamo_store
from tests.faults.practice import (
    DAY,
    KINDS,
    NOW,
    ZONE,
    double_bookings,
    hour_from,
    hours_after,
    request_for,
    set_up,
)
from tests.faults.racing import misplaced, prepare, race, race_of_processes
from tests.faults.unguarded import UNGUARDED, unguarded

pytestmark = pytest.mark.uncounted

ROUNDS_WITHOUT_GUARD = 60
PROCESSES = 4
ROUNDS_OF_PROCESSES = 120
CROWD = 200
T = TypeVar("T")


def opened(kind: str, folder: Path) -> Store:
    if kind == "memory":
        return MemoryStore()
    if kind == "dynamodb":
        return dynamo_store(KINDS, threads=16)
    return SqliteStore(folder / "kept.sqlite3", kinds=KINDS)


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = opened(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["memory", "sqlite"])
def store_here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store that takes thousands of steps in a moment."""
    made = opened(request.param, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(("kind", "rounds"), [("sqlite", 500), ("memory", 200), ("dynamodb", 10)])
def test_each_round_of_16_clients_has_one_winner(kind: str, rounds: int, tmp_path: Path) -> None:
    store = opened(kind, tmp_path)
    prepare(store, rounds)

    report = race(store, rounds)

    assert report.surprises == []
    assert report.uneven_rounds(rounds) == {}
    assert misplaced(store, report, rounds) == []
    store.close()


@pytest.mark.parametrize("guard", sorted(UNGUARDED))
def test_without_the_guard_the_same_race_double_books(guard: str, store_here: Store) -> None:
    prepare(store_here, ROUNDS_WITHOUT_GUARD)

    report = race(unguarded(guard, store_here), ROUNDS_WITHOUT_GUARD)

    assert len(report.uneven_rounds(ROUNDS_WITHOUT_GUARD)) > ROUNDS_WITHOUT_GUARD / 2
    assert len(misplaced(store_here, report, ROUNDS_WITHOUT_GUARD)) > ROUNDS_WITHOUT_GUARD / 2


def test_each_round_has_one_winner_when_four_processes_share_the_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite3"
    store = SqliteStore(path, kinds=KINDS)
    prepare(store, ROUNDS_OF_PROCESSES)
    store.close()

    report = race_of_processes(path, ROUNDS_OF_PROCESSES, processes=PROCESSES)

    store = SqliteStore(path, kinds=KINDS)
    wrong = misplaced(store, report, ROUNDS_OF_PROCESSES)
    store.close()
    assert report.surprises == []
    assert report.uneven_rounds(ROUNDS_OF_PROCESSES) == {}
    assert wrong == []


@pytest.mark.parametrize(
    ("fields", "seats"),
    [
        pytest.param({"visit_type_id": "visit"}, 1, id="a practitioner"),
        pytest.param({"visit_type_id": "class"}, 3, id="a class of three"),
        pytest.param({"visit_type_id": "visit", "room_id": "room-1"}, 1, id="a practitioner and a room"),
        pytest.param({"visit_type_id": "class", "room_id": "room-1"}, 3, id="a class in a room"),
        pytest.param({"practitioner_id": None, "room_id": "room-1"}, 1, id="a room alone"),
    ],
)
def test_of_200_requests_for_one_time_as_many_are_booked_as_there_are_seats(
    fields: dict[str, object], seats: int, store: Store
) -> None:
    store.submit(set_up).result()
    start = hours_after(50)
    wishes = [(f"a{n}", request_for(f"p{n}", start, **fields)) for n in range(CROWD)]

    answers = at_once([partial(booked, store, new_id, request) for new_id, request in wishes])

    assert Counter(type(answer) for answer in answers) == {Appointment: seats, SlotTakenError: CROWD - seats}
    assert double_bookings(store.load(Appointment, [new_id for new_id, _ in wishes])) == []


def test_of_two_requests_and_two_confirmations_one_each_succeeds(store: Store) -> None:
    store.submit(set_up).result()

    for number in range(30):
        start = hours_after(24 * (number + 2))
        wishes = [(f"a{number}-{n}", request_for(f"p{n}", start, as_request=True)) for n in range(2)]
        asked = at_once([partial(booked, store, new_id, request) for new_id, request in wishes])
        pending = [a for a in asked if isinstance(a, Appointment)]
        assert [(a.status, len(pending)) for a in pending] == [(AppointmentStatus.REQUESTED, 1)]

        change = Change(appointment_id=pending[0].id, by="test")
        confirming = partial(apply, change=change, event=AppointmentEvent.CONFIRM, now=NOW)
        confirmed = at_once([partial(submitted, store, confirming)] * 2)

        assert Counter(type(answer) for answer in confirmed) == {Appointment: 1, StateConflictError: 1}


def test_moves_that_cross_each_other_leave_every_visit_in_one_place(store_here: Store) -> None:
    store_here.submit(set_up).result()
    starts = [hours_after(24 * n + 30) for n in range(9)]
    ids = [f"a{n}" for n in range(6)]
    for new_id, start in zip(ids, starts, strict=False):
        assert isinstance(booked(store_here, new_id, request_for(new_id, start, room_id="room-1")), Appointment)
    torn: list[str] = []

    def wander(number: int) -> None:
        chance = random.Random(number)
        for _ in range(40):
            change = Change(appointment_id=chance.choice(ids), by="test")
            to = hour_from(chance.choice(starts) + timedelta(minutes=chance.choice([0, 0, 20, -20])))
            submitted(store_here, partial(move, change=change, to=to, zone=ZONE, now=NOW))
            torn.extend(store_here.submit(partial(out_of_step, ids=ids, starts=starts)).result())

    at_once([partial(wander, number) for number in range(12)])

    assert torn == []
    assert double_bookings(store_here.load(Appointment, ids)) == []
    assert all(a.sequence for a in store_here.load(Appointment, ids)), "nothing was moved"


def out_of_step(tx: Transaction, *, ids: list[str], starts: list[datetime]) -> list[str]:
    """
    Return the visits that are not on exactly the days and times where they say they are.

    Everything is guarded, so that what was read belongs together; the visits first, because a day that comes into
    being cannot be guarded, and the visit that it comes with can.
    """
    visits = [visit for entity_id in ids if (visit := tx.get(Appointment, entity_id))]
    dates = {(start + shift).date() for start in starts for shift in (-DAY, timedelta(0), DAY)}
    day_ids = [schedule_day_id(Role.ROOM, "room-1", date) for date in sorted(dates)]
    days = [day for day_id in day_ids if (day := tx.get(ScheduleDay, day_id))]
    for visit in visits:
        tx.guard(visit)
    for day in days:
        tx.guard(day)
    found = []
    for each in visits:
        held = [busy.interval for day in days for busy in day.busy if busy.appointment_id == each.id]
        expected = [each.interval for _ in utc_days(each.interval)]
        if held != expected:
            found.append(f"{each.id} is at {expected}, but the room's days hold {held}")
    return found


def booked(store: Store, new_id: str, request: BookingRequest) -> Appointment | ConflictError:
    return submitted(store, partial(book, request=request, appointment_id=new_id, now=NOW))


def submitted(store: Store, step: Callable[[Transaction], Appointment]) -> Appointment | ConflictError:
    """Return the answer, or the refusal that a client may get; anything else is raised."""
    try:
        return store.submit(step).result()
    except ConflictError as refusal:
        return refusal


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make all calls at the same moment, each in a thread of its own."""
    gate = threading.Barrier(len(calls))

    def called(call: Callable[[], T]) -> T:
        gate.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(called, calls))
