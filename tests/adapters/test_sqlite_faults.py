from __future__ import annotations

import contextlib
import resource
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from kept.adapters.sqlite import SqliteStore, schema
from kept.core.errors import StorageUnavailableError
from kept.ports.store import Store, Transaction
from tests.adapters.sqlite_files import (
    PROCESSES,
    Frail,
    is_sound,
    locked,
    open_files,
    opened,
    run_in_another_process,
    started,
)
from tests.contracts.entities import KINDS, Counter, Note, ids, put, raised


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.sqlite3"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Frail]:
    """Return the connections in the order in which they are opened; a store's first is the one that writes."""
    connections: list[Frail] = []
    connect = sqlite3.connect
    monkeypatch.setattr(Frail, "failures", {}, raising=False)

    def recorded(*arguments: object, **options: object) -> sqlite3.Connection:
        connections.append(connect(*arguments, factory=Frail, **options))  # type: ignore[call-overload]
        return connections[-1]

    monkeypatch.setattr("sqlite3.connect", recorded)
    return connections


def written(note: Note) -> Callable[[Transaction], int]:
    """Return the step that writes the note and returns its version."""
    return lambda tx: tx.put(note).version


def error_of(future: Future[int]) -> StorageUnavailableError:
    """Return what the future was refused with."""
    error = future.exception()
    assert isinstance(error, StorageUnavailableError)
    return error


# ---------------------------------------------------------------- locked


def hold_the_lock(path: Path, told: Connection) -> None:
    """Lock the database until told to let go."""
    with locked(path):
        told.send("locked")
        told.recv()


def test_a_lock_of_another_process_that_lasts_too_long_refuses_writes_for_a_second(path: Path) -> None:
    with opened(path, longest_wait_s=0.2) as store:
        put(store, Note(id="n1"))
        mine, theirs = PROCESSES.Pipe()
        with mine, theirs, started(hold_the_lock, path, theirs) as process:
            mine.recv()

            refused = error_of(store.submit(raised("c")))
            seen_meanwhile = (ids(store), store.load(Note, ["n1"]))
            mine.send("let go")
            process.join()

        assert refused.retry_after_s == 1
        assert "kept.sqlite3 is in use by another program" in str(refused)
        assert str(path.parent) not in str(refused)
        assert seen_meanwhile == (["n1"], (Note(id="n1", version=1),))
        assert store.submit(raised("c")).result() == 1


def test_a_lock_at_opening_is_an_error_that_says_when_to_try_again(path: Path) -> None:
    with opened(path):
        pass

    with locked(path), pytest.raises(StorageUnavailableError, match="in use by another program") as caught:
        SqliteStore(path, kinds=(Note,), longest_wait_s=0.1)

    assert caught.value.retry_after_s == 1


def test_a_step_waits_for_a_short_lock(path: Path) -> None:
    with opened(path, longest_wait_s=30) as store:
        with locked(path):
            future = store.submit(raised("c"))
            assert not future.done()

        assert future.result() == 1


def test_reads_never_wait_for_a_write(path: Path) -> None:
    with opened(path, longest_wait_s=0.1) as store:
        put(store, Note(id="n1", text="committed"))
        with locked(path) as other:
            other.execute("DELETE FROM entity")
            other.execute("DELETE FROM entry")

            assert ids(store) == ["n1"]
            assert [note.text for note in store.load(Note, ["n1"])] == ["committed"]


def test_two_stores_on_one_file_take_turns(path: Path) -> None:
    with opened(path) as first, contextlib.closing(SqliteStore(path, kinds=(Counter,), checkpoints=False)) as second:
        stores: list[Store] = [first, second] * 4

        with ThreadPoolExecutor(8) as pool:
            counted = pool.map(lambda store: [store.submit(raised("c")).result() for _ in range(20)], stores)
            numbers = sorted(n for some in counted for n in some)

    assert numbers == list(range(1, 161))


def test_only_the_store_that_checkpoints_moves_the_log(path: Path, made: list[Frail]) -> None:
    with opened(path), contextlib.closing(SqliteStore(path, kinds=(Counter,), checkpoints=False)):
        limits = [db.execute("PRAGMA wal_autocheckpoint").fetchone()[0] for db in (made[0], made[2])]

    assert limits[0] > 0
    assert limits[1] == 0


# ---------------------------------------------------------------- one commit, many steps


def test_steps_that_wait_share_commits(path: Path, made: list[Frail]) -> None:
    with opened(path, longest_wait_s=30) as store:
        statements: list[str] = []
        made[0].set_trace_callback(statements.append)
        with locked(path):
            futures = [store.submit(raised(f"c{n % 7}")) for n in range(600)]

        assert [future.result() for future in futures] == [n // 7 + 1 for n in range(600)]

    assert 3 <= statements.count("COMMIT") <= 4


def test_a_step_that_is_cancelled_while_it_waits_never_runs(path: Path) -> None:
    with opened(path, longest_wait_s=30) as store:
        with locked(path):
            first = store.submit(raised("c"))
            second = store.submit(raised("c"))
            was_cancelled = second.cancel()

        assert first.result() == 1
        assert was_cancelled
        assert store.submit(raised("c")).result() == 2


def test_a_step_that_raises_an_exit_ends_neither_the_store_nor_its_neighbours(path: Path) -> None:
    def leaving(_: object) -> int:
        raise SystemExit

    with opened(path, longest_wait_s=30) as store:
        with locked(path):
            futures = [store.submit(step) for step in (raised("c"), leaving, raised("c"))]

        assert (futures[0].result(), futures[2].result()) == (1, 2)
        assert isinstance(futures[1].exception(), SystemExit)


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(Note(id="half \ud800"), id="an id that is no Unicode"),
        pytest.param(Note(id="n1", owner="half \ud800"), id="an owner that is no Unicode"),
        pytest.param(Note(id="n1", version=2**63 - 1), id="a version that is stale"),
    ],
)
def test_a_value_that_cannot_be_stored_fails_its_own_step_only(path: Path, note: Note) -> None:
    with opened(path, longest_wait_s=30) as store:
        with locked(path):
            futures = [
                store.submit(raised("c")),
                store.submit(written(note)),
                store.submit(raised("c")),
            ]

        assert futures[1].exception() is not None
        assert (futures[0].result(), futures[2].result()) == (1, 2)
        assert ids(store) == []


def half_written(tx: Transaction) -> int:
    """Write one note that can be stored and one that cannot, which only the engine sees."""
    tx.put(Note(id="n1"))
    tx.place(Note(id="n2", version=2**63))
    return 1


def test_a_step_whose_second_row_the_engine_cannot_take_leaves_nothing_of_its_first(path: Path) -> None:
    with opened(path, longest_wait_s=30) as store:
        with locked(path):
            futures = [store.submit(step) for step in (raised("c"), half_written, raised("c"))]

        assert isinstance(futures[1].exception(), OverflowError)
        assert (futures[0].result(), futures[2].result()) == (1, 2)
        assert ids(store) == []
        assert store.submit(raised("c")).result() == 3


# ---------------------------------------------------------------- a full or failing disk


def test_a_full_disk_refuses_writes_keeps_reads_and_recovers(path: Path, made: list[Frail]) -> None:
    with opened(path) as store:
        put(store, Note(id="n0", text="before"))
        (pages,) = made[0].execute("PRAGMA page_count").fetchone()
        made[0].execute(f"PRAGMA max_page_count = {pages + 3}")

        futures = [store.submit(written(Note(id=f"n{n}", text="x" * 1000))) for n in range(1, 40)]
        kept = {f"n{n}" for n, future in enumerate(futures, 1) if future.exception() is None}
        refused = [error_of(future) for future in futures if future.exception()]
        seen = set(ids(store)) - {"n0"}
        made[0].execute("PRAGMA max_page_count = 1000000")
        put(store, Note(id="after"))

        assert seen == kept
        assert len({id(error) for error in refused}) == len(refused) > 0
        assert {error.retry_after_s for error in refused} == {10}
        assert "has no room to grow; free space" in str(refused[0])
        assert [note.text for note in store.load(Note, ["n0"])] == ["before"]
        assert ids(store)[0] == "after"
    assert is_sound(path)


def grow_beyond_a_limit(path: Path) -> None:
    """Write while files may not grow, then when they may again."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(path) as store:
        put(store, Note(id="n1", text="before"))
        log = path.with_name(path.name + "-wal")
        resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 2000, most))
        refused = store.submit(written(Note(id="n2", text="x" * 100_000)))
        assert "n2" not in ids(store)
        assert error_of(refused).retry_after_s == 10
        assert [note.text for note in store.load(Note, ["n1"])] == ["before"]
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        put(store, Note(id="n3", text="after"))
    with opened(path) as store:
        assert ids(store) == ["n1", "n3"]
    assert is_sound(path)


def test_a_file_that_may_not_grow_refuses_writes_keeps_reads_and_recovers(path: Path) -> None:
    assert run_in_another_process(grow_beyond_a_limit, path) == 0


def test_an_engine_that_gives_up_the_transaction_while_reading_keeps_nothing_of_the_batch(
    path: Path, made: list[Frail]
) -> None:
    def read(tx: Transaction) -> int:
        made[0].rollback()
        Frail.failures = {schema.READ_ENTITY: [sqlite3.SQLITE_IOERR_READ]}
        return 0 if tx.get(Note, "n1") else 1

    with opened(path, longest_wait_s=30) as store:
        put(store, Note(id="n1"))
        with locked(path):
            futures = [store.submit(step) for step in (raised("c"), read, raised("c"))]

        outcomes = [type(future.exception()) for future in futures]

        assert outcomes[1] is StorageUnavailableError
        counted = [counter.n for counter in store.load(Counter, ["c"])]
        assert sum(counted) == outcomes.count(type(None))
        assert store.submit(raised("c")).result() == sum(counted) + 1


@pytest.mark.parametrize("statement", ["SAVEPOINT step", "RELEASE step", "ROLLBACK TO step", "ROLLBACK"])
def test_an_engine_that_fails_to_keep_steps_apart_keeps_nothing_of_the_batch(
    path: Path, made: list[Frail], statement: str
) -> None:
    with opened(path, longest_wait_s=30) as store:
        store.submit(raised("c")).result()
        Frail.failures = {statement: [sqlite3.SQLITE_IOERR]}
        with locked(path):
            futures = [store.submit(step) for step in (raised("c"), half_written)]

        assert [type(future.exception()) for future in futures] == [StorageUnavailableError] * 2
        assert [counter.n for counter in store.load(Counter, ["c"])] == [1]
        assert ids(store) == []
        assert store.submit(raised("c")).result() == 2


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "COMMIT"])
@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CORRUPT, 1])
def test_an_engine_that_fails_keeps_nothing_of_the_batch(
    path: Path, made: list[Frail], statement: str, code: int
) -> None:
    with opened(path) as store:
        store.submit(raised("c")).result()
        Frail.failures = {statement: [code]}

        refused = store.submit(raised("c"))

        assert isinstance(refused.exception(), StorageUnavailableError)
        assert [counter.n for counter in store.load(Counter, ["c"])] == [1]
        assert store.submit(raised("c")).result() == 2
        assert len(made) == 2


def test_a_database_that_another_opens_at_this_moment_is_waited_for(path: Path, made: list[Frail]) -> None:
    Frail.failures = {schema.KEEP_LOG: [sqlite3.SQLITE_BUSY] * 3}
    with opened(path) as store:
        assert (store.submit(raised("c")).result(), len(made)) == (1, 2)


def test_an_engine_that_cannot_even_undo_is_opened_anew(path: Path, made: list[Frail]) -> None:
    with opened(path) as store:
        put(store, Note(id="n1"))
        Frail.failures = {"COMMIT": [sqlite3.SQLITE_IOERR_WRITE], "ROLLBACK": [sqlite3.SQLITE_IOERR_WRITE]}

        refused = store.submit(raised("c"))

        assert isinstance(refused.exception(), StorageUnavailableError)
        assert store.submit(raised("c")).result() == 1
        assert ids(store) == ["n1"]
    assert len(made) == 3


def test_an_engine_that_cannot_be_opened_anew_is_tried_again_with_the_next_batch(path: Path, made: list[Frail]) -> None:
    with opened(path) as store:
        put(store, Note(id="n1"))
        Frail.failures = {"COMMIT": [sqlite3.SQLITE_IOERR] * 2, "ROLLBACK": [sqlite3.SQLITE_IOERR] * 2}

        errors = [error_of(store.submit(raised("c"))), error_of(store.submit(raised("c")))]

        assert [error.retry_after_s for error in errors] == [10, 10]
        assert store.submit(raised("c")).result() == 1


def test_a_read_that_fails_fails_alone_and_its_connection_is_not_used_again(path: Path, made: list[Frail]) -> None:
    with opened(path) as store:
        put(store, Note(id="n1"))
        Frail.failures = {"BEGIN": [sqlite3.SQLITE_IOERR_READ]}

        with pytest.raises(StorageUnavailableError, match="look after its disk"):
            store.load(Note, ["n1"])

        assert [note.id for note in store.load(Note, ["n1"])] == ["n1"]
    assert len(made) == 3


# ---------------------------------------------------------------- tidiness


def test_readers_are_as_many_as_read_at_once_and_all_are_closed(path: Path) -> None:
    with opened(path) as store:
        put(store, Note(id="n1"))
        for _ in range(20):
            with ThreadPoolExecutor(1) as pool:
                pool.submit(store.load, Note, ["n1"]).result()
        during = [file for file in open_files().values() if file.name.startswith(path.name)]

    after = [file for file in open_files().values() if file.name.startswith(path.name)]

    assert len(during) <= 5
    assert after == []


def test_a_connection_that_reads_while_the_store_is_closed_follows_it(path: Path, made: list[Frail]) -> None:
    with opened(path) as store:
        put(store, Note(id="n1"))
        made[1].set_trace_callback(lambda statement: store.close() if statement == "COMMIT" else None)

        found = store.load(Note, ["n1"])

    assert [note.id for note in found] == ["n1"]
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[1].execute("SELECT 1")


def test_a_store_whose_engine_is_gone_can_be_closed(path: Path, made: list[Frail]) -> None:
    store = SqliteStore(path, kinds=KINDS)
    Frail.failures = {"COMMIT": [sqlite3.SQLITE_IOERR] * 2, "ROLLBACK": [sqlite3.SQLITE_IOERR] * 2}
    error_of(store.submit(raised("c")))
    error_of(store.submit(raised("c")))

    store.close()

    assert isinstance(store.submit(raised("c")).exception(), StorageUnavailableError)
