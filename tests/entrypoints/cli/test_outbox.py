"""``kept outbox``: looking into it, ordering it about, and speaking for carriers and patients."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kept.core.booking import Appointment, ParticipationStatus
from kept.core.contacts import PhoneNumber
from kept.core.people import ChannelName, Consent, consent_id
from tests.entrypoints.cli.test_messages import EVENT
from tests.entrypoints.cli.world import Desk

PHONE = PhoneNumber("+12065550100")


def test_looks_into_the_outbox(desk: Desk) -> None:
    desk.run("send", desk.file("event.json", EVENT))

    (listed,) = desk.ask("outbox", "list")["messages"]
    shown = desk.ask("outbox", "show", "1")

    assert listed == shown
    assert "appointment" in shown["text"]
    assert "+12065550100" in desk.run("outbox", "list").stdout
    assert "dedupe_key" in desk.run("outbox", "show", "1").stdout
    assert desk.run("outbox", "show", "7").exit_code == 3


def test_an_order_out_of_bounds_is_refused(desk: Desk) -> None:
    assert desk.run("outbox", "tell", "sms", "slow", "--seconds", "900").exit_code == 2
    assert desk.run("outbox", "tell", "pigeon", "slow").exit_code == 2


def passed(desk: Desk) -> None:
    """Let the worker look again."""
    desk.parts.clock.advance(timedelta(seconds=1))
    desk.parts.dispatcher().run_due()


def consent(desk: Desk) -> Consent:
    return desk.parts.store.load(Consent, [consent_id(ChannelName.SMS, PHONE)])[0]


@pytest.fixture
def reminded(desk: Desk) -> str:
    """Book a visit whose reminder has left as message 1; return its id."""
    desk.run("patients", "add", "--id", "ann", "--first-name", "Ann", "--phone", PHONE)
    booked = desk.ask("book", "--patient", "ann", "--minutes", "30", "--start", "2024-01-16T13:00:00Z")
    desk.parts.clock.advance(timedelta(hours=1, seconds=1))
    desk.parts.dispatcher().run_due()
    return str(booked["appointmentId"])


def test_a_patient_answers_and_the_visit_is_confirmed(desk: Desk, reminded: str) -> None:
    said = desk.run("outbox", "reply", "1", "C").stdout
    passed(desk)

    (visit,) = desk.parts.store.load(Appointment, [reminded])
    assert said == "1: answered; the worker puts it on record within a second\n"
    assert visit.participation is ParticipationStatus.ACCEPTED


def test_a_carrier_says_that_a_number_is_a_landline(desk: Desk, reminded: str) -> None:
    answer = desk.ask("outbox", "say", "1", "landline")
    passed(desk)

    (listed,) = desk.ask("notifications", "list", "--patient", "ann")["notifications"][:1]
    assert answer["to"] == PHONE
    assert consent(desk).unusable == "landline"
    assert "not delivered (landline)" in desk.run("why", listed["notificationId"]).stdout


def test_an_address_bounces_always_until_it_is_taken_back(desk: Desk) -> None:
    desk.run("outbox", "tell", "sms", "refuse")
    always = desk.run("outbox", "always", "ann@Example.com", "bounced").stdout
    desk.run("send", desk.file("event.json", EVENT))
    passed(desk)

    (mail,) = desk.parts.store.load(Consent, [consent_id(ChannelName.EMAIL, "ann@example.com")])
    taken_back = desk.run("outbox", "always", "ann@example.com", "nothing")
    assert always == "ann@example.com: bounced\n"
    assert mail.unusable == "permanent"
    assert (taken_back.exit_code, desk.parts.outbox.said_always()) == (0, {})


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("say", "1", "lovely"), 2),
        (("say", "1", "bounced"), 2),
        (("say", "9", "delivered"), 3),
        (("reply", "9", "C"), 3),
        (("reply", "1", "C" * 1601), 2),
        (("always", "(206) 555-0100", "bounced"), 2),
        (("always", "nobody", "landline"), 2),
    ],
)
def test_what_cannot_be_said_is_refused(desk: Desk, reminded: str, words: tuple[str, ...], exit_code: int) -> None:
    result = desk.run("outbox", *words)

    assert result.exit_code == exit_code
    assert result.stderr.startswith("kept: ")
