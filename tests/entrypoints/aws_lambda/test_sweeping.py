"""The look that is taken each minute."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from kept.core.booking import Appointment, AppointmentStatus, BookingRequest
from kept.core.channels import Capabilities
from kept.core.errors import StorageUnavailableError
from kept.core.practice import PRACTICE_ID, Practice
from kept.entrypoints.aws_lambda.sweeping import FOR_CHORES_S, Sweep
from kept.flow.booking import book
from kept.flow.due import due_ids
from kept.flow.watch import load_heartbeat
from tests.entrypoints.aws_lambda.test_reminders import practice
from tests.entrypoints.aws_lambda.world import CloudWorld, called, from_queue
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import SMS, START, RecordingChannel


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


def awaiting_word() -> tuple[CloudWorld, Sweep]:
    """Return a world in which a text was taken two minutes ago, and the sweep that has queued it."""
    texts = RecordingChannel(SMS, can=Capabilities(receipts=True, names_attempt=True))
    world = practice(1, CloudWorld(texts))
    sweep = world.new_sweep()
    sweep.run(called())
    world.reminders.run(from_queue(*world.queue.taken()), called())
    world.clock.advance(timedelta(minutes=2))
    return world, sweep


def test_who_waits_for_word_is_early_and_neither_queued_nor_counted_again() -> None:
    world, sweep = awaiting_word()

    later = sweep.run(called())
    restarted = world.new_sweep().run(called())

    assert due_ids(world.store, now=world.clock.now()) == (world.notifications(1)[0].id,)
    assert later == restarted == {"due": 0, "queued": 0, "left": 0}


def test_whose_patience_is_over_is_queued_by_the_next_look() -> None:
    world, sweep = awaiting_word()
    sweep.run(called())
    wake_at = world.notifications(1)[0].wake_at
    assert wake_at is not None

    world.clock.set(wake_at)
    answer = sweep.run(called())
    world.reminders.run(from_queue(*world.queue.taken()), called())

    assert answer["queued"] == 1
    assert len(world.mail.sent) == 1


def test_a_damaged_record_that_has_stood_for_long_stops_nobody() -> None:
    store = BreakingStore()
    world = practice(3, CloudWorld(store=store))
    store.break_loading(world.notifications(2)[0].id, StorageUnavailableError("damaged"))
    world.clock.advance(timedelta(minutes=10))

    answer = world.new_sweep().run(called())

    assert answer["queued"] == 3
