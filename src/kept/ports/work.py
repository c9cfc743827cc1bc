"""
The unit of work: the one meaning of a transaction that every store shares.

It reads through a function that the engine gives, remembers the version of everything it depends on, and holds the
writes back until the step has returned. The engine then commits :meth:`UnitOfWork.changes` all or none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

import msgspec

from kept.core.records import IndexEntry
from kept.ports.store import E, Entity, Key, Wish

Read = Callable[[type[Entity], str], Entity | None]
"""What an engine gives: the committed entity, or None."""

ReadTogether = Callable[[Sequence[Wish]], Mapping[Key, Entity | None]]
"""What an engine gives for which each reading is a call over a network: many at once."""

S = TypeVar("S", bound=msgspec.Struct)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a commit does with one key, and on which condition."""

    kind: str
    id: str
    expected: int
    """The version that must be stored when the commit lands; 0: none."""
    old: Entity | None
    """What this step read under the key, if it did read it."""
    new: Entity | None
    """What is to be stored; None deletes."""
    guard_only: bool = False
    """Nothing is written: only the condition is checked."""
    is_last: bool = False
    """Whether it may land by itself, after all others."""
    was_read: bool = False
    """Whether this step read the key and found what it expects; who runs steps one at a time need not look again."""


class LostRaceError(Exception):
    """Someone changed what the step depends on; the engine runs the step again."""


class UnitOfWork:
    """
    A transaction over one engine, for one run of one step.

    Args:
        read: Reads one entity.
        read_together: Reads many; None: reading one by one costs no more.
    """

    def __init__(self, read: Read, read_together: ReadTogether | None = None) -> None:
        self._read = read
        self._read_together = read_together
        self._seen: dict[Key, Entity | None] = {}
        self._now: dict[Key, Entity | None] = {}
        self._expected: dict[Key, int] = {}
        self._guards: dict[Key, int] = {}
        self._last: set[Key] = set()

    def get(self, kind: type[E], entity_id: str) -> E | None:
        """Return the entity as this step would leave it, else as committed; None if there is none."""
        key = (kind.kind, entity_id)
        if key in self._now:
            return cast("E | None", self._now[key])
        if key not in self._seen:
            self._seen[key] = self._read(kind, entity_id)
        return cast("E | None", self._seen[key])

    def read_ahead(self, *wishes: Wish) -> None:
        """Read what was not read yet, where that is quicker together."""
        if self._read_together is None:
            return
        known = self._seen.keys() | self._now.keys()
        unseen = [(kind, entity_id) for kind, entity_id in wishes if (kind.kind, entity_id) not in known]
        if unseen:
            self._seen |= self._read_together(unseen)

    def put(self, entity: E) -> E:
        """Write the entity at commit, if the stored version is still the one it carries."""
        key = (entity.kind, entity.id)
        stored = _with_version(entity, self._claim(key, entity.version) + 1)
        self._now[key] = stored
        self._last.discard(key)
        return stored

    def put_last(self, entity: E) -> E:
        """Write the entity under the same condition, at commit or right after it."""
        stored = self.put(entity)
        self._last.add((entity.kind, entity.id))
        return stored

    def place(self, entity: Entity) -> None:
        """Write the entity at commit with the version that it carries, if nothing is stored."""
        key = (entity.kind, entity.id)
        self._claim(key, 0)
        self._now[key] = entity

    def delete(self, entity: Entity) -> None:
        """Remove the entity at commit, under the same condition."""
        key = (entity.kind, entity.id)
        self._claim(key, entity.version)
        self._now[key] = None

    def guard(self, entity: Entity) -> None:
        """Make the commit depend on this entity's version."""
        self._guards[entity.kind, entity.id] = entity.version

    def changes(self) -> tuple[Change, ...]:
        """Return what is to be committed, in a stable order; guards that are also written are left out."""
        writes = [
            Change(
                kind=key[0],
                id=key[1],
                expected=self._expected[key],
                old=self._seen.get(key),
                new=new,
                is_last=key in self._last,
                was_read=key in self._seen,
            )
            for key, new in self._now.items()
        ]
        guards = [
            Change(
                kind=key[0],
                id=key[1],
                expected=version,
                old=None,
                new=None,
                guard_only=True,
                was_read=self._has_seen(key, version),
            )
            for key, version in self._guards.items()
            if key not in self._now
        ]
        return tuple(writes + guards)

    def _has_seen(self, key: Key, version: int) -> bool:
        seen = self._seen.get(key)
        return seen is not None and seen.version == version

    def _claim(self, key: Key, version: int) -> int:
        """Return the version that must be stored at commit, given the one that the entity carries."""
        if key not in self._expected:
            seen = self._seen.get(key)
            if key in self._seen and (seen.version if seen else 0) != version:
                raise LostRaceError
            self._expected[key] = version
        return self._expected[key]


def moved_entries(old: Entity | None, new: Entity | None) -> tuple[frozenset[IndexEntry], frozenset[IndexEntry]]:
    """
    Return the index rows that go and those that come when *new* takes the place of *old*; what stays costs no write.

    Raises:
        ValueError: The new value has an empty partition, or two rows in one; only a mistake in its class does that.
    """
    before, after = _entries(old), _entries(new)
    if before == after:
        return frozenset(), frozenset()
    gone, come = _checked(old, before), _checked(new, after)
    return gone - come, come - gone


def _entries(entity: Entity | None) -> tuple[IndexEntry, ...]:
    return tuple(entity.index_entries()) if entity else ()


def _checked(entity: Entity | None, entries: tuple[IndexEntry, ...]) -> frozenset[IndexEntry]:
    """Return the index rows of a value, once no two of them could be taken for each other."""
    rows = frozenset(entries)
    if entity and (not all(r.partition for r in rows) or len({(r.index, r.partition) for r in rows}) != len(rows)):
        raise ValueError(f"{entity.kind}.index_entries must give partitions that are not empty, and one row in each")
    return rows


def _with_version(entity: E, version: int) -> E:
    """Return the entity carrying another version."""
    return cast("E", msgspec.structs.replace(cast("msgspec.Struct", entity), version=version))
