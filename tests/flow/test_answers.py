"""What is written back to whoever writes: once, to the same address, never to one that is closed, never in a circle."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kept.core.conversation import Effect
from kept.core.exchanges import ANSWER_EVERY
from kept.core.notifications import NotificationKind
from kept.core.people import consent_id
from kept.flow.answers import forget_exchanges, forgettable_exchanges
from kept.flow.replies import forget_replies, forgettable_replies, replies_of
from tests.dispatching import DUE, PHONE, patient
from tests.flow.answering import MAIL, SMS, World, incoming, two_visits

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World(answers_replies=True)


# ---- what is answered


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("HELP", "help"),
        ("info", "help"),
        ("ayuda", "help"),
        ("see you at the end of May", "unclear"),
        ("hm?", "unclear"),
    ],
)
def test_who_asks_or_is_not_understood_gets_one_answer_at_once(world: World, text: str, template: str) -> None:
    kept = world.answer(text)

    (answer,) = world.written()
    assert Effect.ANSWERED in kept.effects
    assert (answer.template, answer.about, answer.patient_id) == (template, NotificationKind.ANSWER, "pat_1")
    assert (answer.plan, answer.addresses) == (((SMS,),), {SMS: PHONE})
    assert (answer.due_at, answer.wake_at) == (DUE, DUE)
    assert answer.deadline_at == DUE + timedelta(minutes=30)


def test_a_mail_is_answered_by_mail(world: World) -> None:
    world.answer("HELP", channel=MAIL, sender="ANA@example.com")

    (answer,) = world.written()
    assert (answer.plan, answer.addresses) == (((MAIL,),), {MAIL: "ANA@example.com"})


@pytest.mark.parametrize(
    "text",
    ["C", "yes", "R", "I can't make it", "STOP", "START", "wrong number", "", "This is an automatic reply"],
)
def test_what_is_understood_gets_no_answer(world: World, text: str) -> None:
    world.answer(text)

    assert world.texts() == []


def test_who_may_have_meant_stop_gets_nothing_until_a_person_has_read_it(world: World) -> None:
    kept = world.answer("is there a stop nearby")

    assert kept.rule == "may_mean_stop"
    assert kept.effects == (Effect.LISTED,)


def test_a_practice_can_leave_every_answer_to_people() -> None:
    world = World(answers_replies=False)
    two_visits(world)

    kept = [world.answer(text) for text in ("HELP", "hm?", "C", "CANCEL")]

    assert world.texts() == []
    assert [reply.effects for reply in kept[:3]] == [(), (Effect.LISTED,), (Effect.LISTED,)]


def test_nothing_is_written_to_a_number_that_is_opted_out(world: World) -> None:
    for text in ("STOP", "HELP", "hm?", "YES"):
        world.answer(text)

    assert world.texts() == []


def test_nothing_is_written_to_a_number_that_is_somebody_elses(world: World) -> None:
    world.answer("wrong number")
    world.answer("HELP")

    assert world.texts() == []


def test_a_stranger_is_written_to_by_people_only(world: World) -> None:
    kept = world.answer("HELP", sender="+12065550177")

    assert kept.effects == ()


def test_a_known_number_of_which_nobody_has_said_anything_is_answered(world: World) -> None:
    world.put(patient(id="pat_3", phone="+12065550133"))

    kept = world.answer("HELP", sender="+12065550133")

    assert kept.effects == (Effect.ANSWERED,)


def test_an_answer_that_would_come_too_late_is_none(world: World) -> None:
    late = world.answer("HELP", at=DUE - timedelta(minutes=30))
    in_time = world.answer("HELP", at=DUE - timedelta(minutes=29))

    (answer,) = world.written()
    assert (late.effects, in_time.effects) == ((), (Effect.ANSWERED,))
    assert answer.deadline_at == DUE + timedelta(minutes=1)


# ---- no circles


def test_two_machines_that_answer_each_other_fall_silent_after_one(world: World) -> None:
    for _ in range(20):
        world.answer("Thank you for your message. How can we be of service?")
        world.answer("HELP")
        world.later(seconds=5)

    assert world.texts() == ["unclear"]


def test_an_hour_later_somebody_is_answered_again(world: World) -> None:
    world.answer("HELP")
    world.later(seconds=ANSWER_EVERY.total_seconds() - 2)
    world.answer("HELP")
    world.later(seconds=1)
    world.answer("HELP")

    assert world.texts() == ["help", "help"]


@settings(max_examples=30)
@given(texts=st.lists(st.sampled_from(["C", "1", "2", "HELP", "hm?", "R", "no", "CANCEL it", "both"]), max_size=25))
def test_whatever_is_written_within_an_hour_gets_one_answer_and_one_question_at_most(texts: list[str]) -> None:
    world = World(answers_replies=True)
    two_visits(world)

    for text in texts:
        world.answer(text)

    said = world.texts()
    assert said.count("which_visit") <= 1
    assert len(said) - said.count("which_visit") <= 1


def test_a_call_that_comes_twice_is_answered_once(world: World) -> None:
    reply = incoming("HELP")

    first, again = world.apply(reply), world.apply(reply)

    assert first == again
    assert world.texts() == ["help"]


# ---- forgetting


def test_an_exchange_is_forgotten_when_nothing_depends_on_it(world: World) -> None:
    two_visits(world)
    world.answer("C")
    ends = world.exchange()
    assert ends

    early = forgettable_exchanges(world.store, now=ends.ends_at)
    late = forgettable_exchanges(world.store, now=ends.ends_at + timedelta(seconds=1))
    kept, gone = (
        world.store.submit(partial(forget_exchanges, ids=(*late, "x"), now=now)).result()
        for now in (ends.ends_at - HOUR, ends.ends_at)
    )

    assert (early, late, kept, gone) == ((), (consent_id(SMS, PHONE),), 0, 1)
    assert world.exchange() is None


def test_replies_are_shown_and_kept_for_400_days(world: World) -> None:
    kept = [world.answer(text) for text in ("C", "HELP")]
    last = DUE + timedelta(days=400, seconds=1)

    shown = [replies_of(world.store, "pat_1", now=now, limit=9) for now in (DUE, last - HOUR, last)]
    ids = forgettable_replies(world.store, now=last + HOUR, limit=9)
    gone = world.store.submit(lambda tx: forget_replies(tx, (*ids, "x"), now=last)).result()
    again = world.store.submit(lambda tx: forget_replies(tx, ids, now=last)).result()

    assert [{reply.id for reply in page} for page in shown] == [{"fake/r1", "fake/r2"}] * 2 + [set()]
    assert forgettable_replies(world.store, now=DUE, limit=9) == ()
    assert (set(ids), gone, again) == ({reply.id for reply in kept}, 2, 0)


def test_a_reply_that_is_to_be_kept_is_not_forgotten(world: World) -> None:
    kept = world.answer("C")

    assert world.store.submit(lambda tx: forget_replies(tx, (kept.id,), now=DUE)).result() == 0
