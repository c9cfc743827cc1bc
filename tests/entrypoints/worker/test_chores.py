"""What the worker does beside sending."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.access import AnsweredRequest, RequestKey
from kept.core.booking import Appointment, AppointmentStatus, BookingRequest
from kept.core.conversation import REPLIES_KEPT_FOR, kept_reply
from kept.core.errors import StorageUnavailableError
from kept.core.holds import SlotHold, hold_id
from kept.core.intervals import interval
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.receipts import ProviderMessage, ReceivedCall
from kept.core.replies import understand
from kept.core.reports import Metric
from kept.core.worklist import WorklistItem
from kept.flow.booking import Change, book
from kept.flow.holds import hold_slot
from kept.flow.replies import reply_step
from kept.flow.worklist import OVER, worklist
from kept.main.kinds import KINDS
from kept.ports.store import Entity, Transaction
from tests.aws.tables import local_store
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import NOW, START, World
from tests.flow.answering import incoming

ENDS = ("answered_by_end", "calls_by_end", "provider_messages_by_end", "replies_by_end")
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def requested(world: World) -> None:
    world.patient()
    request = BookingRequest(
        patient_id="pat_1", start=START, end=START + HOUR, zone="America/New_York", as_request=True
    )
    key = RequestKey(id="request", fingerprint="f")
    world.do(partial(book, request=request, appointment_id="apt_1", now=NOW, key=key))


def written(tx: Transaction, entity: Entity) -> None:
    tx.put(entity)


def status(world: World) -> AppointmentStatus:
    return world.store.load(Appointment, ["apt_1"])[0].status


def test_a_held_time_that_nobody_confirmed_is_given_back() -> None:
    world = World()
    requested(world)

    world.at(NOW + 24 * HOUR - SECOND)
    before = status(world)
    world.at(NOW + 24 * HOUR + MINUTE)

    assert (before, status(world)) == (AppointmentStatus.REQUESTED, AppointmentStatus.CANCELLED)


def test_a_time_that_was_kept_for_a_move_is_given_back() -> None:
    world = World()
    requested(world)
    to = interval(START + 5 * HOUR, START + 6 * HOUR)
    change = Change(appointment_id="apt_1", by="link")
    world.do(partial(hold_slot, change=change, to=to, zone="America/New_York", now=NOW))

    world.at(NOW + 10 * MINUTE - SECOND)
    before = len(world.store.load(SlotHold, [hold_id("apt_1")]))
    world.at(NOW + 11 * MINUTE)

    assert (before, world.store.load(SlotHold, [hold_id("apt_1")])) == (1, ())


def test_answers_are_forgotten_when_their_time_is_over() -> None:
    world = World()
    requested(world)

    world.at(NOW + 24 * HOUR + MINUTE)

    assert world.store.load(AnsweredRequest, ["request"]) == ()


def test_what_was_written_is_forgotten_when_its_time_is_over() -> None:
    world = World()
    world.patient()
    world.visit()
    world.do(
        lambda tx: tx.put(msgspec.structs.replace(tx.get(Practice, PRACTICE_ID) or Practice(), answers_replies=True))
    )
    reply = incoming("hm?", at=NOW, sender="+12065550001")
    world.store.submit(reply_step(world.store, reply, now=NOW)).result()

    counts = []
    for at in (NOW, NOW + HOUR + MINUTE, NOW + REPLIES_KEPT_FOR + MINUTE):
        world.at(at)
        kept = world.store.query("replies_by_end", "all").hits, world.store.query("exchanges_by_end", "all").hits
        counts.append([len(hits) for hits in kept])

    assert counts == [[1, 1], [1, 0], [0, 0]]


@pytest.mark.parametrize("name", ["memory", "dynamodb"])
def test_any_number_of_records_is_forgotten_whatever_a_store_takes_at_once(name: str) -> None:
    world = World(store=MemoryStore() if name == "memory" else local_store(KINDS))
    understood = kept_reply(incoming("hm?", at=NOW), understand("hm?", country="US"), now=NOW)
    family = tuple(f"pat_{number}" for number in range(9))
    for n in range(101):
        reply = msgspec.structs.replace(understood, id=f"r{n}", patient_ids=family)
        call = ReceivedCall(id=f"c{n}", provider="p", url="", body="", received_at=NOW, applied_at=NOW)
        world.do(partial(written, entity=reply))
        world.do(partial(written, entity=call))
        world.do(partial(written, entity=ProviderMessage(id=f"m{n}", attempt_id="a", noted_at=NOW)))
        world.do(partial(written, entity=AnsweredRequest(id=f"a{n}", fingerprint="f", result_id="r", answered_at=NOW)))

    world.at(NOW + REPLIES_KEPT_FOR + MINUTE)
    world.do(lambda _tx: None)  # its steps run in their order: those of the chores are over now

    left = [hit for index in ENDS for hit in world.store.query(index, "all").hits]
    assert left == []
    assert not [counted for counted in world.meter.counts if counted.startswith(Metric.DISPATCH_ERRORS)]


def test_what_nobody_has_to_do_any_more_is_closed_once_the_visit_has_begun() -> None:
    world = World()
    world.patient(phone=False, email=False)
    world.visit()
    world.at(START - 24 * HOUR)
    listed = worklist(world.store, now=START - 24 * HOUR).rows

    world.at(START + MINUTE)

    (item,) = world.store.load(WorklistItem, [listed[0].item.id])
    assert (item.done, item.closed_by) == (OVER, "worker")


def test_chores_are_done_once_a_minute_and_when_the_clock_was_put_back() -> None:
    world = World()
    world.at(NOW + 24 * HOUR - 30 * SECOND)
    requested(world)

    statuses = []
    for instant in (NOW + 24 * HOUR + SECOND, NOW + 24 * HOUR + 31 * SECOND):
        world.at(instant)
        statuses.append(status(world))

    assert statuses == [AppointmentStatus.REQUESTED, AppointmentStatus.CANCELLED]


def test_says_how_much_is_waiting_and_for_how_long() -> None:
    world = World()
    world.patient()
    world.visit()

    world.at(START - 23 * HOUR)

    assert world.meter.gauges[Metric.NOTIFICATIONS_DUE] == 1
    assert world.meter.gauges[Metric.OLDEST_DUE_SECONDS] == 3600


def test_a_chore_that_fails_is_told_and_tried_again(logged: list[MutableMapping[str, Any]]) -> None:
    store = BreakingStore()
    world = World(store=store)
    requested(world)
    store.break_reading("apt_1", StorageUnavailableError("damaged"), times=1)

    world.at(NOW + 25 * HOUR)
    world.at(NOW + 26 * HOUR)

    assert world.meter.counts[f"{Metric.DISPATCH_ERRORS}/releasing_holds"] == 1
    assert [line["doing"] for line in logged if line["event"] == "chore_failed"] == ["releasing_holds"]
    assert status(world) is AppointmentStatus.CANCELLED
    assert msgspec.structs.asdict(store.load(Appointment, ["apt_1"])[0])["hold_until"] is None
