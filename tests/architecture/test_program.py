"""The installed program is the one that the project declares, and it says its version."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import kept
from tests.architecture.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_project_and_the_package_name_one_version() -> None:
    assert PROJECT["version"] == kept.__version__


def test_the_console_script_loads() -> None:
    (script,) = entry_points(group="console_scripts", name="kept")

    assert script.value == PROJECT["scripts"]["kept"]
    assert callable(script.load())


def test_the_program_says_its_version() -> None:
    program = Path(sys.executable).with_name("kept")

    told = subprocess.run([program, "--version"], check=True, capture_output=True, text=True)

    assert kept.__version__ in told.stdout


def test_the_pins_name_no_place_and_hash_everything() -> None:
    for name in ("run.txt", "dev.txt"):
        lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()

        options = [line for line in lines if line.startswith("-")]
        pinned = [line for line in lines if line[:1].isalnum()]
        hashed = [line for line in lines if line.strip().startswith("--hash=sha256:")]

        assert options == []
        assert all("==" in line and line.endswith("\\") for line in pinned)
        assert len(hashed) >= len(pinned) > 30


def test_the_running_set_is_part_of_the_development_set() -> None:
    def pins(name: str) -> set[str]:
        lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
        return {line.rstrip(" \\") for line in lines if line[:1].isalnum()}

    assert pins("run.txt") <= pins("dev.txt")
