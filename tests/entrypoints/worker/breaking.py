"""A store in memory that can be told to break."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from kept.adapters.memory import MemoryStore
from kept.ports.store import Entity, Page, Transaction

T = TypeVar("T")


class BreakingStore(MemoryStore):
    """Breaks on single records, refuses everything, or lets an index lag behind."""

    def __init__(self) -> None:
        super().__init__()
        self._broken: dict[str, tuple[Exception, int]] = {}
        self._refusal: tuple[Exception, int] | None = None
        self._frozen: dict[tuple[str, str], Page] = {}
        self._frozen_index = ""
        self.after_each_step: Callable[[], object] = lambda: None

    def break_reading(self, entity_id: str, error: Exception, *, times: int = 1_000_000) -> None:
        """Raise when a step reads this record."""
        self._broken[entity_id] = (error, times)

    def refuse_all(self, error: Exception | None, *, times: int = 1_000_000) -> None:
        """Refuse so many steps; None: take them again."""
        self._refusal = (error, times) if error else None

    def freeze_index(self, index: str) -> None:
        """Show each partition of an index for ever as it is when it is next looked at with something in it."""
        self._frozen_index = index

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run the step, unless told not to."""
        if self._refusal:
            error, times = self._refusal
            self._refusal = (error, times - 1) if times > 1 else None
            failed: Future[T] = Future()
            failed.set_exception(error)
            return failed
        future = super().submit(step)
        self.after_each_step()
        return future

    def query(self, index: str, partition: str, **how: object) -> Page:
        """Return the keys, perhaps old ones."""
        page = super().query(index, partition, **how)  # type: ignore[arg-type]
        if index != self._frozen_index or how.get("after"):
            return page
        if page.hits and (index, partition) not in self._frozen:
            self._frozen[index, partition] = page
        return self._frozen.get((index, partition), page)

    def _read(self, kind: type[Entity], entity_id: str) -> Entity | None:
        if entity_id in self._broken:
            error, times = self._broken.pop(entity_id)
            if times > 1:
                self._broken[entity_id] = (error, times - 1)
            raise error
        return super()._read(kind, entity_id)
