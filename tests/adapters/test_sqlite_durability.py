from __future__ import annotations

import contextlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from kept.adapters.sqlite import SqliteStore
from kept.ports.store import Transaction
from tests.adapters.sqlite_files import PROCESSES, opened, started
from tests.contracts.entities import KINDS, Counter, Note, raised

KILLS = 30


def noted(tx: Transaction) -> int:
    """Raise the counter, and write a note of that number: both or neither."""
    n = raised("c")(tx)
    tx.put(Note(id=f"{n:06}", rank=f"{n:06}"))
    return n


def write_until_killed(path: Path, acknowledged: Connection) -> None:
    """Keep many steps under way; send the number of each as soon as its future resolves."""
    store = SqliteStore(path, kinds=KINDS)

    def tell(future: Future[int]) -> None:
        acknowledged.send(future.result())

    while True:
        futures = [store.submit(noted) for _ in range(40)]
        for future in futures:
            future.add_done_callback(tell)
        futures[-1].result()


def killed_after(path: Path, acknowledgements: int) -> list[int]:
    """Return all numbers that were acknowledged by a process that is killed soon after so many."""
    mine, theirs = PROCESSES.Pipe(duplex=False)
    with mine:
        with theirs, started(write_until_killed, path, theirs) as process:
            told = [mine.recv() for _ in range(acknowledgements)]
            process.kill()
            process.join()
        with contextlib.suppress(EOFError):
            while True:
                told.append(mine.recv())
    return told


def test_whatever_was_acknowledged_survives_kill(tmp_path: Path) -> None:
    chance = random.Random(7)
    path = tmp_path / "kept.sqlite3"

    for _ in range(KILLS):
        told = killed_after(path, chance.randrange(1, 200))

        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        with opened(path) as store:
            (counter,) = store.load(Counter, ["c"])
            assert counter.n >= max(told)
            names = [f"{n:06}" for n in range(1, counter.n + 1)]
            assert [note.id for note in store.load(Note, names)] == names
            page = store.query("notes_ranked", "all", limit=1_000_000)
            assert [hit.id for hit in page.hits] == names


# ---------------------------------------------------------------- order of system calls

ACKNOWLEDGE = """
import os, sys
from tests.adapters.test_sqlite_durability import noted
from tests.contracts.entities import KINDS
from kept.adapters.sqlite import SqliteStore, schema
schema.DURABLE += tuple(sys.argv[2:])
store = SqliteStore(sys.argv[1], kinds=KINDS)
for _ in range(50):
    os.write(1, b"ack %d" % store.submit(noted).result())
store.close()
"""


def system_calls(folder: Path, *pragmas: str) -> list[str]:
    """Return, in their order, ``write`` and ``sync`` of the log and ``ack`` of a program that acknowledges 50 steps."""
    trace = folder / "trace"
    program = [sys.executable, "-c", ACKNOWLEDGE, str(folder / "kept.sqlite3"), *pragmas]
    calls = "trace=fdatasync,fsync,write,pwrite64"
    subprocess.run(["strace", "-f", "-y", "-e", calls, "-o", trace, *program], check=True, capture_output=True)
    return [word for line in trace.read_text().splitlines() if (word := _word(line))]


def _word(line: str) -> str | None:
    if re.search(r' write\(1<[^>]*>, "ack', line):
        return "ack"
    if re.search(r" pwrite64\(\d+<[^>]*-wal>", line):
        return "write"
    if re.search(r" (f(data)?sync\(\d+<[^>]*-wal>\)|<\.\.\. f(data)?sync resumed>\)) += 0", line):
        return "sync"
    return None


def unsynced(calls: list[str]) -> int:
    """Return how many acknowledgements were given before what they acknowledge was synced."""
    wrong = 0
    dirty = False
    for call in calls:
        if call == "ack":
            wrong += dirty
        else:
            dirty = call == "write"
    return wrong


needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@needs_strace
def test_a_step_is_acknowledged_after_its_log_is_synced(tmp_path: Path) -> None:
    calls = system_calls(tmp_path)

    assert calls.count("ack") == 50
    assert calls.count("sync") >= 50
    assert unsynced(calls) == 0


@needs_strace
def test_an_acknowledgement_before_the_sync_would_be_seen(tmp_path: Path) -> None:
    calls = system_calls(tmp_path, "PRAGMA synchronous = NORMAL")

    assert calls.count("ack") == 50
    assert unsynced(calls) > 40
