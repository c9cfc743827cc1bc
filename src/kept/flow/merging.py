"""Find the reminders that one message can speak for, and see what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from kept.core.booking import Appointment
from kept.core.intervals import Interval
from kept.core.merging import (
    MOST_MERGED,
    Companion,
    after_main,
    is_companion,
    may_merge,
    spoken_for,
    with_patient,
    without_patient,
)
from kept.core.notifications import Notification
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.recording import Finish, finished, waiting
from kept.core.schedules import Role, ScheduleDay, days_of
from kept.ports.store import Transaction


def keep_household(tx: Transaction, before: Patient | None, after: Patient) -> None:
    """Note with a number whose it is, so that a family with one phone can get one message."""
    old, new = (p.phone if p else None for p in (before, after))
    if old == new:
        return
    left, taken = (_known_of(tx, phone) if phone else None for phone in (old, new))
    if left:
        tx.put(without_patient(left, after.id))
    if taken:
        tx.put(with_patient(taken, after.id))


def merged_with(tx: Transaction, main: Companion, *, within: timedelta, now: datetime) -> tuple[Companion, ...]:
    """
    Return the reminders of the same number that a text can speak for, the soonest visits first.

    They are written then, and whatever changes their visits writes them too: so neither misses the other.
    """
    chosen = tuple(c for c in _of_number(tx, main, within=within) if is_companion(main, c, within=within, now=now))
    return chosen[:MOST_MERGED]


def speak_for(tx: Transaction, main: Notification, companions: tuple[Companion, ...], *, now: datetime) -> None:
    """Let reminders wait for the message that speaks for them."""
    for companion in companions:
        tx.put(spoken_for(companion.notification, main, now=now))


def followed(tx: Transaction, companion: Notification, *, now: datetime) -> tuple[Notification, bool]:
    """Return a reminder that another message speaks for as it stands now, and whether it goes on by itself."""
    fate = after_main(companion, tx.get(Notification, companion.said_in), now=now)
    if isinstance(fate, Finish):
        return tx.put(finished(companion, fate, now=now)), False
    if isinstance(fate, datetime):
        return tx.put(waiting(companion, until=fate)), False
    return fate, True


def _of_number(tx: Transaction, main: Companion, *, within: timedelta) -> tuple[Companion, ...]:
    """Return reminders of the same rule for visits of everybody with the number, by the start of their visits."""
    phone = main.patient.phone
    if not within or not phone or not may_merge(main.notification):
        return ()
    number = _known_of(tx, phone)
    ids = dict.fromkeys((main.patient.id, *(number.patient_ids if number else ())))
    tx.read_ahead(*((Patient, i) for i in ids))
    people = [p for p in (tx.get(Patient, i) for i in ids) if p and p.phone == phone]
    found = [c for person in people for c in _reminders_of(tx, person, main, within=within)]
    return tuple(sorted(found, key=lambda c: (c.appointment.start, c.appointment.id)))


def _reminders_of(tx: Transaction, person: Patient, main: Companion, *, within: timedelta) -> Iterator[Companion]:
    visit, rule = main.appointment, main.notification.rule
    near = Interval(start=visit.start - within, end=visit.start + within + timedelta(microseconds=1))
    day_ids = days_of(Role.PATIENT, person.id, near)
    tx.read_ahead(*((ScheduleDay, i) for i in day_ids))
    days = (tx.get(ScheduleDay, i) for i in day_ids)
    ids = dict.fromkeys(busy.appointment_id for day in days if day for busy in day.busy)
    for appointment in (tx.get(Appointment, i) for i in ids if i != visit.id):
        for notification_id in appointment.notification_ids if appointment else ():
            notification = tx.get(Notification, notification_id)
            if appointment and notification and notification.rule == rule:
                yield Companion(notification=notification, appointment=appointment, patient=person)


def _known_of(tx: Transaction, phone: str) -> Consent | None:
    return tx.get(Consent, consent_id(ChannelName.SMS, phone))
