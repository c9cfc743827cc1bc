"""The same random calls on every store and on a plain dictionary: all must answer the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kept.core.errors import ConflictError
from kept.ports.store import Page, Store, Transaction
from tests.contracts.conftest import STORES
from tests.contracts.entities import Note

pytestmark = pytest.mark.uncounted

QUICK = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Answers are compared here, not durability: memory need not be synced."""

IDS = st.sampled_from(["n1", "n2", "n3", "é", "😀"])
OWNERS = st.sampled_from(["ann", "bob"])
RANKS = st.sampled_from(["", "a", "ab", "b", "\uffff", "😀"])
BOUNDS = st.none() | RANKS
NOTES = st.builds(lambda owner, rank: {"owner": owner, "rank": rank}, OWNERS, RANKS)
VERBS = ["write", "write last", "write stale", "delete", "guard", "guard stale", "read", "fail"]
ACTIONS = st.lists(
    st.tuples(st.sampled_from(VERBS), IDS, NOTES),
    min_size=1,
    max_size=5,
)


class BoomError(Exception):
    """A step's own."""


class Dictionary:
    """What the stores must answer, said as plainly as can be."""

    def __init__(self) -> None:
        self.notes: dict[str, Note] = {}

    def hits(self, index: str, partition: str) -> list[tuple[str, str]]:
        """Return sort keys and ids in order."""
        rows = [
            (entry.sort, note.id)
            for note in self.notes.values()
            for entry in note.index_entries()
            if (entry.index, entry.partition) == (index, partition)
        ]
        return sorted(rows)

    def after(self, actions: list[tuple[str, str, dict[str, str]]]) -> dict[str, Note] | str:
        """Return the notes as the step would leave them, or the word for how it ends."""
        now = dict(self.notes)
        conflict = False
        for verb, note_id, values in actions:
            old = now.get(note_id)
            if verb == "fail":
                return "boom"
            if verb in {"write stale", "guard stale"}:
                conflict = True
            if verb in {"write", "write last"}:
                written = note_id in now and now[note_id] is not self.notes.get(note_id)
                version = self._next_version(note_id, now, written=written)
                now[note_id] = Note(id=note_id, version=version, **values)
            if verb == "delete" and old is not None:
                del now[note_id]
        return "conflict" if conflict else now

    def _next_version(self, note_id: str, now: dict[str, Note], *, written: bool) -> int:
        """Return the version after this step, however often it writes the note."""
        committed = self.notes.get(note_id)
        return now[note_id].version if written else (committed.version if committed else 0) + 1


def step_of(actions: list[tuple[str, str, dict[str, str]]]) -> Callable[[Transaction], list[Note | None]]:
    """Return the step that does all this, and returns what it read."""

    def step(tx: Transaction) -> list[Note | None]:
        read = []
        for verb, note_id, values in actions:
            note = tx.get(Note, note_id)
            if verb == "fail":
                raise BoomError
            if verb == "read":
                read.append(note)
            if verb in {"write", "write last"}:
                write = tx.put if verb == "write" else tx.put_last
                write(Note(id=note_id, version=note.version if note else 0, **values))
            if verb == "write stale":
                tx.put(Note(id=f"stale-{note_id}", version=7, **values))
            if verb == "delete" and note:
                tx.delete(note)
            if verb == "guard" and note:
                tx.guard(note)
            if verb == "guard stale":
                tx.guard(Note(id=f"stale-{note_id}", version=7))
        return read

    return step


class EveryStore(RuleBasedStateMachine):
    """Drives stores and the dictionary with the same calls."""

    names: ClassVar[tuple[str, ...]] = tuple(STORES)

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=QUICK)
        self.stores: dict[str, Store] = {}
        self.model = Dictionary()
        self.cursors: list[tuple[str, str]] = []

    @initialize()
    def open(self) -> None:
        self.stores = {name: STORES[name](Path(self.folder.name) / name) for name in self.names}

    def teardown(self) -> None:
        for store in self.stores.values():
            store.close()
        self.folder.cleanup()

    @rule(actions=ACTIONS)
    def run_a_step(self, actions: list[tuple[str, str, dict[str, str]]]) -> None:
        expected = self.model.after(actions)

        answers = {name: outcome(store, actions) for name, store in self.stores.items()}

        assert len({repr(answer) for answer in answers.values()}) == 1, answers
        ended = next(iter(answers.values()))
        if isinstance(expected, dict):
            assert isinstance(ended, list)
            self.model.notes = expected
        else:
            assert ended == expected

    @rule(owner=OWNERS, after=BOUNDS, before=BOUNDS, limit=st.integers(1, 4), newest_first=st.booleans())
    def ask_for_all_pages(
        self, owner: str, after: str | None, before: str | None, limit: int, *, newest_first: bool
    ) -> None:
        rows = [
            row
            for row in self.model.hits("notes_by_owner", owner)
            if (after is None or row[0] >= after) and (before is None or row[0] < before)
        ]
        question: dict[str, Any] = {"after": after, "before": before, "limit": limit, "newest_first": newest_first}

        for name, store in self.stores.items():
            assert every_hit(store, owner, question) == (rows[::-1] if newest_first else rows), name

    @rule(limit=st.integers(1, 3))
    def keep_a_cursor(self, limit: int) -> None:
        pages = {name: store.query("notes_ranked", "all", limit=limit) for name, store in self.stores.items()}

        page = agreed(pages)
        if page.cursor is not None:
            self.cursors.append((page.cursor, page.hits[-1].sort + "\x00" + page.hits[-1].id))

    @rule(number=st.integers(0, 5), newest_first=st.booleans())
    def continue_from_a_kept_cursor(self, number: int, *, newest_first: bool) -> None:
        if not self.cursors:
            return
        cursor, place = self.cursors[number % len(self.cursors)]
        sort, _, note_id = place.partition("\x00")
        rows = self.model.hits("notes_ranked", "all")
        expected = [row for row in rows if (row < (sort, note_id) if newest_first else row > (sort, note_id))]

        pages = {
            name: store.query("notes_ranked", "all", cursor=cursor, newest_first=newest_first)
            for name, store in self.stores.items()
        }

        found = [(hit.sort, hit.id) for hit in agreed(pages).hits]
        assert found == (expected[::-1] if newest_first else expected)

    @invariant()
    def all_hold_the_same(self) -> None:
        names = ["n1", "n2", "n3", "é", "😀", "stale-n1"]
        expected = tuple(self.model.notes[name] for name in names if name in self.model.notes)
        for name, store in self.stores.items():
            assert store.load(Note, names) == expected, name


def outcome(store: Store, actions: list[tuple[str, str, dict[str, str]]]) -> list[Note | None] | str:
    """Return what the step read, or the word for how it ended."""
    try:
        return store.submit(step_of(actions)).result()
    except BoomError:
        return "boom"
    except ConflictError:
        return "conflict"


def every_hit(store: Store, owner: str, question: dict[str, Any]) -> list[tuple[str, str]]:
    """Return sort keys and ids of all pages."""
    found: list[tuple[str, str]] = []
    cursor = None
    while True:
        page = store.query("notes_by_owner", owner, cursor=cursor, **question)
        found += [(hit.sort, hit.id) for hit in page.hits]
        if page.cursor is None:
            return found
        cursor = page.cursor


def agreed(pages: dict[str, Page]) -> Page:
    """Return the page that all stores answered."""
    first, *others = pages.values()
    assert all(page == first for page in others), pages
    return first


class StoresHere(EveryStore):
    """Those that answer in a moment, so that they can be asked more."""

    names = tuple(name for name in STORES if not name.startswith("dynamodb"))


TestStoresHere = StoresHere.TestCase
TestStoresHere.settings = settings(stateful_step_count=40)
TestEveryStore = EveryStore.TestCase
TestEveryStore.settings = settings(max_examples=10, stateful_step_count=40)
