"""Open what a person must do, in the transaction of its cause; list it by how soon the visit is; close it once done."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from kept.core.booking import Appointment, sort_instant
from kept.core.conversation import Reply
from kept.core.errors import InvalidInputError, NotFoundError, StaleVersionError
from kept.core.notifications import Notification
from kept.core.people import Patient, checked_text
from kept.core.worklist import OPEN_INDEX, WorklistItem, cause_in, closed, is_moot, item_for_unreached, joined, reopened
from kept.flow.search import Search, search
from kept.ports.store import E, Store, Transaction

LONGEST_DONE: Final = 500
"""Characters of what was done."""
MOOT_PAGE: Final = 200
OVER: Final = "the visit was moved, cancelled or has begun"
"""What is noted as done when an item needs nobody any more."""
CHORE: Final = "worker"


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Say something about an item."""

    item_id: str
    by: str
    """Id of the key or the program that says it."""
    version: int | None = None
    """The version it was decided on; None: whatever is stored."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An item with what it is about, as far as it is still on record."""

    item: WorklistItem
    appointment: Appointment | None
    patient: Patient | None
    replies: tuple[Reply, ...] = ()

    @property
    def phone(self) -> str:
        """The number to call; empty when none is known."""
        number = self.patient.phone if self.patient else None
        return number or (self.item.address if self.item.address.startswith("+") else "")


class Worklist(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the worklist."""

    rows: tuple[Listed, ...]
    cursor: str | None
    """Where the next page begins; None when nothing is left."""


def list_unreached(tx: Transaction, notification: Notification, *, now: datetime) -> WorklistItem | None:
    """Open an item when a notification has ended without reaching anybody and a person must act; return it."""
    if cause_in(notification) is None or not notification.appointment_id:
        return None
    appointment = tx.get(Appointment, notification.appointment_id)
    item = item_for_unreached(notification, appointment, now=now) if appointment else None
    return open_item(tx, item, now=now) if item else None


def open_item(tx: Transaction, item: WorklistItem, *, now: datetime) -> WorklistItem:
    """Write an item, or add its cause to the one that is there; a cause that is known already changes nothing."""
    known = tx.get(WorklistItem, item.id)
    if known is None:
        return tx.put(item)
    after = joined(known, item, now=now)
    return known if after == known else tx.put(after)


def close_item(tx: Transaction, act: Act, *, done: str, now: datetime) -> WorklistItem:
    """
    Close an item with what was done.

    Raises:
        InvalidInputError: nothing is said, or too much.
        NotFoundError: no such item.
        StaleVersionError: it changed since the caller read it.
        StateConflictError: it is closed already.
    """
    said = checked_text(done.strip(), field="done", limit=LONGEST_DONE, multiline=True)
    if not said:
        raise InvalidInputError.of("done", "required", "must not be empty; say what was done")
    return tx.put(closed(_current(tx, act), done=said, by=act.by, now=now))


def reopen_item(tx: Transaction, act: Act, *, now: datetime) -> WorklistItem:
    """
    Let an item wait for somebody again.

    Raises:
        NotFoundError: no such item.
        StaleVersionError: it changed since the caller read it.
        StateConflictError: it is open.
    """
    return tx.put(reopened(_current(tx, act), by=act.by, now=now))


def worklist(store: Store, *, now: datetime, limit: int = 50, cursor: str | None = None) -> Worklist:
    """
    Return a page of what is open, the soonest visit first; what has become moot is left out.

    A page may be shorter than its limit and still have a next one.

    Raises:
        InvalidInputError: the cursor is none of this list.
    """
    where = Search(index=OPEN_INDEX, partitions=("all",), limit=limit, cursor=cursor)
    found = search(store, WorklistItem, where, keep=lambda item: item.is_open)
    rows = listed(store, found.entities)
    kept = tuple(row for row in rows if not is_moot(row.item, row.appointment, now=now))
    return Worklist(rows=kept, cursor=found.cursor)


def listed(store: Store, items: Iterable[WorklistItem]) -> tuple[Listed, ...]:
    """Return items with what they are about, in their order."""
    known = tuple(items)
    appointments = _by_id(store, Appointment, (i.appointment_id for i in known))
    patients = _by_id(store, Patient, (i.patient_id for i in known))
    replies = _by_id(store, Reply, (r for i in known for r in i.reply_ids))
    return tuple(
        Listed(
            item=item,
            appointment=appointments.get(item.appointment_id or ""),
            patient=patients.get(item.patient_id),
            replies=tuple(replies[i] for i in item.reply_ids if i in replies),
        )
        for item in known
    )


def moot_items(store: Store, *, now: datetime, limit: int = MOOT_PAGE) -> tuple[str, ...]:
    """Return ids of open items that need nobody any more, of those whose visits are soonest; candidates only."""
    hits = store.query(OPEN_INDEX, "all", before=sort_instant(now), limit=limit).hits
    rows = listed(store, store.load(WorklistItem, [hit.id for hit in hits])) if hits else ()
    return tuple(row.item.id for row in rows if row.item.is_open and is_moot(row.item, row.appointment, now=now))


def close_moot(tx: Transaction, item_id: str, *, now: datetime) -> bool:
    """Close an item that needs nobody any more; tell whether it was."""
    item = tx.get(WorklistItem, item_id)
    if item is None or not item.is_open:
        return False
    appointment = tx.get(Appointment, item.appointment_id) if item.appointment_id else None
    if not is_moot(item, appointment, now=now):
        return False
    tx.put(closed(item, done=OVER, by=CHORE, now=now))
    return True


def _current(tx: Transaction, act: Act) -> WorklistItem:
    item = tx.get(WorklistItem, act.item_id)
    if item is None:
        raise NotFoundError("item on the worklist")
    if act.version is not None and act.version != item.version:
        raise StaleVersionError(given=act.version, current=item.version)
    return item


def _by_id(store: Store, kind: type[E], ids: Iterable[str | None]) -> dict[str, E]:
    wanted = list(dict.fromkeys(i for i in ids if i))
    return {entity.id: entity for entity in store.load(kind, wanted)} if wanted else {}
