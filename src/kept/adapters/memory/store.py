"""The store port on dictionaries, for one process and as long as it lives."""

from __future__ import annotations

import threading
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final, TypeVar, cast

from kept.core.errors import ConflictError, StorageUnavailableError
from kept.ports.cursors import Position, checked_limit, page_of, position_of
from kept.ports.store import E, Entity, Key, Page, Transaction
from kept.ports.work import Change, LostRaceError, UnitOfWork, moved_entries

T = TypeVar("T")

MOST_RUNS: Final = 10
"""Runs of one step before a lost race is reported; ours."""


class MemoryStore:
    """
    Keeps entities in memory.

    A step runs at once, in the caller's thread. Its first run holds no lock, so that a race between threads is lost
    here just as it would be on an engine that locks nothing; later runs hold it, and so cannot starve.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._idle = threading.Condition(self._lock)
        self._running = 0
        self._entities: dict[Key, Entity] = {}
        self._partitions: dict[Key, list[Position]] = defaultdict(list)
        self._closed = False

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run the step and commit it; the future is resolved when it is returned."""
        future: Future[T] = Future()
        try:
            with self._submitted():
                result = self._run(step)
        except Exception as error:  # noqa: BLE001  whatever the step raised belongs to whoever asks for its result
            future.set_exception(error)
        else:
            future.set_result(result)
        return future

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        """Return the committed entities of these ids."""
        with self._lock:
            self._check_open()
            found = [self._read(kind, entity_id) for entity_id in ids]
        return tuple(cast("E", entity) for entity in found if entity is not None)

    def query(
        self,
        index: str,
        partition: str,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        newest_first: bool = False,
    ) -> Page:
        """Return the keys in one partition of one index."""
        checked_limit(limit)
        last = position_of(cursor) if cursor is not None else None
        with self._lock:
            self._check_open()
            rows = self._partitions.get((index, partition), [])
            low = bisect_left(rows, (after,)) if after is not None else 0
            high = bisect_left(rows, (before,)) if before is not None else len(rows)
            if newest_first:
                high = min(high, bisect_left(rows, last)) if last else high
                found = rows[max(low, high - limit - 1) : max(low, high)][::-1]
            else:
                low = max(low, bisect_left(rows, (*last, ""))) if last else low
                found = rows[low : max(low, min(high, low + limit + 1))]
        return page_of(found, limit)

    def close(self) -> None:
        """Refuse everything from now on, and wait for the steps that are running."""
        with self._idle:
            self._closed = True
            self._idle.wait_for(lambda: not self._running)

    @contextmanager
    def _submitted(self) -> Iterator[None]:
        """Count a step in, which ``close`` then waits for."""
        with self._lock:
            self._check_open()
            self._running += 1
        try:
            yield
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _run(self, step: Callable[[Transaction], T]) -> T:
        """Return what the step returns, once it is committed."""
        try:
            return self._attempt(step)
        except LostRaceError:
            pass
        with self._lock:
            for _ in range(MOST_RUNS - 1):
                try:
                    return self._attempt(step)
                except LostRaceError:
                    continue
        raise ConflictError("what the step depends on was changed each time it ran; read again, then retry")

    def _attempt(self, step: Callable[[Transaction], T]) -> T:
        """Return what the step returns, once committed by this run."""
        work = UnitOfWork(self._read)
        result = step(work)
        with self._lock:
            self._commit(work.changes())
        return result

    def _read(self, kind: type[Entity], entity_id: str) -> Entity | None:
        return self._entities.get((kind.kind, entity_id))

    def _commit(self, changes: tuple[Change, ...]) -> None:
        """Apply all changes, or none: everything that can go wrong does so before the first one is applied."""
        for change in changes:
            stored = self._entities.get((change.kind, change.id))
            if (stored.version if stored else 0) != change.expected:
                raise LostRaceError
        writes = [change for change in changes if not change.guard_only]
        moves = [moved_entries(self._entities.get((change.kind, change.id)), change.new) for change in writes]
        for change, (gone, come) in zip(writes, moves, strict=True):
            for entry in gone:
                self._remove((entry.index, entry.partition), (entry.sort, change.id))
            for entry in come:
                insort(self._partitions[entry.index, entry.partition], (entry.sort, change.id))
            if change.new is None:
                self._entities.pop((change.kind, change.id), None)
            else:
                self._entities[change.kind, change.id] = change.new

    def _remove(self, partition: Key, position: Position) -> None:
        rows = self._partitions[partition]
        del rows[bisect_left(rows, position)]
        if not rows:
            del self._partitions[partition]

    def _check_open(self) -> None:
        if self._closed:
            raise StorageUnavailableError("the store is closed; open it again")
