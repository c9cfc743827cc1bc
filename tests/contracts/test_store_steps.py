"""The promises of a transaction, each on every store; numbers are those of ``Transaction``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kept.core.errors import ConflictError
from kept.core.records import IndexEntry
from kept.ports.store import Store, Transaction
from tests.contracts.entities import Counter, Muddle, Note, changed_by_another, ids, later, put

# ---------------------------------------------------------------- 1. get


def test_get_answers_none_for_what_was_never_stored(store: Store) -> None:
    assert store.submit(lambda tx: tx.get(Note, "n1")).result() is None


def test_get_answers_what_an_earlier_step_committed(store: Store) -> None:
    (note,) = put(store, Note(id="n1", text="hello"))

    assert store.submit(lambda tx: tx.get(Note, "n1")).result() == note


def test_get_answers_the_steps_own_write(store: Store) -> None:
    def step(tx: Transaction) -> Note | None:
        tx.put(Note(id="n1", text="mine"))
        return tx.get(Note, "n1")

    assert store.submit(step).result() == Note(id="n1", version=1, text="mine")


def test_get_answers_the_steps_own_write_over_what_it_read_before(store: Store) -> None:
    put(store, Note(id="n1", text="old"))

    def step(tx: Transaction) -> Note | None:
        note = tx.get(Note, "n1")
        assert note is not None
        tx.put(later(note, text="new"))
        return tx.get(Note, "n1")

    assert store.submit(step).result() == Note(id="n1", version=2, text="new")


def test_get_answers_none_for_what_the_step_deleted(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))

    def step(tx: Transaction) -> Note | None:
        tx.delete(note)
        return tx.get(Note, "n1")

    assert store.submit(step).result() is None


def test_the_same_id_of_two_kinds_is_two_entities(store: Store) -> None:
    def step(tx: Transaction) -> None:
        tx.put(Note(id="x", text="a note"))
        tx.put(Counter(id="x", n=7))

    store.submit(step).result()

    assert store.load(Note, ["x"]) == (Note(id="x", version=1, text="a note"),)
    assert store.load(Counter, ["x"]) == (Counter(id="x", version=1, n=7),)


# ---------------------------------------------------------------- 2. put


def test_put_raises_the_version_by_one_with_each_commit(store: Store) -> None:
    (first,) = put(store, Note(id="n1"))
    (second,) = put(store, first)

    assert (first.version, second.version) == (1, 2)
    assert store.load(Note, ["n1"]) == (second,)


def test_put_twice_in_one_step_is_one_write(store: Store) -> None:
    def step(tx: Transaction) -> Note:
        stored = tx.put(Note(id="n1", text="first"))
        return tx.put(later(stored, text="second"))

    stored = store.submit(step).result()

    assert stored == Note(id="n1", version=1, text="second")
    assert store.load(Note, ["n1"]) == (stored,)


def test_put_of_an_old_version_is_refused(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))
    changed_by_another(store, note)

    with pytest.raises(ConflictError):
        put(store, later(note, text="late"))

    assert [n.text for n in store.load(Note, ["n1"])] == ["changed by another"]


def test_put_of_a_version_older_than_the_one_read_is_refused(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))
    changed_by_another(store, note)

    def step(tx: Transaction) -> None:
        tx.get(Note, "n1")
        tx.put(later(note, text="late"))

    with pytest.raises(ConflictError):
        store.submit(step).result()

    assert [n.text for n in store.load(Note, ["n1"])] == ["changed by another"]


def test_put_of_a_new_entity_is_refused_where_one_is_stored(store: Store) -> None:
    put(store, Note(id="n1", text="first"))

    with pytest.raises(ConflictError):
        put(store, Note(id="n1", text="second"))

    assert [n.text for n in store.load(Note, ["n1"])] == ["first"]


def test_put_of_what_was_deleted_since_is_refused(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))
    store.submit(lambda tx: tx.delete(note)).result()

    with pytest.raises(ConflictError):
        put(store, note)

    assert store.load(Note, ["n1"]) == ()


def test_one_refused_put_keeps_the_others_of_its_step_out(store: Store) -> None:
    put(store, Note(id="n2"))

    with pytest.raises(ConflictError):
        put(store, Note(id="n1"), Note(id="n2"), Note(id="n3"))

    assert ids(store) == ["n2"]
    assert len(store.load(Note, ["n1", "n2", "n3"])) == 1


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param((IndexEntry(index="i", partition="", sort="a"),), id="an empty partition"),
        pytest.param(
            (IndexEntry(index="i", partition="p", sort="a"), IndexEntry(index="i", partition="p", sort="b")),
            id="two rows in one partition",
        ),
    ],
)
def test_put_of_index_rows_that_no_store_can_keep_fails_the_step(store: Store, rows: tuple[IndexEntry, ...]) -> None:
    def step(tx: Transaction) -> None:
        tx.put(Note(id="n1"))
        tx.put(Muddle(id="m1", rows=rows))

    with pytest.raises(ValueError, match=r"muddle\.index_entries"):
        store.submit(step).result()

    assert store.load(Note, ["n1"]) == ()
    assert store.query("i", "p").hits == ()


# ---------------------------------------------------------------- 3. delete


def test_delete_removes_the_entity_and_its_index_rows(store: Store) -> None:
    (note, _) = put(store, Note(id="n1", rank="a"), Note(id="n2", rank="b"))

    store.submit(lambda tx: tx.delete(note)).result()

    assert store.load(Note, ["n1", "n2"]) == (Note(id="n2", version=1, rank="b"),)
    assert ids(store) == ["n2"]
    assert [hit.id for hit in store.query("notes_ranked", "all").hits] == ["n2"]


def test_delete_of_an_old_version_is_refused(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))
    changed_by_another(store, note)

    with pytest.raises(ConflictError):
        store.submit(lambda tx: tx.delete(note)).result()

    assert ids(store) == ["n1"]


def test_delete_of_what_is_gone_already_is_refused(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))
    store.submit(lambda tx: tx.delete(note)).result()

    with pytest.raises(ConflictError):
        store.submit(lambda tx: tx.delete(note)).result()


def test_delete_of_a_new_entity_is_refused_where_one_is_stored(store: Store) -> None:
    put(store, Note(id="n1"))

    with pytest.raises(ConflictError):
        store.submit(lambda tx: tx.delete(Note(id="n1"))).result()

    assert ids(store) == ["n1"]


def test_put_after_delete_in_one_step_replaces_the_entity(store: Store) -> None:
    (note,) = put(store, Note(id="n1", owner="ann", text="old"))

    def step(tx: Transaction) -> Note:
        tx.delete(note)
        return tx.put(Note(id="n1", owner="bob", text="new"))

    stored = store.submit(step).result()

    assert stored == Note(id="n1", version=2, owner="bob", text="new")
    assert store.load(Note, ["n1"]) == (stored,)
    assert (ids(store, "ann"), ids(store, "bob")) == ([], ["n1"])


def test_delete_after_put_in_one_step_leaves_nothing(store: Store) -> None:
    def step(tx: Transaction) -> None:
        tx.delete(tx.put(Note(id="n1")))

    store.submit(step).result()

    assert store.load(Note, ["n1"]) == ()
    assert ids(store) == []


def test_what_was_deleted_can_be_stored_anew(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))
    store.submit(lambda tx: tx.delete(note)).result()

    (stored,) = put(store, Note(id="n1", text="again"))

    assert stored.version == 1
    assert store.load(Note, ["n1"]) == (stored,)


# ---------------------------------------------------------------- 4. guard


def test_guard_lets_a_step_land_while_nothing_has_changed(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))

    def step(tx: Transaction) -> None:
        tx.guard(note)
        tx.put(Note(id="n2"))

    store.submit(step).result()

    assert ids(store) == ["n1", "n2"]
    assert store.load(Note, ["n1"]) == (note,)


@pytest.mark.parametrize("meanwhile", [changed_by_another, lambda s, n: s.submit(lambda tx: tx.delete(n)).result()])
def test_guard_fails_the_commit_when_its_entity_has_changed(
    store: Store, meanwhile: Callable[[Store, Note], None]
) -> None:
    (note,) = put(store, Note(id="n1"))
    meanwhile(store, note)

    def step(tx: Transaction) -> None:
        tx.guard(note)
        tx.put(Note(id="n2"))

    with pytest.raises(ConflictError):
        store.submit(step).result()

    assert store.load(Note, ["n2"]) == ()


def test_guard_does_not_stand_in_the_way_of_the_steps_own_write(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))

    def step(tx: Transaction) -> None:
        tx.guard(note)
        tx.put(later(note, text="mine"))

    store.submit(step).result()

    assert [n.text for n in store.load(Note, ["n1"])] == ["mine"]


# ---------------------------------------------------------------- 5. all or nothing


def test_a_step_that_raises_leaves_nothing_behind(store: Store) -> None:
    (kept,) = put(store, Note(id="kept", rank="a"))

    def step(tx: Transaction) -> None:
        tx.put(Note(id="new", rank="b"))
        tx.put(later(kept, rank="z", owner="bob"))
        tx.delete(tx.put(Counter(id="c")))
        raise KeyError("no")

    with pytest.raises(KeyError):
        store.submit(step).result()

    assert store.load(Note, ["new", "kept"]) == (kept,)
    assert (ids(store, "ann"), ids(store, "bob")) == (["kept"], [])


# ---------------------------------------------------------------- 6. place


def test_place_keeps_the_version_and_the_index_rows(store: Store) -> None:
    moved = Note(id="n1", version=7, owner="bob", rank="a")

    store.submit(lambda tx: tx.place(moved)).result()
    (changed,) = put(store, later(moved, text="later"))

    assert changed.version == 8
    assert store.load(Note, ["n1"]) == (changed,)
    assert ids(store, "bob") == ["n1"]


def test_place_is_refused_where_something_is_stored(store: Store) -> None:
    (note,) = put(store, Note(id="n1"))

    with pytest.raises(ConflictError):
        store.submit(lambda tx: tx.place(later(note, text="other"))).result()

    assert store.load(Note, ["n1"]) == (note,)


def test_place_is_seen_by_its_own_step(store: Store) -> None:
    moved = Note(id="n1", version=7)

    def step(tx: Transaction) -> tuple[Note | None, Note | None]:
        before = tx.get(Note, "n1")
        tx.place(moved)
        return before, tx.get(Note, "n1")

    assert store.submit(step).result() == (None, moved)
