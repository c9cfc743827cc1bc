"""A time that is kept for a visit cannot be had by anybody else, until it is given back."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Barrier, Thread

import pytest

from kept.adapters.memory import MemoryStore
from kept.adapters.sqlite import SqliteStore
from kept.core.booking import AppointmentEvent
from kept.core.errors import InvalidInputError, NotFoundError, SlotTakenError, StaleVersionError, StateConflictError
from kept.core.holds import SlotHold, hold_id
from kept.core.schedules import ScheduleDay
from kept.flow import holds
from kept.flow.booking import Change, apply, drop_hold, move
from kept.flow.holds import end_slot_hold, ended_slot_holds, extend_hold, hold_slot
from kept.ports.store import Transaction
from tests.faults.practice import KINDS
from tests.flow.linking import HOUR, MINUTE, NOW, START, ZONE, booked, busy, done, furnish, half_from, practice_store

TEN = START + HOUR
HELD = hold_id("a1")


@pytest.fixture(name="store")
def a_store() -> MemoryStore:
    return practice_store()


def hold(store: MemoryStore, start: datetime = TEN, appointment_id: str = "a1", now: datetime = NOW) -> SlotHold:
    change = Change(appointment_id=appointment_id, by="link")
    return done(store, lambda tx: hold_slot(tx, change, half_from(start), zone=ZONE, now=now))


def test_a_held_time_is_taken_for_everybody_else_and_the_visit_stays(store: MemoryStore) -> None:
    made = hold(store)

    with pytest.raises(SlotTakenError, match="practitioner"):
        booked(store, "b1", patient_id="ben", start=TEN, end=TEN + HOUR / 2)

    assert busy(store) == busy(store, "patient/ann/2026-05-04") == ["a1", HELD]
    assert made.days == ("patient/ann/2026-05-04", "practitioner/prv/2026-05-04")


def test_another_time_for_the_same_visit_gives_the_first_back(store: MemoryStore) -> None:
    hold(store)
    hold(store, TEN + HOUR)

    assert booked(store, "b1", patient_id="ben", start=TEN, end=TEN + HOUR / 2).start == TEN
    assert busy(store) == ["a1", "b1", HELD]
    assert store.load(SlotHold, [HELD])[0].start == TEN + HOUR


def test_asking_again_for_the_same_time_keeps_it_no_longer(store: MemoryStore) -> None:
    first = hold(store)

    assert hold(store, now=NOW + 9 * MINUTE) == first
    assert hold(store, now=NOW + 10 * MINUTE).ends_at == NOW + 20 * MINUTE


@pytest.mark.parametrize(
    ("start", "error"),
    [(START, SlotTakenError), (START + 12 * HOUR, InvalidInputError), (NOW, InvalidInputError)],
    ids=["taken by the visit itself", "closed", "past"],
)
def test_what_could_not_be_booked_cannot_be_held(store: MemoryStore, start: datetime, error: type[Exception]) -> None:
    with pytest.raises(error):
        hold(store, start)

    assert busy(store) == ["a1"]
    assert store.load(SlotHold, [HELD]) == ()


def test_a_hold_is_decided_on_the_version_that_was_seen(store: MemoryStore) -> None:
    change = Change(appointment_id="a1", by="link", version=7)

    with pytest.raises(StaleVersionError):
        done(store, lambda tx: hold_slot(tx, change, half_from(TEN), zone=ZONE, now=NOW))


def test_it_can_be_kept_longer_once(store: MemoryStore) -> None:
    hold(store)

    longer = done(store, lambda tx: extend_hold(tx, "a1", now=NOW + MINUTE))

    assert longer.ends_at == NOW + 11 * MINUTE
    with pytest.raises(StateConflictError):
        done(store, lambda tx: extend_hold(tx, "a1", now=NOW + MINUTE))


def test_what_is_not_held_cannot_be_kept_longer(store: MemoryStore) -> None:
    with pytest.raises(NotFoundError):
        done(store, lambda tx: extend_hold(tx, "a1", now=NOW))


def test_a_hold_that_ends_gives_its_time_back(store: MemoryStore) -> None:
    hold(store)

    assert ended_slot_holds(store, now=NOW + 10 * MINUTE - MINUTE / 60) == ()
    assert ended_slot_holds(store, now=NOW + 10 * MINUTE) == ("a1",)
    assert not done(store, lambda tx: end_slot_hold(tx, "a1", now=NOW + 9 * MINUTE))
    assert done(store, lambda tx: end_slot_hold(tx, "a1", now=NOW + 10 * MINUTE))
    assert not done(store, lambda tx: end_slot_hold(tx, "a1", now=NOW + 10 * MINUTE))
    assert busy(store) == ["a1"]
    assert store.load(SlotHold, [HELD]) == ()


def test_the_desk_can_move_the_visit_to_the_time_that_is_kept_for_it(store: MemoryStore) -> None:
    hold(store)

    done(store, lambda tx: move(tx, Change(appointment_id="a1", by="desk"), half_from(TEN), zone=ZONE, now=NOW))

    assert busy(store) == ["a1"]
    assert store.load(SlotHold, [HELD]) == ()


def test_a_visit_that_the_desk_cancels_gives_back_what_is_kept_for_it(store: MemoryStore) -> None:
    hold(store)

    done(store, lambda tx: apply(tx, Change(appointment_id="a1", by="desk"), AppointmentEvent.CANCEL, now=NOW))

    assert busy(store) == []
    assert store.load(SlotHold, [HELD]) == ()


def test_a_day_that_is_gone_is_no_obstacle(store: MemoryStore) -> None:
    hold(store)

    def lose(tx: Transaction) -> None:
        day = tx.get(ScheduleDay, "practitioner/prv/2026-05-04")
        assert day
        tx.delete(day)

    done(store, lose)

    assert done(store, lambda tx: drop_hold(tx, "a1"))
    assert done(store, lambda tx: drop_hold(tx, "a1")) is None


def winners(folder: Path) -> int:
    """Let eight people ask for one time at the same moment; return how many are told that they have it."""
    people = [f"p{n}" for n in range(8)]
    store = SqliteStore(folder / "kept.db", kinds=KINDS, checkpoints=True)
    furnish(store)
    for place, person in enumerate(people):
        at = START + place * HOUR / 2
        booked(store, f"v-{person}", patient_id=person, start=at, end=at + HOUR / 2, register_patient=True)
    barrier = Barrier(len(people))
    futures: list[Future[SlotHold]] = []

    def ask(person: str) -> None:
        change = Change(appointment_id=f"v-{person}", by="link")
        step = partial(hold_slot, change=change, to=half_from(START + 6 * HOUR), zone=ZONE, now=NOW)
        barrier.wait()
        futures.append(store.submit(step))

    threads = [Thread(target=ask, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    errors = [error for future in futures if (error := future.exception())]
    store.close()
    assert {type(error) for error in errors} <= {SlotTakenError}
    return len(people) - len(errors)


def test_of_many_who_want_one_time_at_once_exactly_one_gets_it(tmp_path: Path) -> None:
    assert winners(tmp_path) == 1


def test_the_race_is_lost_when_the_time_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "take_time", lambda _tx, _appointment: ())

    assert winners(tmp_path) == 8
