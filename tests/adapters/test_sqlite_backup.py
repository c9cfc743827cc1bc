from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kept.adapters.sqlite import backup
from kept.core.errors import StorageUnavailableError
from kept.ports.store import Store, Transaction
from tests.adapters.sqlite_files import (
    damage_a_body,
    files_in,
    opened,
    run_in_another_process,
    texts,
    with_notes,
)
from tests.contracts.entities import Counter, Note, put, raised


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.sqlite3"


def test_a_backup_is_one_private_file_with_the_same_content(path: Path) -> None:
    copy = path.with_name("copy.sqlite3")
    with opened(path) as store:
        put(store, Note(id="n1", text="hello", rank="a"))
        backup(path, copy)
        during = files_in(path.parent)

    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert during == {path.name, f"{path.name}-wal", f"{path.name}-shm", copy.name}
    assert texts(copy, "n1") == ["hello"]


def test_a_backup_under_writes_holds_what_was_committed_up_to_one_moment(path: Path) -> None:
    copies = [path.with_name(f"copy{n}.sqlite3") for n in range(5)]
    with opened(path) as store, busy(store):
        for copy in copies:
            backup(path, copy)

    seen = [ledger(copy) for copy in copies]
    for count, notes in seen:
        assert notes == [f"{n:06}" for n in range(1, count + 1)]
    assert [count for count, _ in seen] == sorted(count for count, _ in seen)
    assert seen[-1][0] > seen[0][0] > 0


def test_a_backup_can_be_made_by_another_process(path: Path) -> None:
    copy = path.with_name("copy.sqlite3")
    with opened(path) as store, busy(store):
        status = run_in_another_process(backup, path, copy)

    count, notes = ledger(copy)
    assert status == 0
    assert len(notes) == count > 0


def test_a_backup_tells_how_far_it_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kept.adapters.sqlite.copies.PAGES_A_TIME", 10)
    with opened(path) as store:
        put(store, *(Note(id=f"n{n}", text="x" * 1000) for n in range(200)))
    told: list[tuple[int, int]] = []

    backup(path, path.with_name("copy"), lambda done, pages: told.append((done, pages)))

    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1] > 50


def test_a_backup_replaces_an_older_one(path: Path) -> None:
    with_notes(path, "n1")
    copy = with_notes(path.with_name("copy.sqlite3"), "old")

    backup(path, copy)

    assert texts(copy, "n1", "old") == ["text of n1"]


def test_a_backup_onto_the_database_itself_is_refused(path: Path) -> None:
    with_notes(path, "n1")
    os.link(path, path.with_name("other-name"))

    for target in (path, path.with_name("other-name")):
        with pytest.raises(StorageUnavailableError, match="is the database itself"):
            backup(path, target)

    assert texts(path, "n1") == ["text of n1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot be opened", id="missing"),
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"hello" * 1000, "not a database", id="text"),
    ],
)
def test_a_backup_of_no_database_leaves_no_file(path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        path.write_bytes(content)
    before = files_in(path.parent)

    with pytest.raises(StorageUnavailableError, match=said):
        backup(path, path.with_name("copy"))

    assert files_in(path.parent) == before


def test_a_backup_of_a_damaged_database_is_refused(path: Path) -> None:
    damage_a_body(with_notes(path, "n1"), b"text of n1", b"text of n2")

    with pytest.raises(StorageUnavailableError, match=r"kept\.sqlite3 is damaged"):
        backup(path, path.with_name("copy"))

    assert not path.with_name("copy").exists()


def test_a_backup_to_where_nothing_can_be_written_says_so(path: Path) -> None:
    with_notes(path, "n1")

    with pytest.raises(StorageUnavailableError, match="check its path"):
        backup(path, path / "copy")


@contextlib.contextmanager
def busy(store: Store) -> Iterator[None]:
    """Commit note after note, each with a counter that says how many there are."""
    stop = threading.Event()
    begun = threading.Event()

    def note_one(tx: Transaction) -> int:
        n = raised("c")(tx)
        tx.put(Note(id=f"{n:06}", text="x" * 500))
        return n

    def write() -> None:
        while True:
            n = store.submit(note_one).result()
            if n == 20:
                begun.set()
            if stop.is_set():
                return

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def ledger(path: Path) -> tuple[int, list[str]]:
    """Return how many notes the counter says there are, and the ids of those that are."""
    with opened(path) as store:
        (counter,) = store.load(Counter, ["c"])
        page = store.query("notes_by_owner", "ann", limit=1_000_000)
        return counter.n, [note.id for note in store.load(Note, (hit.id for hit in page.hits))]
