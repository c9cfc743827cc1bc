"""The promises of a write that lands after the rest of its step, each on every store; see ``Transaction.put_last``."""

from __future__ import annotations

import pytest

from kept.core.errors import ConflictError, CutOffError
from kept.ports.store import Store, Transaction
from tests.contracts.entities import Note, changed_by_another, ids, later, put


def test_put_last_lands_like_any_other_write(store: Store) -> None:
    (note,) = put(store, Note(id="n1", rank="a"))

    def step(tx: Transaction) -> Note | None:
        tx.put(Note(id="n2", rank="b"))
        tx.put_last(later(note, rank="c"))
        return tx.get(Note, "n1")

    seen = store.submit(step).result()

    assert seen == Note(id="n1", version=2, rank="c")
    assert store.load(Note, ["n1", "n2"]) == (seen, Note(id="n2", version=1, rank="b"))
    assert ids(store) == ["n2", "n1"]


def test_put_last_may_be_all_that_a_step_writes(store: Store) -> None:
    store.submit(lambda tx: tx.put_last(Note(id="n1"))).result()

    assert store.load(Note, ["n1"]) == (Note(id="n1", version=1),)


def test_put_after_put_last_in_one_step_is_one_write(store: Store) -> None:
    def step(tx: Transaction) -> Note:
        first = tx.put_last(Note(id="n1"))
        return tx.put(later(first, text="more"))

    store.submit(step).result()

    assert store.load(Note, ["n1"]) == (Note(id="n1", version=1, text="more"),)


def test_put_last_lands_never_before_the_rest(store: Store) -> None:
    (last, guarded) = put(store, Note(id="last"), Note(id="guarded"))
    changed_by_another(store, guarded)

    def step(tx: Transaction) -> None:
        tx.guard(guarded)
        tx.put(Note(id="first"))
        tx.put_last(later(last, text="too soon"))

    with pytest.raises(ConflictError):
        store.submit(step).result()

    assert store.load(Note, ["first", "last"]) == (last,)


def test_put_last_of_an_old_version_is_refused_and_says_whether_the_rest_has_landed(store: Store) -> None:
    (last,) = put(store, Note(id="last"))
    changed_by_another(store, last)

    def step(tx: Transaction) -> str:
        tx.put(Note(id="first"))
        tx.put_last(later(last, text="too late"))
        return "what the step returned"

    with pytest.raises(ConflictError) as caught:
        store.submit(step).result()

    has_landed = bool(store.load(Note, ["first"]))
    assert isinstance(caught.value, CutOffError) is has_landed
    assert getattr(caught.value, "result", "what the step returned") == "what the step returned"
    assert [note.text for note in store.load(Note, ["last"])] == ["changed by another"]
