"""Candidates by index, read as the entities they are."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kept.core.booking import Appointment
from kept.core.contacts import parse_phone
from kept.core.errors import InvalidInputError
from kept.core.people import Patient, email_key, name_search
from kept.flow.practice import load_practice
from kept.ports.store import E, Store

PAGE = 500
MOST_FOUND = 1_000


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of one partition of one index."""

    index: str
    partition: str
    after: str | None = None
    before: str | None = None


def entities(store: Store, kind: type[E], where: Range) -> Iterator[E]:
    """Yield the entities found there, in the order of the index."""
    cursor = None
    while True:
        page = store.query(
            where.index, where.partition, after=where.after, before=where.before, limit=PAGE, cursor=cursor
        )
        yield from store.load(kind, [hit.id for hit in page.hits])
        cursor = page.cursor
        if cursor is None:
            return


def appointments_of_day(store: Store, day: str) -> list[Appointment]:
    """Return the appointments of a day on the calendars of their places."""
    return list(entities(store, Appointment, Range(index="appointments_by_day", partition=day)))


def patients_found(store: Store, *, name: str | None, phone: str | None, email: str | None) -> list[Patient]:
    """
    Return the patients that one of the three finds.

    Raises:
        InvalidInputError: none or several were given, or the one given cannot be searched for.
    """
    given = [each for each in (name, phone, email) if each]
    if len(given) != 1:
        raise InvalidInputError.of("", "one_of", "give one of --name, --phone and --email")
    if phone:
        region = load_practice(store).practice.region
        where = Range(index="patients_by_phone", partition=parse_phone(phone, region=region))
    elif email:
        where = Range(index="patients_by_email", partition=email_key(email))
    else:
        search = name_search(name or "")
        if search is None:
            raise InvalidInputError.of("name", "too_short", "needs three letters or more")
        where = Range(index="patients_by_name", partition=search[0], after=search[1], before=search[2])
    return list(entities(store, Patient, where))[:MOST_FOUND]
