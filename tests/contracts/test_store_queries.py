"""The seventh promise of a store, on every store: keys in order, in ranges, page by page."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from kept.core.errors import InvalidInputError
from kept.ports.cursors import cursor_after
from kept.ports.store import Page, Store
from tests.contracts.entities import Note, ids, put

ORDERED = ["", "0", "10", "9", "A", "Z", "a", "z", "é", "\uffff", "😀"]
"""By code point: neither by number, nor by language, nor by UTF-16, in which the last two change places."""


def ranks(page: Page) -> str:
    """Return the sort keys of a page, run together."""
    return "".join(hit.sort for hit in page.hits)


def pages(store: Store, limit: int, *, newest_first: bool = False) -> list[Page]:
    """Return all pages of the ranked notes."""
    found = [store.query("notes_ranked", "all", limit=limit, newest_first=newest_first)]
    while found[-1].cursor is not None:
        found.append(
            store.query("notes_ranked", "all", limit=limit, cursor=found[-1].cursor, newest_first=newest_first)
        )
    return found


def five(store: Store) -> tuple[Note, ...]:
    """Store notes ranked a to e, not in that order."""
    return put(store, *(Note(id=f"n{rank}", rank=rank) for rank in "cabed"))


def test_query_answers_nothing_of_what_is_not_there(store: Store) -> None:
    five(store)

    assert store.query("notes_ranked", "other") == Page(hits=())
    assert store.query("other", "all") == Page(hits=())


def test_query_orders_by_code_point(store: Store) -> None:
    put(store, *(Note(id=f"n{n}", rank=rank) for n, rank in enumerate(reversed(ORDERED))))

    forth = store.query("notes_by_owner", "ann")
    back = store.query("notes_by_owner", "ann", newest_first=True)

    assert [hit.sort for hit in forth.hits] == ORDERED
    assert [hit.sort for hit in back.hits] == ORDERED[::-1]


def test_query_orders_equal_ranks_by_id(store: Store) -> None:
    put(store, *(Note(id=name, rank="same") for name in ["b", "é", "A", "a", "😀", "\uffff"]))

    assert ids(store) == ["A", "a", "b", "é", "\uffff", "😀"]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize(
    ("after", "before", "expected"),
    [
        pytest.param(None, None, "abcde", id="all"),
        pytest.param("b", None, "bcde", id="after is inclusive"),
        pytest.param(None, "d", "abc", id="before is exclusive"),
        pytest.param("b", "d", "bc", id="both"),
        pytest.param("bb", "dd", "cd", id="between the keys"),
        pytest.param("c", "c", "", id="nothing between"),
        pytest.param("d", "b", "", id="the wrong way round"),
        pytest.param("", None, "abcde", id="after the empty key"),
        pytest.param(None, "", "", id="before the empty key"),
    ],
)
def test_query_answers_a_range(
    store: Store, after: str | None, before: str | None, expected: str, *, newest_first: bool
) -> None:
    five(store)

    page = store.query("notes_ranked", "all", after=after, before=before, newest_first=newest_first)

    assert ranks(page) == (expected[::-1] if newest_first else expected)
    assert page.cursor is None


@pytest.mark.parametrize("newest_first", [False, True])
def test_query_keeps_to_its_range_from_page_to_page(store: Store, *, newest_first: bool) -> None:
    five(store)

    first = store.query("notes_ranked", "all", after="b", before="e", limit=2, newest_first=newest_first)
    second = store.query(
        "notes_ranked", "all", after="b", before="e", limit=2, cursor=first.cursor, newest_first=newest_first
    )

    assert [ranks(first), ranks(second)] == (["dc", "b"] if newest_first else ["bc", "d"])
    assert second.cursor is None


@pytest.mark.parametrize("newest_first", [False, True])
def test_query_keeps_to_its_range_under_a_foreign_cursor(store: Store, *, newest_first: bool) -> None:
    five(store)
    elsewhere = cursor_after(("z", "z") if newest_first else ("A", "A"))

    page = store.query("notes_ranked", "all", after="b", before="e", cursor=elsewhere, newest_first=newest_first)

    assert ranks(page) == ("dcb" if newest_first else "bcd")


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_hold_every_hit_once(store: Store, limit: int, *, newest_first: bool) -> None:
    put(store, *(Note(id=f"n{n}", rank=rank) for n, rank in enumerate("aabbc")))

    found = pages(store, limit, newest_first=newest_first)

    hits = [(hit.sort, hit.id) for page in found for hit in page.hits]
    assert hits == sorted(hits, reverse=newest_first)
    assert len(hits) == 5
    assert [len(page.hits) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert found[-1].hits


def test_a_cursor_continues_where_the_page_ended_whatever_was_written_since(store: Store) -> None:
    note_a, note_b, note_c = put(store, *(Note(id=f"n{rank}", rank=rank) for rank in "bdf"))
    first = store.query("notes_ranked", "all", limit=2)

    put(store, Note(id="na", rank="a"), Note(id="ne", rank="e"), msgspec.structs.replace(note_c, rank="g"))
    store.submit(lambda tx: tx.delete(note_b)).result()
    store.submit(lambda tx: tx.delete(note_a)).result()
    second = store.query("notes_ranked", "all", limit=2, cursor=first.cursor)

    assert [ranks(first), ranks(second)] == ["bd", "eg"]


def test_an_entity_moves_in_its_indexes(store: Store) -> None:
    (note,) = put(store, Note(id="n1", owner="ann", rank="a"))

    put(store, msgspec.structs.replace(note, owner="bob", rank="b"))

    assert (ids(store, "ann"), ids(store, "bob")) == ([], ["n1"])
    assert ranks(store.query("notes_ranked", "all")) == "b"


def test_an_entity_leaves_and_enters_an_index(store: Store) -> None:
    (ranked,) = put(store, Note(id="n1", rank="a"))
    (unranked,) = put(store, msgspec.structs.replace(ranked, rank=""))
    without = store.query("notes_ranked", "all")

    put(store, msgspec.structs.replace(unranked, rank="c"))

    assert without == Page(hits=())
    assert ranks(store.query("notes_ranked", "all")) == "c"


def test_an_entity_that_stays_where_it_was_is_found_once(store: Store) -> None:
    (note,) = put(store, Note(id="n1", rank="a"))

    put(store, msgspec.structs.replace(note, text="changed"))

    assert ids(store) == ["n1"]


def test_partitions_and_indexes_whose_names_run_together_stay_apart(store: Store) -> None:
    put(
        store,
        *(Note(id=f"{owner}-{rank}", owner=owner, rank=rank) for owner, rank in itertools.product(["a", "ab"], "b")),
    )

    assert (ids(store, "a"), ids(store, "ab")) == (["a-b"], ["ab-b"])


@pytest.mark.parametrize(
    "cursor", ["", "x", "not a cursor", "é", "AAAA", "W10", "WzEsMl0", "eyJhIjoxfQ", "bnVsbA", "WyJhIl0="]
)
def test_a_cursor_that_nobody_handed_out_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        store.query("notes_ranked", "all", cursor=cursor)

    assert [(problem.field, problem.code) for problem in caught.value.problems] == [("cursor", "invalid_cursor")]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_of_nothing_is_refused(store: Store, limit: int) -> None:
    with pytest.raises(InvalidInputError, match="limit"):
        store.query("notes_ranked", "all", limit=limit)
