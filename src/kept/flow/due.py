"""
Find what is due: candidates by index, which may lag behind, and hold what need not be looked at yet.

A notification never stands in the index later than it is to be looked at, but often earlier: to move it there costs
more than to look in vain. Whoever looks again and again remembers what was early; whoever looks once reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final

import msgspec

from kept.core.booking import sort_instant
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import Notification, due_shards
from kept.ports.store import Hit, Store

DUE_PAGE: Final = 500
BACKLOG_LIMIT: Final = 1000
"""Most that is counted in each shard."""
_INSTANT: Final = timedelta(microseconds=1)

Skip = Callable[[Hit], bool]
"""Tells which candidates are not wanted."""


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """What is due and not yet looked at."""

    due: int = 0
    """How many; counted up to 4,000, which is trouble enough."""
    oldest_at: datetime | None = None
    """Since when the longest due one waits."""


class Early:
    """Remembers, in one process, what stands in the index before its time: until that comes, or its place changes."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[str, datetime]] = {}

    def __len__(self) -> int:
        return len(self._until)

    def note(self, notification: Notification, *, now: datetime) -> bool:
        """Remember a notification if it is early; tell whether it is."""
        stands, wakes = notification.stands_at, notification.wake_at
        if stands is None or wakes is None or stands > now or wakes <= now:
            self._until.pop(notification.id, None)
            return False
        self._until[notification.id] = (sort_instant(stands), wakes)
        return True

    def holds(self, hit: Hit, *, now: datetime) -> bool:
        """Tell whether a candidate is known to be early."""
        place, until = self._until.get(hit.id, ("", now))
        return place == hit.sort and now < until

    def first_at(self, *, now: datetime) -> datetime | None:
        """Forget those whose time has come, and return when the next one's does."""
        self._until = {i: known for i, known in self._until.items() if known[1] > now}
        return min((until for _, until in self._until.values()), default=None)

    def clear(self) -> None:
        """Forget everything, as when the clock was set."""
        self._until.clear()


def due_hits(store: Store, *, now: datetime, skip: Skip = lambda _hit: False, limit: int = DUE_PAGE) -> tuple[Hit, ...]:
    """
    Return what may be due now, the longest due first, each with the place at which it stands.

    Args:
        store: Where they are.
        now: The one reading of the clock.
        skip: What is being looked at, set aside or early; the search goes on behind it, so that a page full of such
            hides none of the others.
        limit: At most so many from each shard.
    """
    hits = [hit for shard in due_shards() for hit in islice(_standing(store, shard, now=now, skip=skip), limit)]
    return tuple(sorted(hits, key=lambda hit: hit.sort))


def due_ids(store: Store, *, now: datetime, skip: Skip = lambda _hit: False, limit: int = DUE_PAGE) -> tuple[str, ...]:
    """Return the ids alone."""
    return tuple(hit.id for hit in due_hits(store, now=now, skip=skip, limit=limit))


def next_place(store: Store, *, after: datetime) -> datetime | None:
    """Return the first instant later than *after* at which anything stands, or None."""
    later = sort_instant(after + _INSTANT)
    firsts = [store.query("notifications_due", shard, after=later, limit=1).hits for shard in due_shards()]
    return min((_instant(hits[0]) for hits in firsts if hits), default=None)


def next_due(store: Store, *, after: datetime) -> datetime | None:
    """Return the first instant later than *after* at which a notification is to be looked at, or None."""
    standing = (_standing(store, shard, now=after, skip=lambda _hit: False) for shard in due_shards())
    early = (wake for hits in standing for wake in _wakes(store, hits) if wake > after)
    place = next_place(store, after=after)
    return min((*early, *((place,) if place else ())), default=None)


def backlog(store: Store, *, now: datetime) -> Backlog:
    """Return what is due and not claimed; what is under way or waits is early until its time comes."""
    due = 0
    oldest: datetime | None = None
    for shard in due_shards():
        hits = islice(_standing(store, shard, now=now, skip=lambda _hit: False), BACKLOG_LIMIT)
        times = [wake for wake in _wakes(store, hits) if wake <= now]
        due += len(times)
        oldest = min((*times, *((oldest,) if oldest else ())), default=None)
    return Backlog(due=due, oldest_at=oldest)


def readable(store: Store, ids: Sequence[str]) -> dict[str, Notification]:
    """
    Return the notifications that can be read; what is wrong with the others is said by whoever claims them.

    Raises:
        StorageUnavailableError: nothing can be read at the moment.
    """
    if not ids:
        return {}
    try:
        return {notification.id: notification for notification in store.load(Notification, ids)}
    except Exception as error:
        if isinstance(error, StorageUnavailableError) and error.retry_after_s is not None:
            raise
        half = len(ids) // 2
        return readable(store, ids[:half]) | readable(store, ids[half:]) if half else {}


def _standing(store: Store, shard: str, *, now: datetime, skip: Skip) -> Iterator[Hit]:
    """Yield what stands in one shard until now, page by page."""
    before = sort_instant(now + _INSTANT)
    cursor = None
    while True:
        page = store.query("notifications_due", shard, before=before, limit=DUE_PAGE, cursor=cursor)
        yield from (hit for hit in page.hits if not skip(hit))
        cursor = page.cursor
        if cursor is None:
            return


def _wakes(store: Store, hits: Iterable[Hit]) -> Iterator[datetime]:
    """Yield when each is to be looked at, of those that are not done; one that cannot be read, when it says itself."""
    found = tuple(hits)
    read = readable(store, [hit.id for hit in found])
    for hit in found:
        notification = read.get(hit.id)
        if notification is None:
            yield _instant(hit)
        elif notification.wake_at is not None:
            yield notification.wake_at


def _instant(hit: Hit) -> datetime:
    return datetime.fromisoformat(hit.sort).replace(tzinfo=UTC)
