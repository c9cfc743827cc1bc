"""The store port on one SQLite file: durable, and fast because steps share their commits."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Final, TypeVar

from kept.adapters.sqlite import schema
from kept.adapters.sqlite.connections import Readers
from kept.adapters.sqlite.writer import Job, Writer
from kept.ports.codec import Codec, is_storable
from kept.ports.cursors import Position, checked_limit, page_of, position_of
from kept.ports.store import E, Entity, Page, Transaction

T = TypeVar("T")

LONGEST_WAIT_S: Final = 5.0
"""How long a commit waits for another process that writes, before its steps are refused. Ours."""


class SqliteStore:
    """
    Keeps entities in one file.

    One thread writes: it takes the steps that are waiting, runs them in one transaction, and resolves their futures
    once the transaction is on disk. Reads use connections of their own and never wait for it. A future's callbacks
    run in the writing thread, so they must be quick and must never wait for another step.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        kinds: tuple[type[Entity], ...],
        checkpoints: bool = True,
        longest_wait_s: float = LONGEST_WAIT_S,
    ) -> None:
        """
        Open the database, made or brought up to date if need be.

        Args:
            path: The file; its log stands beside it while it is open.
            kinds: Every class of entities that this store will meet.
            checkpoints: False in a second process beside a serving one; then only the first one moves the log into
                the database.
            longest_wait_s: How long to wait for another process that writes.

        Raises:
            StorageUnavailableError: it cannot be opened, or was written by a newer Kept.
        """
        self._path = Path(path)
        self._codec = Codec(kinds)
        self._writer = Writer(self._path, self._codec, timeout_s=longest_wait_s, checkpoints=checkpoints)
        self._readers = Readers(self._path, timeout_s=longest_wait_s)
        self.engine_version: str = sqlite3.sqlite_version
        """Of the SQLite library; from 3.51.3 on, two processes may move the log at once."""
        self.store_id, self.epoch = self._meta()

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Hand the step to the writing thread."""
        return self._writer.submit(Job(step))

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        """Return the committed entities of these ids, all as of one moment."""
        wanted = [entity_id for entity_id in ids if is_storable(entity_id)]
        with self._readers.reader() as db:
            db.execute(schema.BEGIN_READ)
            rows = [(i, db.execute(schema.READ_ENTITY, (kind.kind, i)).fetchone()) for i in wanted]
            db.execute(schema.COMMIT)
        return tuple(self._codec.entity_of(kind, entity_id, row) for entity_id, row in rows if row)

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
        if not is_storable(f"{index}{partition}{after}{before}"):
            return Page(hits=())
        oldest = after if after is not None else ""
        newest = before if before is not None else schema.AFTER_ALL_TEXT
        with self._readers.reader() as db:
            if newest_first:
                end = _earlier((newest, ""), last)
                found = db.execute(schema.QUERY_NEWEST_FIRST, (index, partition, *end, oldest, limit + 1))
            else:
                start = max((oldest, ""), last or ("", ""))
                found = db.execute(schema.QUERY_OLDEST_FIRST, (index, partition, *start, newest, limit + 1))
            rows: list[Position] = found.fetchall()
        return page_of(rows, limit)

    def everything(self) -> Iterator[Entity]:
        """Yield every committed entity, all as of one moment."""
        with self._readers.reader() as db:
            for name, entity_id, *row in db.execute(schema.READ_ALL_ENTITIES):
                version, body, checksum = row
                yield self._codec.entity_of(self._codec.kind_named(name), entity_id, (version, body, checksum))

    def keep_log_short(self) -> None:
        """Move what the log holds into the database from now on, because the process that did so has ended."""
        self._writer.keep_log_short()

    def close(self) -> None:
        """Finish what was submitted, then close every connection."""
        self._readers.close()
        self._writer.close()

    def _meta(self) -> tuple[str, int]:
        """Return the id that this store was given when it was made, and how often it was restored, plus one."""
        with self._readers.reader() as db:
            meta = dict(db.execute(schema.READ_META).fetchall())
        return str(meta["store_id"]), int(meta["epoch"])


def _earlier(end: tuple[str | bytes, str], last: Position | None) -> tuple[str | bytes, str]:
    """Return the earlier of two ends, of which the first may lie after all text."""
    if last is None:
        return end
    sort, _ = end
    return last if isinstance(sort, bytes) else min((sort, ""), last)
