"""Batches are planned once per item, however often they come."""

from datetime import UTC, datetime, timedelta

import msgspec

from kept.adapters.memory import MemoryStore
from kept.core.batches import BatchItem
from kept.core.booking import BookingRequest
from kept.core.notifications import SMS_THEN_EMAIL, Notification, NotificationState, Reason
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import Practice
from kept.flow.booking import book
from kept.flow.people import ConsentWish, set_consent
from kept.flow.reminders import plan_batch, plan_reminders, void_reminders

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ITEM = BatchItem(
    patient_id="ann",
    appointment_id="x1",
    start=NOW + timedelta(hours=20),
    zone="UTC",
    place="North",
    phone="+12065550100",
    email="ann@example.com",
    plan=SMS_THEN_EMAIL,
)


def planned(store: MemoryStore, *items: BatchItem, batch_id: str = "bat_1") -> tuple[Notification, ...]:
    ids = store.submit(lambda tx: plan_batch(tx, items, batch_id=batch_id, now=NOW)).result()
    return store.load(Notification, ids)


def test_an_item_becomes_one_notification_due_at_once() -> None:
    store = MemoryStore()

    (made,) = planned(store, ITEM)

    assert (made.due_at, made.wake_at, made.batch_id) == (NOW, NOW, "bat_1")
    assert made.deadline_at == NOW + timedelta(hours=18)
    assert made.addresses == {ChannelName.SMS: "+12065550100", ChannelName.EMAIL: "ann@example.com"}
    assert store.load(Patient, ["ann"])[0].phone is None


def test_the_same_batch_again_plans_nothing_new() -> None:
    store = MemoryStore()
    first = planned(store, ITEM)

    assert planned(store, ITEM) == first
    assert planned(store, ITEM, batch_id="bat_2") != first


def test_items_without_an_id_of_their_own_are_told_apart_by_their_time() -> None:
    bare = msgspec.structs.replace(ITEM, appointment_id="")
    later = msgspec.structs.replace(bare, start=ITEM.start + timedelta(days=1))

    assert len({n.id for n in planned(MemoryStore(), bare, later)}) == 2


def test_nothing_is_delivered_after_the_visit_has_begun() -> None:
    soon = msgspec.structs.replace(ITEM, start=NOW + timedelta(hours=1))

    (made,) = planned(MemoryStore(), soon)

    assert made.deadline_at == NOW + timedelta(minutes=45)


def test_an_address_that_comes_with_a_batch_is_allowed_unless_it_was_opted_out() -> None:
    store = MemoryStore()
    no = ConsentWish(channel=ChannelName.SMS, granted=False)
    store.submit(lambda tx: set_consent(tx, "+12065550100", no, by="k", now=NOW)).result()

    planned(store, ITEM)

    ids = [consent_id(ChannelName.SMS, "+12065550100"), consent_id(ChannelName.EMAIL, "ann@example.com")]
    assert [(c.granted, c.source) for c in store.load(Consent, ids)] == [
        (False, "given to the practice"),
        (True, "given with a batch"),
    ]


def test_an_item_without_addresses_is_planned_all_the_same_so_that_it_is_on_record() -> None:
    (made,) = planned(MemoryStore(), msgspec.structs.replace(ITEM, phone=None, email=None))

    assert made.addresses == {}


def test_planning_an_appointment_twice_plans_once_and_voiding_leaves_what_has_begun() -> None:
    store = MemoryStore()
    request = BookingRequest(
        patient_id="ann", start=NOW + timedelta(9), end=NOW + timedelta(9, 60), zone="UTC", register_patient=True
    )
    made = store.submit(lambda tx: book(tx, request, appointment_id="a1", now=NOW)).result()
    again = store.submit(lambda tx: plan_reminders(tx, made, Practice(), now=NOW)).result()
    begun = msgspec.structs.replace(store.load(Notification, made.notification_ids)[0], state=NotificationState.SENDING)
    store.submit(lambda tx: tx.put(begun)).result()

    store.submit(lambda tx: void_reminders(tx, made, Reason.APPOINTMENT_CANCELLED, now=NOW)).result()

    assert again.notification_ids == made.notification_ids
    states = [(n.state, n.reason) for n in store.load(Notification, made.notification_ids)]
    assert states == [
        (NotificationState.SENDING, None),
        (NotificationState.DONE, Reason.APPOINTMENT_CANCELLED),
    ]
