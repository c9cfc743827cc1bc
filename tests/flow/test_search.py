"""Finding a page at a time, over several partitions of an index."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.errors import InvalidInputError
from kept.core.people import Patient
from kept.flow import search as searching
from kept.flow.search import Search, notifications_of, search
from kept.ports.store import Transaction
from tests.dispatching import notification
from tests.flow.claims import store_of

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
WHERE = Search(index="patients_by_name", partitions=("ann", "ben", "cid"))


@pytest.fixture
def store() -> MemoryStore:
    """Three Anns, no Ben, two Cids."""
    made = MemoryStore()
    for name in ("Ann 1", "Ann 2", "Ann 3", "Cid 1", "Cid 2"):
        patient = Patient(id=name.replace(" ", "-"), full_name=name, created_at=NOW, updated_at=NOW)
        made.submit(partial(put, patient)).result()
    return made


def put(patient: Patient, tx: Transaction) -> Patient:
    return tx.put(patient)


def pages(store: MemoryStore, *, limit: int, keep: str = "") -> list[list[str]]:
    found = []
    cursor = None
    while True:
        where = msgspec.structs.replace(WHERE, limit=limit, cursor=cursor)
        page = search(store, Patient, where, keep=lambda p: keep in p.name)
        found.append([patient.name for patient in page.entities])
        cursor = page.cursor
        if cursor is None:
            return found


@pytest.mark.parametrize(
    ("limit", "wanted"),
    [
        (10, [["Ann 1", "Ann 2", "Ann 3", "Cid 1", "Cid 2"]]),
        (2, [["Ann 1", "Ann 2"], ["Ann 3", "Cid 1"], ["Cid 2"]]),
        (3, [["Ann 1", "Ann 2", "Ann 3"], ["Cid 1", "Cid 2"]]),
    ],
)
def test_pages_go_on_over_partitions(store: MemoryStore, limit: int, wanted: list[list[str]]) -> None:
    assert pages(store, limit=limit) == wanted


def test_a_page_is_filled_with_what_is_worth_keeping(store: MemoryStore) -> None:
    assert pages(store, limit=2, keep="2") == [["Ann 2", "Cid 2"]]


def test_a_page_that_has_read_enough_ends_and_the_next_goes_on(
    store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST_READ", 1)

    assert pages(store, limit=1, keep="3") == [[], [], ["Ann 3"], [], [], []]


def test_no_partition_holds_nothing(store: MemoryStore) -> None:
    nowhere = Search(index="patients_by_name", partitions=())

    found = search(store, Patient, nowhere, keep=lambda _: True)

    assert (found.entities, found.cursor) == ((), None)


def test_a_cursor_of_another_search_is_refused(store: MemoryStore) -> None:
    first = search(store, Patient, msgspec.structs.replace(WHERE, limit=1), keep=lambda _: True)
    other = Search(index="patients_by_name", partitions=("zed",), cursor=first.cursor)

    with pytest.raises(InvalidInputError, match="another search"):
        search(store, Patient, other, keep=lambda _: True)


def test_more_messages_than_a_page_are_all_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_PAGE", 2)
    ids = [f"ntf_{n}" for n in range(5)]
    store = store_of(*(notification(id=i, appointment_id=None) for i in ids))

    assert [found.id for found in notifications_of(store, "pat_1")] == ids
