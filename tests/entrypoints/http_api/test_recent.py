"""What is kept for a moment is the same for a moment, and no longer, unless this process has changed it."""

from __future__ import annotations

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.practice import PRACTICE_ID, Practice
from kept.entrypoints.http_api import recent
from kept.entrypoints.http_api.recent import Recent
from kept.ports.store import Transaction


class Hands:
    """A clock for the test to move."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    made = Hands()
    monkeypatch.setattr("time.monotonic", made)
    return made


def named(store: MemoryStore, name: str) -> None:
    def step(tx: Transaction) -> None:
        known = tx.get(Practice, PRACTICE_ID) or Practice()
        tx.put(msgspec.structs.replace(known, name=name))

    store.submit(step).result()


def name_of(kept: Recent) -> str | None:
    found = kept.get(Practice, PRACTICE_ID)
    return found.name if found else None


def test_answers_the_same_until_the_moment_is_over(hands: Hands) -> None:
    store = MemoryStore()
    kept = Recent(store, for_s=1.0)
    named(store, "Elm")

    first = name_of(kept)
    named(store, "Oak")
    second = name_of(kept)
    hands.at += 1.0
    third = name_of(kept)

    assert (first, second, third) == ("Elm", "Elm", "Oak")


def test_what_does_not_exist_is_asked_for_once_a_moment(hands: Hands) -> None:
    store = MemoryStore()
    kept = Recent(store, for_s=1.0)

    before = name_of(kept)
    named(store, "Elm")
    second = name_of(kept)
    hands.at += 1.0

    assert (before, second, name_of(kept)) == (None, None, "Elm")


def test_what_this_process_has_changed_is_seen_at_once(hands: Hands) -> None:
    store = MemoryStore()
    kept = Recent(store, for_s=1.0)
    name_of(kept)

    named(store, "Elm")
    kept.forget(Practice, PRACTICE_ID)

    assert (name_of(kept), hands.at) == ("Elm", 100.0)


def test_keeps_no_more_than_so_many(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST_KEPT", 1)
    store = MemoryStore()
    kept = Recent(store, for_s=1.0)
    named(store, "Elm")
    other = msgspec.structs.replace(Practice(), id="other")
    store.submit(lambda tx: tx.put(other)).result()

    name_of(kept)
    kept.get(Practice, "other")
    named(store, "Oak")

    assert name_of(kept) == "Oak"
