"""Every adapter of a port, so that each promise is proved on each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kept.adapters.memory import MemoryStore
from kept.adapters.sqlite import SqliteStore
from kept.ports.store import Store
from tests.contracts.entities import KINDS

STORES: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "kept.sqlite3", kinds=KINDS),
}
"""Folder below adapters -> a new, empty store."""


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = STORES[request.param](tmp_path)
    yield made
    made.close()
