"""Every adapter of a port, so that each promise is proved on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kept.adapters.dynamodb import Table, Tables
from kept.adapters.memory import MemoryStore
from kept.adapters.sqlite import SqliteStore
from kept.ports.store import Store
from tests.aws.tables import dynamo_store, local_store
from tests.contracts.entities import KINDS

OWN_TABLES = Tables(
    tables=(
        Table(name="Notes", kinds=("note",), indexes=("notes_by_owner", "notes_ranked")),
        Table(name="Others", kinds=(), indexes=("others_1", "others_2"), is_shared=True),
    )
)
"""With indexes that are a kind's own; in the deployment's tables these kinds share one table and its two indexes."""

STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "kept.sqlite3", kinds=KINDS),
    "dynamodb": lambda _: dynamo_store(KINDS),
    "dynamodb-own table": lambda _: dynamo_store(KINDS, tables=OWN_TABLES),
    "dynamodb-in this process": lambda _: local_store(KINDS),
}
"""Folder below adapters, and after a dash what is special -> a new, empty store."""


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = STORES[request.param](tmp_path)
    yield made
    made.close()
