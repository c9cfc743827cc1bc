"""The promises of a store, each on every store; numbers are those of ``Store``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec
import pytest

from kept.core.errors import ConflictError, StorageUnavailableError
from kept.ports.store import Store, Transaction
from tests.contracts.entities import Counter, Note, ids, put, raised

THREADS = 16


def all_at_once(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Return what the calls return or raise, made from as many threads that start together."""
    start = threading.Barrier(len(calls))

    def made(call: Callable[[], object]) -> object:
        start.wait()
        try:
            return call()
        except Exception as error:  # noqa: BLE001  the caller looks at what was raised
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(made, calls))


# ---------------------------------------------------------------- 1. resolved means committed


def test_a_resolved_step_is_seen_by_every_reader(store: Store) -> None:
    (note,) = put(store, Note(id="n1", rank="a"))

    seen = all_at_once([lambda: (store.load(Note, ["n1"]), ids(store))] * 4)

    assert seen == [((note,), ["n1"])] * 4


# ---------------------------------------------------------------- 2. lost races


def test_a_step_that_lost_a_race_runs_again_with_fresh_reads(store: Store) -> None:
    (stale,) = put(store, Note(id="n1", text="a"))
    put(store, msgspec.structs.replace(stale, text="b"))
    seen: list[Note] = [stale]

    def step(tx: Transaction) -> None:
        note = seen.pop() if seen else tx.get(Note, "n1")
        assert note is not None
        tx.put(msgspec.structs.replace(note, text=note.text + "c"))

    store.submit(step).result()

    assert [note.text for note in store.load(Note, ["n1"])] == ["bc"]


def test_a_step_that_loses_every_race_ends_as_a_conflict(store: Store) -> None:
    (stale,) = put(store, Note(id="n1"))
    put(store, stale)
    runs: list[None] = []

    def step(tx: Transaction) -> None:
        runs.append(None)
        tx.put(stale)

    with pytest.raises(ConflictError):
        store.submit(step).result()

    assert 2 <= len(runs) <= 20


def test_no_increment_is_lost_among_many_threads(store: Store) -> None:
    def client() -> list[int]:
        return [store.submit(raised("c")).result() for _ in range(25)]

    answers = all_at_once([client] * THREADS)

    seen = sorted(n for numbers in answers if isinstance(numbers, list) for n in numbers)
    assert seen == list(range(1, 25 * THREADS + 1))
    assert store.load(Counter, ["c"]) == (Counter(id="c", version=25 * THREADS, n=25 * THREADS),)


def test_only_one_of_many_threads_makes_an_entity(store: Store) -> None:
    calls = [partial(put, store, Note(id="n1", text=str(n))) for n in range(THREADS)]

    answers = all_at_once(calls)

    winners = [answer for answer in answers if isinstance(answer, tuple)]
    assert [store.load(Note, ["n1"])] == winners
    assert sum(isinstance(answer, ConflictError) for answer in answers) == THREADS - 1


def test_only_one_of_many_threads_changes_a_version(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))
    calls = [partial(put, store, msgspec.structs.replace(note, text=str(n))) for n in range(THREADS)]

    answers = all_at_once(calls)

    winners = [answer for answer in answers if isinstance(answer, tuple)]
    assert [store.load(Note, ["n1"])] == winners


# ---------------------------------------------------------------- 3. and 4. failures


def test_a_steps_own_exception_reaches_its_future_as_it_is(store: Store) -> None:
    own = KeyError("own")

    def step(tx: Transaction) -> None:
        raise own

    assert store.submit(step).exception() is own


def test_a_failing_step_touches_no_other(store: Store) -> None:
    def failing(tx: Transaction) -> int:
        tx.put(Note(id="lost"))
        tx.put(Counter(id="c", n=99, version=tx.get(Counter, "c").version))  # type: ignore[union-attr]
        raise KeyError("own")

    store.submit(raised("c")).result()

    futures = [store.submit(failing if n % 3 == 0 else raised("c")) for n in range(60)]

    errors = [future.exception() for future in futures]
    assert [isinstance(error, KeyError) for error in errors] == [n % 3 == 0 for n in range(60)]
    assert [future.result() for n, future in enumerate(futures) if n % 3] == list(range(2, 42))
    assert store.load(Note, ["lost"]) == ()


# ---------------------------------------------------------------- 6. load


def test_load_answers_in_the_order_asked_without_the_missing(store: Store) -> None:
    put(store, *(Note(id=name) for name in "abc"))

    found = store.load(Note, iter(["c", "x", "a", "c"]))

    assert [note.id for note in found] == ["c", "a", "c"]


def test_load_of_nothing_answers_nothing(store: Store) -> None:
    assert store.load(Note, []) == ()


def test_load_knows_the_kinds_apart(store: Store) -> None:
    put(store, Note(id="x"))

    assert store.load(Counter, ["x"]) == ()


@pytest.mark.parametrize("name", ["Zoë", "日本", "😀", "a b/c?d#e", "a\x00b", "'; DROP TABLE entity; --", "x" * 10_000])
def test_any_text_can_be_an_id_an_owner_and_a_rank(store: Store, name: str) -> None:
    (note,) = put(store, Note(id=name, owner=name, rank=name, text=name))

    page = store.query("notes_by_owner", name, after=name)

    assert [(hit.id, hit.sort) for hit in page.hits] == [(name, name)]
    assert store.load(Note, [name]) == (note,)


def test_half_a_surrogate_pair_is_never_found(store: Store) -> None:
    assert store.load(Note, ["\ud800"]) == ()
    assert store.submit(lambda tx: tx.get(Note, "\ud800")).result() is None
    assert store.query("notes_by_owner", "\ud800").hits == ()


# ---------------------------------------------------------------- 9. close


def test_close_waits_for_what_was_submitted_and_refuses_more(store: Store) -> None:
    futures = [store.submit(raised("c")) for _ in range(50)]

    store.close()

    assert [future.result(timeout=0) for future in futures] == list(range(1, 51))
    assert isinstance(store.submit(raised("c")).exception(), StorageUnavailableError)
    with pytest.raises(StorageUnavailableError):
        store.load(Counter, ["c"])
    with pytest.raises(StorageUnavailableError):
        store.query("notes_by_owner", "ann")


def test_close_twice_is_harmless(store: Store) -> None:
    store.close()
    store.close()


def test_close_lets_every_step_end_one_way_or_the_other(store: Store) -> None:
    def client() -> list[BaseException | None]:
        return [store.submit(raised("c")).exception() for _ in range(50)]

    answers = all_at_once([client, client, client, store.close])

    errors = [error for part in answers if isinstance(part, list) for error in part]
    assert len(errors) == 150
    assert {type(error) for error in errors} <= {type(None), StorageUnavailableError}
