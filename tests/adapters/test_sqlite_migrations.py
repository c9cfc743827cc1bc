from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import zlib
from multiprocessing.synchronize import Barrier
from pathlib import Path
from unittest import mock

import msgspec
import pytest

from kept.adapters.sqlite import SqliteStore, backup, restore, schema
from kept.core.errors import StorageUnavailableError
from tests.adapters.sqlite_files import PROCESSES, opened, run_in_another_process, set_version, started
from tests.contracts.entities import Counter, Note, ids, put, raised

OLD = range(1, schema.VERSION)
"""Every version that was ever released, but the newest."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.sqlite3"


def database_of(version: int, path: Path) -> Path:
    """Make a database of an old version that holds one note, as that version wrote it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        for script in schema.MIGRATIONS[:version]:
            for statement in script:
                db.execute(statement)
        body = msgspec.json.encode(Note(id="n1", version=3, text="old"))
        db.execute("INSERT INTO entity (kind, id, version, body) VALUES ('note', 'n1', 3, ?)", (body,))
        db.execute("INSERT INTO entry VALUES ('notes_by_owner', 'ann', '', 'n1')")
    return path


def dump(path: Path) -> list[str]:
    """Return the whole database as SQL."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        return [f"version {version}", *db.iterdump()]


@pytest.mark.parametrize("version", OLD)
def test_an_old_database_is_brought_up_to_date_and_keeps_its_content(path: Path, version: int) -> None:
    database_of(version, path)

    with opened(path) as store:
        (note,) = store.load(Note, ["n1"])
        put(store, msgspec.structs.replace(note, text="new"))
        assert ids(store) == ["n1"]
        assert store.load(Note, ["n1"]) == (Note(id="n1", version=4, text="new"),)


@pytest.mark.parametrize("version", [0, *OLD])
def test_every_way_to_the_newest_version_ends_in_the_same_schema(path: Path, version: int) -> None:
    if version:
        database_of(version, path)
    fresh = path.with_name("fresh")

    for file in (path, fresh):
        with opened(file):
            pass

    assert schema_of(path) == schema_of(fresh)


def schema_of(path: Path) -> list[tuple[object, ...]]:
    """Return the tables and the version."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        return [*db.execute(schema.READ_SCHEMA), *db.execute(schema.READ_VERSION), *db.execute(schema.READ_OWNER)]


@pytest.mark.parametrize("version", OLD)
@pytest.mark.parametrize("statements", range(1, 20))
def test_a_migration_that_fails_halfway_leaves_the_old_version(
    path: Path, monkeypatch: pytest.MonkeyPatch, version: int, statements: int
) -> None:
    before = dump(database_of(version, path))
    script = [statement for script in schema.MIGRATIONS[version:] for statement in script]
    broken = (*script[:statements], "THIS IS NO SQL")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS[:version], broken))

    with pytest.raises(StorageUnavailableError):
        SqliteStore(path, kinds=(Note,))

    assert dump(path) == before
    monkeypatch.undo()
    with opened(path) as store:
        assert ids(store) == ["n1"]


@pytest.mark.parametrize("version", [0, *OLD])
def test_a_migration_that_is_killed_halfway_leaves_the_old_version(path: Path, version: int) -> None:
    if version:
        database_of(version, path)

    for statements in range(1, sum(map(len, schema.MIGRATIONS[version:])) + 1):
        status = run_in_another_process(die_in_migration, path, version, statements)

        assert status == -9
        with contextlib.closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (version,)
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with opened(path) as store:
        assert ids(store) == (["n1"] if version else [])


def die_in_migration(path: Path, version: int, statements: int) -> None:
    """Kill this very process after so many statements of the migration."""
    script = [statement for script in schema.MIGRATIONS[version:] for statement in script]
    migrations = (*schema.MIGRATIONS[:version], (*script[:statements], "SELECT die()"))
    connect = sqlite3.connect

    def mortal(*arguments: object, **options: object) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*arguments, **options)  # type: ignore[call-overload]
        db.create_function("die", 0, lambda: os.kill(os.getpid(), 9))
        return db

    with mock.patch("sqlite3.connect", mortal), mock.patch.object(schema, "MIGRATIONS", migrations):
        SqliteStore(path, kinds=(Note,))


@pytest.mark.parametrize("version", [0, *OLD])
def test_processes_that_open_a_database_at_once_migrate_it_once(path: Path, version: int) -> None:
    if version:
        database_of(version, path)
    start = PROCESSES.Barrier(4)

    with contextlib.ExitStack() as all_of_them:
        processes = [all_of_them.enter_context(started(open_and_count, path, start)) for _ in range(4)]
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 4

    with opened(path) as store:
        assert [counter.n for counter in store.load(Counter, ["c"])] == [4]
        assert store.epoch == 1


def open_and_count(path: Path, start: Barrier) -> None:
    """Open the store together with others, and raise a counter once."""
    start.wait()
    with opened(path) as store:
        store.submit(raised("c")).result()


@pytest.mark.parametrize("version", OLD)
def test_a_backup_of_an_old_version_is_restored_as_the_newest(path: Path, version: int) -> None:
    old = path.with_name("old")
    database_of(version, path)
    backup(path, old)
    assert schema_of(old) == schema_of(path)

    restore(old, path)

    with opened(path) as store:
        assert store.epoch == 2
        assert store.load(Note, ["n1"]) == (Note(id="n1", version=3, text="old"),)


def test_a_database_of_a_newer_kept_is_left_alone(path: Path) -> None:
    with opened(path):
        pass
    set_version(path, schema.VERSION + 1)
    before = dump(path)

    with pytest.raises(StorageUnavailableError, match=r"newer Kept .* install that Kept, or restore"):
        SqliteStore(path, kinds=(Note,))

    assert dump(path) == before


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE theirs (x)", "PRAGMA user_version = 1", "PRAGMA application_id = 42"],
)
def test_a_database_of_another_program_is_left_alone(path: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(statement)
    before = path.read_bytes()

    with pytest.raises(StorageUnavailableError, match="another program; choose another file"):
        SqliteStore(path, kinds=(Note,))

    assert path.read_bytes() == before


def test_a_new_store_has_an_id_of_its_own(path: Path) -> None:
    with opened(path) as store, opened(path.with_name("other")) as other:
        first, second = store.store_id, other.store_id
    with opened(path) as store:
        again = store.store_id

    assert first == again
    assert first != second
    assert len(first) == 32


# ---------------------------------------------------------------- rights


def test_the_file_its_log_and_its_folder_are_private_whatever_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "kept.sqlite3"
    old = os.umask(0)
    try:
        with opened(path) as store:
            put(store, Note(id="n1"))
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(old)

    assert modes == dict.fromkeys(["kept.sqlite3", "kept.sqlite3-wal", "kept.sqlite3-shm"], 0o600)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_file_that_others_can_read_is_closed_to_them(path: Path) -> None:
    with opened(path):
        pass
    path.chmod(0o644)

    with opened(path) as store:
        put(store, Note(id="n1"))
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert modes == {0o600}


def test_what_is_deleted_is_overwritten(path: Path) -> None:
    with opened(path) as store:
        (note,) = put(store, Note(id="n1", text="a secret of a patient"))
        store.submit(lambda tx: tx.delete(note)).result()

    assert b"secret" not in path.read_bytes()
    assert not path.with_name(path.name + "-wal").exists()


# ---------------------------------------------------------------- what is in a row


def test_a_row_that_was_written_without_a_checksum_is_believed(path: Path) -> None:
    with opened(path) as store:
        put(store, Note(id="n1", text="a"))
    with contextlib.closing(sqlite3.connect(path)) as db:
        with db:
            db.execute("UPDATE entity SET checksum = NULL")
        (body,) = db.execute("SELECT body FROM entity").fetchone()

    with opened(path) as store:
        assert store.load(Note, ["n1"]) == (msgspec.json.decode(body, type=Note),)


@pytest.mark.parametrize(
    ("change", "body"),
    [
        pytest.param("UPDATE entity SET checksum = 7", None, id="another checksum"),
        pytest.param("UPDATE entity SET version = 7", None, id="another version"),
        pytest.param("UPDATE entity SET id = 'n2'", None, id="another id"),
        pytest.param("UPDATE entity SET body = 'text'", None, id="text for bytes"),
        pytest.param("UPDATE entity SET body = ?, checksum = NULL", b"{", id="half a body"),
        pytest.param("UPDATE entity SET body = ?, checksum = NULL", b'{"id": 7}', id="a number for an id"),
        pytest.param("UPDATE entity SET body = ?, checksum = NULL", b'{"id": "\xff"}', id="not UTF-8"),
    ],
)
def test_a_damaged_row_stops_only_what_needs_it(path: Path, change: str, body: bytes | None) -> None:
    with opened(path) as store:
        put(store, Note(id="n1"))
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute(change, () if body is None else (body,))

    with opened(path) as store:
        healthy = put(store, Note(id="n3"))
        with pytest.raises(StorageUnavailableError, match="damaged or was written by a newer Kept"):
            store.load(Note, ["n1", "n2"])
        failed = store.submit(lambda tx: (tx.get(Note, "n1"), tx.get(Note, "n2")))
        other = store.submit(lambda tx: tx.get(Note, "n3"))

        assert isinstance(failed.exception(), StorageUnavailableError)
        assert other.result() == healthy[0]


def test_a_kind_that_the_store_was_opened_without_is_named(path: Path) -> None:
    with contextlib.closing(SqliteStore(path, kinds=())) as store, pytest.raises(TypeError, match="'note'"):
        put(store, Note(id="n1"))
    with opened(path) as store:
        put(store, Note(id="n1"))
    with contextlib.closing(SqliteStore(path, kinds=())) as store, pytest.raises(TypeError, match="'note'"):
        store.load(Note, ["n1"])


def test_two_classes_of_one_kind_are_refused(path: Path) -> None:
    class Other(Note, frozen=True, kw_only=True):
        pass

    with pytest.raises(ValueError, match="same name"):
        SqliteStore(path, kinds=(Note, Other))

    with opened(path) as store:
        put(store, Note(id="n1"))
        with pytest.raises(TypeError, match="another class"):
            store.load(Other, ["n1"])


def test_a_checksum_covers_the_key(path: Path) -> None:
    with opened(path) as store:
        put(store, Note(id="n1"))
    with contextlib.closing(sqlite3.connect(path)) as db:
        body, checksum = db.execute("SELECT body, checksum FROM entity").fetchone()

    assert checksum == zlib.crc32(b"note n1" + body)


def test_the_store_says_which_engine_it_runs_on(path: Path) -> None:
    with opened(path) as store:
        assert store.engine_version == sqlite3.sqlite_version
