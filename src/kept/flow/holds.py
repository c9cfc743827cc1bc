"""Keep a free time for a visit that may move there: take it, keep it longer once, give it back."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from kept.core.booking import sort_instant
from kept.core.errors import NotFoundError
from kept.core.holds import SlotHold, extended, held, hold_id
from kept.core.intervals import Interval
from kept.flow.booking import Change, as_moved, drop_hold, give_hold_back, take_time
from kept.ports.store import Store, Transaction


def hold_slot(tx: Transaction, change: Change, to: Interval, *, zone: str, now: datetime) -> SlotHold:
    """
    Take a time for a visit that may move there; whatever else was kept for it is given back.

    The visit itself stays where it is. Nobody else can book the time until the hold ends. Asking again for a time that
    is kept already does not keep it longer.

    Raises:
        NotFoundError: no such appointment.
        StaleVersionError: it changed since the caller read it.
        StateConflictError: it cannot be moved in its state.
        InvalidInputError: impossible or closed times.
        SlotTakenError: the time is taken.
    """
    _, after = as_moved(tx, change, to, zone=zone, now=now)
    known = tx.get(SlotHold, hold_id(change.appointment_id))
    if known and known.interval == to and now < known.ends_at:
        return known
    before = give_hold_back(tx, change.appointment_id)
    days = take_time(tx, msgspec.structs.replace(after, id=hold_id(after.id)))
    new = held(after, days, now=now)
    return tx.put(msgspec.structs.replace(new, version=before.version if before else 0))


def extend_hold(tx: Transaction, appointment_id: str, *, now: datetime) -> SlotHold:
    """
    Keep a held time for ten more minutes, once.

    Raises:
        NotFoundError: nothing is kept for this visit.
        StateConflictError: it was extended before, or is over.
    """
    hold = tx.get(SlotHold, hold_id(appointment_id))
    if hold is None:
        raise NotFoundError("time that is kept for this visit")
    return tx.put(extended(hold, now=now))


def ended_slot_holds(store: Store, *, now: datetime, limit: int = 500) -> tuple[str, ...]:
    """Return ids of visits for which a time may have been kept long enough; candidates for :func:`end_slot_hold`."""
    page = store.query("slot_holds_by_end", "all", before=sort_instant(now + timedelta(microseconds=1)), limit=limit)
    return tuple(hold.appointment_id for hold in store.load(SlotHold, [hit.id for hit in page.hits]))


def end_slot_hold(tx: Transaction, appointment_id: str, *, now: datetime) -> bool:
    """Give back a time that was kept long enough; tell whether it was."""
    hold = tx.get(SlotHold, hold_id(appointment_id))
    if hold is None or hold.ends_at > now:
        return False
    drop_hold(tx, appointment_id)
    return True
