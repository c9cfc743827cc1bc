"""The one thread that writes: it commits many steps at once, and tells nobody before the disk has them."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from kept.adapters.sqlite import schema
from kept.adapters.sqlite.connections import open_writer, unavailable
from kept.core.errors import ConflictError, StorageUnavailableError
from kept.ports.codec import Codec, Row, is_storable
from kept.ports.store import Entity, Key, Transaction
from kept.ports.work import Change, LostRaceError, UnitOfWork, moved_entries

T = TypeVar("T")

EntryRow = tuple[str, str, str, str]
"""Index, partition, sort key and id."""

MOST_RUNS: Final = 10
"""Runs of one step before a lost race is reported; ours."""
LARGEST_BATCH: Final = 256
"""Steps in one commit: more share one sync, but the first of them waits for the last. Ours, measured."""

_FAULTS_OF_A_STEP: Final = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""What the engine says of a value that it cannot take; all other errors are its own."""


class Job(Generic[T]):
    """A submitted step; its outcome becomes known when its batch is committed."""

    __slots__ = ("_error", "_result", "future", "step")

    def __init__(self, step: Callable[[Transaction], T]) -> None:
        self.step = step
        self.future: Future[T] = Future()
        self._result: T
        self._error: BaseException | None = None

    def run(self, in_transaction: Callable[[Callable[[Transaction], T]], T]) -> None:
        """Keep what the step returns or raises, unless it is the engine that failed."""
        self._error = None
        try:
            self._result = in_transaction(self.step)
        except (EngineFailedError, HalfWrittenError):
            raise
        except BaseException as error:  # noqa: BLE001  whatever it raised belongs to whoever asks for its result
            self._error = error

    def tell(self) -> None:
        """Resolve the future with what was kept."""
        if self._error is not None:
            self.future.set_exception(self._error)
        else:
            self.future.set_result(self._result)


class EngineFailedError(Exception):
    """The engine failed while it wrote, so that nothing of the whole batch can be kept; its cause says how."""


class HalfWrittenError(Exception):
    """A step without a savepoint has written some of its rows and could not write the others; its cause says why."""


class Writer:
    """
    Owns the only connection that writes.

    After an error of the disk a commit is reported as not kept. If the machine then loses power before the next
    commit, the engine may still find it whole in its log; the flow's ids are derived, so that a retry finds it.
    """

    def __init__(self, path: Path, codec: Codec, *, timeout_s: float, checkpoints: bool) -> None:
        self._path = path
        self._codec = codec
        self._timeout_s = timeout_s
        self._checkpoints = checkpoints
        self._takes_over_log = False
        self._db: sqlite3.Connection | None = self._open()
        self._queue: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="kept-sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T]) -> Future[T]:
        """Put the job in the queue; refuse it through its future once closed."""
        with self._closing:
            if not self._closed:
                self._queue.put(job)
                return job.future
        job.future.set_exception(StorageUnavailableError("the store is closed; open it again"))
        return job.future

    def keep_log_short(self) -> None:
        """From the next commit on, move what the log holds into the database."""
        self._takes_over_log = not self._checkpoints
        self._checkpoints = True

    def close(self) -> None:
        """Finish what is in the queue, then close the connection."""
        with self._closing:
            if not self._closed:
                self._queue.put(None)
            self._closed = True
        self._thread.join()

    def _open(self) -> sqlite3.Connection:
        return open_writer(self._path, timeout_s=self._timeout_s, checkpoints=self._checkpoints)

    def _work(self) -> None:
        """Commit batch after batch until the end of the queue."""
        more = True
        while more:
            batch, more = self._next_batch()
            live = [job for job in batch if job.future.set_running_or_notify_cancel()]
            if live:
                self._commit(live)
        if self._db is not None:
            self._db.close()

    def _next_batch(self) -> tuple[list[Job[Any]], bool]:
        """Wait for a job, then take what else is there; say whether more may come."""
        batch: list[Job[Any]] = []
        job = self._queue.get()
        while job is not None:
            batch.append(job)
            if len(batch) == LARGEST_BATCH:
                return batch, True
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _commit(self, batch: list[Job[Any]]) -> None:
        """Run all jobs in one transaction, commit it, and only then tell their outcomes."""
        try:
            db = self._db = self._db or self._open()
            if self._takes_over_log:
                db.execute(schema.KEEP_LOG_SHORT)
                self._takes_over_log = False
            try:
                self._write_all(db, batch, with_savepoints=False)
            except HalfWrittenError:
                db.execute(schema.ROLLBACK)
                self._write_all(db, batch, with_savepoints=True)
        except (EngineFailedError, sqlite3.Error, StorageUnavailableError) as error:
            self._roll_back()
            for job in batch:
                job.future.set_exception(self._said(error))
        else:
            for job in batch:
                job.tell()

    def _write_all(self, db: sqlite3.Connection, batch: list[Job[Any]], *, with_savepoints: bool) -> None:
        """
        Run all jobs in one transaction and commit it.

        Savepoints keep what one step cannot write from the others. They cost each step two statements more, and the
        values that the engine does not take are rare: so the batch is run without them, and again with them.
        """
        db.execute(schema.BEGIN_WRITE)
        one = OneTransaction(db, self._codec, self._path, with_savepoints=with_savepoints)
        for job in batch:
            job.run(one.run)
        db.execute(schema.COMMIT)

    def _said(self, error: Exception) -> StorageUnavailableError:
        """Return an error of its own for each future, since raising one adds to its traceback."""
        cause = error.__cause__ if isinstance(error, EngineFailedError) else error
        if isinstance(cause, sqlite3.Error):
            said = unavailable(self._path, cause)
            said.__cause__ = cause
            return said
        retry_after_s = error.retry_after_s if isinstance(error, StorageUnavailableError) else None
        return StorageUnavailableError(str(error), retry_after_s=retry_after_s)

    def _roll_back(self) -> None:
        """Undo the open transaction; if not even that works, open anew for the next batch."""
        if self._db is None:
            return
        try:
            if self._db.in_transaction:
                self._db.execute(schema.ROLLBACK)
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._db.close()
            self._db = None


class OneTransaction:
    """Runs steps inside the open transaction of a connection, each with a savepoint of its own if told so."""

    def __init__(self, db: sqlite3.Connection, codec: Codec, path: Path, *, with_savepoints: bool) -> None:
        self._db = db
        self._codec = codec
        self._path = path
        self._with_savepoints = with_savepoints
        self._seen: dict[Key, Entity | None] = {}
        """What steps have read and none has written since: the practice, for one, is read by nearly each."""

    def run(self, step: Callable[[Transaction], T]) -> T:
        """
        Return what the step returns, its changes written.

        Raises:
            ConflictError: the step lost its race in every run.
            EngineFailedError: nothing of the transaction can be kept.
            HalfWrittenError: the same, because of this step alone.
        """
        for _ in range(MOST_RUNS):
            work = UnitOfWork(self._read)
            try:
                result = step(work)
                self._write(work.changes())
            except LostRaceError:
                continue
            return result
        raise ConflictError("what the step depends on was changed each time it ran; read again, then retry")

    def _read(self, kind: type[Entity], entity_id: str) -> Entity | None:
        """Return the entity as the steps before this one left it."""
        key = (kind.kind, entity_id)
        if key not in self._seen:
            self._seen[key] = self._read_anew(kind, entity_id)
        return self._seen[key]

    def _read_anew(self, kind: type[Entity], entity_id: str) -> Entity | None:
        if not is_storable(entity_id):
            return None
        try:
            row: Row | None = self._db.execute(schema.READ_ENTITY, (kind.kind, entity_id)).fetchone()
        except sqlite3.Error as error:
            raise self._after(error) from error
        return None if row is None else self._codec.entity_of(kind, entity_id, row)

    def _write(self, changes: tuple[Change, ...]) -> None:
        """Write all changes, or none; what can go wrong without the engine does so before the first statement."""
        rows = Rows()
        for change in changes:
            old = self._checked(change)
            if not change.guard_only:
                rows.add(change, old, self._codec)
                self._seen.pop((change.kind, change.id), None)
        if not rows:
            return
        try:
            self._run_all(rows)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _FAULTS_OF_A_STEP):
                raise EngineFailedError from error
            self._undo(error)
            raise

    def _run_all(self, rows: Rows) -> None:
        if self._with_savepoints:
            self._db.execute(schema.BEGIN_STEP)
        if rows.dropped:
            self._db.executemany(schema.DELETE_ENTITY, rows.dropped)
        if rows.kept:
            self._db.executemany(schema.WRITE_ENTITY, rows.kept)
        if rows.gone:
            self._db.executemany(schema.DELETE_ENTRY, rows.gone)
        if rows.come:
            self._db.executemany(schema.WRITE_ENTRY, rows.come)
        if self._with_savepoints:
            self._db.execute(schema.KEEP_STEP)

    def _undo(self, error: Exception) -> None:
        """Take back what a step has written of its rows; without a savepoint that cannot be done for it alone."""
        if not self._with_savepoints:
            raise HalfWrittenError from error
        try:
            self._db.execute(schema.UNDO_STEP)
            self._db.execute(schema.KEEP_STEP)
        except sqlite3.Error as failure:
            raise EngineFailedError from failure

    def _checked(self, change: Change) -> Entity | None:
        """
        Return what is stored under the key, once it is what the step depends on.

        What the step itself has read cannot have changed since: nobody else writes while this transaction is open.
        """
        if change.was_read:
            return change.old
        if change.guard_only:
            row = self._db.execute(schema.READ_ENTITY_VERSION, (change.kind, change.id)).fetchone()
            stored, old = (row[0] if row else 0), None
        else:
            old = self._read(self._codec.kind_named(change.kind), change.id)
            stored = old.version if old else 0
        if stored != change.expected:
            raise LostRaceError
        return old

    def _after(self, error: sqlite3.Error) -> Exception:
        """Return what a failed read means: the end of this step, or of all when the engine gave up the transaction."""
        if self._db.in_transaction:
            return unavailable(self._path, error)
        failed = EngineFailedError()
        failed.__cause__ = error
        return failed


class Rows:
    """What one step writes, sorted by statement, so that each statement runs once for all of its rows."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, str, int, bytes, int | None]] = []
        self.dropped: list[tuple[str, str]] = []
        self.gone: list[EntryRow] = []
        self.come: list[EntryRow] = []

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return bool(self.kept or self.dropped)

    def add(self, change: Change, old: Entity | None, codec: Codec) -> None:
        """Add the rows of one change."""
        if change.new is None:
            self.dropped.append((change.kind, change.id))
        else:
            self.kept.append((change.kind, change.id, *codec.row_of(change.new)))
        gone, come = moved_entries(old, change.new)
        self.gone.extend((e.index, e.partition, e.sort, change.id) for e in gone)
        self.come.extend((e.index, e.partition, e.sort, change.id) for e in come)
