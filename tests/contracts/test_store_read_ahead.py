"""What it changes to tell a step's reads beforehand: nothing but how long they take; see ``Transaction.read_ahead``."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore
from kept.ports.store import Store, Transaction, Wish
from tests.aws.emulator import make_tables
from tests.aws.local_dynamo import LocalDynamo
from tests.contracts.entities import KINDS, Counter, Note, changed_by_another, later, put

WISHES: tuple[Wish, ...] = ((Note, "n1"), (Note, "gone"), (Counter, "n1"), (Note, "\ud800"), (Note, ""), (Note, "n1"))


def beside_each_other() -> tuple[DynamoStore, DynamoStore]:
    """Return two stores on the same new tables."""
    client = LocalDynamo()
    tables = make_tables(client, "", ALL_TABLES)
    first, second = (DynamoStore(tables, kinds=KINDS, client=client, sleep=lambda _: None) for _ in range(2))
    return first, second


def read(tx: Transaction) -> list[object]:
    return [tx.get(kind, entity_id) for kind, entity_id in WISHES]


def test_what_was_read_ahead_is_what_is_stored(store: Store) -> None:
    (note,) = put(store, Note(id="n1", text="mine"))
    counter = store.submit(lambda tx: tx.put(Counter(id="n1", n=7))).result()

    def step(tx: Transaction) -> list[object]:
        tx.read_ahead(*WISHES)
        return read(tx)

    assert store.submit(step).result() == [note, None, counter, None, None, note]


def test_a_step_sees_its_own_writes_whatever_it_reads_ahead(store: Store) -> None:
    (note,) = put(store, Note(id="n1", text="old"))

    def step(tx: Transaction) -> list[object]:
        tx.put(later(note, text="new"))
        tx.put(Counter(id="n1", n=1))
        tx.read_ahead(*WISHES)
        return read(tx)[:3]

    seen = store.submit(step).result()

    assert seen == [Note(id="n1", version=2, text="new"), None, Counter(id="n1", version=1, n=1)]
    assert store.load(Note, ["n1"]) == (seen[0],)


@pytest.mark.parametrize(
    "depend",
    [
        pytest.param(lambda tx, note: tx.put(later(note, text=note.text + "!")), id="writes it"),
        pytest.param(lambda tx, note: (tx.guard(note), tx.put(Note(id=f"of {note.text}"))), id="guards it"),
    ],
)
def test_what_was_read_ahead_is_read_anew_when_the_step_runs_again(
    depend: Callable[[Transaction, Note], object],
) -> None:
    store, other = beside_each_other()
    note, _ = put(store, Note(id="n1", text="a"), Note(id="n2"))
    is_first = threading.Event()

    def step(tx: Transaction) -> str:
        tx.read_ahead((Note, "n1"), (Note, "n2"))
        if not is_first.is_set():
            is_first.set()
            changed_by_another(other, note)
        seen = tx.get(Note, "n1")
        assert seen
        depend(tx, seen)
        return seen.text

    assert store.submit(step).result() == "changed by another"


def test_a_store_behind_a_network_reads_ahead_with_one_call() -> None:
    store, _ = beside_each_other()
    put(store, Note(id="n1"))
    store.load(Note, ["n1", "n2"])
    before = store.capacity.spent()

    def step(tx: Transaction) -> list[object]:
        tx.read_ahead(*WISHES)
        tx.read_ahead((Note, "gone"), (Note, "n1"))
        return read(tx)

    store.submit(step).result()

    assert before["batch_get_item"].calls + 1 == store.capacity.spent()["batch_get_item"].calls
