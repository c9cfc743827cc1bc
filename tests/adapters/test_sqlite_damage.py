from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from kept.adapters.sqlite import SqliteStore
from kept.core.errors import StorageUnavailableError
from kept.core.records import IndexEntry
from kept.ports.store import Transaction
from tests.adapters.sqlite_files import opened, run_in_another_process
from tests.contracts.entities import Counter, Note, put, raised

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.sqlite3"


# ---------------------------------------------------------------- files that are no good


def as_nobody(work: Callable[[Path], object], folder: Path) -> None:
    """Do the work without the rights of root."""
    if os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    work(folder / "kept.sqlite3")


def is_refused_as_read_only(path: Path) -> None:
    with pytest.raises(StorageUnavailableError, match=r"kept\.sqlite3 (may not be written; give this user|cannot be)"):
        SqliteStore(path, kinds=(Note,))


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o755, 0o444), (0o555, 0o666), (0o555, None), (0o755, 0o000)])
def test_a_file_or_folder_that_may_not_be_written_is_refused_at_opening(
    folder_mode: int, file_mode: int | None
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if file_mode is not None:
            with opened(folder / "kept.sqlite3"):
                pass
            (folder / "kept.sqlite3").chmod(file_mode)
        folder.chmod(folder_mode)

        status = run_in_another_process(as_nobody, is_refused_as_read_only, folder)
        folder.chmod(0o755)

    assert status == 0


def test_a_folder_in_the_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir()

    with pytest.raises(StorageUnavailableError, match="cannot be opened"):
        SqliteStore(path, kinds=(Note,))


def test_a_path_below_a_file_is_refused(path: Path) -> None:
    path.write_text("")

    with pytest.raises(StorageUnavailableError, match="check its path"):
        SqliteStore(path / "below", kinds=(Note,))


@pytest.mark.parametrize("content", [b"hello" * 1000, b"SQLite format 3\x00" + b"\x00" * 4080, b"\xff" * 8192])
def test_a_file_that_is_no_database_is_refused_with_the_remedy(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(StorageUnavailableError, match="`kept restore`") as caught:
        SqliteStore(path, kinds=(Note,))

    assert caught.value.retry_after_s is None
    assert path.read_bytes() == content


def test_a_flipped_byte_is_seen_or_harmless(path: Path) -> None:
    with opened(path) as store:
        put(store, *(Note(id=f"n{n}", rank=f"{n:03}", text=f"text of n{n}") for n in range(60)))
    good = path.read_bytes()
    expected = {f"n{n}": f"text of n{n}" for n in range(60)}

    for offset in range(0, len(good), len(good) // 250):
        path.write_bytes(good[:offset] + bytes([good[offset] ^ 0x10]) + good[offset + 1 :])
        with contextlib.suppress(StorageUnavailableError), opened(path) as store:
            for name, text in expected.items():
                assert [note.text for note in store.load(Note, [name])] in ([text], []), offset
            put(store, Note(id="new"))


def test_a_ruined_page_stops_what_needs_it_with_the_remedy(path: Path) -> None:
    with opened(path) as store:
        put(store, *(Note(id=f"n{n:03}", text="x" * 500) for n in range(200)))
    content = path.read_bytes()
    ruined = content.index(b'"n100"') // 4096 * 4096
    path.write_bytes(content[:ruined] + b"\xff" * 4096 + content[ruined + 4096 :])

    with opened(path) as store:
        healthy = store.load(Note, ["n000"])
        with pytest.raises(StorageUnavailableError, match=r"is damaged; .*`kept restore`") as caught:
            store.load(Note, ["n100"])
        failed = store.submit(lambda tx: tx.get(Note, "n100") and 1)

        assert len(healthy) == 1
        assert caught.value.retry_after_s is None
        assert isinstance(failed.exception(), StorageUnavailableError)
        assert store.submit(raised("c")).result() == 1


class Odd(msgspec.Struct, frozen=True, kw_only=True):
    """Its body can be stored, its index row cannot."""

    kind: ClassVar[str] = "odd"

    id: str
    version: int = 0

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return (IndexEntry(index="odd", partition="all", sort="half \ud800"),)


def test_an_index_row_that_cannot_be_stored_takes_its_entity_with_it(path: Path) -> None:
    def step(tx: Transaction) -> None:
        tx.put(Counter(id="of the same step"))
        tx.put(Odd(id="o1"))

    with contextlib.closing(SqliteStore(path, kinds=(Counter, Odd))) as store:
        store.submit(raised("c")).result()

        failed = store.submit(step)

        assert isinstance(failed.exception(), UnicodeEncodeError)
        assert store.load(Odd, ["o1"]) == ()
        assert store.load(Counter, ["of the same step"]) == ()
        assert store.submit(raised("c")).result() == 2
