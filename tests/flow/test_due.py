"""What may be due: found by its place, which may be earlier than its time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import sort_instant
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import Notification, Outcome, Reason, due_shards
from kept.core.recording import Finish, finished, waiting, waking
from kept.flow import due
from kept.flow.due import Backlog, Early, backlog, due_ids, next_due, next_place, readable
from kept.ports.store import E, Hit, Page, Transaction
from tests.dispatching import DUE, notification
from tests.flow.claims import SECOND, put, store_of

HOUR = timedelta(hours=1)


def early(number: int = 1, *, later: timedelta = HOUR) -> Notification:
    """Return one that stands at its due time and is to be looked at later."""
    return waking(notification(id=f"ntf_{number}", wake_at=DUE), at=DUE + later)


def hit_of(found: Notification) -> Hit:
    assert found.stands_at is not None
    return Hit(id=found.id, sort=sort_instant(found.stands_at))


class DamagedStore(MemoryStore):
    """Cannot read some records, or nothing at all for a while."""

    def __init__(self, *damaged: str) -> None:
        super().__init__()
        self.damaged = set(damaged)
        self.is_busy = False
        self.loads = 0

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        wanted = tuple(ids)
        self.loads += 1
        if self.is_busy:
            raise StorageUnavailableError("busy", retry_after_s=1)
        if self.damaged.intersection(wanted):
            raise StorageUnavailableError("damaged")
        return super().load(kind, wanted)


class BehindStore(MemoryStore):
    """Goes on finding what it found before."""

    def __init__(self) -> None:
        super().__init__()
        self.is_behind = False
        self._pages: dict[str, Page] = {}

    def query(self, index: str, partition: str, **how: Any) -> Page:  # noqa: ANN401 whatever the store takes
        if not self.is_behind:
            self._pages = {shard: super(BehindStore, self).query(index, shard) for shard in due_shards()}
        return self._pages[partition]


def end(tx: Transaction, *, now: datetime) -> None:
    found = tx.get(Notification, "ntf_1")
    assert found
    tx.put(finished(found, Finish(outcome=Outcome.SKIPPED, reason=Reason.LATE), now=now))


def damaged_among(count: int, *damaged: str) -> DamagedStore:
    store = DamagedStore(*damaged)
    for number in range(count):
        store.submit(partial(put, entity=notification(id=f"ntf_{number}", wake_at=DUE))).result()
    return store


def test_what_is_early_is_found_and_is_not_waiting() -> None:
    store = store_of(early(1), notification(id="ntf_2", wake_at=DUE))

    assert due_ids(store, now=DUE) == ("ntf_1", "ntf_2")
    assert backlog(store, now=DUE) == Backlog(due=1, oldest_at=DUE)
    assert backlog(store, now=DUE + HOUR).due == 2


def test_the_next_time_counts_and_not_the_next_place() -> None:
    store = store_of(early(1), notification(id="ntf_2", wake_at=DUE + 2 * HOUR))

    assert next_due(store, after=DUE) == DUE + HOUR
    assert next_place(store, after=DUE) == DUE + 2 * HOUR
    assert next_due(store, after=DUE + 2 * HOUR) is None


def test_what_was_early_once_is_known_until_its_time_comes() -> None:
    known = Early()
    found = early()

    assert known.note(found, now=DUE)
    assert known.holds(hit_of(found), now=DUE + HOUR - SECOND)
    assert not known.holds(hit_of(found), now=DUE + HOUR)
    assert known.first_at(now=DUE) == DUE + HOUR
    assert known.first_at(now=DUE + HOUR) is None
    assert len(known) == 0


def test_who_is_to_be_looked_at_sooner_is_not_known_any_more() -> None:
    known = Early()
    known.note(early(), now=DUE)

    assert not known.holds(hit_of(waiting(early(), until=DUE)), now=DUE)


@pytest.mark.parametrize(
    "found",
    [
        notification(id="ntf_1", wake_at=DUE),
        notification(id="ntf_1", wake_at=DUE + HOUR),
        notification(id="ntf_1", wake_at=None),
    ],
    ids=["due", "to come", "done"],
)
def test_only_the_early_are_remembered_and_what_changed_is_forgotten(found: Notification) -> None:
    known = Early()
    known.note(early(), now=DUE)

    assert not known.note(found, now=DUE)
    assert len(known) == 0


def test_the_memory_of_the_early_can_be_cleared() -> None:
    known = Early()
    known.note(early(), now=DUE)

    known.clear()

    assert not known.holds(hit_of(early()), now=DUE)


def test_one_record_that_cannot_be_read_hides_none_of_the_others() -> None:
    store = damaged_among(500, "ntf_7", "ntf_400")

    read = readable(store, [f"ntf_{n}" for n in range(500)])

    assert len(read) == 498
    assert store.loads < 50
    assert backlog(store, now=DUE) == Backlog(due=500, oldest_at=DUE)


def test_a_store_that_is_busy_says_so() -> None:
    store = damaged_among(3)
    store.is_busy = True

    with pytest.raises(StorageUnavailableError, match="busy"):
        readable(store, ["ntf_0", "ntf_1"])


def test_more_than_a_page_is_counted_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "DUE_PAGE", 2)
    store = store_of(*(notification(id=f"ntf_{n}", wake_at=DUE) for n in range(20)))

    assert backlog(store, now=DUE).due == 20


def test_what_is_done_and_still_stands_in_an_index_that_is_behind_waits_for_nobody() -> None:
    store = BehindStore()
    store.submit(partial(put, entity=notification(wake_at=DUE))).result()
    assert due_ids(store, now=DUE) == ("ntf_1",)
    store.is_behind = True
    store.submit(partial(end, now=DUE)).result()

    assert due_ids(store, now=DUE) == ("ntf_1",)
    assert backlog(store, now=DUE) == Backlog()
