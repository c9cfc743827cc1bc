"""A conversation through the whole program: reminded, answered, asked which visit, answered again; and two machines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from kept.adapters.outbox import OutboxMessage
from kept.core.booking import ParticipationStatus
from kept.core.contacts import PhoneNumber
from kept.core.people import ChannelName, Patient
from kept.flow.people import register
from tests.entrypoints.web.world import NOW, PRACTICE, World, opened

ANN = "+12065550101"
TOMORROW = NOW.replace(hour=15, minute=0) + timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A practice that answers, and a mother and her son with one phone, each with a visit tomorrow."""
    with opened(tmp_path) as made:
        answering = msgspec.structs.replace(PRACTICE, version=1, phone="206-555-0100", answers_replies=True)
        son = Patient(id="dan", first_name="Dan", phone=PhoneNumber(ANN), created_at=NOW, updated_at=NOW)
        made.do(lambda tx: tx.put(answering))
        made.do(lambda tx: register(tx, son, (), by="test", now=NOW))
        made.book("a1", "ann", TOMORROW)
        made.book("a2", "dan", TOMORROW + HOUR)
        yield made


def texts(world: World) -> list[OutboxMessage]:
    world.send()
    return [each for each in world.ledger.messages() if each.channel is ChannelName.SMS]


def said_back(world: World, text: str) -> list[OutboxMessage]:
    """Answer the last text, and return all texts that left since the beginning."""
    world.voice.reply(texts(world)[-1].id, text)
    return texts(world)


def test_a_yes_that_may_mean_two_visits_is_asked_about_and_its_number_counts(world: World) -> None:
    world.clock.set(TOMORROW + HOUR - timedelta(days=1))
    reminders = texts(world)

    *_, question = said_back(world, "C")
    waiting = world.browser.look("/worklist").text
    after = said_back(world, "the second, please")

    assert len(reminders) == 2
    assert question.text == (
        "Elm Street: which visit? 1: Tue, May 5, 11:00 AM; 2: Tue, May 5, 12:00 PM, 12 Elm St. Reply with the number. "
        "Or call 206-555-0100."
    )
    assert after[-1].id == question.id
    assert [world.stored(visit).participation for visit in ("a1", "a2")] == [
        ParticipationStatus.NEEDS_ACTION,
        ParticipationStatus.ACCEPTED,
    ]
    assert "A reply needs a person" in waiting
    assert "We asked which visit was meant" in waiting
    assert "Nothing to do: everyone was reached." in world.browser.look("/worklist").text


def test_two_machines_that_answer_each_other_fall_silent_after_one(world: World) -> None:
    world.clock.set(TOMORROW + HOUR - timedelta(days=1))
    before = len(texts(world))

    for number in range(12):
        world.clock.advance(timedelta(minutes=2))
        said_back(world, f"Thank you for your message, ticket {number}. How may we be of service?")

    left = texts(world)
    assert len(left) == before + 1
    assert "did not understand" in left[-1].text
