from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.contacts import PhoneNumber
from kept.core.notifications import Attempt, Notification, NotificationState, Outcome
from kept.core.people import ChannelName, Patient
from kept.core.watch import Alarm, AlarmKind, Heartbeat, Route
from kept.flow.due import Backlog, backlog
from kept.flow.watch import MOST_SURVEYED, Survey, keep_heartbeat, load_heartbeat, standing_alarm, survey
from kept.ports.store import Transaction
from tests.dispatching import attempt, notification

NOW = datetime(2026, 5, 4, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NUMBERS = {"pat_us": "+12065550111", "pat_ca": "+16045550111", "pat_none": None}


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    for patient_id, number in NUMBERS.items():
        phone = PhoneNumber(number) if number else None
        put(store, Patient(id=patient_id, phone=phone, created_at=NOW, updated_at=NOW))
    return store


def put(store: MemoryStore, *entities: Notification | Patient) -> None:
    def step(tx: Transaction) -> None:
        for entity in entities:
            tx.put(entity)

    store.submit(step).result()


def beat(store: MemoryStore, at: datetime, *, left_at: datetime | None = None) -> Heartbeat:
    wanted = Heartbeat(looked_at=at, left_at=left_at)
    return store.submit(partial(keep_heartbeat, beat=wanted)).result()


def sent(
    n: int, one: Attempt, *, ago: timedelta = 40 * MINUTE, patient: str = "pat_us", **more: object
) -> Notification:
    due = NOW - ago
    made = notification(one, state=NotificationState.DONE, outcome=Outcome.ACCEPTED, wake_at=None)
    return msgspec.structs.replace(made, id=f"ntf_{n:05}", patient_id=patient, due_at=due, appointment_id=None, **more)


def awaited(*, heard: bool = False, ago: timedelta = 40 * MINUTE, channel: ChannelName = ChannelName.SMS) -> Attempt:
    one = attempt("a", at=NOW - ago, channel=channel)
    return msgspec.structs.replace(one, awaits_receipt=True, heard_at=NOW if heard else None)


# ---- heartbeat


def test_a_worker_that_has_sent_nothing_keeps_when_its_predecessor_last_did(store: MemoryStore) -> None:
    beat(store, NOW - 2 * MINUTE, left_at=NOW - 2 * MINUTE)

    kept = beat(store, NOW)

    assert (kept.looked_at, kept.left_at) == (NOW, NOW - 2 * MINUTE)
    assert load_heartbeat(store) == kept


def test_after_the_clock_was_put_back_the_last_message_counts_as_of_now(store: MemoryStore) -> None:
    beat(store, NOW, left_at=NOW)

    kept = beat(store, NOW - 60 * MINUTE)

    assert kept.left_at == kept.looked_at == NOW - 60 * MINUTE


def test_a_fresh_folder_has_no_heartbeat(store: MemoryStore) -> None:
    assert load_heartbeat(store) is None
    assert beat(store, NOW).left_at is None


def test_another_process_sees_the_alarm_in_the_store(store: MemoryStore) -> None:
    put(store, notification(wake_at=NOW - 6 * MINUTE))
    beat(store, NOW - MINUTE, left_at=NOW - 9 * MINUTE)

    found = standing_alarm(load_heartbeat(store), backlog(store, now=NOW), now=NOW)

    assert found == Alarm(about=AlarmKind.SILENT, since=NOW - 9 * MINUTE, due=1)


@pytest.mark.parametrize("wakes_in", [MINUTE, timedelta(hours=9)], ids=["a breaker or a rate", "the night"])
def test_what_rests_is_not_due_however_long_ago_it_was_planned_for(store: MemoryStore, wakes_in: timedelta) -> None:
    put(store, notification(due_at=NOW - timedelta(hours=3), wake_at=NOW + wakes_in))
    beat(store, NOW, left_at=NOW - timedelta(hours=9))

    assert backlog(store, now=NOW) == Backlog()
    assert standing_alarm(load_heartbeat(store), backlog(store, now=NOW), now=NOW) is None


# ---- what came back


def test_routes_are_told_apart_by_provider_and_by_the_country_of_the_number(store: MemoryStore) -> None:
    put(
        store,
        *(sent(n, awaited()) for n in range(20)),
        *(sent(n, awaited(heard=True), patient="pat_ca") for n in range(20, 23)),
        *(sent(n, awaited(), addresses={ChannelName.SMS: "+442071838750"}) for n in range(23, 25)),
        sent(30, awaited(channel=ChannelName.EMAIL)),
        sent(31, awaited(), patient="pat_none"),
        sent(32, attempt("a", at=NOW - 40 * MINUTE)),
    )

    found = survey(store, now=NOW)

    assert found.routes == (
        Route(provider="fake", country="", messages=2, heard=0),
        Route(provider="fake", country="CA", messages=3, heard=3),
        Route(provider="fake", country="GB", messages=2, heard=0),
        Route(provider="fake", country="US", messages=20, heard=0),
    )
    assert [route.is_silent for route in found.routes] == [False, False, False, True]


def test_what_was_accepted_a_moment_ago_is_not_judged_yet(store: MemoryStore) -> None:
    put(store, *(sent(n, awaited(ago=20 * MINUTE), ago=20 * MINUTE) for n in range(25)))

    assert survey(store, now=NOW) == Survey()


def test_unknowns_that_nobody_resolved_are_counted_as_far_back_as_two_days(store: MemoryStore) -> None:
    def unknown(n: int, ago: timedelta) -> Notification:
        one = sent(n, attempt("u", at=NOW - 40 * MINUTE), ago=ago)
        return msgspec.structs.replace(one, state=NotificationState.WAITING, outcome=None, wake_at=NOW)

    ended = sent(4, attempt("u", at=NOW - 40 * MINUTE))
    put(store, ended, *(unknown(n, timedelta(days=n, minutes=40)) for n in (0, 2, 4)))

    assert survey(store, now=NOW).unknown_open == 2


def test_no_more_than_the_newest_are_looked_at(store: MemoryStore) -> None:
    old = [sent(n, awaited(), ago=timedelta(hours=3)) for n in range(50)]
    new = [sent(n, awaited(heard=True), patient="pat_ca") for n in range(50, 50 + MOST_SURVEYED)]
    put(store, *old, *new)

    assert [route.country for route in survey(store, now=NOW).routes] == ["CA"]
