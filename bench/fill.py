"""Fill a store with appointments and planned reminders, quickly and durably."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from kept.core.booking import BookingRequest, appointment_from, taken_on
from kept.core.people import Patient
from kept.core.reminders import DEFAULT_POLICY, planned_reminders
from kept.core.schedules import Role, ScheduleDay, days_of
from kept.ports.store import Entity, Store, Transaction

PER_STEP: Final = 200
ZONE: Final = "America/New_York"
VISIT: Final = timedelta(minutes=15)
PER_DAY: Final = 40
"""Visits of one practitioner a day."""


def fill(store: Store, count: int, *, first_day: datetime, prefix: str = "old", reminders: bool = True) -> None:
    """
    Store so many appointments, each with its patient, its practitioner's day and, if wanted, its planned reminders.

    Args:
        store: Where to.
        count: A multiple of 40: whole days.
        first_day: Midnight UTC of the first day; there are ten practitioners for every 250 days.
        prefix: Beginning of all ids.
        reminders: Whether reminders are planned.
    """
    open_steps: deque[Future[None]] = deque()
    for entities in _batches(count, first_day, prefix, reminders=reminders):
        open_steps.append(store.submit(partial(_put_all, entities=entities)))
        while len(open_steps) > 4:
            open_steps.popleft().result()
    for step in open_steps:
        step.result()


def _put_all(tx: Transaction, entities: list[Entity]) -> None:
    for entity in entities:
        tx.put(entity)


def _batches(count: int, first_day: datetime, prefix: str, *, reminders: bool) -> Iterator[list[Entity]]:
    batch: list[Entity] = []
    for number in range(0, count, PER_DAY):
        batch.extend(_day(number, first_day, prefix, reminders=reminders))
        if len(batch) >= PER_STEP:
            yield batch
            batch = []
    if batch:
        yield batch


def _day(number: int, first_day: datetime, prefix: str, *, reminders: bool) -> Iterator[Entity]:
    """Yield everything of one practitioner's day."""
    day_number = number // PER_DAY
    practitioner = f"{prefix}_prv_{day_number // 250}"
    opens = first_day + timedelta(days=day_number % 250, hours=8)
    booked_at = first_day - timedelta(days=60)
    busy = []
    for seat in range(PER_DAY):
        appointment_id = f"{prefix}_{number + seat}"
        request = BookingRequest(
            patient_id=f"{appointment_id}_p",
            practitioner_id=practitioner,
            start=opens + seat * VISIT,
            end=opens + (seat + 1) * VISIT,
            zone=ZONE,
        )
        made = appointment_from(request, None, appointment_id=appointment_id, hold=None, booked_at=booked_at)
        busy.append(taken_on(Role.PRACTITIONER, made))
        yield made
        yield Patient(id=made.patient_id, created_at=booked_at, updated_at=booked_at)
        yield from planned_reminders(made, DEFAULT_POLICY, now=booked_at) if reminders else ()
    (day_id,) = days_of(Role.PRACTITIONER, practitioner, busy[0].interval)
    yield ScheduleDay(id=day_id, busy=tuple(busy))
