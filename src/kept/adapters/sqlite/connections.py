"""Opening the database file: its rights, its settings, its migrations, and what its errors mean to a caller."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from kept.adapters.sqlite import schema
from kept.core.errors import StorageUnavailableError

CACHED_STATEMENTS: Final = 64
"""More than there are in :mod:`schema`, so that each is compiled once per connection."""

_OPEN_TO_OTHERS: Final = 0o077
_PRIMARY: Final = 0xFF
"""The part of a result code that says what went wrong; the rest says where."""
_LOOK_S: Final = 0.01
"""How often it is tried again to take what another process has for a moment."""
_RESTORE: Final = "stop Kept and restore the newest backup with `kept restore`"

MEANINGS: Final[dict[int, tuple[str, float | None]]] = {
    sqlite3.SQLITE_BUSY: ("is in use by another program; try again, or stop that first", 1),
    sqlite3.SQLITE_LOCKED: ("is in use; try again", 1),
    sqlite3.SQLITE_FULL: ("has no room to grow; free space on its disk", 10),
    sqlite3.SQLITE_IOERR: ("could not be read or written; look after its disk", 10),
    sqlite3.SQLITE_NOMEM: ("got no memory from the system", 10),
    sqlite3.SQLITE_READONLY: ("may not be written; give this user the right to write it and its folder", None),
    sqlite3.SQLITE_PERM: ("may not be opened; give this user the right to read and write it", None),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened; check that it is there and that its folder may be written", None),
    sqlite3.SQLITE_NOTADB: (f"is not a database of Kept; {_RESTORE}", None),
    sqlite3.SQLITE_CORRUPT: (f"is damaged; {_RESTORE}", None),
}
"""Primary result code -> what is wrong and how to mend it, and after how many seconds another try makes sense."""


def unavailable(path: Path, error: sqlite3.Error | UnicodeDecodeError) -> StorageUnavailableError:
    """Return what an error of the engine means to a caller; the file is named, its folder is not."""
    otherwise = sqlite3.SQLITE_CORRUPT if isinstance(error, UnicodeDecodeError) else sqlite3.SQLITE_ERROR
    code = getattr(error, "sqlite_errorcode", otherwise)
    meaning, retry_after_s = MEANINGS.get(code & _PRIMARY, ("answered with an error", None))
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return StorageUnavailableError(f"{path.name} {meaning} ({name})", retry_after_s=retry_after_s)


def open_writer(path: Path, *, timeout_s: float, checkpoints: bool) -> sqlite3.Connection:
    """
    Return the connection that writes, to a database of the newest version.

    Args:
        path: Made if it is missing, for this user alone, and so is its folder.
        timeout_s: How long to wait for another process that writes.
        checkpoints: Whether this connection moves what the log holds into the database. SQLite before 3.51.3 can, in
            very rare cases, damage a database when two connections write or do that at the same moment; so one
            process at a time does it, and a second one writes little.

    Raises:
        StorageUnavailableError: it cannot be opened, read, written or brought up to date.

    Source:
        https://www.sqlite.org/wal.html#walresetbug
    """
    make_private_file(path)
    with said_plainly(path):
        db = connect(path, timeout_s)
        try:
            migrate(db, path)
            _keep_log(db, timeout_s)
            for statement in schema.DURABLE:
                db.execute(statement)
            if not checkpoints:
                db.execute(schema.LEAVE_CHECKPOINTS)
            _tighten_beside(path)
        except BaseException:
            db.close()
            raise
    return db


def _keep_log(db: sqlite3.Connection, timeout_s: float) -> None:
    """
    Let the database have a log, waiting for others that open it at the same moment: here the engine waits for nobody.

    Source:
        https://www.sqlite.org/wal.html#activating_and_configuring_wal_mode; that it does not wait: seen with 3.40.
    """
    end = time.monotonic() + timeout_s
    while True:
        try:
            db.execute(schema.KEEP_LOG)
        except sqlite3.OperationalError as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
            if code & _PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                raise
            threading.Event().wait(_LOOK_S)
        else:
            return


def connect(path: Path, timeout_s: float) -> sqlite3.Connection:
    """Return a bare connection to a file that exists; it may move between threads that take turns."""
    uri = f"file:{quote(str(path.absolute()))}?mode=rw"
    return sqlite3.connect(
        uri,
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=CACHED_STATEMENTS,
    )


def migrate(db: sqlite3.Connection, path: Path) -> None:
    """
    Bring the database to the newest version in one transaction, or leave it as it is.

    Raises:
        StorageUnavailableError: it belongs to another program or to a newer Kept.
    """
    db.execute(schema.BEGIN_WRITE)
    try:
        version = checked_version(db, path)
        run_scripts(db, schema.MIGRATIONS[version:])
        db.execute(schema.COMMIT)
    except BaseException:
        with suppress(sqlite3.Error):
            db.execute(schema.ROLLBACK)
        raise


def run_scripts(db: sqlite3.Connection, scripts: tuple[tuple[str, ...], ...]) -> None:
    """Run migrations, in the transaction that the caller has begun."""
    for script in scripts:
        for statement in script:
            db.execute(statement)


def checked_version(db: sqlite3.Connection, path: Path) -> int:
    """
    Return the version of the database, 0 if it is empty.

    Raises:
        StorageUnavailableError: it belongs to another program or to a newer Kept.
    """
    (version,) = db.execute(schema.READ_VERSION).fetchone()
    (owner,) = db.execute(schema.READ_OWNER).fetchone()
    tables = db.execute(schema.READ_SCHEMA).fetchall()
    if owner != schema.OURS and (owner or version or tables):
        raise StorageUnavailableError(f"{path.name} is a database of another program; choose another file")
    if version > schema.VERSION:
        raise StorageUnavailableError(
            f"{path.name} was written by a newer Kept (its version is {version}, this program knows {schema.VERSION});"
            " install that Kept, or restore the backup made before it"
        )
    return int(version)


def make_private_file(path: Path) -> None:
    """
    Make the file and its folder if they are missing, and close the file to other users.

    Raises:
        StorageUnavailableError: the system refuses.
    """
    with said_plainly(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            _tighten(path)
        else:
            sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names that were just made or changed in the folder survive power loss."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class Readers:
    """Read-only connections, as many as there are threads reading at one moment; none ever waits for the writer."""

    def __init__(self, path: Path, *, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; one that failed is not lent again."""
        if self._closed:
            raise StorageUnavailableError("the store is closed; open it again")
        with said_plainly(self._path):
            db = self._take()
            try:
                yield db
            except BaseException:
                db.close()
                raise
            self._give_back(db)

    def close(self) -> None:
        """Close all that are not lent out; those follow when they come back."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            db = connect(self._path, self._timeout_s)
        for statement in schema.READ_ONLY:
            db.execute(statement)
        return db

    def _give_back(self, db: sqlite3.Connection) -> None:
        self._idle.append(db)
        if self._closed:
            self.close()


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """Turn the errors of the engine and of the system into what they mean to a caller."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise unavailable(path, error) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"{path.name} cannot be opened or written: {reason}; check its path, its rights and its disk"
        raise StorageUnavailableError(message) from error


def _tighten(path: Path) -> None:
    """Close a file to other users, if it is ours to close."""
    if path.stat().st_mode & _OPEN_TO_OTHERS:
        with suppress(PermissionError):
            path.chmod(0o600)


def _tighten_beside(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            _tighten(path.with_name(path.name + suffix))
