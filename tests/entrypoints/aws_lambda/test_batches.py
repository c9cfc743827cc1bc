"""Batches: by one function, by the steps of a workflow, and caught up each hour; whoever drives them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import permutations
from typing import Any, cast

import msgspec
import pytest

from kept.core.booking import Appointment
from kept.core.notifications import Notification, NotificationState, Outcome, Reason
from kept.core.reminders import skipped
from kept.entrypoints.aws_lambda.batches import state_on
from kept.entrypoints.aws_lambda.invocation import Answer
from kept.flow.reminders import plan_missing
from kept.ports.store import Transaction
from tests.dispatching import NOT_SENT, REFUSED, history, notification
from tests.entrypoints.aws_lambda.test_reminders import practice
from tests.entrypoints.aws_lambda.world import CloudWorld, body_in, called
from tests.entrypoints.worker.world import MAIL, NOW, SMS, START, RecordingChannel

TIME = (NOW + timedelta(hours=20)).isoformat()


def item(number: int, **changes: object) -> dict[str, object]:
    made = {
        "patientId": f"patient-{number}",
        "phoneNumber": f"+1206555{number:04}",
        "email": f"p{number}@example.com",
        "appointmentTime": TIME,
        "doctorName": "Smith",
        "appointmentId": f"out-{number}",
    }
    return made | changes


def both(number: int, **changes: object) -> dict[str, object]:
    made = {
        "appointmentId": f"out-{number}",
        "appointmentTime": int((NOW + timedelta(hours=20)).timestamp()),
        "customerEmail": f"p{number}@example.com",
        "customerPhone": f"+1206555{number:04}",
    }
    return made | changes


def items_in(answer: Answer) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", answer["items"])


def test_a_batch_is_planned_sent_and_summed_up_in_one_call() -> None:
    world = CloudWorld(RecordingChannel(SMS, REFUSED))
    event = {"appointments": [item(1), item(2), item(3, appointmentTime="never")]}

    answer = world.batches.run(event, called(call_id="c1"))

    assert answer["statusCode"] == 200
    assert body_in(answer) == {
        "batchId": "bat_c1",
        "processed": 3,
        "results": {"success": 1, "failed": 1, "fallback": 1},
        "successRate": "66.67%",
        "pending": 0,
    }


def test_the_same_call_again_sends_nothing_twice() -> None:
    world = CloudWorld()
    event = {"appointments": [item(number) for number in range(1, 31)]}

    answers = [world.batches.run(event, called(call_id="c1")) for _ in range(2)]

    assert body_in(answers[0]) == body_in(answers[1])
    assert set(world.copies().values()) == {1}
    assert len(world.sms.sent) == 30


def test_a_batch_without_items_is_refused() -> None:
    answer = CloudWorld().batches.run({"appointments": []}, called())

    assert (answer["statusCode"], body_in(answer)) == (400, {"error": "No appointments provided"})


def test_what_there_is_no_time_for_is_pending_and_sent_by_the_sweep() -> None:
    world = CloudWorld()

    answer = world.batches.run({"appointments": [item(1)]}, called(12.0))
    world.new_sweep().run(called())
    world.reminders.run({"Records": [{"messageId": "m", "body": b} for b in world.queue.taken()]}, called())

    assert body_in(answer)["pending"] == 1
    assert len(world.sms.sent) == 1


@pytest.mark.parametrize("order", list(permutations(["sms", "email", "sweep"])))
def test_a_workflow_sends_each_message_once_whoever_comes_first(order: tuple[str, ...]) -> None:
    world = CloudWorld()
    started = world.batches.start({"appointments": [both(1)], "batchId": "run-1"}, called())
    (one,) = items_in(started)
    states = {}

    for who in order:
        world.sender = world.new_sender()
        if who == "sweep":
            world.new_sweep().run(called())
            world.reminders.run({"Records": [{"messageId": "m", "body": b} for b in world.queue.taken()]}, called())
        else:
            states[who] = world.batches.send(one | {"channel": who}, called())["state"]
    finished = world.batches.finish(started)

    assert started["processed"] == 1
    assert one == {"batchId": "run-1", "notificationId": one["notificationId"], "channels": ["sms", "email"]}
    assert states == {"sms": "sent", "email": "sent"}
    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 1)
    assert finished["results"] == {"success": 1, "failed": 0, "fallback": 0}


def test_starting_again_under_the_same_name_plans_nothing_twice() -> None:
    world = CloudWorld()
    event = {"appointments": [item(1), "nonsense"], "batchId": "run-1"}

    first, second = (world.batches.start(event, called(call_id=c)) for c in ("c1", "c2"))

    assert first == second
    assert (first["processed"], first["refused"]) == (2, 1)
    assert world.batches.finish(first)["results"] == {"success": 0, "failed": 1, "fallback": 0}
    assert world.batches.finish({"batchId": "run-1"})["pending"] == 1


def test_how_an_item_ended_is_data_and_never_an_error() -> None:
    world = CloudWorld(RecordingChannel(SMS, REFUSED), RecordingChannel(MAIL, NOT_SENT))
    events = {"appointments": [item(1), item(2), item(3, phoneNumber="", email="")]}
    refused, taken, nowhere = items_in(world.batches.start(events, called()))

    def on(one: dict[str, Any], channel: str) -> object:
        return world.batches.send(one | {"channel": channel}, called())["state"]

    assert (on(refused, "sms"), on(refused, "email")) == ("failed", "pending")
    assert (on(taken, "sms"), on(taken, "email")) == ("sent", "not_used")
    assert (on(nowhere, "sms"), on(nowhere, "email")) == ("skipped", "skipped")
    assert on({"notificationId": "ntf_none"}, "sms") == "not_used"


def test_an_array_from_a_pipe_is_taken_as_items_or_as_records_of_a_stream() -> None:
    world = practice(1)
    due = world.notifications(1)[0].id
    records = [{"dynamodb": {"Keys": {"id": {"S": i}}}} for i in (due, due, "ntf_none")]

    by_items = world.batches.start([item(5), both(6)], called(call_id="c1"))
    by_records = world.batches.start(records, called(call_id="c2"))

    by_workflow = world.batches.start({"batchId": "run-1", "input": [item(7)]}, called())

    assert [len(items_in(answer)) for answer in (by_items, by_records, by_workflow)] == [2, 1, 1]
    assert by_workflow["batchId"] == "run-1"
    assert items_in(by_records)[0]["notificationId"] == due


def _without_reminders(world: CloudWorld, number: int) -> None:
    def step(tx: Transaction) -> None:
        visit = tx.get(Appointment, f"apt_{number}")
        assert visit is not None
        tx.put(msgspec.structs.replace(visit, notification_ids=()))

    world.do(step)


@pytest.mark.parametrize("event", [{}, {"source": "aws.scheduler"}, {"input": {}}], ids=str)
def test_each_hour_who_was_told_nothing_is_told(event: object) -> None:
    world = practice(3)
    _without_reminders(world, 1)
    world.cancel(2)

    first = world.batches.start(event, called(call_id="c1"))
    second = world.batches.start(event, called(call_id="c2"))
    states = [world.batches.send(one | {"channel": "sms"}, called())["state"] for one in items_in(first)]

    assert [len(items_in(answer)) for answer in (first, second)] == [1, 0]
    assert states == ["sent"]


@pytest.mark.parametrize("event", [[], {"appointments": []}, {"input": []}], ids=str)
def test_an_event_without_items_hands_nothing_out(event: object) -> None:
    world = practice(1)
    _without_reminders(world, 1)

    answer = world.batches.start(event, called())

    assert (answer["processed"], items_in(answer)) == (0, [])


def test_a_reminder_that_failed_is_caught_up_once_and_one_that_a_rule_kept_back_is_not() -> None:
    world = practice(2)
    _end(world, 1, {"24h": Outcome.FAILED, "1h": Outcome.EXPIRED})
    _end(world, 2, {"24h": Outcome.SKIPPED, "1h": Outcome.FAILED})

    first = world.batches.start({}, called(call_id="c1"))
    second = world.batches.start({}, called(call_id="c2"))

    assert [len(items_in(answer)) for answer in (first, second)] == [1, 0]
    assert [n.rule for n in world.notifications(1)] == ["24h", "catch-up", "1h"]


def _end(world: CloudWorld, number: int, outcomes: dict[str, Outcome]) -> None:
    """End the reminders of a visit, as an outage or a rule would."""

    def step(tx: Transaction) -> None:
        for known in world.notifications(number):
            stored = tx.get(Notification, known.id)
            assert stored is not None
            ended = skipped(stored, Reason.OPTED_OUT, now=world.clock.now())
            tx.put(msgspec.structs.replace(ended, outcome=outcomes[stored.rule]))

    world.do(step)


def test_a_visit_that_is_gone_or_told_meanwhile_is_not_caught_up() -> None:
    world = practice(1)

    planned = [world.do(partial(plan_missing, appointment_id=i, now=world.clock.now())) for i in ("apt_1", "apt_none")]

    assert planned == ["", ""]
    assert world.clock.now() < START


@pytest.mark.parametrize(
    ("letters", "is_done", "state"),
    [
        ("", False, "pending"),
        ("s", False, "pending"),
        ("a", True, "sent"),
        ("nr", True, "failed"),
        ("", True, "skipped"),
    ],
)
def test_the_state_on_a_channel_is_read_from_its_attempts(letters: str, state: str, *, is_done: bool) -> None:
    stands = NotificationState.DONE if is_done else NotificationState.WAITING

    found = state_on(notification(*history(letters), state=stands), "sms")

    assert found == state


def test_a_channel_whose_turn_is_over_has_failed() -> None:
    gone_on = notification(*history("r"), stage=1, state=NotificationState.WAITING)

    assert (state_on(gone_on, "sms"), state_on(gone_on, "email")) == ("failed", "pending")
