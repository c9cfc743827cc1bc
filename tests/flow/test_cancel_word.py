"""The word CANCEL: what it ends, what it cancels, and where it does neither."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from kept.core.booking import AppointmentStatus
from kept.core.conversation import Effect
from kept.core.practice import CancelWord
from kept.core.replies import understand
from tests.dispatching import DUE, EMAIL, PHONE, START, appointment, consent, patient
from tests.flow.answering import MAIL, SMS, World, two_visits

HOUR = timedelta(hours=1)
CASES = json.loads((Path(__file__).parents[1] / "samples" / "replies.json").read_text(encoding="utf-8"))["cases"]


@pytest.fixture
def world() -> World:
    return World(answers_replies=True)


def test_cancel_ends_texts_and_a_mail_tells_how_to_cancel(world: World) -> None:
    kept = world.answer("CANCEL")

    (mail,) = world.written()
    assert kept.effects == (Effect.MESSAGES_ENDED, Effect.LISTED, Effect.CANCEL_LINK_MAILED)
    assert world.visit().is_live
    assert (mail.rule, mail.template) == ("cancel_link", "reminder_asking")
    assert (mail.plan, mail.appointment_id) == (((MAIL,),), "apt_1")
    assert mail.deadline_at == START
    assert world.visit().notification_ids == (mail.id,)


@pytest.mark.parametrize(
    "without",
    [
        (consent(MAIL, EMAIL, granted=False),),
        (msgspec.structs.replace(consent(MAIL, EMAIL), unusable="permanent"),),
        (patient(email=None),),
        (patient(email="new@example.com"),),
        (appointment(status=AppointmentStatus.CANCELLED),),
    ],
    ids=["said no", "unusable", "no address", "nothing said", "no visit"],
)
def test_no_mail_where_none_may_be_sent_or_nothing_can_be_cancelled(
    world: World, without: tuple[msgspec.Struct, ...]
) -> None:
    world.put(*(msgspec.structs.replace(entity, version=1) for entity in without))  # type: ignore[arg-type]

    kept = world.answer("CANCEL")

    assert kept.effects == (Effect.MESSAGES_ENDED, Effect.LISTED)


def test_cancel_cancels_beside_ending_texts_where_the_practice_wants_it() -> None:
    world = World(answers_replies=True, cancel_word=CancelWord.OPTOUT_AND_CANCEL)

    kept = world.answer("CANCEL")

    assert kept.effects == (Effect.MESSAGES_ENDED, Effect.VISIT_CANCELLED)
    assert (world.allows(), world.visit().status) == (False, AppointmentStatus.CANCELLED)
    assert [(h.what, h.by) for h in world.visit().history][-1] == ("cancel", "reply")
    assert (world.items(), world.texts()) == ([], [])


ABROAD = "+447911123456"


@pytest.mark.parametrize(
    ("way", "text", "sender", "status", "allowed"),
    [
        (CancelWord.OPTOUT_AND_TASK, "CANCEL", PHONE, "CONFIRMED", False),
        (CancelWord.OPTOUT_AND_TASK, "CANCEL", ABROAD, "CONFIRMED", True),
        (CancelWord.OPTOUT_AND_CANCEL, "CANCEL", PHONE, "CANCELLED", False),
        (CancelWord.OPTOUT_AND_CANCEL, "CANCEL", ABROAD, "CONFIRMED", True),
        (CancelWord.CANCEL, "CANCEL", PHONE, "CONFIRMED", False),
        (CancelWord.CANCEL, "CANCEL", ABROAD, "CANCELLED", True),
        (CancelWord.CANCEL, "cancel my appointment", ABROAD, "CONFIRMED", True),
        (CancelWord.CANCEL, "I can't make it", ABROAD, "CONFIRMED", True),
        (CancelWord.OPTOUT_AND_CANCEL, "STOP", PHONE, "CONFIRMED", False),
        (CancelWord.OPTOUT_AND_CANCEL, "cancel my appointment", PHONE, "CONFIRMED", True),
    ],
)
def test_only_the_bare_word_cancels_and_only_where_the_practice_and_the_country_let_it(
    way: CancelWord, text: str, sender: str, status: str, *, allowed: bool
) -> None:
    world = World(answers_replies=True, cancel_word=way)
    world.put(msgspec.structs.replace(patient(phone=sender), version=1))
    if sender != PHONE:
        world.put(consent(SMS, sender))

    world.answer(text, sender=sender)

    assert (world.visit().status, world.allows(SMS, sender)) == (status, allowed)


@pytest.mark.parametrize("sender", [PHONE, ABROAD])
@pytest.mark.parametrize("way", list(CancelWord))
def test_no_reply_of_the_labelled_ones_cancels_a_visit_but_the_bare_word(way: CancelWord, sender: str) -> None:
    cancelled = set()
    for case in CASES:
        world = World(answers_replies=True, cancel_word=way)
        world.put(msgspec.structs.replace(patient(phone=sender), version=1))
        world.answer(case["body"], sender=sender)
        if not world.visit().is_live:
            cancelled.add(case["body"])

    reached = {CancelWord.OPTOUT_AND_CANCEL: PHONE, CancelWord.CANCEL: ABROAD}.get(way)
    bare = {case["body"] for case in CASES if understand(case["body"]).is_bare_cancel}
    assert cancelled == (bare if reached == sender else set())
    assert bare


@pytest.mark.parametrize("way", [CancelWord.OPTOUT_AND_CANCEL, CancelWord.CANCEL])
@pytest.mark.parametrize(
    "changes",
    [{"status": AppointmentStatus.CHECKED_IN}, {"status": AppointmentStatus.CANCELLED}, {"start": DUE - HOUR}],
    ids=["arrived", "cancelled", "begun"],
)
def test_what_is_not_to_be_cancelled_is_not(way: CancelWord, changes: dict[str, object]) -> None:
    world = World(answers_replies=True, cancel_word=way)
    world.put(msgspec.structs.replace(world.visit(), **changes))

    kept = world.answer("CANCEL")

    assert Effect.VISIT_CANCELLED not in kept.effects
    assert Effect.LISTED in kept.effects


def test_cancel_with_two_visits_cancels_none_and_the_number_that_is_chosen_alone() -> None:
    world = World(answers_replies=True, cancel_word=CancelWord.CANCEL)
    world.put(msgspec.structs.replace(patient(phone=ABROAD), version=1), consent(SMS, ABROAD))
    world.put(appointment(id="apt_2", start=START + HOUR))

    first = world.answer("CANCEL", sender=ABROAD)
    second = world.answer("2", sender=ABROAD)

    assert (first.effects, second.effects) == (
        (Effect.LISTED, Effect.ASKED_WHICH_VISIT),
        (Effect.VISIT_CANCELLED,),
    )
    assert [world.visit(i).is_live for i in ("apt_1", "apt_2")] == [True, False]
    assert world.items() == []


def test_cancel_with_two_visits_ends_texts_and_cancels_none() -> None:
    world = World(answers_replies=True, cancel_word=CancelWord.OPTOUT_AND_CANCEL)
    two_visits(world)

    kept = world.answer("CANCEL")

    assert kept.effects == (Effect.MESSAGES_ENDED, Effect.LISTED)
    assert all(world.visit(i).is_live for i in ("apt_1", "apt_2"))
