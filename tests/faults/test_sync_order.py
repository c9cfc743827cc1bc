"""
An attempt is on the disk before the first byte of its message leaves.

Killing a program cannot show this, because what it wrote stays in the system's memory; strace can.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kept.adapters.sqlite import SqliteStore
from kept.flow.dispatch import dedupe_key
from kept.flow.search import notifications_of
from tests.adapters.smtp_server import ScriptedServer
from tests.faults.practice import KINDS
from tests.faults.syncing_child import MAILS
from tests.faults.system_calls import STRACE, calls, mails, unsynced
from tests.uncounted import uncounted_environment


def watched(folder: Path, *flags: str) -> tuple[int, list[str]]:
    """Return how many mails strace saw leave, and which of them left before their attempt was synced."""
    assert shutil.which("strace"), "strace is missing; install it: .ci/tools does"
    trace = folder / "trace"
    clean = uncounted_environment()
    with ScriptedServer() as server:
        child = [sys.executable, "-m", "tests.faults.syncing_child", str(folder), str(server.port), *flags]
        subprocess.run([*STRACE, "-o", trace, *child], check=True, timeout=120, env=clean)
    made = calls(trace.read_text(errors="replace").splitlines())
    return len(list(mails(made))), unsynced(made, attempts_of(folder))


def attempts_of(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return for each mail the words by which its attempt is recognised in the log: its id, or the hash of its text."""
    store = SqliteStore(folder / "kept.sqlite3", kinds=KINDS)
    every = [n for number in range(MAILS) for n in notifications_of(store, f"p{number}")]
    store.close()
    return {dedupe_key(n.id, a.channel): (a.id, a.body_hash) for n in every for a in n.attempts}


@pytest.mark.slow
def test_every_attempt_is_synced_before_the_first_byte_of_its_message(tmp_path: Path) -> None:
    sent, too_early = watched(tmp_path)

    assert sent == MAILS
    assert too_early == []


@pytest.mark.slow
def test_a_store_that_does_not_wait_for_the_disk_is_seen(tmp_path: Path) -> None:
    sent, too_early = watched(tmp_path, "--sync-less")

    assert sent == MAILS
    assert len(too_early) > MAILS / 2
