"""The tools that guard the house are seen to bite: each rule of ours fails on a planted mistake."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

PROGRAMS = Path(sys.executable).parent


def ran(folder: Path, program: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of our tools in *folder*."""
    return subprocess.run(
        [PROGRAMS / program, *arguments], cwd=folder, input=given, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package that may be spoiled, with the configuration beside it."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "src" / "kept", folder / "kept", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize(
    ("path", "text", "contract"),
    [
        ("core/planted.py", "import kept.ports\n", "Every import points down"),
        ("flow/planted.py", "import kept.adapters.memory\n", "Every import points down"),
        ("flow/planted.py", "import kept.formats\n", "Every import points down"),
        ("entrypoints/planted.py", "import kept.adapters.memory\n", "Every import points down"),
        ("drawer/__init__.py", "", "Every import points down"),
        ("adapters/memory/planted.py", "import kept.adapters.sqlite\n", "One adapter never imports another"),
        ("core/planted.py", "import socket\n", "neither machine nor network"),
        ("flow/planted.py", "def late() -> None:\n    import time\n", "neither machine nor network"),
        ("adapters/memory/planted.py", "import fastapi\n", "Adapters know nothing of doors"),
    ],
)
def test_an_import_in_the_wrong_direction_is_seen(house: Path, path: str, text: str, contract: str) -> None:
    planted = house / "kept" / path
    planted.parent.mkdir(exist_ok=True)
    planted.write_text(text, encoding="utf-8")

    told = ran(house, "lint-imports", "--no-logo", "--no-cache")

    planted.unlink()
    shutil.rmtree(house / "kept" / "drawer", ignore_errors=True)
    verdict = re.search(rf"{contract}.*?\b(KEPT|BROKEN)\b", told.stdout, re.DOTALL)
    assert told.returncode == 1
    assert verdict is not None
    assert verdict.group(1) == "BROKEN", told.stdout


def test_the_copy_without_a_planted_mistake_passes(house: Path) -> None:
    told = ran(house, "lint-imports", "--no-logo", "--no-cache")

    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize(
    "reading",
    [
        "from datetime import datetime, UTC\n\nNOW = datetime.now(UTC)\n",
        "import datetime\n\nTODAY = datetime.date.today()\n",
        "from datetime import datetime\n\nNOW = datetime.utcnow()\n",
        "import time\n\nNOW = time.time()\n",
        "from uuid import uuid4\n\nONE = uuid4()\n",
    ],
)
def test_only_one_room_may_read_the_clock(reading: str) -> None:
    in_core = ran(
        ROOT, "ruff", "check", "--select", "TID251", "--stdin-filename", "src/kept/core/x.py", "-", given=reading
    )
    in_clock = ran(
        ROOT,
        "ruff",
        "check",
        "--select",
        "TID251",
        "--stdin-filename",
        "src/kept/adapters/clock/x.py",
        "-",
        given=reading,
    )

    assert "TID251" in in_core.stdout
    assert in_clock.returncode == 0, in_clock.stdout


def test_types_are_checked_strictly_in_sources_and_tests(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def untyped(x):\n    return x\n", encoding="utf-8")

    told = ran(
        tmp_path, "mypy", "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path), str(planted)
    )

    assert "[no-untyped-def]" in told.stdout
