"""What the pages look up: candidates by index, read as the entities they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

import msgspec

from kept.core.booking import Appointment, sort_instant
from kept.core.contacts import parse_email, parse_phone
from kept.core.errors import InvalidInputError, NotFoundError
from kept.core.intervals import Interval, utc_days
from kept.core.notifications import Notification
from kept.core.people import Patient, email_key, name_search
from kept.core.schedules import Schedule, VisitType
from kept.core.zones import whole_day, zone_named
from kept.entrypoints.web.calls import Call
from kept.flow.slots import free_times
from kept.ports.store import E, Store

MOST_FOUND: Final = 20
"""Patients that a search shows; more letters find fewer."""
MOST_LISTED: Final = 50
"""Lines of a list on one page."""
_PAGE: Final = 500
_DAYS_AHEAD: Final = 60
"""How far the next free time is looked for."""


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of one partition of one index."""

    index: str
    partition: str
    after: str | None = None
    before: str | None = None


def one(store: Store, kind: type[E], entity_id: str) -> E:
    """
    Return an entity.

    Raises:
        NotFoundError: there is none of this id.
    """
    found = store.load(kind, [entity_id])
    if not found:
        raise NotFoundError(kind.kind)
    return found[0]


def entities(store: Store, kind: type[E], where: Range) -> Iterator[E]:
    """Yield everything found there, in the order of the index."""
    cursor = None
    while True:
        page = store.query(
            where.index, where.partition, after=where.after, before=where.before, limit=_PAGE, cursor=cursor
        )
        yield from store.load(kind, [hit.id for hit in page.hits])
        cursor = page.cursor
        if cursor is None:
            return


def newest(store: Store, kind: type[E], index: str, partition: str) -> tuple[E, ...]:
    """Return the last entities of a partition, the latest first; at most as many as one page lists."""
    page = store.query(index, partition, limit=MOST_LISTED, newest_first=True)
    return store.load(kind, [hit.id for hit in page.hits])


def appointments_on(store: Store, day: date) -> list[Appointment]:
    """Return the appointments of a date, each on the calendar of its own place, in order of their start."""
    return list(entities(store, Appointment, Range(index="appointments_by_day", partition=day.isoformat())))


def notifications_due_in(store: Store, times: Interval) -> Iterator[Notification]:
    """Yield the notifications that fall due in a stretch of time."""
    after, before = sort_instant(times.start), sort_instant(times.end)
    for day in utc_days(times):
        where = Range(index="notifications_by_day", partition=day.isoformat(), after=after, before=before)
        yield from entities(store, Notification, where)


def patients_like(call: Call, text: str) -> tuple[Patient, ...]:
    """
    Return the patients whose number, address or beginning of the name is the text; at most as many as are shown.

    Raises:
        InvalidInputError: it is too short to search for.
    """
    where = _address_range(text, call.practice.region) or _name_range(text)
    store = call.parts.store
    page = store.query(where.index, where.partition, after=where.after, before=where.before, limit=MOST_FOUND)
    return store.load(Patient, [hit.id for hit in page.hits])


def free_on(call: Call, practitioner: Schedule, visit_type: VisitType, day: date) -> tuple[Interval, ...]:
    """Return the times of a date at which such a visit can still be booked."""
    return bookable(call, practitioner, visit_type, whole_day(day, zone_named(call.zone_of(practitioner))))


def next_free(
    call: Call, practitioner: Schedule, visit_type: VisitType, day: date, *, most: int
) -> tuple[Interval, ...]:
    """Return the first times that are free on a date or later; few, or none within two months."""
    first = whole_day(day, zone_named(call.zone_of(practitioner))).start
    found: list[Interval] = []
    for start in (first + timedelta(days=n) for n in range(0, _DAYS_AHEAD, 4)):
        times = Interval(start=start, end=start + timedelta(days=4))
        found += bookable(call, practitioner, visit_type, times)
        if len(found) >= most:
            break
    return tuple(found[:most])


def bookable(call: Call, practitioner: Schedule, visit_type: VisitType, within: Interval) -> tuple[Interval, ...]:
    """Return the free times that are not too soon and not too far."""
    earliest = call.now + visit_type.notice
    latest = call.now + call.practice.horizon
    if within.end <= earliest or within.start > latest:
        return ()
    free = free_times(call.parts.store, practitioner.id, visit_type.id, within)
    return tuple(slot for slot in free if call.now < slot.start and earliest <= slot.start <= latest)


def _address_range(text: str, region: str) -> Range | None:
    """Return where a phone number or an e-mail address is found, or None when the text is neither."""
    try:
        if "@" in text:
            return Range(index="patients_by_email", partition=email_key(parse_email(text)))
        if any(c.isdecimal() for c in text):
            return Range(index="patients_by_phone", partition=parse_phone(text, region=region))
    except InvalidInputError:
        return None
    return None


def _name_range(text: str) -> Range:
    search = name_search(text)
    if search is None:
        raise InvalidInputError.of("q", "too_short_to_search", "needs three letters of the name, or a whole number")
    return Range(index="patients_by_name", partition=search[0], after=search[1], before=search[2])
