"""Stores on tables of their own: in the emulator, or in this process."""

from __future__ import annotations

from itertools import count
from typing import Any

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, Tables
from kept.ports.store import Entity
from tests.aws.emulator import drop_tables, make_tables, session_emulator
from tests.aws.local_dynamo import LocalDynamo

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
