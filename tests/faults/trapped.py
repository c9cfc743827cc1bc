"""What surrounds the program, with traps in it: the store, its connections, the channels and the wire."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Any, ClassVar, TypeVar

from kept.adapters.outbox import schema as outbox_schema
from kept.adapters.smtp.wire import Wire
from kept.adapters.sqlite import schema
from kept.core.notifications import AttemptState, Notification, SendOutcome
from kept.ports.channel import Channel, OutgoingMessage
from kept.ports.store import E, Page, Store, Transaction
from tests.faults.passing import PassingChannel, PassingStore, PassingTransaction, Step
from tests.faults.traps import Trap

T = TypeVar("T")


class Batch:
    """What the steps in the open transaction have done."""

    def __init__(self) -> None:
        self.marks: list[str] = []


class Marking(PassingTransaction):
    """Sees what a step of the worker does: begins an attempt, records an outcome, or something else."""

    def __init__(self, inner: Transaction, trap: Trap) -> None:
        super().__init__(inner)
        self.mark = "other"
        self.is_fallback = False
        self._trap = trap
        self._has_read = False

    def put_last(self, entity: E) -> E:
        if not self._has_read:
            self._trap.passing("sending: facts read")
        self._has_read = True
        return self.inner.put_last(entity)

    def put(self, entity: E) -> E:
        if isinstance(entity, Notification):
            before = self.inner.get(Notification, entity.id)
            open_before = _open_attempts(before)
            open_now = _open_attempts(entity)
            if open_now - open_before:
                self.mark, self.is_fallback = "sending", entity.stage > 0
            elif open_before - open_now:
                self.mark = "outcome"
        return self.inner.put(entity)


class WorkersStore(PassingStore):
    """The store as the worker sees it."""

    def __init__(self, inner: Store, trap: Trap, batch: Batch) -> None:
        super().__init__(inner)
        self._trap = trap
        self._batch = batch

    def submit(self, step: Step[T]) -> Future[T]:
        return self.inner.submit(partial(self._marked, step=step))

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
        page = super().query(
            index, partition, after=after, before=before, limit=limit, cursor=cursor, newest_first=newest_first
        )
        if index == "notifications_due" and before is not None and page.hits:
            self._trap.passing("sending: due ones found")
        return page

    def _marked(self, tx: Transaction, step: Step[T]) -> T:
        marking = Marking(tx, self._trap)
        result = step(marking)
        self._batch.marks.append(marking.mark)
        if marking.mark == "sending":
            self._trap.passing("sending: decided")
            if marking.is_fallback:
                self._trap.passing("sending: before the fallback")
        return result


class ClientsStore(PassingStore):
    """The store as those see it who book, move and cancel."""

    def __init__(self, inner: Store, trap: Trap, batch: Batch) -> None:
        super().__init__(inner)
        self._trap = trap
        self._batch = batch

    def submit(self, step: Step[T]) -> Future[T]:
        self._trap.passing("booking: before the claim")
        return self.inner.submit(partial(self._marked, step=step))

    def _marked(self, tx: Transaction, step: Step[T]) -> T:
        result = step(tx)
        self._batch.marks.append("booking")
        return result


class TrappedConnection(sqlite3.Connection):
    """A connection to the store's file or to the outbox's, told apart by what runs on it."""

    trap: ClassVar[Trap]
    batch: ClassVar[Batch]
    is_writing = False
    """Whether the store's writing transaction is open here; the outbox begins its own in the same words."""
    is_outbox = False

    def __init__(self, database: str, **rest: Any) -> None:  # noqa: ANN401  as its parent
        super().__init__(database, **rest)
        self.is_outbox = "outbox" in str(database).rpartition("/")[2]

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401  as its parent
        if self.is_outbox:
            return self._in_outbox(sql, parameters)
        if sql == schema.BEGIN_WRITE:
            self.batch.marks.clear()
            self.is_writing = True
        if sql != schema.COMMIT or not self.is_writing:
            return super().execute(sql, parameters)
        return self._commit(sql)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> sqlite3.Cursor:
        rows = list(parameters)
        if sql == outbox_schema.APPEND and rows:
            self.trap.passing_at_provider("provider: connected", "outbox")
            cursor = super().executemany(sql, rows)
            self.trap.passing_at_provider("provider: half written", "outbox")
            self.is_writing = True
            return cursor
        is_booking = sql == schema.WRITE_ENTITY and "booking" in self.batch.marks[-1:]
        return super().executemany(sql, self._watched(rows) if is_booking else rows)

    def _watched(self, rows: list[Any]) -> Iterator[Any]:
        """Yield the rows of a booking, with a trap before each reminder's: what comes before it is written by then."""
        for row in rows:
            if row[0] == Notification.kind:
                self.trap.passing("booking: half of the reminders planned")
            yield row

    def _commit(self, sql: str) -> sqlite3.Cursor:
        marks = list(self.batch.marks)
        before = {"booking": "booking: before the commit", "sending": "sending: before the commit"}
        before["outcome"] = "sending: outcome before its commit"
        after = {"booking": "booking: before the answer", "outcome": "sending: outcome committed"}
        for mark in marks:
            self.trap.passing(before.get(mark, ""))
        cursor = super().execute(sql)
        self.is_writing = False
        for mark in marks:
            self.trap.passing(after.get(mark, ""))
        return cursor

    def _in_outbox(self, sql: str, parameters: Any) -> sqlite3.Cursor:  # noqa: ANN401  as its parent
        cursor = super().execute(sql, parameters)
        if sql == outbox_schema.COMMIT and self.is_writing:
            self.is_writing = False
            self.trap.passing_at_provider("provider: no answer yet", "outbox")
        return cursor


class TrappedChannel(PassingChannel):
    """A channel with a trap at both ends."""

    def __init__(self, inner: Channel, trap: Trap) -> None:
        super().__init__(inner)
        self._trap = trap

    def send(self, message: OutgoingMessage) -> SendOutcome:
        self._trap.passing("sending: before the connection")
        outcome = self.inner.send(message)
        self._trap.passing_at_provider("provider: answer unread", self.provider)
        return outcome


def set_traps(trap: Trap) -> Batch:
    """Put traps into every connection that this process will open; return what they share with the stores."""
    TrappedConnection.trap = trap
    TrappedConnection.batch = Batch()
    sqlite3.connect = partial(sqlite3.connect, factory=TrappedConnection)  # type: ignore[assignment]
    _trap_the_wire(trap)
    return TrappedConnection.batch


def _trap_the_wire(trap: Trap) -> None:
    """Put traps into every connection to a mail server; half of a mail is then really half of it."""
    whole = Wire.send

    def send(wire: Wire, s: bytes | str) -> None:
        if isinstance(s, str) and s.startswith("MAIL "):
            trap.passing_at_provider("provider: connected", "smtp")
        is_letter = isinstance(s, bytes) and s != b".\r\n"
        if is_letter and trap.provider == "smtp" and trap.is_about_to_close("provider: half written"):
            whole(wire, s[: len(s) // 2])
        if is_letter:
            trap.passing_at_provider("provider: half written", "smtp")
        whole(wire, s)
        if s == b".\r\n":
            trap.passing_at_provider("provider: no answer yet", "smtp")

    Wire.send = send  # type: ignore[assignment, method-assign]


def _open_attempts(notification: Notification | None) -> set[str]:
    attempts = notification.attempts if notification else ()
    return {a.id for a in attempts if a.state is AttemptState.SENDING}
