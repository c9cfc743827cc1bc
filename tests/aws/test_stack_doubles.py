"""Queues and streams deliver at least once and in any order; people hear of it once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from kept.core.booking import Appointment
from tests.aws.stack import Stack, add_patient
from tests.aws.visits import CROWD, EVENING, left_unread, visit_of

MANY: Final = 12
HANDS: Final = 4
SEED: Final = 20_260_504

NUMBERS: Final = iter(range(CROWD, CROWD + 1_000, MANY))


@pytest.fixture(autouse=True)
def unread(stack: Stack) -> Iterator[None]:
    """Nobody reads the queues but the test."""
    mappings = ("ReminderFunctionQueue", "RequestFunctionQueue", "ConfirmationFunctionQueue")
    with left_unread(stack, *mappings):
        yield


def test_each_message_of_the_queue_twice_and_shuffled_is_one_text(stack: Stack) -> None:
    numbers = due_together(stack)
    assert stack.invoke("Sweep", {})["queued"] >= MANY
    bodies = taken(stack, "ReminderQueue")

    deliver_doubled(stack, "Reminder", bodies)

    assert texts(stack, numbers) == dict.fromkeys(numbers, 1)


def test_each_record_of_the_stream_twice_and_shuffled_is_one_text(stack: Stack) -> None:
    numbers = due_together(stack)
    records = streamed(stack)
    wanted = [[record, record] for record in records]

    deliver_doubled(stack, "Reminder", wanted)

    assert len(records) >= MANY
    assert texts(stack, numbers) == dict.fromkeys(numbers, 1)


def test_each_request_twice_and_shuffled_is_one_appointment(stack: Stack) -> None:
    first = next(NUMBERS)
    numbers = range(first, first + MANY)
    bodies = [requested(stack, number) for number in numbers]

    deliver_doubled(stack, "Request", bodies)
    confirmations = taken(stack, "ConfirmationQueue")
    deliver_doubled(stack, "Confirmation", confirmations)

    visits = stack.store.load(Appointment, [f"apt_{number}" for number in numbers])
    assert len(visits) == MANY
    assert {visit.status.value for visit in visits} == {"CONFIRMED"}
    assert len({len(visit.notification_ids) for visit in visits}) == 1


def due_together(stack: Stack) -> list[int]:
    """Let the reminders of many be due at one time; return who they are."""
    first = next(NUMBERS)
    numbers = list(range(first, first + MANY))
    start = stack.day(first)
    for number in numbers:
        visit_of(stack, number, start=start)
    stack.set_clock(start - EVENING)
    return numbers


def requested(stack: Stack, number: int) -> dict[str, object]:
    return {
        "appointmentId": f"apt_{number}",
        "patientId": add_patient(stack, number),
        "appointmentDate": stack.day(number).date().isoformat(),
        "startTime": "11:00",
        "endTime": "11:30",
    }


def deliver_doubled(stack: Stack, function: str, bodies: Sequence[object]) -> None:
    """Hand each message over twice, in an order of no meaning, to several instances at once."""
    doubled = [*bodies, *bodies]
    random.Random(SEED).shuffle(doubled)
    with ThreadPoolExecutor(HANDS) as hands:
        batches = [doubled[n : n + 5] for n in range(0, len(doubled), 5)]
        assert list(hands.map(lambda batch: stack.deliver(function, *batch), batches)) == [[]] * len(batches)


def taken(stack: Stack, queue: str) -> list[str]:
    """Take all messages from a queue."""
    sqs, url = stack.client("sqs"), stack.parts.ids[queue]
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append(message["Body"])
    return found


def streamed(stack: Stack) -> list[dict[str, Any]]:
    """Return the stream's newest records of new notifications, as a pipe would hand them over."""
    streams = stack.client("dynamodbstreams")
    arn = stack.client("dynamodb").describe_table(TableName=stack.parts.ids["NotificationsTable"])["Table"]
    shards = streams.describe_stream(StreamArn=arn["LatestStreamArn"])["StreamDescription"]["Shards"]
    found = []
    for shard in shards:
        place = streams.get_shard_iterator(
            StreamArn=arn["LatestStreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while place:
            page = streams.get_records(ShardIterator=place)
            found += page["Records"]
            place = page.get("NextShardIterator") if page["Records"] else None
    return [record for record in found if record["eventName"] == "INSERT"][-MANY:]


def texts(stack: Stack, numbers: Sequence[int]) -> dict[int, int]:
    """Return how many texts each of them got."""
    counts = Counter(sent.to for sent in stack.providers.sent if sent.channel == "sms")
    return {number: counts[f"+1212555{1000 + number:04d}"] for number in numbers}
