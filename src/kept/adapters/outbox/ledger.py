"""
The outbox's own ledger: what it was handed, in one SQLite file that is only ever added to.

It plays the provider, so it shares nothing with the store, and it is the truth that faults are judged by. Many
threads hand over at once: whoever gets the lock first writes for all that wait, in one commit, and everybody
returns once that commit is on the disk.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

import msgspec

from kept.adapters.outbox import schema
from kept.adapters.outbox.messages import (
    Behaviour,
    Order,
    OutboxMessage,
    Row,
    checked_order,
    message_of,
    text_of,
)
from kept.adapters.outbox.standing import Standing, order_row, orders_in
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import AttemptState
from kept.core.people import ChannelName
from kept.ports.channel import OutgoingMessage

BUSY_S: Final = 3.0  # how long SQLite waits for another process that writes
PATIENCE_S: Final = 5.0  # how long a thread waits for its turn; with BUSY_S below the channel's time limit
MOST_PER_COMMIT: Final = 500
MOST_PER_PAGE: Final = 1_000
_BEYOND: Final = 2**63 - 1  # SQLite's largest integer

_KEPT: Final = {
    Behaviour.ACCEPT: AttemptState.ACCEPTED,
    Behaviour.LATE: AttemptState.ACCEPTED,
    Behaviour.REFUSE: AttemptState.REFUSED,
}
"""Behaviours that leave a line, and which; a slow message is kept once its wait is over."""


class OutboxUnavailableError(StorageUnavailableError):
    """The outbox's file cannot be used now."""

    def __init__(self, message: str, *, may_be_taken: bool = False) -> None:
        super().__init__(message)
        self.may_be_taken = may_be_taken
        """Whether a message that was being handed over can be in the ledger nevertheless."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the outbox did with a message."""

    behaviour: Behaviour
    seconds: float = 0.0
    id: int | None = None
    """Place in the ledger, when it left a line."""
    word: str = ""
    """What is always said of messages for this address, when this one was taken."""


class _Waiting:
    """A message whose thread waits for the commit."""

    __slots__ = ("answer", "at", "failure", "message", "ordered")

    def __init__(self, message: OutgoingMessage, at: datetime, ordered: Behaviour | None) -> None:
        self.message = message
        self.at = at
        self.ordered = ordered
        """What to do with it; None: what the channel was told."""
        self.answer: Answer | None = None
        self.failure: OutboxUnavailableError | None = None


class OutboxLedger:
    """
    The ledger. Safe to use from many threads, and beside other processes on the same file.

    Args:
        path: The file; made with mode 0600 when it is not there. Its folder must be.
        synchronous: ``full``: a message counts as taken once it survives a power cut. ``normal``: once it
            survives the process.

    Raises:
        OutboxUnavailableError: the file cannot be made, opened or understood.
    """

    def __init__(self, path: Path, *, synchronous: Literal["full", "normal"] = "full") -> None:
        self._patience_s = PATIENCE_S
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._write_lock = threading.Lock()
        self._read_lock = threading.Lock()
        with ExitStack() as opened:
            try:
                path.touch(mode=0o600)
                path.chmod(0o600)
                self._writer = opened.enter_context(closing(_connected(path)))
                self._reader = opened.enter_context(closing(_connected(path)))
                self._writer.execute(schema.WAL)
                self._writer.execute(schema.SYNCHRONOUS[synchronous])
                self._prepare()
                self._reader.execute(schema.READ_ONLY)
            except (OSError, sqlite3.Error) as error:
                reason = type(error).__name__
                message = f"the outbox {path.name} cannot be opened ({reason}); give a folder that can be written to"
                raise OutboxUnavailableError(message) from error
            opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; handing over and reading fail from now on. Twice is fine."""
        with self._write_lock, self._read_lock:
            self._writer.close()
            self._reader.close()

    # ---- the provider's side

    def hand_over(self, message: OutgoingMessage, *, at: datetime) -> Answer:
        """
        Do with a message what was ordered, and return once that is on the disk.

        A slow message is not kept yet: wait, then :meth:`keep` it.

        Raises:
            OutboxUnavailableError: says whether the message can have been taken.
        """
        return self._written(_Waiting(message, at, None))

    def keep(self, message: OutgoingMessage, *, at: datetime) -> Answer:
        """
        Take a message, whatever was ordered.

        Raises:
            OutboxUnavailableError: says whether the message can have been taken.
        """
        return self._written(_Waiting(message, at, Behaviour.ACCEPT))

    def fate(self, dedupe_key: str, channel: ChannelName) -> tuple[int, AttemptState] | None:
        """
        Return place and state of the copy that counts: an accepted one before a refused, the last of its kind.

        None: no copy was ever taken or refused.
        """
        with self._reading() as db:
            row = db.execute(schema.FATE, (dedupe_key, channel.value)).fetchone()
        return (row[0], AttemptState(row[1])) if row else None

    # ---- for those who order

    def tell(
        self, channel: ChannelName, behaviour: Behaviour, *, times: int | None = None, seconds: float | None = None
    ) -> Order:
        """
        Order how the next messages of a channel are treated; a new order replaces the one before.

        Args:
            channel: Whose messages.
            behaviour: What to do. ACCEPT without *times* takes back what was ordered.
            times: For so many messages, then accept again. None: until told otherwise.
            seconds: How long an answer takes (slow, late, lost: at most 8), or the patience asked for (throttle).

        Raises:
            InvalidInputError: *times* or *seconds* out of bounds.
            OutboxUnavailableError: nothing was ordered.
        """
        order = checked_order(channel, behaviour, times=times, seconds=seconds)
        with self._write_lock:
            try:
                self._writer.execute(schema.GIVE_ORDER, order_row(order, order.times))
            except sqlite3.Error as error:
                raise _unavailable(error) from error
        return order

    def orders(self) -> dict[ChannelName, Order]:
        """Return what is ordered now; a channel that is missing accepts."""
        with self._reading() as db:
            return orders_in(db)

    def always(self, address: str, word: str | None) -> None:
        """
        Order what is said of every message that is taken for an address; None: nothing any more.

        Raises:
            OutboxUnavailableError: nothing was ordered.
        """
        statement, values = (schema.SAY_ALWAYS, (address, word)) if word else (schema.SAY_NOTHING, (address,))
        with self._write_lock:
            try:
                self._writer.execute(statement, values)
            except sqlite3.Error as error:
                raise _unavailable(error) from error

    def said_always(self) -> dict[str, str]:
        """Return what is always said, by address."""
        with self._reading() as db:
            return dict(db.execute(schema.ALWAYS).fetchall())

    # ---- for those who look

    def messages(
        self, *, after_id: int = 0, before_id: int | None = None, limit: int = 100, newest_first: bool = False
    ) -> tuple[OutboxMessage, ...]:
        """
        Return a page of the ledger.

        Args:
            after_id: Only later arrivals than this one.
            before_id: Only earlier arrivals than this one.
            limit: At most so many, and never more than 1,000.
            newest_first: From the newest on; else from the oldest.
        """
        bounds = (after_id, before_id if before_id is not None else _BEYOND, max(0, min(limit, MOST_PER_PAGE)))
        with self._reading() as db:
            rows = db.execute(schema.NEWEST if newest_first else schema.OLDEST, bounds).fetchall()
        return tuple(message_of(row) for row in rows)

    def message(self, number: int) -> OutboxMessage | None:
        """Return the message at a place in the ledger, or None."""
        with self._reading() as db:
            row = db.execute(schema.ONE, (number,)).fetchone()
        return message_of(row) if row else None

    def copies(self, dedupe_key: str) -> tuple[OutboxMessage, ...]:
        """Return every line for a dedupe key, refusals too, in the order of arrival."""
        with self._reading() as db:
            rows = db.execute(schema.COPIES, (dedupe_key,)).fetchall()
        return tuple(message_of(row) for row in rows)

    def count(self) -> int:
        """Return how many messages were taken; refusals do not count."""
        with self._reading() as db:
            return int(db.execute(schema.COUNT).fetchone()[0])

    # ---- inside

    def _prepare(self) -> None:
        version = self._writer.execute(schema.READ_VERSION).fetchone()[0]
        if version > schema.VERSION:
            raise OutboxUnavailableError("the outbox was written by a newer Kept; use that one, or another folder")
        if version == schema.VERSION:
            return
        self._writer.execute(schema.BEGIN)
        for statement in schema.CREATE:
            self._writer.execute(statement)
        self._writer.execute(schema.COMMIT)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._read_lock:
            try:
                yield self._reader
            except sqlite3.Error as error:
                raise _unavailable(error) from error

    def _written(self, waiting: _Waiting) -> Answer:
        with self._queue_lock:
            self._queue.append(waiting)
        if not self._write_lock.acquire(timeout=self._patience_s):
            raise self._given_up(waiting)
        try:
            while waiting.answer is None and waiting.failure is None:
                self._write_waiting()
        finally:
            self._write_lock.release()
        if waiting.answer is None:
            raise waiting.failure or OutboxUnavailableError("the outbox gave no answer", may_be_taken=True)
        return waiting.answer

    def _given_up(self, waiting: _Waiting) -> OutboxUnavailableError:
        """Return the error for a message whose turn did not come; one still in the queue leaves it, and is safe."""
        with self._queue_lock:
            still_here = waiting in self._queue
            if still_here:
                self._queue.remove(waiting)
        return OutboxUnavailableError("the outbox is busy; try again", may_be_taken=not still_here)

    def _write_waiting(self) -> None:
        """Write what waits, in one commit, and tell each how it went; the caller holds the write lock."""
        with self._queue_lock:
            batch, self._queue = self._queue[:MOST_PER_COMMIT], self._queue[MOST_PER_COMMIT:]
        answers: list[Answer] = []
        failure: OutboxUnavailableError | None = OutboxUnavailableError("interrupted", may_be_taken=True)
        committing = False
        try:
            self._writer.execute(schema.BEGIN)
            answers = self._decide(batch)
            committing = True
            self._writer.execute(schema.COMMIT)
            failure = None
        except sqlite3.Error as error:
            failure = _unavailable(error, may_be_taken=committing)
        finally:
            if failure:
                self._roll_back()
            for place, waiting in enumerate(batch):
                waiting.failure = failure
                waiting.answer = None if failure else answers[place]

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):  # closed, or the file is gone: the next transaction will say so
            if self._writer.in_transaction:
                self._writer.execute(schema.ROLLBACK)

    def _decide(self, batch: list[_Waiting]) -> list[Answer]:
        """Follow the orders for each message in turn, and append the lines that come of it."""
        last = int(self._writer.execute(schema.LAST_ID).fetchone()[0])
        standing = Standing(orders_in(self._writer))
        always: dict[str, str] = dict(self._writer.execute(schema.ALWAYS).fetchall())
        answers: list[Answer] = []
        rows: list[Row] = []
        for waiting in batch:
            behaviour, seconds = (waiting.ordered, 0.0) if waiting.ordered else standing.next(waiting.message.channel)
            number = last + len(rows) + 1 if behaviour in _KEPT else None
            if number is not None:
                rows.append(_row(number, waiting, behaviour))
            is_taken = _KEPT.get(behaviour) is AttemptState.ACCEPTED
            word = always.get(waiting.message.to, "") if is_taken else ""
            answers.append(Answer(behaviour=behaviour, seconds=seconds, id=number, word=word))
        self._writer.executemany(schema.APPEND, rows)
        self._writer.executemany(schema.GIVE_ORDER, standing.changed())
        self._writer.executemany(schema.DROP_ORDER, standing.finished())
        return answers


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)


def _unavailable(error: sqlite3.Error, *, may_be_taken: bool = False) -> OutboxUnavailableError:
    reason = getattr(error, "sqlite_errorname", type(error).__name__)
    message = f"the outbox's file cannot be used ({reason}); see whether its disk is full or its folder is gone"
    return OutboxUnavailableError(message, may_be_taken=may_be_taken)


def _row(number: int, waiting: _Waiting, behaviour: Behaviour) -> Row:
    message = waiting.message
    return (
        number,
        text_of(waiting.at),
        message.channel.value,
        message.to,
        message.subject,
        message.text,
        message.html,
        message.language,
        message.dedupe_key,
        message.attempt_id,
        text_of(message.expires_at),
        _KEPT[behaviour].value,
        behaviour.value,
    )
