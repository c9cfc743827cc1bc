"""The store port on DynamoDB, for any number of machines that know nothing of each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any, Final, TypeVar

from kept.adapters.dynamodb.calls import Calls
from kept.adapters.dynamodb.capacity import Capacity
from kept.adapters.dynamodb.commits import Commit, new_token
from kept.adapters.dynamodb.items import Shaper
from kept.adapters.dynamodb.reading import Reader, Wanted
from kept.adapters.dynamodb.tables import Tables
from kept.core.errors import ConflictError, CutOffError, KeptError, StorageUnavailableError
from kept.ports.codec import Codec
from kept.ports.cursors import checked_limit, page_of, position_of
from kept.ports.store import E, Entity, Page, Transaction
from kept.ports.work import Change, LostRaceError, UnitOfWork

T = TypeVar("T")

MOST_RUNS: Final = 10
"""Runs of one step before a lost race is reported; ours."""


class DynamoStore:
    """
    Keeps entities in DynamoDB.

    A step reads what is committed and commits with one call, on the condition that nothing it depends on has changed;
    what is to land last takes a call of its own, because two writes cost half as much as one transaction of two.
    Steps that are submitted to one store run side by side, as many as it has threads; those that have lost a race run
    one after the other, so that at least among themselves they lose no second one.

    Args:
        tables: Where everything is.
        kinds: Everything that is ever stored.
        client: Of the SDK, without retries of its own; see :func:`open_client`.
        threads: Steps that run side by side. With one, steps run in the order in which they were submitted.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        tables: Tables,
        *,
        kinds: tuple[type[Entity], ...],
        client: Any,  # noqa: ANN401 the SDK has no types
        threads: int = 8,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tables = tables
        self._shaper = Shaper(tables, Codec(kinds))
        self._calls = Calls(client, sleep=sleep)
        self._reader = Reader(tables, self._shaper, self._calls)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="kept-dynamodb")
        self._again = threading.Lock()
        self._closing = threading.Lock()
        self._closed = False

    @property
    def capacity(self) -> Capacity:
        """What the calls have cost so far."""
        return self._calls.capacity

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run the step in a thread of the store's own."""
        with self._closing:
            if not self._closed:
                return self._pool.submit(self._run, step)
        refused: Future[T] = Future()
        refused.set_exception(_closed_error())
        return refused

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        """Return the committed entities of these ids."""
        self._check_open()
        return self._reader.entities(kind, ids)

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
        self._check_open()
        wanted = Wanted(after=after, before=before, last=last, newest_first=newest_first)
        place = self._tables.place_of(index, partition)
        return page_of(self._reader.positions(place, wanted, limit + 1), limit)

    def everything(self) -> Iterator[Entity]:
        """Yield every committed entity; the one call that reads whole tables, which only moving house needs."""
        self._check_open()
        return self._reader.everything()

    def close(self) -> None:
        """Finish what was submitted, then release connections."""
        with self._closing:
            is_first = not self._closed
            self._closed = True
        self._pool.shutdown(wait=True)
        if is_first:
            self._calls.close()

    def _run(self, step: Callable[[Transaction], T]) -> T:
        """Return what the step returns, once it is committed."""
        for number in range(MOST_RUNS):
            if number:
                self._calls.pause(number)
            with self._again if number else nullcontext():
                try:
                    return self._attempt(step)
                except LostRaceError:
                    continue
        raise ConflictError("what the step depends on was changed each time it ran; read again, then retry")

    def _attempt(self, step: Callable[[Transaction], T]) -> T:
        """Return what the step returns, once committed by this run."""
        work = UnitOfWork(self._reader.entity, self._reader.together)
        result = step(work)
        changes = work.changes()
        first = tuple(change for change in changes if not change.is_last)
        parts = [first] if first else []
        parts += [(change,) for change in changes if change.is_last]
        for number, part in enumerate(parts):
            try:
                self._land(part)
            except (LostRaceError, KeptError) as error:
                if number:
                    raise CutOffError(result) from error
                raise
        return result

    def _land(self, changes: tuple[Change, ...]) -> None:
        """Commit some changes with one call, or none of them."""
        commit = Commit(self._shaper, new_token())
        for change in changes:
            commit.add(change, self._old(change))
        if not commit.run(self._calls):
            raise LostRaceError

    def _old(self, change: Change) -> Entity | None:
        """Return what is stored under the key, if it is written over: by it we know which index rows go."""
        if change.guard_only or change.was_read or not change.expected:
            return change.old
        old = self._reader.entity(self._shaper.kind_named(change.kind), change.id)
        if old is None or old.version != change.expected:
            raise LostRaceError
        return old

    def _check_open(self) -> None:
        if self._closed:
            raise _closed_error()


def _closed_error() -> StorageUnavailableError:
    return StorageUnavailableError("the store is closed; open it again")
