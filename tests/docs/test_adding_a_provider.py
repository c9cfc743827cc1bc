"""The recipe for a new provider, followed to the letter in a copy of the project."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, blocks
from tests.uncounted import uncounted_environment

PAGE = ROOT / "CONTRIBUTING.md"
COPIED = ("src", "tests", "docs", "bench", "pyproject.toml", "Makefile", "CONTRIBUTING.md")

CHOSEN = """
from contextlib import ExitStack
from pathlib import Path
from kept.adapters.clock import SystemClock
from kept.core.people import ChannelName
from kept.main.channels import open_outside
from kept.main.settings import load_settings

with ExitStack() as stack:
    outside = open_outside(load_settings(), clock=SystemClock(), stack=stack)
    print(outside.channels[ChannelName.SMS].provider)
"""


def recipe() -> Iterator[tuple[Block, str]]:
    """Yield the blocks of the recipe that are to be done, and the file that each is about; none: a command."""
    page = PAGE.read_text(encoding="utf-8")
    section = page.partition("## Adding a provider\n")[2].partition("\n## ")[0]
    for block in blocks(section):
        named = [word.removeprefix("file=") for word in block.info if word.startswith("file=")]
        yield block, (named or [""])[0]


def follow(folder: Path) -> list[str]:
    """Do what the recipe says in a folder; return the commands that it gives in the end."""
    commands: list[str] = []
    for block, name in recipe():
        path = folder / name
        if block.info[0] == "sh":
            commands += block.lines
        elif block.info[0] == "diff":
            path.write_text(changed(path.read_text(encoding="utf-8"), block), encoding="utf-8")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(block.lines) + "\n", encoding="utf-8")
    return commands


def changed(text: str, block: Block) -> str:
    """Return a text with the change of a block made: what stands there must be found exactly once."""
    before = "".join(f"{line[1:]}\n" for line in block.lines if line[:1] in {" ", "-"})
    after = "".join(f"{line[1:]}\n" for line in block.lines if line[:1] in {" ", "+"})
    assert text.count(before) == 1, f"the recipe does not fit what is there: {before}"
    return text.replace(before, after)


def run(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the copy, and on the copy's own code."""
    kept = {n: value for n, value in uncounted_environment().items() if not n.startswith(("KEPT_", "PYTEST"))}
    env = kept | {"PYTHONPATH": f"{folder / 'src'}{os.pathsep}{folder}"} | more
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("recipe") / "project"
    folder.mkdir()
    for name in COPIED:
        whole = ROOT / name
        if whole.is_dir():
            shutil.copytree(whole, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        else:
            shutil.copy(whole, folder / name)
    return folder, follow(folder)


def test_the_recipe_makes_a_channel_that_keeps_every_promise(followed: tuple[Path, list[str]]) -> None:
    folder, commands = followed

    done = [run(folder, "sh", "-c", line.replace("python", sys.executable, 1)) for line in commands]

    assert len(done) == len(commands) > 1
    assert [one.returncode for one in done] == [0] * len(done), "".join(one.stdout[-2000:] for one in done)
    assert run(folder, sys.executable, "-c", "import kept.adapters.pigeon").returncode == 0


def test_the_settings_choose_it(followed: tuple[Path, list[str]]) -> None:
    folder, _ = followed

    found = run(folder, sys.executable, "-c", CHOSEN, KEPT_SMS="pigeon", KEPT_DATA=str(folder / "var"))

    assert found.stdout.strip() == "pigeon", found.stderr[-1000:]


def test_a_step_left_out_is_found(followed: tuple[Path, list[str]], tmp_path: Path) -> None:
    folder, _ = followed
    shutil.copytree(folder, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__"))
    cases = tmp_path / "project" / "tests" / "contracts" / "channels.py"
    line = '    ChannelCase(id="pigeon", opened=_pigeon),\n'
    cases.write_text(cases.read_text(encoding="utf-8").replace(line, ""), encoding="utf-8")

    suite = "tests/architecture/test_contract_suites.py"
    done = run(tmp_path / "project", sys.executable, "-m", "pytest", suite, "-q", "-p", "no:cacheprovider")

    assert "src/kept/adapters/pigeon" in done.stdout
