"""Which of several visits a reply means: found out, asked about, and chosen by a number; never guessed."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kept.core.answers import AnswerText, visits_asked
from kept.core.booking import Appointment, AppointmentStatus, ParticipationStatus
from kept.core.conversation import Effect
from kept.core.exchanges import ASKED_FOR
from kept.core.notifications import Notification
from kept.core.people import consent_id
from kept.core.practice import Practice
from kept.core.receipts import ProviderMessage
from kept.core.schedules import Place
from kept.core.visit_lists import VisitFacts
from kept.core.worklist import ItemKind, ItemState, WorklistItem
from kept.flow.answers import CHOICE_RULE, RESOLVED
from tests.dispatching import DUE, PHONE, START, appointment, attempt, notification
from tests.flow.answering import SMS, World, participations, two_visits

HOUR = timedelta(hours=1)
PLACES = (Place(id="main", name="Main Street", zone="America/New_York"),)


@pytest.fixture
def world() -> World:
    return World(answers_replies=True)


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
