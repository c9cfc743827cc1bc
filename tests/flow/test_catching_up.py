"""A visit of the next day of which nobody was told, and what is told then; and a departure that a sender notes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, AppointmentEvent, BookingRequest
from kept.core.notifications import Notification, NotificationKind, Outcome, Reason
from kept.core.reminders import skipped
from kept.core.watch import Heartbeat
from kept.flow.booking import Change, apply, book
from kept.flow.due import due_hits, due_ids
from kept.flow.reminders import plan_missing, unreminded
from kept.flow.watch import keep_heartbeat, load_heartbeat, note_departure
from kept.ports.store import Transaction

NOW = datetime(2026, 5, 4, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def booked(store: MemoryStore, number: int = 1, *, start: datetime = NOW + 20 * HOUR, told: bool = False) -> str:
    """Book a visit long before; its reminders are there, or were never planned."""
    request = BookingRequest(
        patient_id=f"pat_{number}", start=start, end=start + HOUR / 2, zone="Pacific/Auckland", register_patient=True
    )
    before = NOW - timedelta(days=9)
    made = store.submit(partial(book, request=request, appointment_id=f"apt_{number}", now=before)).result()
    if not told:
        store.submit(lambda tx: tx.put(msgspec.structs.replace(made, notification_ids=()))).result()
    return made.id


def ended(store: MemoryStore, appointment_id: str, outcome: Outcome) -> None:
    """End all reminders of a visit."""
    visit = store.load(Appointment, [appointment_id])[0]

    def step(tx: Transaction) -> None:
        for known in store.load(Notification, visit.notification_ids):
            tx.put(msgspec.structs.replace(skipped(known, Reason.REFUSED, now=NOW), outcome=outcome))

    store.submit(step).result()


def test_a_visit_of_the_next_day_without_a_reminder_gets_one_that_is_due_now() -> None:
    store = MemoryStore()
    visit = booked(store)

    found = list(unreminded(store, now=NOW))
    planned = [store.submit(partial(plan_missing, appointment_id=i, now=NOW)).result() for i in (*found, *found)]

    made = store.load(Notification, planned[:1])[0]
    assert (found, planned[1]) == ([visit], "")
    assert (made.about, made.rule, made.due_at) == (NotificationKind.REMINDER, "catch-up", NOW)
    assert made.deadline_at == NOW + 20 * HOUR - timedelta(minutes=15)
    assert store.load(Appointment, [visit])[0].notification_ids == (made.id,)
    assert list(unreminded(store, now=NOW)) == []


@pytest.mark.parametrize(
    ("outcome", "is_found"),
    [(Outcome.FAILED, True), (Outcome.EXPIRED, True), (Outcome.SKIPPED, False), (Outcome.DELIVERED, False)],
)
def test_reminders_that_have_failed_count_as_none(outcome: Outcome, *, is_found: bool) -> None:
    store = MemoryStore()
    visit = booked(store, told=True)
    before = list(unreminded(store, now=NOW))

    ended(store, visit, outcome)

    assert before == []
    assert list(unreminded(store, now=NOW)) == ([visit] if is_found else [])


@pytest.mark.parametrize("start", [NOW + timedelta(minutes=10), NOW + 25 * HOUR])
def test_what_is_over_or_far_ahead_is_left_alone(start: datetime) -> None:
    store = MemoryStore()
    booked(store, start=start)

    assert list(unreminded(store, now=NOW)) == []


def test_a_visit_that_is_cancelled_or_gone_is_left_alone() -> None:
    store = MemoryStore()
    visit = booked(store)
    change = Change(appointment_id=visit, by="desk")
    store.submit(partial(apply, change=change, event=AppointmentEvent.CANCEL, now=NOW)).result()

    planned = [store.submit(partial(plan_missing, appointment_id=i, now=NOW)).result() for i in (visit, "apt_none")]

    assert planned == ["", ""]


def test_all_pages_of_a_day_are_read() -> None:
    store = MemoryStore()
    for number in range(1, 131):
        booked(store, number)

    assert len(list(unreminded(store, now=NOW))) == 130


def test_since_when_each_is_due_is_told_with_its_id() -> None:
    store = MemoryStore()
    booked(store, told=True, start=NOW + 23 * HOUR)

    hits = due_hits(store, now=NOW)

    assert tuple(hit.id for hit in hits) == due_ids(store, now=NOW)
    assert [hit.sort for hit in hits] == ["2026-05-04T13:00:00.000000"]


def test_a_departure_is_noted_with_the_heartbeat_unless_a_later_one_is_known() -> None:
    store = MemoryStore()
    nobody = store.submit(partial(note_departure, at=NOW)).result()
    store.submit(partial(keep_heartbeat, beat=Heartbeat(looked_at=NOW))).result()

    for at in (NOW - HOUR, NOW, NOW - HOUR):
        store.submit(partial(note_departure, at=at)).result()

    beat = load_heartbeat(store)
    assert nobody is None
    assert beat is not None
    assert (beat.left_at, beat.version) == (NOW, 3)
