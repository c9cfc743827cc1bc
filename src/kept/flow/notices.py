"""Tell everybody who has a visit in some days what the practice has to say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from kept.core.booking import LIVE, Appointment
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.notices import PublicNotice, public_notice
from kept.core.notifications import Notification
from kept.core.text_checks import check_words
from kept.ports.store import Store, Transaction

MOST_DAYS: Final = 31
"""Longest range of visits that one notice concerns."""
_PAGE: Final = 500


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a notice concerns: everybody with a visit from one day to another, perhaps only at one place or with one."""

    first: date
    """By the calendar of the place of each visit."""
    last: date
    """Included."""
    place_id: str = ""
    practitioner_id: str = ""


def check_notice(notice: PublicNotice, audience: Audience) -> None:
    """
    Refuse a notice that cannot be sent.

    Raises:
        InvalidInputError: no words, too many, a reply that carriers take for STOP; or a range that is none.
    """
    problems = [
        FieldProblem(field=f"words/{language}", code=p.code, message=p.message, extra=p.extra)
        for language, words in notice.words.items()
        for p in check_words(words)
    ]
    if not notice.words:
        problems += check_words("")
    if not timedelta(0) <= audience.last - audience.first < timedelta(days=MOST_DAYS):
        message = f"must be from the first day on, within {MOST_DAYS} days"
        problems.append(FieldProblem(field="to", code="out_of_range", message=message))
    if problems:
        raise InvalidInputError(*problems)


def concerned(store: Store, audience: Audience, *, now: datetime) -> tuple[str, ...]:
    """Return ids of the visits to come that a notice concerns, the first one of each patient; candidates only."""
    first_of: dict[str, str] = {}
    for appointment in _in_range(store, audience):
        if _is_meant(appointment, audience, now=now):
            first_of.setdefault(appointment.patient_id, appointment.id)
    return tuple(first_of.values())


def plan_notices(
    tx: Transaction, notice: PublicNotice, appointment_ids: tuple[str, ...], *, now: datetime
) -> tuple[str, ...]:
    """
    Write one notification for the patient of each visit; one who has been told already is not told again.

    Args:
        tx: The transaction.
        notice: What is told; checked.
        appointment_ids: At most 50 or so: one transaction holds them all.
        now: The one reading of the clock.

    Returns:
        The ids of the notifications; none for a visit that is over or cancelled meanwhile.
    """
    planned = []
    for appointment in (tx.get(Appointment, i) for i in appointment_ids):
        if appointment is None or appointment.status not in LIVE or appointment.start <= now:
            continue
        wanted = public_notice(notice, appointment, now=now)
        known = tx.get(Notification, wanted.id) or tx.put(wanted)
        planned.append(known.id)
    return tuple(planned)


def _in_range(store: Store, audience: Audience) -> Iterator[Appointment]:
    for offset in range((audience.last - audience.first).days + 1):
        day = (audience.first + timedelta(days=offset)).isoformat()
        cursor = None
        while True:
            page = store.query("appointments_by_day", day, limit=_PAGE, cursor=cursor)
            yield from store.load(Appointment, [hit.id for hit in page.hits])
            cursor = page.cursor
            if cursor is None:
                break


def _is_meant(appointment: Appointment, audience: Audience, *, now: datetime) -> bool:
    is_there = not audience.place_id or appointment.place_id == audience.place_id
    is_theirs = not audience.practitioner_id or appointment.practitioner_id == audience.practitioner_id
    return appointment.status in LIVE and appointment.start > now and is_there and is_theirs
