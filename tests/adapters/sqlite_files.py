"""What tests do to a database file from the outside: open it, damage it, use it from another process."""

from __future__ import annotations

import contextlib
import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path

from kept.adapters.sqlite import SqliteStore
from tests.contracts.entities import KINDS, Note, put


@contextlib.contextmanager
def opened(path: Path, *, longest_wait_s: float = 5.0) -> Iterator[SqliteStore]:
    """Lend a store on the file."""
    store = SqliteStore(path, kinds=KINDS, longest_wait_s=longest_wait_s)
    try:
        yield store
    finally:
        store.close()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold the write lock from another connection."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield db


def is_sound(path: Path) -> bool:
    """Return whether the engine finds nothing wrong with the file."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return bool(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


class Frail(sqlite3.Connection):
    """Fails a statement as the engine would, as often as it is told to."""

    failures: dict[str, list[int]]
    """Statement -> result codes, each of which is raised once."""

    def execute(self, statement: str, *parameters: object) -> sqlite3.Cursor:
        codes = self.failures.get(statement)
        if codes:
            error = sqlite3.OperationalError("planted")
            error.sqlite_errorcode = codes.pop()
            raise error
        return super().execute(statement, *parameters)  # type: ignore[arg-type]


PROCESSES = multiprocessing.get_context("forkserver")
"""Children come from a server that has no threads and no database open, as neither survives a fork."""

PROCESSES.set_forkserver_preload(["tests.adapters.sqlite_files"])


@contextlib.contextmanager
def started(work: Callable[..., object], *arguments: object) -> Iterator[BaseProcess]:
    """Lend a process that does the work; it is killed at the end if it is not done by then."""
    process = PROCESSES.Process(target=work, args=arguments)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()


def run_in_another_process(work: Callable[..., object], *arguments: object) -> int | None:
    """Return the status with which a process ends that does the work: 0 if nothing was raised."""
    with started(work, *arguments) as process:
        process.join(60)
        return process.exitcode


def damage_a_body(path: Path, good: bytes, bad: bytes) -> None:
    """Change bytes of an entity in the file."""
    content = path.read_bytes()
    assert content.count(good) == 1
    path.write_bytes(content.replace(good, bad))


def set_version(path: Path, version: int) -> None:
    """Make a database look as if another Kept had written it."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")


def open_files() -> dict[int, Path]:
    """Return what this process has open."""
    found = {}
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found[int(link.name)] = link.readlink()
    return found


def texts(path: Path, *ids: str) -> list[str]:
    """Return the notes' texts in a database that is opened for it."""
    with opened(path) as store:
        return [note.text for note in store.load(Note, ids)]


def with_notes(path: Path, *ids: str) -> Path:
    """Make a database that holds these notes."""
    with opened(path) as store:
        put(store, *(Note(id=name, text=f"text of {name}") for name in ids))
    return path


def files_in(folder: Path) -> set[str]:
    """Return the names in a folder, the seat aside."""
    return {file.name for file in folder.iterdir()} - {"sender.lock"}
