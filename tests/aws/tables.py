"""Stores on tables of their own: in the emulator, or in this process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from typing import Any, TypeVar

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, Tables
from kept.ports.store import Entity, Transaction
from tests.aws.emulator import drop_tables, make_tables, session_emulator
from tests.aws.local_dynamo import LocalDynamo

T = TypeVar("T")

_NUMBERS = count(1)


class PassingStore(DynamoStore):
    """Takes its tables with it when it is closed."""

    def __init__(self, tables: Tables, **settings: Any) -> None:  # noqa: ANN401 as of the store
        super().__init__(tables, **settings)
        self.tables = tables
        self._is_there = True

    def close(self) -> None:
        super().close()
        if self._is_there:
            self._is_there = False
            drop_tables(session_emulator().client("dynamodb"), self.tables)


class AtOnceStore(DynamoStore):
    """Runs a step at once, without any thread, so that whoever submits fixes the order of all calls."""

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run the step in the caller's thread; one that kills the caller is never answered."""
        future: Future[T] = Future()
        try:
            future.set_result(self._run(step))
        except Exception as error:  # noqa: BLE001  whatever the step raised belongs to whoever asks for its result
            future.set_exception(error)
        return future


def dynamo_store(kinds: tuple[type[Entity], ...], *, threads: int = 1, tables: Tables = ALL_TABLES) -> DynamoStore:
    """Return a store on new, empty tables; they are gone when it is closed. It waits for nobody."""
    client = session_emulator().client("dynamodb")
    made = make_tables(client, f"t{next(_NUMBERS)}", tables)
    return PassingStore(made, kinds=kinds, client=client, threads=threads, sleep=lambda _: None)


def local_store(kinds: tuple[type[Entity], ...], *, threads: int = 1, tables: Tables = ALL_TABLES) -> DynamoStore:
    """Return a store on new, empty tables in this process; it waits for nobody."""
    client = LocalDynamo()
    return DynamoStore(
        make_tables(client, "", tables), kinds=kinds, client=client, threads=threads, sleep=lambda _: None
    )
