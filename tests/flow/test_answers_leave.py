"""Answers on their way: the words that leave, at any hour and beyond any cap, unless the person has said STOP."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import msgspec
import pytest

from kept.core.booking import AppointmentStatus
from kept.core.channels import Capabilities
from kept.core.conversation import Effect
from kept.core.limits import Caps
from kept.core.notifications import Reason
from kept.core.people import Consent, Told, consent_id
from kept.core.practice import CancelWord
from kept.core.quiet_hours import QuietHours
from kept.core.schedules import Place
from kept.flow.dispatch import Claimed, claim
from tests.dispatching import DUE, EMAIL, PHONE, START, appointment, consent, notification, patient
from tests.flow.answering import MAIL, SMS, World
from tests.flow.claims import carriers

HOUR = timedelta(hours=1)
CAN_ANSWER = Capabilities(replies=True)
PLACES = (Place(id="main", name="Main Street", zone="America/New_York"),)


@pytest.fixture
def world() -> World:
    return World(answers_replies=True, asks_to_confirm=True, places=PLACES)


def claimed(world: World, notification_id: str) -> Claimed:
    step = partial(claim, notification_id=notification_id, carriers=carriers(CAN_ANSWER), now=world.now)
    return world.store.submit(step).result()


def left(world: World) -> list[str]:
    """Return the text of every answer that leaves now."""
    return [h.message.text for each in world.written() for h in claimed(world, each.id).handovers]


def speaking(world: World, language: str) -> None:
    known = world.store.load(type(patient()), ["pat_1"])[0]
    world.put(msgspec.structs.replace(known, language=language))


# ---- the words


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "which visit? 1: Mon, May 4, 9:00 AM; 2: Mon, May 4, 10:00 AM, Main Street."),
        ("es", "1: lun, 4 may, 9:00; 2: lun, 4 may, 10:00, Main Street."),
        ("fr", "1: lun. 4 mai, 09:00; 2: lun. 4 mai, 10:00, Main Street."),
        ("de", "1: Mo., 4. Mai, 09:00 Uhr; 2: Mo., 4. Mai, 10:00 Uhr, Main Street."),
        ("pl", "1: pon., 4 maj, 09:00; 2: pon., 4 maj, 10:00, Main Street."),
    ],
)
def test_the_question_is_asked_in_the_patients_language(world: World, language: str, said: str) -> None:
    speaking(world, language)
    world.put(appointment(id="apt_2", start=START + HOUR, place_id="main"))
    world.answer("C")

    (text,) = left(world)

    assert said in text
    assert "2: " in text
    assert text.startswith("Elm")


@pytest.mark.parametrize("language", ["en", "es", "fr", "de", "pl"])
@pytest.mark.parametrize("reply", ["HELP", "hm?"])
def test_help_and_not_having_understood_name_the_practice_and_its_number(
    world: World, language: str, reply: str
) -> None:
    speaking(world, language)
    world.answer(reply)

    (text,) = left(world)

    assert text.startswith("Elm")
    assert "206-555-0100" in text


def test_the_question_names_nobody(world: World) -> None:
    world.put(patient(id="pat_2", first_name="Bo"), appointment(id="apt_2", patient_id="pat_2", start=START + HOUR))
    world.answer("C")

    (text,) = left(world)

    assert "Ana" not in text
    assert "Bo" not in text


def test_an_answer_goes_to_the_very_address_that_wrote(world: World) -> None:
    world.answer("HELP", channel=MAIL, sender="ANA@example.com")

    (answer,) = world.written()
    (handover,) = claimed(world, answer.id).handovers
    assert (handover.message.channel, handover.message.to) == (MAIL, "ANA@example.com")


# ---- what does not hold them


def test_an_answer_leaves_at_night_and_when_the_number_has_had_its_texts() -> None:
    night = QuietHours()
    had = tuple(Told(at=DUE, patient_id="pat_1", notification_id=f"ntf_{n}") for n in range(7))
    world = World(answers_replies=True, quiet_hours=night, caps=Caps(), sms_countries=("GB",))
    (number,) = world.store.load(Consent, [consent_id(SMS, PHONE)])
    world.put(msgspec.structs.replace(number, told=had))
    world.now = DUE.replace(hour=7)
    world.answer("HELP")

    assert len(left(world)) == 1


# ---- what does


def test_stop_between_the_question_and_its_answer_leaves_nothing(world: World) -> None:
    world.answer("HELP")
    (answer,) = world.written()
    world.answer("STOP")

    found = claimed(world, answer.id)

    assert found.handovers == ()
    assert found.notification
    assert found.notification.reason is Reason.OPTED_OUT


def test_an_answer_that_is_later_than_half_an_hour_is_not_sent(world: World) -> None:
    world.answer("HELP")
    (answer,) = world.written()
    world.later(minutes=30)

    found = claimed(world, answer.id)

    assert found.handovers == ()
    assert found.notification
    assert found.notification.reason is Reason.LATE
    assert world.items() == []


# ---- the mail after CANCEL


def test_the_mail_after_cancel_asks_whether_they_will_come_and_falls_away_with_the_visit(world: World) -> None:
    world.answer("CANCEL")
    (mail,) = world.written()
    world.put(msgspec.structs.replace(world.visit(), status=AppointmentStatus.CANCELLED, sequence=1))

    assert claimed(world, mail.id).handovers == ()


def test_the_mail_after_cancel_goes_to_the_patient_and_says_when(world: World) -> None:
    world.answer("CANCEL")

    (mail,) = world.written()
    (handover,) = claimed(world, mail.id).handovers
    assert (handover.message.channel, handover.message.to) == (MAIL, EMAIL)
    assert "May 4, 2026" in handover.message.text


# ---- what is said once an answer has come


@pytest.mark.parametrize(("reply", "asks"), [(None, True), ("C", False), ("R", False), ("I can't make it", False)])
def test_who_has_answered_is_not_asked_again(world: World, reply: str | None, *, asks: bool) -> None:
    world.put(notification(plan=((SMS,),)))
    if reply:
        world.answer(reply)

    (handover,) = claimed(world, "ntf_1").handovers

    assert ("Reply C" in handover.message.text) is asks


def test_a_visit_that_the_word_cancel_has_cancelled_is_not_reminded_of() -> None:
    world = World(answers_replies=True, cancel_word=CancelWord.CANCEL)
    abroad = "+447911123456"
    world.put(msgspec.structs.replace(patient(phone=abroad), version=1), consent(SMS, abroad))
    world.put(notification(plan=((SMS,),)))

    kept = world.answer("CANCEL", sender=abroad)

    found = claimed(world, "ntf_1")
    assert kept.effects == (Effect.VISIT_CANCELLED,)
    assert found.handovers == ()
    assert found.notification
    assert found.notification.reason is Reason.APPOINTMENT_CANCELLED


def test_who_writes_from_an_address_of_which_nothing_is_known_is_answered(world: World) -> None:
    world.put(appointment(id="apt_2", start=START + HOUR))
    world.answer("C")
    (asked,) = world.written()
    known = world.consent()
    assert known
    world.store.submit(lambda tx: tx.delete(known)).result()

    assert [h.message.to for h in claimed(world, asked.id).handovers] == [PHONE]
