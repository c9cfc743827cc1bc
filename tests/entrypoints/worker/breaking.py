"""A store in memory that can be told to break."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TypeVar

from kept.adapters.memory import MemoryStore
from kept.core.errors import CutOffError
from kept.ports.store import E, Entity, Page, Transaction
from kept.ports.work import LostRaceError, UnitOfWork

T = TypeVar("T")


class BreakingStore(MemoryStore):
    """Breaks on single records, refuses everything, or lets an index lag behind."""

    def __init__(self) -> None:
        super().__init__()
        self._broken: dict[str, tuple[Exception, int]] = {}
        self._unloadable: dict[str, tuple[Exception, int]] = {}
        self._refusal: tuple[Exception, int] | None = None
        self._frozen: dict[tuple[str, str], Page] = {}
        self._frozen_index = ""
        self.after_each_step: Callable[[], object] = lambda: None

    def break_reading(self, entity_id: str, error: Exception, *, times: int = 1_000_000) -> None:
        """Raise when a step reads this record."""
        self._broken[entity_id] = (error, times)

    def break_loading(self, entity_id: str, error: Exception, *, times: int = 1_000_000) -> None:
        """Raise when anybody reads this record outside a step."""
        self._unloadable[entity_id] = (error, times)

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

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        """Return the entities, unless told not to."""
        wanted = tuple(ids)
        for entity_id in wanted:
            _break_off(self._unloadable, entity_id)
        broken, self._broken = self._broken, {}
        try:
            return super().load(kind, wanted)
        finally:
            self._broken = broken

    def _read(self, kind: type[Entity], entity_id: str) -> Entity | None:
        _break_off(self._broken, entity_id)
        return super()._read(kind, entity_id)


def _break_off(broken: dict[str, tuple[Exception, int]], entity_id: str) -> None:
    """Raise what was told, as often as that was said."""
    if entity_id not in broken:
        return
    error, times = broken.pop(entity_id)
    if times > 1:
        broken[entity_id] = (error, times - 1)
    raise error


class ApartStore(BreakingStore):
    """Lands apart what a step writes last, as engines do where that is cheaper; something may happen in between."""

    def __init__(self) -> None:
        super().__init__()
        self.in_between: Callable[[], object] = lambda: None

    def _attempt(self, step: Callable[[Transaction], T]) -> T:
        work = UnitOfWork(self._read)
        result = step(work)
        changes = work.changes()
        first = tuple(change for change in changes if not change.is_last)
        self._commit(first)
        for last in (change for change in changes if change.is_last):
            act, self.in_between = self.in_between, lambda: None
            act()
            try:
                self._commit((last,))
            except LostRaceError as error:
                raise CutOffError(result) from error
        return result
