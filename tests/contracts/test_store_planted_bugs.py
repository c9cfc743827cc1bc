"""Each promise is worth what its test catches: stores with one mistake each, and the test that must see it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.errors import ConflictError
from kept.ports.store import E, Entity, Page, Transaction
from kept.ports.work import Change, LostRaceError, UnitOfWork
from tests.contracts import test_store, test_store_put_last, test_store_queries, test_store_steps
from tests.contracts.entities import changed_by_another

T = TypeVar("T")


class BlindStore(MemoryStore):
    """Writes whatever the stored version is."""

    def _commit(self, changes: tuple[Change, ...]) -> None:
        super()._commit(tuple(self._as_if_unchanged(change) for change in changes))

    def _as_if_unchanged(self, change: Change) -> Change:
        stored = self._entities.get((change.kind, change.id))
        return msgspec.structs.replace(change, expected=stored.version if stored else 0)


class RacingStore(BlindStore):
    """As blind, and every thread has read before any has written."""

    def __init__(self) -> None:
        super().__init__()
        self._everybody = threading.Barrier(test_store.THREADS)
        self._own = threading.local()

    def _attempt(self, step: Callable[[Transaction], T]) -> T:
        def raced(tx: Transaction) -> T:
            result = step(tx)
            if not hasattr(self._own, "has_raced"):
                self._own.has_raced = True
                self._everybody.wait()
            return result

        return super()._attempt(raced)


class UnguardedStore(MemoryStore):
    """Forgets what was guarded."""

    def _commit(self, changes: tuple[Change, ...]) -> None:
        super()._commit(tuple(change for change in changes if not change.guard_only))


class OneByOneStore(MemoryStore):
    """Commits one change after the other, until one is refused."""

    def _commit(self, changes: tuple[Change, ...]) -> None:
        for change in changes:
            super()._commit((change,))


class LastFirstStore(MemoryStore):
    """Lands first what is to land last."""

    def _commit(self, changes: tuple[Change, ...]) -> None:
        for is_last in (True, False):
            super()._commit(tuple(change for change in changes if change.is_last is is_last))


class ShruggingStore(MemoryStore):
    """Does without what is to land last, where that cannot land."""

    def _commit(self, changes: tuple[Change, ...]) -> None:
        super()._commit(tuple(change for change in changes if not change.is_last))
        with contextlib.suppress(LostRaceError):
            super()._commit(tuple(change for change in changes if change.is_last))


class HoardingStore(MemoryStore):
    """Leaves old index rows behind."""

    def _remove(self, partition: tuple[str, str], position: tuple[str, str]) -> None:
        """Do nothing."""


class OwnWorkStore(MemoryStore):
    """Gives steps another transaction than the common one."""

    work: type[UnitOfWork] = UnitOfWork

    def _attempt(self, step: Callable[[Transaction], T]) -> T:
        work = self.work(self._read)
        result = step(work)
        self._commit(work.changes())
        return result


class ForgetfulWork(UnitOfWork):
    """Does not see its own writes."""

    def get(self, kind: type[E], entity_id: str) -> E | None:
        return cast("E | None", self._read(kind, entity_id))


class StutteringWork(UnitOfWork):
    """Raises the version with each put instead of each commit."""

    def put(self, entity: E) -> E:
        return super().put(cast("E", msgspec.structs.replace(cast("Any", entity), version=entity.version + 1)))


class LyingWork(UnitOfWork):
    """Deletes nothing."""

    def delete(self, entity: Entity) -> None:
        """Do nothing."""


class ForgetfulStore(OwnWorkStore):
    work = ForgetfulWork


class StutteringStore(OwnWorkStore):
    work = StutteringWork


class KeepingStore(OwnWorkStore):
    work = LyingWork


class LeakingStore(MemoryStore):
    """Keeps what a step wrote before it raised."""

    def _attempt(self, step: Callable[[Transaction], T]) -> T:
        work = UnitOfWork(self._read)
        try:
            return step(work)
        finally:
            self._commit(work.changes())


class WrappingStore(MemoryStore):
    """Answers an error of its own for a step's."""

    def _run(self, step: Callable[[Transaction], T]) -> T:
        try:
            return super()._run(step)
        except KeyError as error:
            raise RuntimeError("a step failed") from error


class OneTryStore(MemoryStore):
    """Never runs a step again."""

    def _run(self, step: Callable[[Transaction], T]) -> T:
        try:
            return self._attempt(step)
        except LostRaceError as error:
            raise ConflictError("lost") from error


class SortingStore(MemoryStore):
    """Loads in the order of ids."""

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        return super().load(kind, sorted(ids))


class OutOfRangeStore(MemoryStore):
    """Takes *before* as inclusive."""

    def query(self, index: str, partition: str, *, before: str | None = None, **rest: Any) -> Page:  # noqa: ANN401
        return super().query(index, partition, before=None if before is None else before + "\x00", **rest)


class CountingStore(MemoryStore):
    """Its cursors count rows, and so slip when rows come and go."""

    def query(self, index: str, partition: str, *, limit: int = 100, cursor: str | None = None, **rest: Any) -> Page:  # noqa: ANN401
        skipped = int(cursor or "0")
        page = super().query(index, partition, limit=skipped + limit, **rest)
        return Page(hits=page.hits[skipped:], cursor=page.cursor and str(skipped + limit))


class ForwardStore(MemoryStore):
    """Knows one direction."""

    def query(self, index: str, partition: str, *, newest_first: bool = False, **rest: Any) -> Page:  # noqa: ANN401
        return super().query(index, partition, **rest)


class WideStore(MemoryStore):
    """Orders by UTF-16."""

    def query(self, index: str, partition: str, **rest: Any) -> Page:  # noqa: ANN401
        page = super().query(index, partition, **rest)
        return Page(hits=tuple(sorted(page.hits, key=lambda hit: hit.sort.encode("utf-16-be"))))


class OpenStore(MemoryStore):
    """Never closes."""

    def close(self) -> None:
        """Do nothing."""


steps, last, store, queries = test_store_steps, test_store_put_last, test_store, test_store_queries

CAUGHT: list[tuple[type[MemoryStore], Callable[..., None], tuple[object, ...]]] = [
    (BlindStore, steps.test_put_of_an_old_version_is_refused, ()),
    (BlindStore, steps.test_put_of_a_new_entity_is_refused_where_one_is_stored, ()),
    (BlindStore, steps.test_put_of_what_was_deleted_since_is_refused, ()),
    (BlindStore, steps.test_delete_of_an_old_version_is_refused, ()),
    (BlindStore, steps.test_delete_of_a_new_entity_is_refused_where_one_is_stored, ()),
    (BlindStore, store.test_a_step_that_loses_every_race_ends_as_a_conflict, ()),
    (BlindStore, store.test_only_one_of_many_threads_makes_an_entity, ()),
    (RacingStore, store.test_no_increment_is_lost_among_many_threads, ()),
    (UnguardedStore, steps.test_guard_fails_the_commit_when_its_entity_has_changed, (changed_by_another,)),
    (OneByOneStore, steps.test_one_refused_put_keeps_the_others_of_its_step_out, ()),
    (LastFirstStore, last.test_put_last_lands_never_before_the_rest, ()),
    (ShruggingStore, last.test_put_last_of_an_old_version_is_refused_and_says_whether_the_rest_has_landed, ()),
    (HoardingStore, steps.test_delete_removes_the_entity_and_its_index_rows, ()),
    (HoardingStore, queries.test_an_entity_moves_in_its_indexes, ()),
    (HoardingStore, queries.test_an_entity_leaves_and_enters_an_index, ()),
    (ForgetfulStore, steps.test_get_answers_the_steps_own_write, ()),
    (ForgetfulStore, steps.test_get_answers_none_for_what_the_step_deleted, ()),
    (StutteringStore, steps.test_put_twice_in_one_step_is_one_write, ()),
    (StutteringStore, steps.test_put_raises_the_version_by_one_with_each_commit, ()),
    (KeepingStore, steps.test_delete_removes_the_entity_and_its_index_rows, ()),
    (LeakingStore, steps.test_a_step_that_raises_leaves_nothing_behind, ()),
    (LeakingStore, store.test_a_failing_step_touches_no_other, ()),
    (WrappingStore, store.test_a_steps_own_exception_reaches_its_future_as_it_is, ()),
    (OneTryStore, store.test_a_step_that_lost_a_race_runs_again_with_fresh_reads, ()),
    (SortingStore, store.test_load_answers_in_the_order_asked_without_the_missing, ()),
    (CountingStore, queries.test_a_cursor_continues_where_the_page_ended_whatever_was_written_since, ()),
    (WideStore, queries.test_query_orders_by_code_point, ()),
    (OpenStore, store.test_close_waits_for_what_was_submitted_and_refuses_more, ()),
]


@pytest.mark.parametrize(
    ("broken", "check", "arguments"),
    [pytest.param(*case, id=f"{case[0].__name__}-{case[1].__name__}") for case in CAUGHT],
)
def test_the_suite_catches(
    broken: type[MemoryStore], check: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    with pytest.raises((AssertionError, ConflictError, pytest.fail.Exception, LostRaceError)):
        check(broken(), *arguments)


def test_the_suite_catches_a_wrong_end_of_a_range() -> None:
    with pytest.raises(AssertionError):
        queries.test_query_answers_a_range(OutOfRangeStore(), None, "d", "abc", newest_first=False)


def test_the_suite_catches_a_store_of_one_direction() -> None:
    with pytest.raises(AssertionError):
        queries.test_pages_hold_every_hit_once(ForwardStore(), 2, newest_first=True)


@pytest.mark.parametrize(
    ("check", "arguments"), [pytest.param(*case[1:], id=f"{n}-{case[1].__name__}") for n, case in enumerate(CAUGHT)]
)
def test_what_catches_a_mistake_lets_the_honest_store_pass(
    check: Callable[..., None], arguments: tuple[object, ...]
) -> None:
    with contextlib.closing(MemoryStore()) as honest:
        check(honest, *arguments)
