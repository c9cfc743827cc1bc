"""Copies of the database that can be trusted, and the way back from them."""

from __future__ import annotations

import itertools
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from kept.adapters.sqlite import schema
from kept.adapters.sqlite.connections import (
    checked_version,
    connect,
    migrate,
    run_scripts,
    said_plainly,
    sync_folder,
    unavailable,
)
from kept.adapters.sqlite.seat import FileSeat
from kept.core.errors import StorageUnavailableError
from kept.ports.codec import checksum_of

Progress = Callable[[int, int], None]
"""Called with the pages copied and the pages in all."""

PAGES_A_TIME: Final = 2_000
TIMEOUT_S: Final = 5.0
_FORMAT: Final = slice(18, 20)
_ONE_FILE: Final = b"\x01\x01"
"""
What the header says of a database that needs no log beside it.

Source:
    https://www.sqlite.org/fileformat.html, section 1.3.3.
"""


def backup(source: Path | str, target: Path | str, progress: Progress | None = None) -> None:
    """
    Copy the database as it is at one moment, while others go on writing; an older *target* is replaced at the end.

    The copy is one file, for this user alone, and has been read in full before it gets its name.

    Raises:
        StorageUnavailableError: the source cannot be read or is damaged, or the target cannot be written.
    """
    source, target = Path(source), Path(target)
    if target.exists() and target.samefile(source):
        raise StorageUnavailableError(f"{target.name} is the database itself; choose another file for the backup")
    with said_plainly(target), _file_beside(target) as copy:
        _copy(source, copy, progress)
        verify(copy, source)
        copy.replace(target)
        sync_folder(target.parent)


def restore(source: Path | str, target: Path | str) -> Path | None:
    """
    Put a backup in the place of the database, in one step that happens or not.

    What was there before is kept beside it, as ``<name>.before-restore-<n>``. The epoch is raised, by which a sender
    learns that what it finds may be older than what it has sent.

    Returns:
        Where the replaced database is now; None if there was none.

    Raises:
        StorageUnavailableError: the backup is damaged, incomplete or of a newer Kept, or the database is in use.
    """
    source, target = Path(source), Path(target).resolve()
    with said_plainly(source):
        _check_header(source)
    seat = FileSeat(target.parent)
    if not seat.take():
        raise StorageUnavailableError(f"a running Kept sends from {target.name}; stop it, then restore")
    try:
        with said_plainly(target), _file_beside(target) as copy:
            _copy(source, copy, None)
            verify(copy, source)
            _start_new_epoch(copy, source)
            return _swap(copy, target)
    finally:
        seat.leave()


def verify(path: Path, name: Path) -> None:
    """
    Read the whole database and find nothing wrong.

    Args:
        path: What to read.
        name: What to call it in the error.

    Raises:
        StorageUnavailableError: it is damaged, of another program, or of a newer Kept.
    """
    with said_plainly(name), closing(connect(path, TIMEOUT_S)) as db:
        version = checked_version(db, name)
        damaged = (
            db.execute(schema.READ_INTEGRITY).fetchone() != ("ok",)
            or db.execute(schema.READ_SCHEMA).fetchall() != _schema_of(version)
            or (version > 1 and any(_is_damaged(*row) for row in db.execute(schema.READ_CHECKSUMS)))
        )
    if version == 0 or damaged:
        raise StorageUnavailableError(f"{name.name} is {'damaged' if version else 'empty'}; use another backup")


def _schema_of(version: int) -> list[tuple[str, str, str]]:
    """Return what the migrations up to a version make."""
    with closing(sqlite3.connect(":memory:")) as db:
        run_scripts(db, schema.MIGRATIONS[:version])
        return db.execute(schema.READ_SCHEMA).fetchall()


def _is_damaged(kind: str, entity_id: str, body: bytes, checksum: int) -> bool:
    return checksum_of(kind, entity_id, body) != checksum


def _copy(source: Path, copy: Path, progress: Progress | None) -> None:
    """Copy the committed content of *source*, all of one moment, into one file that is on disk afterwards."""
    with closing(_snapshot(source)) as old, closing(connect(copy, TIMEOUT_S)) as new:
        told = (lambda _, left, pages: progress(pages - left, pages)) if progress else None
        old.backup(new, pages=PAGES_A_TIME, progress=told, sleep=0)
        new.execute(schema.ONE_FILE)
    _sync(copy)


def _snapshot(source: Path) -> sqlite3.Connection:
    """Return a connection inside a read transaction, which later writes neither reach nor disturb."""
    with said_plainly(source):
        db = connect(source, TIMEOUT_S)
        try:
            db.execute(schema.READ_ONLY[0])
            db.execute(schema.BEGIN_READ)
            checked_version(db, source)
        except BaseException:
            db.close()
            raise
    return db


def _check_header(source: Path) -> None:
    """Refuse a file that was copied without its log: what had been committed last would be missing from it."""
    with source.open("rb") as file:
        header = file.read(_FORMAT.stop)
    if header[_FORMAT] not in {_ONE_FILE, b""}:
        raise StorageUnavailableError(
            f"{source.name} was not made by `kept backup`, so that its last changes may be missing; use such a backup"
        )


def _start_new_epoch(copy: Path, source: Path) -> None:
    """Bring the copy to the newest version and raise its epoch."""
    with closing(connect(copy, TIMEOUT_S)) as db:
        migrate(db, source)
        db.execute(schema.RAISE_EPOCH)
    _sync(copy)


def _swap(copy: Path, target: Path) -> Path | None:
    """Give the copy the name of the target, and what had that name another one."""
    if not target.exists():
        _drop_log(target)
        copy.replace(target)
        sync_folder(target.parent)
        return None
    before = _free_name(target)
    with _alone(target, before):
        os.link(target, before)
        copy.replace(target)
        sync_folder(target.parent)
    return before


@contextmanager
def _alone(target: Path, before: Path) -> Iterator[None]:
    """Keep everybody else out of the database, its log emptied into it; a log that is too damaged is moved along."""
    log, kept_log = (path.with_name(f"{path.name}-wal") for path in (target, before))
    if log.exists():
        # The engine removes the log of a file that it takes for no database.
        os.link(log, kept_log)
    with closing(connect(target, TIMEOUT_S)) as db:
        try:
            db.execute(schema.ONE_FILE)
            db.execute(schema.BEGIN_ALONE)
        except sqlite3.OperationalError as error:
            kept_log.unlink(missing_ok=True)
            raise unavailable(target, error) from error
        except sqlite3.DatabaseError:
            pass
        else:
            kept_log.unlink(missing_ok=True)
            yield
            return
    _drop_log(target)
    yield


def _drop_log(target: Path) -> None:
    """Remove a log whose database is gone: it would be read into the restored one."""
    for suffix in ("-wal", "-shm", "-journal"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)


def _free_name(target: Path) -> Path:
    names = (target.with_name(f"{target.name}.before-restore-{n}") for n in itertools.count(1))
    return next(name for name in names if not name.exists())


@contextmanager
def _file_beside(target: Path) -> Iterator[Path]:
    """Lend a private file in the same folder, which is gone afterwards unless it was renamed."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fd, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    os.close(fd)
    path = Path(name)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        _drop_log(path)


def _sync(path: Path) -> None:
    """Put the file on disk."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
