"""Keys are given out, checked and taken back; answers are forgotten in time."""

from datetime import UTC, datetime, timedelta

import pytest

from kept.adapters.memory import MemoryStore
from kept.core.access import ANSWERS_KEPT, AnsweredRequest, ApiKey, Scope, full_key, secret_hash
from kept.core.errors import NotFoundError
from kept.flow.access import create_key, forget, forgettable, revoke_key
from tests.key_opening import opened_key

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
KEY = ApiKey(id="key_1", name="desk", scope=Scope.DESK, secret_hash=secret_hash("s3cret"), created_at=NOW)


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.submit(lambda tx: create_key(tx, KEY)).result()
    return made


def test_a_key_is_known_by_its_whole_text_alone(store: MemoryStore) -> None:
    found = opened_key(store, full_key("key_1", "s3cret"), now=NOW)

    assert found
    assert found.id == "key_1"
    for wrong in ("", "key_1", full_key("key_1", "other"), full_key("key_2", "s3cret")):
        assert opened_key(store, wrong, now=NOW) is None


def test_a_key_taken_back_opens_nothing_and_can_be_taken_back_again(store: MemoryStore) -> None:
    first = store.submit(lambda tx: revoke_key(tx, "key_1", now=NOW)).result()
    again = store.submit(lambda tx: revoke_key(tx, "key_1", now=NOW + timedelta(1))).result()

    assert first == again
    assert opened_key(store, full_key("key_1", "s3cret"), now=NOW) is None


def test_a_key_that_is_not_there_cannot_be_taken_back(store: MemoryStore) -> None:
    with pytest.raises(NotFoundError):
        store.submit(lambda tx: revoke_key(tx, "key_2", now=NOW)).result()


def test_answers_are_remembered_for_a_day_and_then_forgotten(store: MemoryStore) -> None:
    old = AnsweredRequest(
        id="r0", fingerprint="f", result_id="a", answered_at=NOW - ANSWERS_KEPT - timedelta(seconds=1)
    )
    new = AnsweredRequest(id="r1", fingerprint="f", result_id="a", answered_at=NOW)
    store.submit(lambda tx: (tx.put(old), tx.put(new))).result()

    found = forgettable(store, now=NOW)
    count = store.submit(lambda tx: forget(tx, (*found, "gone"))).result()

    assert (found, count) == (("r0",), 1)
    assert [a.id for a in store.load(AnsweredRequest, ["r0", "r1"])] == ["r1"]
