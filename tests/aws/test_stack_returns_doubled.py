"""What providers say and people answer comes at least once and in any order; it counts once, and none of it is lost."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from kept.core.booking import Appointment, ParticipationStatus
from kept.core.conversation import Reply
from kept.core.notifications import AttemptState, Notification, NotificationKind, Outcome
from kept.core.people import ChannelName, Consent, consent_id
from kept.core.worklist import ItemKind, WorklistItem
from kept.flow.worklist import worklist
from kept.ports.store import Entity
from tests.aws.providers import Sent
from tests.aws.stack import Stack, until
from tests.aws.test_stack_doubles import MANY, SEED, deliver_doubled, due_together, streamed, taken
from tests.aws.visits import EVENING, left_unread, visit_of

FIRST: Final = 3_600
"""Of those who answer; they come by themselves, and nobody of them takes part in another test."""
MINUTE: Final = timedelta(minutes=1)
QUEUES: Final = ("ReminderFunctionQueue", "ReceiptsFunctionQueue", "RepliesFunctionQueue")
SAID: Final = (("TEXT_DELIVERED",), ("TEXT_QUEUED", "TEXT_SENT", "TEXT_INVALID"), ("TEXT_SENT",))
"""What carriers say of a text, in turn; the last word of each is final, but for what only was sent on."""
ENDS: Final = (
    (["sms"], [AttemptState.DELIVERED]),
    (["sms", "email"], [AttemptState.UNDELIVERED, AttemptState.ACCEPTED]),
    (["sms"], [AttemptState.ACCEPTED]),
)
"""By what people are written to after that, and what is on record of it."""
WORDS: Final = ("Yes", "STOP", "HELP", "Can I come another day?")
"""What people answer, in turn."""


@pytest.fixture(autouse=True)
def unread(stack: Stack) -> Iterator[None]:
    """Nobody reads the queues but the test."""
    with left_unread(stack, *QUEUES):
        yield


def test_each_receipt_four_times_and_shuffled_counts_once(stack: Stack) -> None:
    others, numbers = unapplied(stack), due_together(stack)
    reminders = {number: reminder_of(stack, number) for number in numbers}
    deliver(stack, "Reminder", [{"notificationId": i} for i in reminders.values()])
    now = stack.day(numbers[0]) - EVENING + MINUTE
    events = [event for place, number in enumerate(numbers) for event in receipts(stack, place, number, now)]

    stack.set_clock(now)
    bodies = twice_through(stack, "Receipts", events, now)
    deliver_doubled(stack, "Receipts", bodies)
    first = records(stack, numbers)
    deliver_doubled(stack, "Receipts", bodies)

    assert records(stack, numbers) == first, "what has counted counts no more"
    assert unapplied(stack) == others
    stack.set_clock(now + MINUTE)
    stack.invoke("Sweep", {})
    deliver_doubled(stack, "Reminder", taken(stack, "ReminderQueue"))
    for place, number in enumerate(numbers):
        channels, states = ENDS[place % len(ENDS)]
        (reminder,) = stack.notifications(reminders[number])
        assert [sent.channel for sent in sent_to(stack, number)] == channels
        assert [attempt.state for attempt in reminder.attempts] == states
        assert (reminder.outcome is Outcome.DELIVERED) is (states == [AttemptState.DELIVERED])
        assert consent_of(stack, number).unusable == ("permanent" if len(states) > 1 else "")


def test_each_reply_four_times_and_shuffled_counts_once_and_is_answered_once(stack: Stack) -> None:
    others, numbers = unapplied(stack), list(range(FIRST, FIRST + MANY))
    start = stack.day(FIRST)
    visits = {number: visit_of(stack, number, start=start) for number in numbers}
    now = start - 2 * EVENING
    stack.set_clock(now)

    bodies = twice_through(stack, "Replies", [reply(place, number) for place, number in enumerate(numbers)], now)
    deliver_doubled(stack, "Replies", bodies)
    first = records(stack, numbers)
    deliver_doubled(stack, "Replies", bodies)

    assert records(stack, numbers) == first, "what has counted counts no more"
    assert unapplied(stack) == others
    answers = [[record, record] for record in new_answers(stack)]
    deliver_doubled(stack, "Reminder", answers)
    to_move = {i.appointment_id for i in open_items(stack, numbers) if i.about is ItemKind.WANTS_TO_MOVE}
    for place, number in enumerate(numbers):
        said, visit = WORDS[place % len(WORDS)], stack.store.load(Appointment, [visits[number].id])[0]
        wanted = {"Yes": ParticipationStatus.ACCEPTED, WORDS[3]: ParticipationStatus.TENTATIVE}
        assert visit.participation is wanted.get(said, ParticipationStatus.NEEDS_ACTION)
        assert consent_of(stack, number).granted is (said != "STOP")
        assert (visit.id in to_move) is (said == WORDS[3])
        assert len(sent_to(stack, number)) == (said == "HELP")
    assert len(answers) == MANY // len(WORDS)


def test_a_stop_that_overtakes_a_yes_stands_and_so_does_the_yes(stack: Stack) -> None:
    number = FIRST + MANY
    visit = visit_of(stack, number)
    now = visit.start - 2 * EVENING
    stack.set_clock(now)
    said = [reply(0, number, says="STOP", named="b"), reply(0, number, says="I will be there", named="a")]

    deliver_doubled(stack, "Replies", twice_through(stack, "Replies", said, now))

    assert consent_of(stack, number).granted is False
    assert len(replies_of(stack, [number])) == len(said)
    assert sent_to(stack, number) == []


def deliver(stack: Stack, function: str, bodies: Sequence[object]) -> None:
    for first in range(0, len(bodies), 10):
        assert stack.deliver(function, *bodies[first : first + 10]) == []


def twice_through(stack: Stack, name: str, events: Sequence[object], now: datetime) -> list[str]:
    """
    Say everything twice through a topic, as a provider may; return what its queue holds, in no order.

    The emulator stamps envelopes by its own clock, and nobody answers what was said weeks ago: they are stamped anew.
    """
    for event in [*events, *events]:
        stack.publish(f"{name}Topic", event)
    found: list[str] = []

    def are_there() -> bool:
        found.extend(taken(stack, f"{name}Queue"))
        return len(found) >= 2 * len(events)

    until(are_there, what=f"everything in the queue {name}")
    random.Random(SEED).shuffle(found)
    stamp = {"Timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
    return [json.dumps(json.loads(body) | stamp) for body in found]


def receipts(stack: Stack, place: int, number: int, at: datetime) -> list[dict[str, object]]:
    """Return what a carrier says of the text to one person."""
    (text,) = sent_to(stack, number)
    words = SAID[place % len(SAID)]
    return [
        {
            "eventType": word,
            "eventVersion": "1.0",
            "eventTimestamp": round((at + order * timedelta(seconds=1)).timestamp() * 1000),
            "isFinal": word in {"TEXT_DELIVERED", "TEXT_INVALID"},
            "messageId": text.id,
            "context": text.context,
        }
        for order, word in enumerate(words)
    ]


def reply(place: int, number: int, *, says: str = "", named: str = "") -> dict[str, object]:
    """Return what End User Messaging says when somebody has answered."""
    return {
        "originationNumber": phone(number),
        "destinationNumber": "+12125550100",
        "messageBody": says or WORDS[place % len(WORDS)],
        "inboundMessageId": f"in-{number}{named}",
        "previousPublishedMessageId": "",
    }


def new_answers(stack: Stack) -> list[dict[str, Any]]:
    """Return the stream's newest records of answers that were planned."""
    kind = NotificationKind.ANSWER.value
    return [r for r in streamed(stack) if r["dynamodb"]["NewImage"].get("about", {}).get("S") == kind]


def records(stack: Stack, numbers: Sequence[int]) -> list[Entity]:
    """Return all that is on record of some people, with the version of each."""
    visits = stack.store.load(Appointment, [f"apt_{number}" for number in numbers])
    reminders = stack.store.load(Notification, [i for visit in visits for i in visit.notification_ids])
    consents = [consent_of(stack, number) for number in numbers]
    items = sorted(open_items(stack, numbers), key=lambda item: item.id)
    return [*visits, *reminders, *consents, *items, *replies_of(stack, numbers)]


def replies_of(stack: Stack, numbers: Sequence[int]) -> tuple[Reply, ...]:
    hits = [h for n in numbers for h in stack.store.query("replies_by_patient", f"p{n}").hits]
    assert max(Counter(hit.id for hit in hits).values(), default=1) == 1
    return stack.store.load(Reply, [hit.id for hit in hits])


def unapplied(stack: Stack) -> set[str]:
    """Return the ids of what came and is not applied yet; other tests may have kept some from being applied."""
    return {hit.id for hit in stack.store.query("calls_to_apply", "all", limit=500).hits}


def open_items(stack: Stack, numbers: Sequence[int]) -> list[WorklistItem]:
    now = stack.day(numbers[0]) - EVENING
    return [row.item for row in worklist(stack.store, now=now, limit=200).rows]


def consent_of(stack: Stack, number: int) -> Consent:
    return stack.store.load(Consent, [consent_id(ChannelName.SMS, phone(number))])[0]


def reminder_of(stack: Stack, number: int) -> str:
    (visit,) = stack.store.load(Appointment, [f"apt_{number}"])
    return visit.notification_ids[0]


def sent_to(stack: Stack, number: int) -> list[Sent]:
    """Return what providers were asked to send to one person, oldest first."""
    addresses = {phone(number), f"ann{number}@example.com"}
    return [sent for sent in stack.providers.sent if sent.to in addresses]


def phone(number: int) -> str:
    return f"+1212555{1000 + number:04d}"
