"""What the tests of claiming and recording share: a store with one planned notification, and short words."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment
from kept.core.channels import Capabilities, Carrier
from kept.core.notifications import (
    Notification,
    SendOutcome,
)
from kept.core.people import ChannelName
from kept.core.practice import Practice
from kept.flow.dispatch import (
    AttemptRef,
    Claimed,
    claim,
    record,
)
from kept.ports.store import Entity, Transaction
from tests.dispatching import (
    DUE,
    EMAIL,
    LEASE,
    PHONE,
    appointment,
    consent,
    notification,
    patient,
)

SMS, MAIL = ChannelName.SMS, ChannelName.EMAIL
SECOND = timedelta(seconds=1)


def carriers(can: Capabilities | None = None) -> dict[ChannelName, Carrier]:
    carrier = Carrier(provider="fake", capabilities=can or Capabilities(), lease=LEASE)
    return {SMS: carrier, MAIL: carrier}


def store_of(*entities: Entity) -> MemoryStore:
    store = MemoryStore()
    for entity in entities:
        store.submit(partial(put, entity=entity)).result()
    return store


def put(tx: Transaction, *, entity: Entity) -> None:
    tx.put(entity)


def practice_store(planned: Notification | None = None, *, visit: Appointment | None = None) -> MemoryStore:
    """Return a store with a patient who may be written to, a visit and its reminder."""
    return store_of(
        Practice(name="Elm Clinic", phone="206-555-0100"),
        patient(),
        visit or appointment(notification_ids=("ntf_1",)),
        consent(SMS, PHONE),
        consent(MAIL, EMAIL),
        planned or notification(),
    )


def claimed(store: MemoryStore, *, now: datetime = DUE, can: Capabilities | None = None) -> Claimed:
    return store.submit(partial(claim, notification_id="ntf_1", carriers=carriers(can), now=now)).result()


def recorded(
    store: MemoryStore, ref: AttemptRef, outcome: SendOutcome, *, now: datetime = DUE + SECOND
) -> Notification:
    after = store.submit(partial(record, ref=ref, outcome=outcome, now=now)).result()
    assert after is not None
    return after


def current(store: MemoryStore) -> Notification:
    return store.load(Notification, ["ntf_1"])[0]


def ref_of(found: Claimed, place: int = 0) -> AttemptRef:
    return found.handovers[place].ref
