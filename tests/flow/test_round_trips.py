"""How often a step waits for an engine behind a network: what is known to be needed is read together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from kept.adapters.dynamodb import DynamoStore
from kept.core.batches import BatchItem
from kept.core.booking import AppointmentEvent, BookingRequest
from kept.core.contacts import PhoneNumber
from kept.core.intervals import Interval
from kept.core.notifications import SMS_THEN_EMAIL
from kept.core.people import ChannelName, Patient
from kept.core.schedules import Role, Schedule
from kept.flow.booking import Change, apply, book, move
from kept.flow.dispatch import claim
from kept.flow.people import ConsentWish, register
from kept.flow.reminders import plan_batch
from kept.main.kinds import KINDS
from kept.ports.store import Transaction
from tests.aws.tables import local_store
from tests.flow.claims import carriers

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
HALF = timedelta(minutes=30)
ANN = Patient(id="ann", phone=PhoneNumber("+12065550100"), created_at=NOW, updated_at=NOW)
REQUEST = BookingRequest(
    patient_id="ann", practitioner_id="prv", room_id="room", start=START, end=START + HALF, zone="UTC", by="key"
)
CHANGE = Change(appointment_id="a1", by="key")
ITEMS = tuple(
    BatchItem(patient_id=f"p{n}", start=START, zone="UTC", phone=PhoneNumber(f"+1206555{n:04}"), plan=SMS_THEN_EMAIL)
    for n in range(30)
)


def furnished() -> DynamoStore:
    """Return a store with a practitioner, a room, and a patient who may be written to."""
    store = local_store(KINDS)

    def step(tx: Transaction) -> None:
        for schedule_id, role in (("prv", Role.PRACTITIONER), ("room", Role.ROOM)):
            tx.put(Schedule(id=schedule_id, role=role, name=schedule_id, place_id=""))
        register(tx, ANN, (ConsentWish(channel=ChannelName.SMS, granted=True),), by="key", now=NOW)

    store.submit(step).result()
    return store


def reads(store: DynamoStore, step: Callable[[Transaction], object]) -> int:
    """Return how many calls the reading of a step takes."""
    before = store.capacity.spent()
    store.submit(step).result()
    after = store.capacity.spent()
    return after["batch_get_item"].calls - before["batch_get_item"].calls


def booked() -> DynamoStore:
    store = furnished()
    store.submit(partial(book, request=REQUEST, appointment_id="a1", now=NOW)).result()
    return store


def test_a_booking_reads_what_it_knows_and_then_the_days() -> None:
    assert reads(furnished(), partial(book, request=REQUEST, appointment_id="a1", now=NOW)) == 2


def test_a_cancellation_reads_the_visit_the_practice_a_hold_the_days_and_the_messages() -> None:
    cancel = partial(apply, change=CHANGE, event=AppointmentEvent.CANCEL, now=NOW)

    assert reads(booked(), cancel) == 5


def test_a_move_reads_the_schedules_and_the_new_days_as_well() -> None:
    to = Interval(start=START + timedelta(days=1), end=START + timedelta(days=1) + HALF)

    assert reads(booked(), partial(move, change=CHANGE, to=to, zone="UTC", now=NOW)) == 7


def test_a_claim_reads_the_message_what_it_is_about_and_its_address() -> None:
    store = booked()
    due = START - timedelta(hours=24)
    (hit, *_) = store.query("notifications_by_day", due.date().isoformat()).hits

    assert reads(store, partial(claim, notification_id=hit.id, carriers=carriers(), now=due)) == 3


@pytest.mark.parametrize("count", [2, 30])
def test_a_batch_reads_with_one_call_whatever_its_size(count: int) -> None:
    assert reads(furnished(), partial(plan_batch, items=ITEMS[:count], batch_id="b1", now=NOW)) == 1
