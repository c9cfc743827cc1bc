"""The look that is taken each minute."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from kept.core.booking import Appointment, AppointmentStatus, BookingRequest
from kept.core.errors import StorageUnavailableError
from kept.core.practice import PRACTICE_ID, Practice
from kept.entrypoints.aws_lambda.sweeping import FOR_CHORES_S
from kept.flow.booking import book
from kept.flow.watch import load_heartbeat
from tests.entrypoints.aws_lambda.test_reminders import practice
from tests.entrypoints.aws_lambda.world import CloudWorld, called
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import START


def test_it_queues_what_is_due_and_nothing_else() -> None:
    world = practice(3)

    answer = world.new_sweep().run(called())

    due = [n.id for number in (1, 2, 3) for n in world.notifications(number)[:1]]
    assert answer == {"due": 3, "queued": 3, "left": 0}
    assert sorted(world.queue.taken()) == sorted(f'{{"notificationId":"{i}"}}' for i in due)


def test_what_is_queued_already_is_not_queued_again_each_minute() -> None:
    world = practice(3)
    sweep = world.new_sweep()

    answers = [sweep.run(called()) for _ in range(2)]
    world.clock.advance(timedelta(minutes=5))
    later = sweep.run(called())

    assert [answer["queued"] for answer in answers] == [3, 0]
    assert later["queued"] == 3


def test_who_is_due_anew_is_queued_anew() -> None:
    world = practice(3)
    world.sender = world.new_sender({world.sms.name: 0.5})
    sweep = world.new_sweep()
    sweep.run(called())
    bodies = world.queue.taken()
    world.queue.refuses = True
    for body in bodies:
        world.reminders.run({"Records": [{"messageId": "m", "body": body}]}, called())
    world.queue.refuses = False
    world.clock.advance(timedelta(minutes=1))

    answer = sweep.run(called())

    assert answer["queued"] == 1


def test_a_queue_that_takes_nothing_gets_it_the_next_minute() -> None:
    world = practice(2)
    sweep = world.new_sweep()
    world.queue.refuses = True

    first = sweep.run(called())
    world.queue.refuses = False
    second = sweep.run(called())

    assert (first["left"], second["queued"]) == (2, 2)


def test_it_notes_that_somebody_has_looked_and_how_much_waits() -> None:
    world = practice(2)
    sweep = world.new_sweep()

    sweep.run(called())
    world.emf.flush()

    beat = load_heartbeat(world.store)
    assert beat is not None
    assert (beat.looked_at, beat.due) == (world.clock.now(), 2)
    line = world.lines[0]
    assert line["LastLookTimestampSeconds"] == world.clock.now().timestamp()
    assert (line["NotificationsDue"], line["OldestDueSeconds"]) == (2, 60.0)


def test_it_does_the_chores_when_there_is_time() -> None:
    world = CloudWorld()
    world.patient()
    request = BookingRequest(
        patient_id="pat_1",
        start=START,
        end=START + timedelta(minutes=30),
        zone="America/New_York",
        as_request=True,
    )
    world.do(lambda tx: book(tx, request, appointment_id="apt_1", now=world.clock.now()))
    world.clock.advance(Practice().request_hold)
    short = called(FOR_CHORES_S)

    world.new_sweep().run(short)
    before = world.store.load(Appointment, ("apt_1",))[0].status
    world.new_sweep().run(called())
    after = world.store.load(Appointment, ("apt_1",))[0].status

    assert (before, after) == (AppointmentStatus.REQUESTED, AppointmentStatus.CANCELLED)


def test_a_chore_that_fails_is_told_and_stops_neither_the_others_nor_the_next_minute(
    logged: list[MutableMapping[str, Any]],
) -> None:
    store = BreakingStore()
    world = practice(1, CloudWorld(store=store))
    store.refuse_all(StorageUnavailableError("full"))

    answer = world.new_sweep().run(called())
    store.refuse_all(None)
    world.emf.flush()

    assert answer["queued"] == 1
    assert world.lines[0]["DispatchErrors"] >= 1
    doing = {line["doing"] for line in logged if line["event"] == "chore_failed"}
    assert "keeping_the_heartbeat" in doing
    assert world.store.load(Practice, (PRACTICE_ID,))
