"""Where a simulated practice keeps everything: in memory, or in DynamoDB, in this process or in the emulator."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from itertools import count
from typing import Any, Final, Protocol, TypeVar

import msgspec
from botocore.exceptions import ClientError, ReadTimeoutError

from kept.adapters.dynamodb import DynamoStore, Tables
from kept.adapters.memory import MemoryStore
from kept.core.notifications import Notification
from kept.core.people import Consent
from kept.main.kinds import KINDS
from kept.ports.store import Store, Transaction
from tests.aws.emulator import drop_tables, make_tables, session_emulator
from tests.aws.local_dynamo import LocalDynamo
from tests.aws.tables import AtOnceStore
from tests.faults.passing import PassingStore

T = TypeVar("T")
Answer = dict[str, Any]

WRITES: Final = frozenset({"put_item", "delete_item", "transact_write_items"})
AWAITED: Final = ("notifications_due", "records_1")
"""Indexes in which a worker looks for what is to be done: messages, and calls of providers."""
Written = tuple[Notification | Consent, ...]
"""What a call writes of messages, and of the addresses to which they go."""

_KINDS: Final[dict[str, type[Notification | Consent]]] = {each.kind: each for each in (Notification, Consent)}
_NUMBERS: Final = count(1)


class Trouble(StrEnum):
    """What goes wrong with a call."""

    BUSY = "busy"
    """It is not taken; at a second try it is."""
    UNANSWERED = "unanswered"
    """It is taken, and nobody hears of it."""


class Surroundings(Protocol):
    """What a store is told by the world around it, and tells it."""

    def true_now(self) -> datetime:
        """The time of the others, whatever the clock of the machine shows."""

    def lag(self) -> timedelta:
        """Return by how much an index stays behind the next write."""

    def before_read(self) -> None:
        """Let something happen before a step reads."""

    def before_write(self, written: Written) -> None:
        """Let something happen before a step writes this, and whatever else."""

    def landed(self, written: Written) -> None:
        """Note that a write has landed."""

    def trouble(self, operation: str) -> Trouble | None:
        """Return what goes wrong with the next call, if anything does."""


Keep = Callable[[Surroundings], "WatchedStore"]
"""Returns an empty store in a world."""


class WatchedStore(PassingStore):
    """
    Tells the world before and after each step.

    Args:
        inner: Runs a step at once, in the thread of whoever submits it.
        settles_at: Tells when there is next more to be found in it; None: everything can be found.
    """

    def __init__(self, inner: Store, *, settles_at: Callable[[], datetime | None] = lambda: None) -> None:
        super().__init__(inner)
        self.settles_at = settles_at
        self.before: Callable[[], None] = lambda: None
        self.after: Callable[[object], None] = lambda _result: None

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run the step."""
        self.before()
        future = self.inner.submit(step)
        self.after(None if future.exception() else future.result())
        return future


class WatchedClient:
    """A client of DynamoDB that tells the world of its calls; some of them go wrong, once."""

    def __init__(self, client: Any, world: Surroundings) -> None:  # noqa: ANN401 the SDK has no types
        self._client = client
        self._world = world
        self._was_unanswered = False

    def __getattr__(self, operation: str) -> Callable[..., Answer]:
        real = getattr(self._client, operation)

        def read(**parameters: Any) -> Answer:  # noqa: ANN401 as above
            if operation == "batch_get_item":  # what an index shows may be old anyway
                self._world.before_read()
            return self._made(operation, partial(real, **parameters))

        def write(**parameters: Any) -> Answer:  # noqa: ANN401 as above
            written = written_by(parameters)
            if not self._was_unanswered:
                self._world.before_write(written)
            return self._made(operation, partial(real, **parameters), then=partial(self._world.landed, written))

        return write if operation in WRITES else read

    def close(self) -> None:
        """Do nothing: the client is closed by whoever opened it."""

    def _made(self, operation: str, call: Callable[[], Answer], then: Callable[[], None] = lambda: None) -> Answer:
        """Make a call; what follows one that nobody hears of is the same call again, before anything else happens."""
        trouble = None if self._was_unanswered else self._world.trouble(operation)
        self._was_unanswered = False
        if trouble is Trouble.BUSY:
            raise busy()
        answer = call()
        then()
        if trouble is Trouble.UNANSWERED:
            self._was_unanswered = True
            raise ReadTimeoutError(endpoint_url="https://dynamodb.example")
        return answer


def busy() -> ClientError:
    """Return the error of a table that takes no more for the moment."""
    error = {"Code": "ProvisionedThroughputExceededException", "Message": "later"}
    return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}, "call")


def written_by(parameters: Mapping[str, Any]) -> Written:
    """Return what a call writes of messages and addresses."""
    puts = [each.get("Put", {}) for each in parameters.get("TransactItems", [])] or [parameters]
    found = ((_KINDS.get(put.get("Item", {}).get("kind", {}).get("S", "")), put.get("Item")) for put in puts)
    return tuple(msgspec.json.decode(_body_of(item), type=kind) for kind, item in found if kind)


def _body_of(item: Answer) -> bytes:
    body = item["body"]
    return zlib.decompress(body["B"]) if "B" in body else str(body["S"]).encode()


def in_memory(_world: Surroundings) -> WatchedStore:
    """Return a store in memory."""
    return WatchedStore(MemoryStore())


def in_this_process(world: Surroundings) -> WatchedStore:
    """Return a store over tables in this process, whose indexes lag behind as the world has it."""
    client = LocalDynamo(now=world.true_now, lag=world.lag)
    return WatchedStore(
        _dynamo(make_tables(client, ""), client, world), settles_at=partial(client.settles_at, *AWAITED)
    )


def on_emulator(world: Surroundings) -> WatchedStore:
    """Return a store over tables of its own in the emulator; they are gone when it is closed."""
    client = session_emulator().client("dynamodb")
    tables = make_tables(client, f"month{next(_NUMBERS)}")
    return _EmulatedStore(_dynamo(tables, client, world), lambda: drop_tables(client, tables))


class _EmulatedStore(WatchedStore):
    def __init__(self, inner: Store, drop: Callable[[], None]) -> None:
        super().__init__(inner)
        self._drop = drop

    def close(self) -> None:
        super().close()
        self._drop()


def _dynamo(tables: Tables, client: Any, world: Surroundings) -> DynamoStore:  # noqa: ANN401 as above
    watched = WatchedClient(client, world)
    return AtOnceStore(tables, kinds=KINDS, client=watched, threads=1, sleep=lambda _: None)
