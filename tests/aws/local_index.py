"""An index of a table in this process: the keys of its items, in order, as they were some time ago."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections import defaultdict
from datetime import datetime
from itertools import count
from typing import Any

import msgspec

Row = tuple[str, str]
"""Sort key, and key of the item."""
Entry = tuple[str, str]
"""Partition and sort key."""


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Which attributes an index is made of."""

    name: str
    partition: str
    sort: str

    @classmethod
    def of(cls, index: dict[str, Any]) -> Places:
        """Return those that a call to make a table names."""
        partition, sort = (each["AttributeName"] for each in index["KeySchema"])
        return cls(name=index["IndexName"], partition=partition, sort=sort)


class LocalIndex:
    """Follows the items of a table; what one item goes through it shows in order, and each item by itself."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._rows: dict[str, list[Row]] = defaultdict(list)
        self._shown: dict[str, Entry] = {}
        self._numbers = count()
        self._coming: list[tuple[datetime, int, str, Entry | None]] = []
        self._last: dict[str, tuple[datetime, int, Entry | None]] = {}
        """The last that is still to come for an item: when, its number, and where."""

    def follow(self, key: str, item: dict[str, Any] | None, *, now: datetime, at: datetime) -> None:
        """Show from an instant on where an item stands; None: nowhere."""
        self.catch_up(now)
        entry = self._entry_of(item)
        late, _, last = self._last.get(key, (now, 0, self._shown.get(key)))
        if entry == last:
            return
        at = max(at, late)
        if at <= now:
            self._show(key, entry)
            return
        number = next(self._numbers)
        self._last[key] = (at, number, entry)
        heapq.heappush(self._coming, (at, number, key, entry))

    def catch_up(self, now: datetime) -> None:
        """Show what is to be shown by now."""
        while self._coming and self._coming[0][0] <= now:
            _, number, key, entry = heapq.heappop(self._coming)
            self._show(key, entry)
            if self._last[key][1] == number:
                del self._last[key]

    def settles_at(self, now: datetime) -> datetime | None:
        """Return when it shows the next thing that it does not show by now."""
        self.catch_up(now)
        return self._coming[0][0] if self._coming else None

    def rows(self, partition: str) -> list[Row]:
        """Return the rows of a partition in order."""
        return self._rows.get(partition, [])

    def shown(self, partition: str, row: Row) -> dict[str, Any]:
        """Return a row as a query answers it."""
        sort, key = row
        return {"id": {"S": key}, self._places.partition: {"S": partition}, self._places.sort: {"S": sort}}

    def _entry_of(self, item: dict[str, Any] | None) -> Entry | None:
        if item is None or self._places.partition not in item or self._places.sort not in item:
            return None
        return item[self._places.partition]["S"], item[self._places.sort]["S"]

    def _show(self, key: str, entry: Entry | None) -> None:
        before = self._shown.pop(key, None)
        if before is not None:
            rows = self._rows[before[0]]
            del rows[bisect_left(rows, (before[1], key))]
        if entry is not None:
            insort(self._rows[entry[0]], (entry[1], key))
            self._shown[key] = entry
