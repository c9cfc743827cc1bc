"""What happened: ledgers by day and batch, built from what every step recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from kept.core.notifications import Notification
from kept.core.reports import Ledger, tally
from kept.ports.store import Store

_PAGE = 500


def ledger_of_days(store: Store, first: date, last: date) -> dict[date, Ledger]:
    """Return one ledger for each day on which something was due, both ends included, by UTC day of the due instant."""
    ledgers = {}
    day = first
    while day <= last:
        ledger = tally(found(store, "notifications_by_day", day.isoformat()))
        if ledger.planned:
            ledgers[day] = ledger
        day += timedelta(days=1)
    return ledgers


def ledger_of_batch(store: Store, batch_id: str) -> Ledger:
    """Return the ledger of one batch."""
    return tally(found(store, "notifications_by_batch", batch_id))


def found(store: Store, index: str, partition: str) -> Iterator[Notification]:
    """Yield the notifications in one partition of an index, in its order."""
    cursor = None
    while True:
        page = store.query(index, partition, limit=_PAGE, cursor=cursor)
        yield from store.load(Notification, [hit.id for hit in page.hits])
        cursor = page.cursor
        if cursor is None:
            return
