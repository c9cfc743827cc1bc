"""Stores that leave out the guard against double booking: with them, every race must be seen to be lost."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Final, TypeVar, cast

import msgspec

from kept.core.schedules import ScheduleDay
from kept.ports.store import E, Entity, Store, Transaction
from tests.faults.passing import PassingStore, PassingTransaction, Step

T = TypeVar("T")

PAUSE_S: Final = 0.001
"""Between the look and the write; a network has more."""


class Looking(PassingTransaction):
    """Remembers writes and makes none of them."""

    def __init__(self, inner: Transaction) -> None:
        super().__init__(inner)
        self.written: dict[tuple[str, str], Entity] = {}

    def get(self, kind: type[E], entity_id: str) -> E | None:
        own = self.written.get((kind.kind, entity_id))
        return cast("E", own) if own is not None else self.inner.get(kind, entity_id)

    def put(self, entity: E) -> E:
        self.written[entity.kind, entity.id] = entity
        return entity

    def put_last(self, entity: E) -> E:
        return self.put(entity)

    def guard(self, entity: Entity) -> None:
        """Guard nothing."""


class LookThenWriteStore(PassingStore):
    """Looks in one transaction and writes in the next, whatever happened in between."""

    def submit(self, step: Step[T]) -> Future[T]:
        answer: Future[T] = Future()

        def look(tx: Transaction) -> tuple[T, list[Entity]]:
            looking = Looking(tx)
            return step(looking), list(looking.written.values())

        try:
            result, written = self.inner.submit(look).result()
            threading.Event().wait(PAUSE_S)
            self.inner.submit(lambda tx: _write_blindly(tx, written)).result()
        except Exception as error:  # noqa: BLE001  it belongs to whoever asks for the result
            answer.set_exception(error)
        else:
            answer.set_result(result)
        return answer


class NotKeepingDays(PassingTransaction):
    """Does not put days back."""

    def put(self, entity: E) -> E:
        return entity if isinstance(entity, ScheduleDay) else self.inner.put(entity)


class DaylessStore(PassingStore):
    """Reads days and never writes them."""

    def submit(self, step: Step[T]) -> Future[T]:
        return self.inner.submit(lambda tx: step(NotKeepingDays(tx)))


UNGUARDED: Final[dict[str, type[PassingStore]]] = {
    "looks, then writes": LookThenWriteStore,
    "keeps no days": DaylessStore,
}


def _write_blindly(tx: Transaction, written: list[Entity]) -> None:
    for entity in written:
        stored = tx.get(type(entity), entity.id)
        struct = cast("msgspec.Struct", entity)
        tx.put(cast("Entity", msgspec.structs.replace(struct, version=stored.version if stored else 0)))


def unguarded(name: str, inner: Store) -> Store:
    """Return the store with this guard left out."""
    return UNGUARDED[name](inner)
