"""What people answered, on their page."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kept.core.conversation import Effect
from kept.core.notifications import NotificationKind
from kept.entrypoints.web.words import LANGUAGES, texts_in
from tests.entrypoints.web.accessibility import findings
from tests.entrypoints.web.world import NOW, PRACTICE, World

TOMORROW = NOW.replace(hour=15, minute=0) + timedelta(days=1)
ANN = "+12065550101"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_message_but_a_reminder_has_words(language: str) -> None:
    kinds = [kind for kind in NotificationKind if kind is not NotificationKind.REMINDER]
    assert [kind for kind in kinds if f"purpose.{kind.value}" not in texts_in(language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_an_answer_can_lead_to_has_words(language: str) -> None:
    assert [effect for effect in Effect if f"effect.{effect.value}" not in texts_in(language)] == []


def test_a_patients_page_shows_what_was_answered_and_what_it_led_to(world: World) -> None:
    world.book("a1", "ann", TOMORROW)
    for text in ("can we move it to next week?", "<b>hm</b>?", "STOP", ""):
        world.answer(text, ANN)

    shown = world.browser.look("/patients/ann")

    for line in (
        "can we move it to next week?",
        "<b>hm</b>?",
        "They ask for another time · On the worklist",
        "Messages to this",
    ):
        assert line in shown.text
    assert "Nothing had to be done." in shown.text
    assert findings(shown.body) == []


def test_who_has_answered_nothing_has_no_answers(world: World) -> None:
    assert "No answers." in world.browser.look("/patients/ann").text


def test_what_is_older_than_400_days_is_not_shown(world: World) -> None:
    world.answer("HELP", ANN)
    world.clock.advance(timedelta(days=400))

    assert "No answers." in world.browser.look("/patients/ann").text


def test_our_answer_stands_among_the_messages(world: World) -> None:
    world.do(lambda tx: tx.put(msgspec.structs.replace(PRACTICE, version=1, answers_replies=True)))
    world.answer("HELP", ANN)

    shown = world.browser.look("/patients/ann")

    assert "Our answer" in shown.text
    assert "We answered" in shown.text
