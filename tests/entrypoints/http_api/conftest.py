from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kept.adapters.memory import MemoryStore
from kept.adapters.sqlite import SqliteStore
from kept.main.kinds import KINDS
from kept.ports.store import Store
from tests.entrypoints.http_api.world import World, world


@pytest.fixture
def here() -> Iterator[World]:
    """A furnished world in memory."""
    made = world()
    yield made
    made.close()


@pytest.fixture(params=["memory", "sqlite"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A furnished world on each store."""
    inner: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "kept.db", kinds=KINDS)
    made = world(inner=inner)
    yield made
    made.close()
