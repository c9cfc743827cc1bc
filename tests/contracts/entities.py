"""Entities of our own, so that the promises of a store are proved without any rule of booking."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import msgspec

from kept.core.records import IndexEntry
from kept.ports.store import Store, Transaction


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Found by its owner and, while it has a rank, by that."""

    kind: ClassVar[str] = "note"

    id: str
    version: int = 0
    owner: str = "ann"
    rank: str = ""
    text: str = ""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        by_owner = IndexEntry(index="notes_by_owner", partition=self.owner, sort=self.rank)
        return (
            (by_owner, IndexEntry(index="notes_ranked", partition="all", sort=self.rank)) if self.rank else (by_owner,)
        )


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """In no index."""

    kind: ClassVar[str] = "counter"

    id: str
    version: int = 0
    n: int = 0

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return ()


class Muddle(msgspec.Struct, frozen=True, kw_only=True):
    """Says index rows that no store can keep."""

    kind: ClassVar[str] = "muddle"

    id: str
    version: int = 0
    rows: tuple[IndexEntry, ...]

    def index_entries(self) -> tuple[IndexEntry, ...]:
        return self.rows


KINDS = (Note, Counter, Muddle)


def put(store: Store, *notes: Note) -> tuple[Note, ...]:
    """Store the notes in one step; return them as stored."""
    return store.submit(lambda tx: tuple(tx.put(note) for note in notes)).result()


def raised(counter_id: str) -> Callable[[Transaction], int]:
    """Return the step that raises a counter by one and returns what it is then."""

    def step(tx: Transaction) -> int:
        counter = tx.get(Counter, counter_id) or Counter(id=counter_id)
        return tx.put(msgspec.structs.replace(counter, n=counter.n + 1)).n

    return step


def ids(store: Store, owner: str = "ann") -> list[str]:
    """Return the ids of the owner's notes in the order of the index."""
    return [hit.id for hit in store.query("notes_by_owner", owner).hits]


def later(note: Note, **changes: str) -> Note:
    """Return the note changed."""
    return msgspec.structs.replace(note, **changes)


def changed_by_another(store: Store, note: Note) -> None:
    """Commit a change of the note behind the caller's back."""
    put(store, later(note, text="changed by another"))
