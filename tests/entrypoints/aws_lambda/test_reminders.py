"""The queue of reminders: each message twice, in any order, killed anywhere, and nothing is sent twice or lost."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

import pytest

from kept.core.channels import Capabilities
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import AttemptState, Outcome, SendOutcome
from kept.entrypoints.aws_lambda.named import ids_in
from kept.entrypoints.aws_lambda.sending import MOST_AT_ONCE
from kept.flow.watch import load_heartbeat
from kept.ports.channel import OutgoingMessage
from tests.dispatching import REFUSED
from tests.entrypoints.aws_lambda.world import (
    CloudWorld,
    body_in,
    called,
    doubled,
    failed_in,
    from_queue,
)
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import SMS, START, RecordingChannel

DUE = START - timedelta(hours=24)


class Killed(BaseException):
    """The runtime ends the process."""


def practice(count: int, world: CloudWorld | None = None) -> CloudWorld:
    """Return a world with so many visits, each at its own time, one day ahead."""
    world = world or CloudWorld()
    for number in range(1, count + 1):
        world.patient(number)
        world.visit(number, start=START + timedelta(minutes=number))
    world.clock.set(DUE + timedelta(minutes=count))
    return world


def test_a_reminder_that_is_due_is_handed_over_and_its_outcome_recorded() -> None:
    world = practice(1)
    world.new_sweep().run(called())

    answer = world.reminders.run(from_queue(*world.queue.taken()), called())

    assert failed_in(answer) == []
    assert len(world.sms.sent) == 1
    assert world.notifications(1)[0].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("seed", range(20))
def test_messages_that_come_twice_and_shuffled_send_nothing_twice_and_lose_nothing(seed: int) -> None:
    random = Random(seed)
    world = practice(25)
    sweep = world.new_sweep()

    def minute() -> None:
        sweep.run(called())
        bodies = doubled(world.queue.taken(), random)
        while bodies:
            batch, bodies = bodies[:10], bodies[10:]
            world.sender = world.new_sender()
            world.reminders.run(from_queue(*batch), called())

    world.minutes(3, minute)

    assert set(world.copies().values()) == {1}
    assert len(world.sms.sent) == 25


def test_every_record_of_the_stream_twice_sends_nothing_twice() -> None:
    world = practice(10)
    ids = [n.id for n in world.everything() if n.wake_at and n.wake_at <= world.clock.now()]
    records = [{"eventName": "INSERT", "dynamodb": {"Keys": {"id": {"S": i}}, "NewImage": {}}} for i in ids]

    for batch in (records, [*records, *records], records[::-1]):
        world.reminders.run(from_queue(*batch), called())
        world.reminders.run(from_queue(batch), called())

    assert set(world.copies().values()) == {1}
    assert len(world.sms.sent) == 10


@pytest.mark.parametrize("after", [False, True], ids=["before the provider took it", "after the provider took it"])
def test_a_call_that_is_killed_in_mid_send_leaves_a_lease_that_is_resolved_later(*, after: bool) -> None:
    world = practice(3)
    deaths = iter([True])
    send = world.sms.send

    def killed(message: OutgoingMessage) -> SendOutcome:
        dies = next(deaths, False)
        if dies and not after:
            raise Killed
        outcome = send(message)
        if dies:
            raise Killed
        return outcome

    world.sms.send = killed  # type: ignore[method-assign]
    world.new_sweep().run(called())
    bodies = world.queue.taken()

    with pytest.raises(Killed):
        world.reminders.run(from_queue(*bodies), called())

    def minute() -> None:
        world.sender = world.new_sender()
        world.new_sweep().run(called())
        world.reminders.run(from_queue(*world.queue.taken()), called())

    world.sender = world.new_sender()
    world.reminders.run(from_queue(*bodies), called())
    world.minutes(60, minute)

    ended = [world.notifications(number)[0] for number in (1, 2, 3)]
    assert [n.outcome for n in ended] == [Outcome.ACCEPTED] * 3
    assert all(any(a.state is AttemptState.UNKNOWN for a in n.attempts) for n in ended)
    assert sorted(world.copies().values()) == [1, 1, 2 if after else 1]


def test_a_reminder_whose_visit_was_cancelled_meanwhile_is_not_sent() -> None:
    world = practice(1)
    world.new_sweep().run(called())
    world.cancel()

    world.reminders.run(from_queue(*world.queue.taken()), called())

    assert world.sms.sent == []
    assert world.mail.sent == []


def test_nothing_is_claimed_when_too_little_time_is_left_and_the_message_comes_again() -> None:
    world = practice(2)
    ids = [n.id for number in (1, 2) for n in world.notifications(number)[:1]]

    answer = world.reminders.run(from_queue(*[{"notificationId": i} for i in ids]), called(15.0))

    assert failed_in(answer) == ["m-1", "m-2"]
    assert world.sms.sent == []


def test_what_is_open_when_the_time_is_up_is_left_to_its_lease() -> None:
    world = practice(1)
    left = iter([60.0, 60.0])
    world.new_sweep().run(called())
    sms = world.sms
    sms.before_sending = lambda _message: None
    invocation = called()
    object.__setattr__(invocation, "left_s", lambda: next(left, 1.0))

    answer = world.reminders.run(from_queue(*world.queue.taken()), invocation)

    assert failed_in(answer) == []


def test_a_message_that_names_nothing_comes_again_until_the_queue_puts_it_aside() -> None:
    world = CloudWorld()

    answer = world.reminders.run(from_queue("not a message {", {"else": 1}, {"notificationId": "ntf_none"}), called())

    assert failed_in(answer) == ["m-1", "m-2"]


def test_a_store_that_refuses_lets_the_messages_come_again() -> None:
    world = practice(2, CloudWorld(store=BreakingStore()))
    world.new_sweep().run(called())
    bodies = world.queue.taken()
    store = world.store
    assert isinstance(store, BreakingStore)
    store.refuse_all(StorageUnavailableError("full", retry_after_s=1.0))

    first = world.reminders.run(from_queue(*bodies), called())
    store.refuse_all(None)
    second = world.reminders.run(from_queue(*bodies), called())

    assert failed_in(first)
    assert failed_in(second) == []
    assert len(world.sms.sent) == 2


def test_who_waits_a_moment_for_the_rate_is_looked_at_again_by_a_delayed_note() -> None:
    world = practice(5)
    world.sender = world.new_sender({SMS: 0.5})
    world.new_sweep().run(called())

    world.reminders.run(from_queue(*world.queue.taken()), called())

    assert len(world.sms.sent) == 2
    assert [note.delay_s for note in world.queue.notes] == [2, 4, 6]


def test_a_provider_that_asks_for_a_pause_is_left_alone_for_it() -> None:
    busy = SendOutcome(state=AttemptState.NOT_SENT, code="busy", retry_after_s=30)
    world = practice(25, CloudWorld(RecordingChannel(SMS, busy)))
    world.new_sweep().run(called())

    world.reminders.run(from_queue(*world.queue.taken()), called())

    assert len(world.sms.sent) == MOST_AT_ONCE
    assert [note.delay_s for note in world.queue.notes] == [30] * 6


def test_a_queue_that_takes_nothing_leaves_it_to_the_sweep() -> None:
    world = practice(3)
    world.sender = world.new_sender({SMS: 0.5})
    world.new_sweep().run(called())
    bodies = world.queue.taken()
    world.queue.refuses = True

    answer = world.reminders.run(from_queue(*bodies), called())

    assert failed_in(answer) == []
    assert len(world.sms.sent) == 2


def test_a_refused_text_goes_on_by_mail_in_the_same_call() -> None:
    world = practice(1, CloudWorld(RecordingChannel(SMS, REFUSED)))
    world.new_sweep().run(called())

    world.reminders.run(from_queue(*world.queue.taken()), called())
    world.emf.flush()

    assert len(world.mail.sent) == 1
    assert world.lines[0]["FallbackNotifications"] == 1
    assert world.lines[1]["ReminderType"] == "24_hour"


def test_the_heartbeat_says_when_a_message_left() -> None:
    world = practice(1)
    sweep = world.new_sweep()
    sweep.run(called())
    world.reminders.run(from_queue(*world.queue.taken()), called())
    left_at = world.clock.now()

    world.clock.advance(timedelta(minutes=1))
    sweep.run(called())

    beat = load_heartbeat(world.store)
    assert beat is not None
    assert beat.left_at == left_at


@pytest.mark.parametrize(
    ("event", "status", "said"),
    [
        ({"appointmentId": "apt_9", "reminderType": "24_hour"}, 404, {"error": "Appointment not found"}),
        (
            {"appointmentId": "apt_1", "userId": "pat_1", "reminderType": "24_hour"},
            200,
            {"message": "Reminder sent successfully", "appointmentId": "apt_1", "reminderType": "24_hour"},
        ),
        (
            {"appointmentId": "apt_1", "userId": "pat_1", "reminderType": "1_hour"},
            200,
            {"message": "Reminder not sent", "appointmentId": "apt_1", "reminderType": "1_hour"},
        ),
    ],
    ids=["unknown", "due", "not due yet"],
)
def test_one_reminder_is_sent_on_demand(event: dict[str, str], status: int, said: dict[str, str]) -> None:
    world = practice(1)

    answers = [world.reminders.run(event, called()) for _ in range(2)]

    assert [answer["statusCode"] for answer in answers] == [status, status]
    assert [body_in(answer) for answer in answers] == [said, said]
    assert len(world.sms.sent) <= 1


def test_a_reminder_that_a_provider_has_taken_is_sent_though_word_of_its_delivery_is_still_to_come() -> None:
    world = practice(1, CloudWorld(RecordingChannel(SMS, can=Capabilities(receipts=True))))

    answer = world.reminders.run({"appointmentId": "apt_1", "reminderType": "24_hour"}, called())

    assert body_in(answer)["message"] == "Reminder sent successfully"
    assert not world.notifications(1)[0].is_done


def test_a_reminder_of_a_cancelled_visit_is_not_sent_on_demand() -> None:
    world = practice(1)
    world.cancel()

    answer = world.reminders.run({"appointmentId": "apt_1", "reminderType": "24_hour"}, called())

    assert body_in(answer) == {"message": "Appointment not active"}


def test_ids_are_found_in_whatever_names_them() -> None:
    pointer = {"dynamodb": {"Keys": {"id": {"S": "x"}}, "NewImage": {"of": {"S": "ntf_2"}}}}

    found = ids_in(json.dumps([{"notificationId": "ntf_1"}, pointer, "ntf_1", {"dynamodb": 3}, 4, "no id!"]))

    assert found == ("ntf_1", "ntf_2")
