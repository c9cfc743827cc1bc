"""Find appointments, patients and notifications, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Generic

import msgspec

from kept.core.booking import Appointment, sort_instant
from kept.core.errors import InvalidInputError
from kept.core.notifications import Notification
from kept.ports.cursors import Position, cursor_after, position_of
from kept.ports.store import E, Store

_PAGE: Final = 500
MOST_READ: Final = 2_000
"""Entities that one page may look at; a page of a rare kind may therefore be short, and still have a next one."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look."""

    index: str
    partitions: tuple[str, ...]
    """In the order in which they are read."""
    after: str | None = None
    """First sort key, inclusive."""
    before: str | None = None
    """Last sort key, exclusive."""
    limit: int = 50
    """Longest page."""
    cursor: str | None = None
    """Where an earlier page of the same search ended; None: at the beginning."""


class Found(msgspec.Struct, Generic[E], frozen=True, kw_only=True):
    """A page of what was found."""

    entities: tuple[E, ...]
    cursor: str | None
    """Where the next page begins; None when nothing is left."""


def search(store: Store, kind: type[E], where: Search, *, keep: Callable[[E], bool]) -> Found[E]:
    """
    Return the next entities that are worth keeping, in the order of the index.

    Args:
        store: Where they are.
        kind: What they are.
        where: Index, range and page.
        keep: What the index cannot tell; asked of each entity that it finds.

    Raises:
        InvalidInputError: the cursor belongs to no such search.
    """
    partition, inner = _begin(where.partitions, where.cursor)
    kept: list[E] = []
    read = 0
    while partition is not None and len(kept) < where.limit and read < MOST_READ:
        wanted = where.limit - len(kept)
        page = store.query(where.index, partition, after=where.after, before=where.before, limit=wanted, cursor=inner)
        read += max(1, len(page.hits))
        kept.extend(e for e in store.load(kind, [hit.id for hit in page.hits]) if keep(e))
        inner = page.cursor
        if inner is None:
            partition = _next(where.partitions, partition)
    end = None if partition is None else cursor_after((partition, inner or ""))
    return Found(entities=tuple(kept), cursor=end)


def notifications_of(store: Store, patient_id: str) -> tuple[Notification, ...]:
    """Return what was ever planned for a patient, in the order in which it is due: for each visit, and about none."""
    visits = store.load(Appointment, _ids_in(store, "appointments_by_patient", patient_id))
    ids = dict.fromkeys(i for visit in visits for i in visit.notification_ids)
    ids |= dict.fromkeys(_ids_in(store, "notifications_by_patient", patient_id))
    return tuple(sorted(store.load(Notification, ids), key=_position))


def page_of_patient(
    store: Store, patient_id: str, *, limit: int, cursor: str | None, keep: Callable[[Notification], bool]
) -> Found[Notification]:
    """
    Return the next notifications of a patient that are worth keeping, in the order in which they are due.

    Args:
        store: Where they are.
        patient_id: Whose.
        limit: Longest page; all of them are read for it, for a person has few.
        cursor: Where an earlier page ended; None: at the beginning.
        keep: Asked of each.

    Raises:
        InvalidInputError: the cursor belongs to no such search.
    """
    last = position_of(cursor) if cursor is not None else None
    wanted = [n for n in notifications_of(store, patient_id) if keep(n) and (last is None or _position(n) > last)]
    page = tuple(wanted[:limit])
    return Found(entities=page, cursor=cursor_after(_position(page[-1])) if len(wanted) > len(page) else None)


def _position(notification: Notification) -> Position:
    return sort_instant(notification.due_at), notification.id


def _ids_in(store: Store, index: str, partition: str) -> Iterator[str]:
    """Yield the ids in one partition of an index, page by page."""
    cursor = None
    while True:
        page = store.query(index, partition, limit=_PAGE, cursor=cursor)
        yield from (hit.id for hit in page.hits)
        cursor = page.cursor
        if cursor is None:
            return


def _begin(partitions: Sequence[str], cursor: str | None) -> tuple[str | None, str | None]:
    """Return partition and store's cursor at which the page begins."""
    if cursor is None:
        return (partitions[0] if partitions else None), None
    partition, inner = position_of(cursor)
    if partition not in partitions:
        message = "belongs to another search; leave it out to begin at the first page"
        raise InvalidInputError.of("cursor", "invalid_cursor", message)
    return partition, inner or None


def _next(partitions: Sequence[str], partition: str) -> str | None:
    following = partitions.index(partition) + 1
    return partitions[following] if following < len(partitions) else None
