from __future__ import annotations

from pathlib import Path

import pytest

from tests.entrypoints.cli.world import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.delenv("COLUMNS", raising=False)  # what runs the tests may have said how wide it is
    return Desk(tmp_path)
