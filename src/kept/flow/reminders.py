"""Plan what an appointment or a batch is to be told, and void what no longer holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.batches import BatchItem
from kept.core.booking import REMINDABLE, Appointment, sort_instant
from kept.core.notices import notice_of
from kept.core.notifications import (
    Notification,
    NotificationKind,
    NotificationState,
    Outcome,
    Reason,
    notification_id,
)
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.reminders import LAST_CALL, planned_reminders, skipped
from kept.flow.limits import nights_of
from kept.ports.store import Store, Transaction, Wish

BATCH_USEFUL_FOR: Final = timedelta(hours=18)
BATCH_PATIENCE: Final = timedelta(minutes=30)
CAUGHT_UP: Final = timedelta(hours=24)
"""How far ahead visits are looked at of which nobody was told."""
CATCH_UP: Final = "catch-up"
"""The rule of a reminder that is planned because all others are missing or have failed."""


def plan_reminders(tx: Transaction, appointment: Appointment, practice: Practice, *, now: datetime) -> Appointment:
    """Write the reminders of an appointment as it stands; return it with their ids noted, not yet put."""
    patient = tx.get(Patient, appointment.patient_id) if practice.quiet_hours else None
    nights = nights_of(appointment, patient, practice)
    policy = practice.policy_for(appointment.visit_type_id)
    return _written(tx, appointment, planned_reminders(appointment, policy, now=now, nights=nights))


def plan_notice(
    tx: Transaction,
    appointment: Appointment,
    about: NotificationKind,
    *,
    now: datetime,
    known_start: datetime | None = None,
) -> Appointment:
    """
    Write what the patient is told of a change, if the practice tells it; return the appointment with its id noted.

    Args:
        tx: The transaction.
        appointment: As it stands after the change; it is not put.
        about: What has happened.
        now: The one reading of the clock.
        known_start: When the patient still believes it begins, after a move.
    """
    practice = tx.get(Practice, PRACTICE_ID) or Practice()
    if about not in practice.notices:
        return appointment
    return _written(tx, appointment, (notice_of(appointment, about, now=now, known_start=known_start),))


def unreminded(store: Store, *, now: datetime) -> Iterator[str]:
    """Yield ids of visits of the next day of which nobody was told and nobody will be; candidates only."""
    for appointment in _coming(store, now=now, until=now + CAUGHT_UP):
        told = store.load(Notification, appointment.notification_ids)
        if _is_unreminded(appointment, told, now=now):
            yield appointment.id


def plan_missing(tx: Transaction, appointment_id: str, *, now: datetime) -> str:
    """
    Write the one reminder of a visit that has none that could still reach its patient; return its id, or nothing.

    A reminder that a rule has kept back counts as told: what must not be said is not said by another way either.
    """
    appointment = tx.get(Appointment, appointment_id)
    if appointment is None:
        return ""
    told = tuple(n for n in (tx.get(Notification, i) for i in appointment.notification_ids) if n)
    if not _is_unreminded(appointment, told, now=now):
        return ""
    missing = Notification(
        id=notification_id(appointment.id, str(appointment.sequence), CATCH_UP, appointment.patient_id),
        about=NotificationKind.REMINDER,
        rule=CATCH_UP,
        patient_id=appointment.patient_id,
        appointment_id=appointment.id,
        appointment_sequence=appointment.sequence,
        template="reminder",
        planned_at=now,
        due_at=now,
        wake_at=now,
        deadline_at=appointment.start - LAST_CALL,
        patience=BATCH_PATIENCE,
    )
    tx.put(_written(tx, appointment, (missing,)))
    return missing.id


def void_reminders(tx: Transaction, appointment: Appointment, reason: Reason, *, now: datetime) -> None:
    """
    End, with a reason, what was planned for an appointment and has not begun.

    What is under way is left to the worker, which looks at the appointment again before every further step. It is
    written all the same: whoever decides on it at this moment loses that race, and decides again.
    """
    for notification in _open(tx, appointment):
        is_planned = notification.state is NotificationState.PLANNED
        tx.put(skipped(notification, reason, now=now) if is_planned else notification)


def touch_reminders(tx: Transaction, appointment: Appointment) -> None:
    """Let whoever decides at this moment on a message about an appointment decide again: it has changed."""
    for notification in _open(tx, appointment):
        tx.put(notification)


def plan_batch(tx: Transaction, items: tuple[BatchItem, ...], *, batch_id: str, now: datetime) -> tuple[str, ...]:
    """
    Write one notification for each item of a batch, due at once.

    A patient nobody knows is registered without contact points; the addresses of an item serve its message only.

    Args:
        tx: The transaction.
        items: At most 50 or so: one transaction holds them all.
        batch_id: New.
        now: The one reading of the clock.

    Returns:
        The ids of the notifications, in the order of the items.
    """
    tx.read_ahead(*(wish for item in items for wish in _wishes(item, batch_id=batch_id)))
    return tuple(_plan_item(tx, item, batch_id=batch_id, now=now) for item in items)


def _open(tx: Transaction, appointment: Appointment) -> Iterator[Notification]:
    """Yield what an appointment lists and what is not done."""
    tx.read_ahead(*((Notification, listed) for listed in appointment.notification_ids))
    for listed in appointment.notification_ids:
        notification = tx.get(Notification, listed)
        if notification and not notification.is_done:
            yield notification


def _written(tx: Transaction, appointment: Appointment, planned: tuple[Notification, ...]) -> Appointment:
    """Write the notifications that the appointment does not list yet; return it with their ids."""
    fresh = tuple(n for n in planned if n.id not in appointment.notification_ids)
    for notification in fresh:
        tx.put(notification)
    ids = appointment.notification_ids + tuple(n.id for n in fresh)
    return msgspec.structs.replace(appointment, notification_ids=ids)


def _coming(store: Store, *, now: datetime, until: datetime) -> Iterator[Appointment]:
    """Yield visits that start between two instants; their days are those of their places, which may be the next."""
    after, before = sort_instant(now), sort_instant(until)
    first, last = now.date() - timedelta(days=1), until.date() + timedelta(days=1)
    for offset in range((last - first).days + 1):
        day = (first + timedelta(days=offset)).isoformat()
        page = store.query("appointments_by_day", day, after=after, before=before)
        yield from store.load(Appointment, [hit.id for hit in page.hits])
        while page.cursor is not None:
            page = store.query("appointments_by_day", day, after=after, before=before, cursor=page.cursor)
            yield from store.load(Appointment, [hit.id for hit in page.hits])


def _is_unreminded(appointment: Appointment, told: tuple[Notification, ...], *, now: datetime) -> bool:
    """Tell whether a visit comes soon, and all its reminders, if there are any, have failed."""
    if appointment.status not in REMINDABLE or not now < appointment.start - LAST_CALL < now + CAUGHT_UP:
        return False
    reminders = [
        n for n in told if n.about is NotificationKind.REMINDER and n.appointment_sequence == appointment.sequence
    ]
    is_caught_up = any(n.rule == CATCH_UP for n in reminders)
    return not is_caught_up and all(n.outcome in {Outcome.FAILED, Outcome.EXPIRED} for n in reminders)


def _wishes(item: BatchItem, *, batch_id: str) -> Iterator[Wish]:
    """Yield what planning an item reads."""
    yield Patient, item.patient_id
    yield from ((Consent, consent_id(channel, address)) for channel, address in _addresses(item).items())
    yield Notification, _id_in_batch(item, batch_id=batch_id)


def _addresses(item: BatchItem) -> dict[ChannelName, str]:
    given = ((ChannelName.SMS, item.phone), (ChannelName.EMAIL, item.email))
    return {channel: address for channel, address in given if address}


def _id_in_batch(item: BatchItem, *, batch_id: str) -> str:
    return notification_id("batch", batch_id, item.patient_id, item.appointment_id or item.start.isoformat())


def _plan_item(tx: Transaction, item: BatchItem, *, batch_id: str, now: datetime) -> str:
    if tx.get(Patient, item.patient_id) is None:
        tx.put(Patient(id=item.patient_id, created_at=now, updated_at=now))
    addresses = _addresses(item)
    for channel, address in addresses.items():
        _note_consent(tx, channel, address, batch_id=batch_id, now=now)
    new_id = _id_in_batch(item, batch_id=batch_id)
    if tx.get(Notification, new_id) is None:
        tx.put(_batch_notification(item, new_id, addresses, batch_id=batch_id, now=now))
    return new_id


def _batch_notification(
    item: BatchItem, new_id: str, addresses: dict[ChannelName, str], *, batch_id: str, now: datetime
) -> Notification:
    return Notification(
        id=new_id,
        about=NotificationKind.BATCH,
        rule="batch",
        patient_id=item.patient_id,
        batch_id=batch_id,
        template="reminder",
        plan=item.plan,
        addresses=addresses,
        facts={
            "start": item.start.isoformat(),
            "zone": item.zone,
            "place": item.place,
            "outside_id": item.appointment_id,
        },
        planned_at=now,
        due_at=now,
        wake_at=now,
        deadline_at=min(now + BATCH_USEFUL_FOR, item.start - LAST_CALL),
        patience=BATCH_PATIENCE,
    )


def _note_consent(tx: Transaction, channel: ChannelName, address: str, *, batch_id: str, now: datetime) -> None:
    """Record that an address came with a batch, unless something is known of it already: an opt-out stays."""
    record = consent_id(channel, address)
    if tx.get(Consent, record) is None:
        tx.put(
            Consent(
                id=record,
                channel=channel,
                granted=True,
                source="given with a batch",
                recorded_at=now,
                recorded_by=batch_id,
            )
        )
