"""Ledgers of days and batches, from what every step recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from kept.adapters.memory import MemoryStore
from kept.core.batches import BatchItem
from kept.core.booking import AppointmentEvent, BookingRequest
from kept.core.notifications import SMS_THEN_EMAIL
from kept.flow import reports
from kept.flow.booking import Change, apply, book
from kept.flow.reminders import plan_batch
from kept.flow.reports import found, ledger_of_batch, ledger_of_days

if TYPE_CHECKING:
    import pytest

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
VISIT = NOW + timedelta(days=9)
REQUEST = BookingRequest(
    patient_id="ann", start=VISIT, end=VISIT + timedelta(hours=1), zone="UTC", register_patient=True
)
ITEM = BatchItem(patient_id="ann", start=VISIT, zone="UTC", plan=SMS_THEN_EMAIL)
ITEM_2 = BatchItem(patient_id="bea", start=VISIT, zone="UTC", plan=SMS_THEN_EMAIL)


def booked() -> MemoryStore:
    """Return a store with two visits of one day, one of them cancelled."""
    store = MemoryStore()
    later = msgspec.structs.replace(REQUEST, start=REQUEST.end, end=REQUEST.end + timedelta(hours=1))
    store.submit(lambda tx: book(tx, REQUEST, appointment_id="a1", now=NOW)).result()
    store.submit(lambda tx: book(tx, later, appointment_id="a2", now=NOW)).result()
    cancel = Change(appointment_id="a2", by="key_1")
    store.submit(lambda tx: apply(tx, cancel, AppointmentEvent.CANCEL, now=NOW)).result()
    return store


def test_each_day_has_the_messages_that_were_due_on_it_and_balances() -> None:
    ledgers = ledger_of_days(booked(), date(2026, 1, 1), date(2026, 1, 31))

    assert {day: (ledger.planned, ledger.skipped, ledger.pending) for day, ledger in ledgers.items()} == {
        date(2026, 1, 13): (2, 1, 1),
        date(2026, 1, 14): (2, 1, 1),
    }
    assert all(ledger.balances for ledger in ledgers.values())


def test_a_day_on_which_nothing_was_due_is_left_out() -> None:
    assert ledger_of_days(booked(), date(2026, 1, 1), date(2026, 1, 12)) == {}


def test_a_batch_has_a_ledger_of_its_own() -> None:
    store = booked()
    store.submit(lambda tx: plan_batch(tx, (ITEM,), batch_id="bat_1", now=NOW)).result()

    assert (ledger_of_batch(store, "bat_1").planned, ledger_of_batch(store, "bat_2").planned) == (1, 0)


def test_goes_on_from_page_to_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "_PAGE", 1)

    store = booked()
    store.submit(lambda tx: plan_batch(tx, (ITEM, ITEM_2), batch_id="bat_1", now=NOW)).result()

    assert len(list(found(store, "notifications_by_batch", "bat_1"))) == 2
