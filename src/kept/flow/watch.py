"""Keep the heartbeat of whoever sends, and look now and then at what has come back of what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.booking import sort_instant
from kept.core.channels import address_for
from kept.core.contacts import PhoneNumber
from kept.core.limits import country_of_number
from kept.core.notifications import Attempt, Notification
from kept.core.people import ChannelName, Patient
from kept.core.watch import (
    HEARTBEAT_ID,
    UNKNOWN_TOO_LONG,
    Alarm,
    Heartbeat,
    Route,
    Sample,
    alarm_of,
    is_expected,
    is_heard,
    is_unknown_too_long,
    routes_of,
)
from kept.flow.due import Backlog
from kept.ports.store import Store, Transaction

MOST_SURVEYED: Final = 1_000
"""Newest notifications that are looked at: enough for every route of a practice, and read in some 50 ms."""
SURVEYED_BACK: Final = 2
"""Days before today that are looked at while there is room."""
_PAGE: Final = 250


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What has come back of the newest messages."""

    routes: tuple[Route, ...] = ()
    unknown_open: int = 0


def load_heartbeat(store: Store) -> Heartbeat | None:
    """Return what the process that sends last wrote, or None when none ever has."""
    return next(iter(store.load(Heartbeat, (HEARTBEAT_ID,))), None)


def keep_heartbeat(tx: Transaction, beat: Heartbeat) -> Heartbeat:
    """
    Write the heartbeat over the one before.

    A worker that has sent nothing yet keeps when its predecessor last did, unless that lies in the future: then the
    clock was put back, and the time is taken for now.
    """
    known = tx.get(Heartbeat, HEARTBEAT_ID)
    left_at = beat.left_at or (known.left_at if known else None)
    sound = min(left_at, beat.looked_at) if left_at else None
    return tx.put(msgspec.structs.replace(beat, version=known.version if known else 0, left_at=sound))


def note_departure(tx: Transaction, at: datetime) -> Heartbeat | None:
    """Note with the heartbeat that a message has left, for a sender that does not look by itself."""
    known = tx.get(Heartbeat, HEARTBEAT_ID)
    if known is None or (known.left_at is not None and known.left_at >= at):
        return known
    return tx.put(msgspec.structs.replace(known, left_at=at))


def standing_alarm(beat: Heartbeat | None, waiting: Backlog, *, now: datetime) -> Alarm | None:
    """Return what is wrong with sending, or None."""
    return alarm_of(beat, due=waiting.due, oldest_at=waiting.oldest_at, now=now)


def survey(store: Store, *, now: datetime) -> Survey:
    """Look at the newest notifications that have been due for a while: which routes are heard of, what is open."""
    samples: list[Sample] = []
    unknown = 0
    for page in _newest(store, before=now - UNKNOWN_TOO_LONG):
        unknown += sum(is_unknown_too_long(n, now=now) for n in page)
        expected = [(n, a) for n in page for a in n.attempts if is_expected(a, now=now)]
        patients = _patients(store, expected)
        samples += [_sample(n, a, patients.get(n.patient_id)) for n, a in expected]
    return Survey(routes=routes_of(samples), unknown_open=unknown)


def _newest(store: Store, *, before: datetime) -> Iterator[tuple[Notification, ...]]:
    """Yield pages of what was due before an instant, the latest first."""
    left = MOST_SURVEYED
    for days in range(SURVEYED_BACK + 1):
        day = (before - timedelta(days=days)).date().isoformat()
        cursor = None
        while left > 0:
            page = store.query(
                "notifications_by_day",
                day,
                before=sort_instant(before),
                limit=min(_PAGE, left),
                cursor=cursor,
                newest_first=True,
            )
            yield store.load(Notification, [hit.id for hit in page.hits])
            left -= len(page.hits)
            cursor = page.cursor
            if cursor is None:
                break


def _patients(store: Store, expected: list[tuple[Notification, Attempt]]) -> dict[str, Patient]:
    """Return the patients whose number says to which country a text went."""
    wanted = {n.patient_id for n, a in expected if a.channel is ChannelName.SMS and not n.addresses.get(a.channel)}
    return {patient.id: patient for patient in store.load(Patient, sorted(wanted))}


def _sample(notification: Notification, attempt: Attempt, patient: Patient | None) -> Sample:
    number = address_for(notification, patient, attempt.channel) if attempt.channel is ChannelName.SMS else None
    return Sample(
        provider=attempt.provider,
        country=country_of_number(PhoneNumber(number)) if number else "",
        accepted_at=attempt.ended_at or attempt.started_at,
        is_heard=is_heard(attempt),
    )
