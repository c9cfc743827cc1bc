"""What is written back to whoever writes: once, to the same address, never to one that is closed, never in a circle."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kept.core.answers import AnswerText, visits_asked
from kept.core.booking import Appointment, AppointmentStatus, ParticipationStatus
from kept.core.conversation import Effect
from kept.core.exchanges import ANSWER_EVERY, ASKED_FOR
from kept.core.notifications import Notification, NotificationKind
from kept.core.people import consent_id
from kept.core.practice import CancelWord, Practice
from kept.core.receipts import ProviderMessage
from kept.core.replies import understand
from kept.core.schedules import Place
from kept.core.visit_lists import VisitFacts
from kept.core.worklist import ItemKind, ItemState, WorklistItem
from kept.flow.answers import CHOICE_RULE, RESOLVED, forget_exchanges, forgettable_exchanges
from kept.flow.replies import forget_replies, forgettable_replies, replies_of
from tests.dispatching import DUE, EMAIL, PHONE, START, appointment, attempt, consent, notification, patient
from tests.flow.answering import MAIL, SMS, World, incoming

HOUR = timedelta(hours=1)
CASES = json.loads((Path(__file__).parents[1] / "samples" / "replies.json").read_text(encoding="utf-8"))["cases"]
PLACES = (Place(id="main", name="Main Street", zone="America/New_York"),)


@pytest.fixture
def world() -> World:
    return World(answers_replies=True)


def two_visits(world: World, **changes: object) -> None:
    """Give the number of the first patient a second visit, of somebody else."""
    world.put(patient(id="pat_2", full_name="Bo"), appointment(id="apt_2", patient_id="pat_2", start=START + HOUR))
    if changes:
        world.put(msgspec.structs.replace(world.visit("apt_2"), **changes))


def participations(world: World) -> list[ParticipationStatus]:
    return [world.visit(visit).participation for visit in ("apt_1", "apt_2")]


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


# ---- which visit


@pytest.mark.parametrize(
    ("text", "participation", "items"),
    [
        ("C", ParticipationStatus.ACCEPTED, []),
        ("R", ParticipationStatus.TENTATIVE, [(ItemKind.WANTS_TO_MOVE, "apt_2")]),
        ("I can't make it", ParticipationStatus.DECLINED, [(ItemKind.WANTS_TO_CANCEL, "apt_2")]),
    ],
)
@pytest.mark.parametrize("choice", ["2", "#2", "the second", "la segunda", "le deuxième", "der zweite", "drugi"])
def test_the_visit_that_is_chosen_gets_the_answer(
    world: World, text: str, participation: ParticipationStatus, items: list[tuple[ItemKind, str]], choice: str
) -> None:
    two_visits(world)

    asked, chosen = world.answer(text), world.answer(choice)

    assert asked.effects == (Effect.LISTED, Effect.ASKED_WHICH_VISIT)
    assert (chosen.rule, chosen.intent, chosen.appointment_id) == (CHOICE_RULE, asked.intent, "apt_2")
    assert chosen.patient_ids == ("pat_2",)
    assert participations(world) == [ParticipationStatus.NEEDS_ACTION, participation]
    assert world.items() == items


def test_the_question_names_day_time_and_place_in_order_and_nobody(world: World) -> None:
    world.put(Practice(version=1, name="Elm", answers_replies=True, places=PLACES))
    two_visits(world, place_id="main")

    world.answer("C")

    (question,) = world.written()
    assert question.template == AnswerText.WHICH_VISIT
    assert visits_asked(question) == (
        VisitFacts(start=START, zone="America/New_York"),
        VisitFacts(start=START + HOUR, zone="America/New_York", place="Main Street"),
    )


@pytest.mark.parametrize(
    "changes",
    [{"start": START}, {"start": START + 3 * HOUR, "zone": "America/Los_Angeles"}],
    ids=["at once", "by their clocks"],
)
def test_visits_that_begin_together_are_not_asked_about(world: World, changes: dict[str, object]) -> None:
    two_visits(world, **changes)

    kept = world.answer("C")

    assert kept.effects == (Effect.LISTED, Effect.ANSWERED)
    assert world.texts() == ["unclear"]


def test_more_visits_than_a_text_can_hold_are_asked_about_by_a_person(world: World) -> None:
    world.put(*(appointment(id=f"apt_{n}", start=START + n * HOUR) for n in range(2, 6)))

    world.answer("C")

    assert world.texts() == ["unclear"]


def test_a_second_yes_is_no_guess_either_and_a_person_reads_it(world: World) -> None:
    two_visits(world)

    world.answer("C")
    again = world.answer("yes")

    assert again.effects == (Effect.LISTED, Effect.ANSWERED)
    assert world.texts() == ["which_visit", "unclear"]
    assert participations(world) == [ParticipationStatus.NEEDS_ACTION] * 2


@pytest.mark.parametrize("choice", ["both", "1 and 2", "las dos", "yes, all of them"])
def test_a_yes_can_be_about_all_of_them(world: World, choice: str) -> None:
    two_visits(world)

    world.answer("C")
    kept = world.answer(choice)

    assert participations(world) == [ParticipationStatus.ACCEPTED] * 2
    assert (kept.appointment_id, kept.patient_ids) == (None, ("pat_1", "pat_2"))
    assert (kept.effects, world.items()) == ((Effect.VISIT_CONFIRMED,), [])


@pytest.mark.parametrize("text", ["R", "I can't make it"])
def test_whoever_wants_to_change_both_is_asked_by_a_person(world: World, text: str) -> None:
    two_visits(world)

    world.answer(text)
    kept = world.answer("both")

    assert participations(world) == [ParticipationStatus.NEEDS_ACTION] * 2
    assert kept.effects == (Effect.LISTED, Effect.ANSWERED)


def test_what_else_was_listed_stays_when_the_question_is_answered(world: World) -> None:
    two_visits(world)

    for text in ("C", "is there parking?", "1"):
        world.answer(text)

    assert participations(world)[0] is ParticipationStatus.ACCEPTED
    assert world.items() == [(ItemKind.UNCLEAR_REPLY, None)]


def test_an_item_that_a_person_has_closed_stays_closed(world: World) -> None:
    two_visits(world)
    world.answer("C")
    (item,) = world.store.load(WorklistItem, [hit.id for hit in world.store.query("worklist_open", "all").hits])
    world.put(msgspec.structs.replace(item, state=ItemState.CLOSED, closed_at=DUE, done="called"))

    world.answer("1")

    (after,) = world.store.load(WorklistItem, [item.id])
    assert (after.done, participations(world)[0]) == ("called", ParticipationStatus.ACCEPTED)


def test_the_list_says_why_nobody_needs_to_ask_any_more(world: World) -> None:
    two_visits(world)
    world.answer("C")
    (hit,) = world.store.query("worklist_open", "all").hits
    world.answer("1")

    (item,) = world.store.load(WorklistItem, [hit.id])
    assert (item.state, item.done, item.closed_by) == (ItemState.CLOSED, RESOLVED, "reply")


def test_stop_counts_while_a_question_is_open_and_its_number_lifts_nothing(world: World) -> None:
    two_visits(world)

    world.answer("C")
    world.answer("STOP")
    world.answer("1")

    assert not world.allows()
    assert participations(world) == [ParticipationStatus.NEEDS_ACTION] * 2
    assert world.texts() == ["which_visit"]


def test_help_is_given_while_a_question_is_open_which_stays_open(world: World) -> None:
    two_visits(world)

    for text in ("C", "HELP", "2"):
        world.answer(text)

    assert world.texts() == ["which_visit", "help"]
    assert participations(world)[1] is ParticipationStatus.ACCEPTED


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 1, "start": START + 2 * HOUR},
        {"status": AppointmentStatus.CANCELLED, "sequence": 1},
        {"patient_id": "pat_9"},
    ],
    ids=["moved", "cancelled", "another's"],
)
def test_a_visit_that_has_changed_since_is_not_chosen(world: World, changes: dict[str, object]) -> None:
    two_visits(world)
    world.answer("C")
    world.put(msgspec.structs.replace(world.visit("apt_2"), **changes))

    kept = world.answer("2")

    assert world.visit("apt_2").participation is ParticipationStatus.NEEDS_ACTION
    assert (kept.appointment_id, kept.effects) == (None, (Effect.LISTED, Effect.ANSWERED))


def test_a_number_is_a_choice_for_a_day_or_until_the_first_visit_begins(world: World) -> None:
    world.put(msgspec.structs.replace(world.visit(), start=START + 2 * HOUR))
    two_visits(world)
    world.answer("C")
    ends = [start - DUE for start in (DUE + ASKED_FOR, START + HOUR)]
    world.later(seconds=min(ends).total_seconds())

    kept = world.answer("2")

    assert kept.rule != CHOICE_RULE
    assert participations(world) == [ParticipationStatus.NEEDS_ACTION] * 2


def test_a_question_is_asked_once_in_an_hour(world: World) -> None:
    two_visits(world)

    for text in ("C", "1", "C"):
        world.answer(text)
    world.later(hours=1)
    world.answer("R")

    assert world.texts() == ["which_visit", "unclear", "which_visit"]


# ---- which visit, as far as we can tell


def told(number: int, **changes: object) -> tuple[Notification, Appointment]:
    """Return a message about a visit that went to the number, and the visit."""
    sent = msgspec.structs.replace(
        attempt("a"), id=f"ntf_{number}.sms.1", destination_hash=consent_id(SMS, PHONE), provider_message_id="m1"
    )
    visit = appointment(
        id=f"apt_{number}", start=START + (number - 1) * HOUR, notification_ids=(f"ntf_{number}",), version=1
    )
    note = notification(sent, id=f"ntf_{number}", appointment_id=visit.id)
    return msgspec.structs.replace(note, **changes), visit


def test_the_only_visit_that_the_number_was_told_about_is_meant(world: World) -> None:
    world.put(appointment(id="apt_2", start=START + HOUR))
    world.put(*told(2))

    kept = world.answer("C")

    assert kept.appointment_id == "apt_2"
    assert world.texts() == []


def test_a_message_of_another_time_does_not_tell_which_visit_is_meant(world: World) -> None:
    world.put(appointment(id="apt_2", start=START + HOUR))
    note, visit = told(2)
    world.put(note, msgspec.structs.replace(visit, sequence=1))

    world.answer("C")

    assert world.texts() == ["which_visit"]


def test_with_both_asked_about_the_message_that_came_last_decides_nothing(world: World) -> None:
    world.put(appointment(id="apt_2", start=START + HOUR))
    world.put(*told(1), *told(2), ProviderMessage(id="fake/m1", attempt_id="ntf_1.sms.1", noted_at=DUE))

    world.answer("C", answers_message_id="m1")
    world.answer("1", answers_message_id="m1")

    assert world.texts() == ["which_visit"]
    assert participations(world) == [ParticipationStatus.ACCEPTED, ParticipationStatus.NEEDS_ACTION]


def test_a_message_that_spoke_of_two_visits_was_about_both(world: World) -> None:
    main, visit = told(1)
    other, second = told(2, attempts=(), said_in="ntf_1")
    world.put(
        msgspec.structs.replace(second, version=0),
        main,
        visit,
        other,
        ProviderMessage(id="fake/m1", attempt_id="ntf_1.sms.1", noted_at=DUE),
    )

    with_id = world.answer("C", answers_message_id="m1")
    chosen = world.answer("2")

    assert (with_id.appointment_id, chosen.appointment_id) == (None, "apt_2")


def test_a_reply_to_our_answer_is_about_the_visit_all_the_same(world: World) -> None:
    world.answer("hm?")
    (answer,) = world.written()
    sent = msgspec.structs.replace(attempt("a"), id=f"{answer.id}.sms.1", destination_hash=consent_id(SMS, PHONE))
    world.put(msgspec.structs.replace(answer, attempts=(sent,)))
    world.put(ProviderMessage(id="fake/m2", attempt_id=sent.id, noted_at=DUE))

    kept = world.answer("C", answers_message_id="m2")

    assert kept.effects == (Effect.VISIT_CONFIRMED,)


# ---- the word CANCEL


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
