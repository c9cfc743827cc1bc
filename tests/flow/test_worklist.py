"""The worklist: opened with its cause, ranked by the visit, closed with what was done."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment
from kept.core.errors import InvalidInputError, NotFoundError, StaleVersionError, StateConflictError
from kept.core.notifications import Notification, NotificationState, Outcome, Reason
from kept.core.receipts import FailureClass
from kept.core.worklist import ItemKind, ItemState, Subject, WorklistItem, item_for_reply
from kept.flow.dispatch import claim
from kept.flow.worklist import (
    OVER,
    Act,
    close_item,
    close_moot,
    list_unreached,
    moot_items,
    open_item,
    reopen_item,
    worklist,
)
from kept.ports.store import Entity
from tests.dispatching import DUE, PHONE, START, appointment, cancelled, notification, patient
from tests.flow.hearing import HEARD_AT, SMS, World, failure

HOUR = timedelta(hours=1)


def store_with(*entities: Entity) -> MemoryStore:
    store = MemoryStore()
    store.submit(lambda tx: [tx.put(entity) for entity in entities]).result()
    return store


def failed(appointment_id: str | None = "apt_1", **changes: object) -> Notification:
    end = {"id": f"ntf_{appointment_id}", "state": NotificationState.DONE, "outcome": Outcome.FAILED, "wake_at": None}
    all_changes = {**end, "reason": Reason.REFUSED, "done_at": DUE, "appointment_id": appointment_id, **changes}
    return msgspec.structs.replace(notification(), **all_changes)


def visit(number: int, start: datetime) -> Appointment:
    return appointment(id=f"apt_{number}", start=start, end=start + HOUR)


def opened(store: MemoryStore, appointment_id: str = "apt_1", **changes: object) -> WorklistItem:
    item = store.submit(lambda tx: list_unreached(tx, failed(appointment_id, **changes), now=DUE)).result()
    assert item
    return item


def act(item: WorklistItem, *, version: int | None = None) -> Act:
    return Act(item_id=item.id, by="key_1", version=version)


def stored(store: MemoryStore, item: WorklistItem) -> WorklistItem:
    return store.load(WorklistItem, [item.id])[0]


def test_a_reminder_that_nobody_can_carry_opens_an_item_in_its_own_transaction() -> None:
    store = store_with(appointment(), patient(phone=None, email=None), notification())

    store.submit(lambda tx: claim(tx, "ntf_1", carriers={}, now=DUE)).result()

    (row,) = worklist(store, now=DUE).rows
    assert (row.item.about, row.item.notification_ids) == (ItemKind.NO_CONTACT, ("ntf_1",))
    assert row.phone == ""


def test_a_second_reminder_of_the_same_visit_makes_no_second_item() -> None:
    store = store_with(appointment())
    opened(store)

    again = opened(store, id="ntf_2")
    same = opened(store, id="ntf_2")

    assert again.notification_ids == ("ntf_apt_1", "ntf_2")
    assert same.version == again.version
    assert len(worklist(store, now=DUE).rows) == 1


@pytest.mark.parametrize(
    "ended", [failed(appointment_id=None), notification(), failed("apt_9")], ids=["no visit", "not done", "visit gone"]
)
def test_nothing_is_opened_where_nobody_is_to_act(ended: Notification) -> None:
    store = store_with(appointment())

    assert store.submit(lambda tx: list_unreached(tx, ended, now=DUE)).result() is None


def test_the_soonest_visit_comes_first_with_whom_to_call() -> None:
    store = store_with(patient(), visit(1, START + HOUR), visit(2, START), visit(3, START + 2 * HOUR))
    for number in (1, 2, 3):
        opened(store, f"apt_{number}")

    first = worklist(store, now=DUE, limit=2)
    second = worklist(store, now=DUE, limit=2, cursor=first.cursor)

    assert [row.item.appointment_id for row in (*first.rows, *second.rows)] == ["apt_2", "apt_1", "apt_3"]
    assert {row.phone for row in first.rows} == {PHONE}
    assert second.cursor is None


def test_what_was_done_is_kept_and_the_item_leaves_the_list() -> None:
    store = store_with(appointment())
    item = opened(store)

    done = store.submit(lambda tx: close_item(tx, act(item, version=1), done=" called \n", now=DUE + HOUR)).result()

    assert (done.state, done.done, done.closed_by, done.closed_at) == (
        ItemState.CLOSED,
        "called",
        "key_1",
        DUE + HOUR,
    )
    assert worklist(store, now=DUE).rows == ()
    assert [hit.id for hit in store.query("worklist_closed", DUE.date().isoformat()).hits] == [item.id]


def test_a_closed_item_can_be_opened_again() -> None:
    store = store_with(appointment())
    item = opened(store)
    store.submit(lambda tx: close_item(tx, act(item), done="called", now=DUE)).result()

    store.submit(lambda tx: reopen_item(tx, act(item), now=DUE)).result()

    assert [row.item.id for row in worklist(store, now=DUE).rows] == [item.id]


def test_refuses_what_makes_no_sense() -> None:
    store = store_with(appointment())
    item = opened(store)

    with pytest.raises(InvalidInputError, match="say what was done"):
        store.submit(lambda tx: close_item(tx, act(item), done="  ", now=DUE)).result()
    with pytest.raises(InvalidInputError, match="at most 500"):
        store.submit(lambda tx: close_item(tx, act(item), done="x" * 501, now=DUE)).result()
    with pytest.raises(NotFoundError):
        store.submit(lambda tx: close_item(tx, Act(item_id="wli_0", by="x"), done="called", now=DUE)).result()
    with pytest.raises(StaleVersionError):
        store.submit(lambda tx: close_item(tx, act(item, version=7), done="called", now=DUE)).result()
    with pytest.raises(StateConflictError):
        store.submit(lambda tx: reopen_item(tx, act(item), now=DUE)).result()
    assert stored(store, item).is_open


def test_what_has_become_moot_is_not_listed_and_is_closed_once_the_visit_would_have_begun() -> None:
    store = store_with(appointment())
    item = opened(store)
    store.submit(lambda tx: tx.put(msgspec.structs.replace(cancelled(), version=1))).result()

    rows, early = worklist(store, now=DUE).rows, moot_items(store, now=DUE)
    late = moot_items(store, now=START + HOUR)
    closings = [store.submit(lambda tx: close_moot(tx, item.id, now=START + HOUR)).result() for _ in range(2)]

    assert (rows, early, late, closings) == ((), (), (item.id,), [True, False])
    assert (stored(store, item).done, stored(store, item).closed_by) == (OVER, "worker")


def test_what_is_not_moot_stays_open() -> None:
    store = store_with(appointment())
    item = opened(store)
    subject = Subject(address="+12065550199")
    asked = item_for_reply(ItemKind.UNCLEAR_REPLY, subject, reply_id="r1", now=DUE)
    store.submit(lambda tx: open_item(tx, asked, now=DUE)).result()

    closings = [store.submit(partial(close_moot, item_id=i, now=DUE)).result() for i in (item.id, asked.id, "wli_0")]

    assert closings == [False, False, False]
    assert moot_items(store, now=START - HOUR) == ()
    assert [row.phone for row in worklist(store, now=DUE).rows] == ["+12065550199", ""]


def test_a_message_that_was_taken_and_then_lost_for_good_opens_an_item_at_once() -> None:
    world = World()
    world.put(msgspec.structs.replace(world.notification, plan=((SMS,),)))
    world.sent()
    taken = worklist(world.store, now=HEARD_AT).rows

    world.hear(failure(FailureClass.PERMANENT))
    world.hear(failure(FailureClass.PERMANENT))

    assert taken == ()
    assert [row.item.about for row in worklist(world.store, now=HEARD_AT).rows] == [ItemKind.UNDELIVERABLE]
