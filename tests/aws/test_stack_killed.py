"""A function that is killed anywhere in a send loses nothing, and sends one copy too many at most."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import pytest

from kept.flow.due import due_ids
from tests.aws.stack import FunctionFailedError, Stack
from tests.aws.visits import EVENING, due, left_unread

MOST_CALLS: Final = 40
"""No send makes so many calls to AWS; the search for its last one ends earlier."""
LATER: Final = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1))
"""When it is looked at again."""
FIRST: Final = 2_000


@pytest.fixture(autouse=True)
def unread(stack: Stack) -> Iterator[None]:
    """Nobody reads the queue of reminders but the test."""
    with left_unread(stack, "ReminderFunctionQueue"):
        yield


def test_a_sender_killed_after_any_of_its_calls_loses_nothing_and_doubles_once_at_most(stack: Stack) -> None:
    copies = {}

    for call in range(1, MOST_CALLS):
        number = FIRST + call
        reminder = due(stack, number)
        if not is_killed(stack, reminder.id, call):
            break
        see_through(stack, reminder.id, stack.day(number))
        copies[call] = texts(stack, number)

    assert 3 <= len(copies) < MOST_CALLS - 1, "it was killed at several points, and at its last call"
    assert set(copies.values()) <= {1, 2}
    assert 1 in copies.values()


def is_killed(stack: Stack, notification_id: str, call: int) -> bool:
    """Kill the sender after that call; tell whether it came to that call at all."""
    stack.kill("Reminder", call=call, after=True)
    try:
        stack.deliver("Reminder", {"notificationId": notification_id})
    except FunctionFailedError:
        return True
    assert stack.is_killing("Reminder")
    return False


def see_through(stack: Stack, notification_id: str, start: datetime) -> None:
    """Look again at later times, as the sweep would: whenever it is due, and only then."""
    for later in LATER:
        now = start - EVENING + later
        stack.set_clock(now)
        if notification_id in due_ids(stack.store, now=now):
            stack.deliver("Reminder", {"notificationId": notification_id})


def texts(stack: Stack, number: int) -> int:
    """Return how many texts a patient got."""
    return sum(sent.to == f"+1212555{1000 + number:04d}" for sent in stack.providers.sent)
