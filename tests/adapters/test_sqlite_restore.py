from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path
from unittest import mock

import pytest

from kept.adapters.sqlite import FileSeat, SqliteStore, backup, restore
from kept.core.errors import StorageUnavailableError
from tests.adapters.sqlite_files import (
    damage_a_body,
    files_in,
    opened,
    run_in_another_process,
    set_version,
    texts,
    with_notes,
)
from tests.contracts.entities import Counter, Note, put


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.sqlite3"


def test_a_restore_gives_the_exact_content_and_keeps_what_was_there(path: Path) -> None:
    copy = path.with_name("copy")
    with_notes(path, "n1", "n2")
    backup(path, copy)
    with_notes(path, "n3")

    before = restore(copy, path)

    assert before == path.with_name("kept.sqlite3.before-restore-1")
    assert content(path) == content(copy)
    assert texts(path, "n1", "n2", "n3") == ["text of n1", "text of n2"]
    assert texts(before, "n1", "n2", "n3") == ["text of n1", "text of n2", "text of n3"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_restore_raises_the_epoch_and_keeps_the_id_of_the_store(path: Path) -> None:
    copy = path.with_name("copy")
    with opened(path) as store:
        first = (store.store_id, store.epoch)
    backup(path, copy)

    restore(copy, path)

    with opened(path) as store:
        assert (store.store_id, store.epoch) == (first[0], first[1] + 1)


def test_a_second_restore_keeps_both_that_it_replaced(path: Path) -> None:
    copy = path.with_name("copy")
    with_notes(path, "n1")
    backup(path, copy)

    replaced = [restore(copy, path), restore(copy, path)]

    assert replaced == [path.with_name(f"kept.sqlite3.before-restore-{n}") for n in (1, 2)]
    assert all(texts(file, "n1") == ["text of n1"] for file in replaced if file)


def test_a_restore_takes_back_what_an_earlier_one_replaced(path: Path) -> None:
    copy = path.with_name("copy")
    with_notes(path, "n1")
    backup(path, copy)
    with_notes(path, "n2")
    before = restore(copy, path)
    assert before is not None

    restore(before, path)

    assert texts(path, "n1", "n2") == ["text of n1", "text of n2"]


def test_a_restore_to_an_empty_place_needs_no_database(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    target = path.parent / "new" / "kept.sqlite3"

    assert restore(copy, target) is None

    assert texts(target, "n1") == ["text of n1"]


def test_a_restore_is_never_mixed_with_the_log_of_what_was_there(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    run_in_another_process(write_and_die, path)
    assert path.with_name("kept.sqlite3-wal").stat().st_size > 0

    before = restore(copy, path)

    assert before is not None
    assert texts(path, "n1", "n2") == ["text of n1"]
    assert texts(before, "n1", "n2") == ["text of n1", "lost?"]


def test_a_restore_over_a_missing_database_ignores_the_log_it_left(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    run_in_another_process(write_and_die, path)
    path.unlink()

    restore(copy, path)

    assert texts(path, "n1", "n2") == ["text of n1"]


def test_a_restore_over_a_ruined_database_keeps_the_ruin(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    path.write_bytes(b"ruined" * 1000)
    path.with_name("kept.sqlite3-wal").write_bytes(b"also ruined")

    before = restore(copy, path)

    assert before is not None
    assert before.read_bytes() == b"ruined" * 1000
    assert before.with_name(before.name + "-wal").read_bytes() == b"also ruined"
    assert texts(path, "n1") == ["text of n1"]


def test_a_restore_is_refused_while_a_sender_sits(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    seat = FileSeat(path.parent)
    seat.take()

    with pytest.raises(StorageUnavailableError, match="stop it"):
        restore(copy, path)
    seat.leave()

    assert restore(copy, path) is not None


def test_a_restore_is_refused_while_another_process_has_the_database_open(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    with opened(path) as store:
        put(store, Note(id="n2", text="kept"))

        assert run_in_another_process(refused_restore, copy, path) == 0

        put(store, Note(id="n3", text="too"))

    assert texts(path, "n2", "n3") == ["kept", "too"]
    assert files_in(path.parent) == {path.name, "copy"}


def test_a_refused_restore_leaves_no_file(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    with opened(path) as store:
        put(store, Note(id="n2", text="kept"))
        before = files_in(path.parent)

        refused_restore(copy, path)

        assert files_in(path.parent) == before


@pytest.mark.parametrize("kept", [0, 1, 15, 19, 100, 512, 4096, 6000, 8192, 12288, -4096, -1])
def test_half_a_backup_is_refused(path: Path, kept: int) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, *(f"n{n}" for n in range(100))), copy)
    copy.write_bytes(copy.read_bytes()[:kept])

    with pytest.raises(StorageUnavailableError, match="copy"):
        restore(copy, path)

    assert texts(path, "n1") == ["text of n1"]
    assert files_in(path.parent) == {path.name, "copy"}


def test_a_copy_without_its_log_is_refused(path: Path) -> None:
    copy = path.with_name("copy")
    with opened(path) as store:
        put(store, Note(id="n1"))
        copy.write_bytes(path.read_bytes())

    with pytest.raises(StorageUnavailableError, match="not made by `kept backup`"):
        restore(copy, path)


def test_a_backup_with_one_wrong_byte_in_a_body_is_refused(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    damage_a_body(copy, b"text of n1", b"text of n2")

    with pytest.raises(StorageUnavailableError, match="copy is damaged"):
        restore(copy, path)


@pytest.mark.parametrize("offsets", [range(100), range(4096, 9000, 97)])
def test_a_flipped_byte_in_a_backup_is_seen_or_harmless(path: Path, offsets: range) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, *(f"n{n}" for n in range(20))), copy)
    good = copy.read_bytes()
    expected = [f"text of n{n}" for n in range(20)]

    for number, offset in enumerate(offsets):
        copy.write_bytes(good[:offset] + bytes([good[offset] ^ 0xFF]) + good[offset + 1 :])
        target = path.with_name(f"target{number}")
        with contextlib.suppress(StorageUnavailableError):
            restore(copy, target)
            assert texts(target, *(f"n{n}" for n in range(20))) == expected, offset


def test_a_backup_of_a_newer_kept_is_refused(path: Path) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    set_version(copy, 99)

    with pytest.raises(StorageUnavailableError, match="newer Kept"):
        restore(copy, path)


@pytest.mark.parametrize(
    "statement",
    ["ALTER TABLE meta RENAME COLUMN value TO walue", "DROP TABLE entry", "CREATE TABLE more (x)"],
)
def test_a_backup_with_other_tables_is_refused(path: Path, statement: str) -> None:
    copy = path.with_name("copy")
    backup(with_notes(path, "n1"), copy)
    with contextlib.closing(sqlite3.connect(copy)) as db:
        db.execute(statement)

    with pytest.raises(StorageUnavailableError, match="copy is damaged"):
        restore(copy, path)


def test_a_database_of_another_program_is_no_backup(path: Path) -> None:
    other = path.with_name("other")
    with contextlib.closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE t (x)")

    with pytest.raises(StorageUnavailableError, match="another program"):
        restore(other, path)


def write_and_die(path: Path) -> None:
    """Commit a note and end at once, so that it stands in the log alone."""
    store = SqliteStore(path, kinds=(Note, Counter))
    put(store, Note(id="n2", text="lost?"))
    os._exit(0)


def refused_restore(copy: Path, path: Path) -> None:
    """Fail unless the restore is refused because the database is in use."""
    with (
        mock.patch("kept.adapters.sqlite.copies.TIMEOUT_S", 0.1),
        pytest.raises(StorageUnavailableError, match="in use"),
    ):
        restore(copy, path)


def content(path: Path) -> list[tuple[object, ...]]:
    """Return all rows of a database."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT * FROM entity ORDER BY kind, id").fetchall()
        return rows + db.execute("SELECT * FROM entry ORDER BY name, partition, sort, id").fetchall()
