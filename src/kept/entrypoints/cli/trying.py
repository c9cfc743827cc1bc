"""Run steps on a store without keeping anything: what ``--dry-run`` stands on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from kept.ports.store import Entity, Key, Store, Transaction
from kept.ports.work import UnitOfWork

T = TypeVar("T")


class TryingStore:
    """
    Runs steps as if they were kept: each sees what the ones before it wrote, and the store below stays as it is.

    For one thread.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[Key, Entity | None] = {}

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run the step now."""
        future: Future[T] = Future()
        work = UnitOfWork(self._read)
        try:
            result = step(work)
        except Exception as error:  # noqa: BLE001  whatever the step raised belongs to whoever asks for its result
            future.set_exception(error)
            return future
        self._written.update({(change.kind, change.id): change.new for change in work.changes()})
        future.set_result(result)
        return future

    def _read(self, kind: type[Entity], entity_id: str) -> Entity | None:
        key = (kind.kind, entity_id)
        if key not in self._written:
            found = self._store.load(kind, [entity_id])
            return found[0] if found else None
        return self._written[key]
