"""What providers say and people answer, by queues: applied once."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random

import pytest

from kept.core.channels import Capabilities
from kept.core.conversation import Reply
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import AttemptState, Notification
from tests.adapters.aws_samples import sample
from tests.entrypoints.aws_lambda.test_reminders import practice
from tests.entrypoints.aws_lambda.world import CloudWorld, called, doubled, failed_in, from_queue
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import SMS, RecordingChannel

TOPIC = "arn:aws:sns:us-west-2:123456789012:kept-events"


class Texts(RecordingChannel):
    """Plays End User Messaging."""

    provider = "end_user_messaging"


def enveloped(message: bytes, *, number: int = 1, topic: str = TOPIC, kind: str = "Notification") -> str:
    return json.dumps(
        {
            "Type": kind,
            "MessageId": f"sns-{number}",
            "TopicArn": topic,
            "Message": message.decode(),
            "Timestamp": "2026-05-03T13:05:00.000Z",
            "Token": "t",
            "SubscribeURL": "https://sns.us-west-2.amazonaws.com/",
        }
    )


def sent(store: BreakingStore | None = None) -> CloudWorld:
    """Return a world in which one text was taken, and word of it is awaited."""
    texts = Texts(SMS, can=Capabilities(receipts=True, replies=True))
    world = practice(1, CloudWorld(texts, store=store))
    world.new_sweep().run(called())
    world.reminders.run(from_queue(*world.queue.taken()), called())
    return world


def said(world: CloudWorld, event: str, *, is_final: bool = True) -> bytes:
    attempt = world.notifications(1)[0].attempts[0]
    at_ms = round(world.clock.now().timestamp() * 1000)
    context = {"attempt": attempt.id, "dedupe": f"{attempt.id}"}
    changes = {"eventType": event, "isFinal": is_final, "messageId": "m1"}
    return sample("eum_delivered", context=context, eventTimestamp=at_ms, **changes)


def first(world: CloudWorld) -> Notification:
    return world.notifications(1)[0]


@pytest.mark.parametrize("is_raw", [False, True])
def test_a_receipt_is_applied(*, is_raw: bool) -> None:
    world = sent()
    body = said(world, "TEXT_DELIVERED")

    answer = world.returns().run(from_queue(body.decode() if is_raw else enveloped(body)), called())
    world.emf.flush()

    assert failed_in(answer) == []
    assert first(world).attempts[0].state is AttemptState.DELIVERED
    assert world.lines[0]["WebhookCalls"] == 1


def test_a_text_that_is_lost_is_followed_by_one_mail_however_often_that_is_said() -> None:
    random = Random(7)
    world = sent()
    bodies = [
        enveloped(said(world, "TEXT_INVALID")),
        enveloped(said(world, "TEXT_SENT", is_final=False), number=2),
    ]
    sweep = world.new_sweep()

    for body in doubled(bodies, random):
        world.returns().run(from_queue(body), called())
    for _ in range(2):
        sweep.run(called())
        world.reminders.run(from_queue(*doubled(world.queue.taken(), random)), called())
        world.clock.advance(timedelta(minutes=1))

    assert len(world.sms.sent) == 1
    assert len(world.mail.sent) == 1


def test_a_reply_is_kept_once_and_counted() -> None:
    world = sent()
    reply = sample("eum_reply", originationNumber="+12065550001", messageBody="YES")

    answers = [world.returns().run(from_queue(enveloped(reply)), called()) for _ in range(2)]
    world.emf.flush()

    calls = world.store.query("calls_to_apply", "all").hits
    assert [failed_in(answer) for answer in answers] == [[], []]
    assert calls == ()
    assert world.lines[0]["Replies"] == 1


def test_an_envelope_of_another_topic_is_not_taken() -> None:
    world = sent()
    body = enveloped(said(world, "TEXT_UNREACHABLE"), topic=f"{TOPIC}-other")

    answer = world.returns(TOPIC).run(from_queue(body), called())

    assert failed_in(answer) == ["m-1"]
    assert first(world).attempts[0].state is AttemptState.ACCEPTED


@pytest.mark.parametrize(
    "body", ["{}", "not json", enveloped(b"hello"), enveloped(b"", kind="SubscriptionConfirmation")]
)
def test_what_says_nothing_changes_nothing(body: str) -> None:
    world = sent()
    before = first(world)

    answer = world.returns(TOPIC).run(from_queue(body), called())

    assert failed_in(answer) == []
    assert first(world) == before


def test_what_cannot_be_applied_comes_again() -> None:
    store = BreakingStore()
    world = sent(store)
    body = enveloped(said(world, "TEXT_DELIVERED"))
    event = from_queue(body)

    store.refuse_all(StorageUnavailableError("full"))
    refused = world.returns().run(event, called())
    store.refuse_all(None)
    store.break_reading(first(world).id, RuntimeError("broken"), times=1)
    broken = world.returns().run(event, called())
    applied = world.returns().run(event, called())

    assert [failed_in(a) for a in (refused, broken, applied)] == [["m-1"], ["m-1"], []]
    assert first(world).attempts[0].state is AttemptState.DELIVERED


def test_what_ends_with_a_receipt_is_counted_once_however_often_it_is_said() -> None:
    world = sent()
    world.emf.flush()
    world.lines.clear()
    returns = world.returns()

    for number in range(3):
        returns.run(from_queue(enveloped(said(world, "TEXT_DELIVERED"), number=number)), called())
    world.emf.flush()

    assert first(world).is_done
    assert [line["SuccessfulNotifications"] for line in world.lines if "SuccessfulNotifications" in line] == [1]


def test_the_reply_stands_in_the_store() -> None:
    world = sent()
    reply = sample("eum_reply", originationNumber="+12065550001", messageBody="YES")

    world.returns().run(from_queue(enveloped(reply)), called())

    ids = [hit.id for hit in world.store.query("replies_by_patient", "pat_1").hits]
    assert len(world.store.load(Reply, ids)) == 1
