"""The outbox's pages: answering as the patient, and saying what became of a message as its carrier would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kept.adapters.outbox import words_for
from kept.core.booking import Appointment, ParticipationStatus
from kept.core.notifications import Notification
from kept.core.people import ChannelName, Consent, consent_id
from kept.entrypoints.web.outbox import WORDS
from kept.entrypoints.web.words import LANGUAGES, texts_in
from tests.entrypoints.web.world import Shown, World

NOON = datetime(2026, 5, 4, 16, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def visit(world: World) -> Appointment:
    """A visit whose text has left; message 1 of the outbox."""
    made = world.book("a1", "ann", NOON)
    world.clock.set(NOON - timedelta(hours=1))
    world.send()
    return made


def press(world: World, path: str, **fields: str) -> Shown:
    """Fill in a form of the first message's page and let the worker apply what comes of it."""
    shown = world.browser.submit(world.browser.look("/outbox/1"), f"/outbox/1/{path}", 0, **fields)
    world.clock.advance(SECOND)
    world.send()
    return shown


def reminder_id(world: World) -> str:
    ids = world.stored("a1").notification_ids
    return next(n.id for n in world.store.load(Notification, ids) if n.rule == "1h")


def consent(world: World) -> Consent:
    return world.store.load(Consent, [consent_id(ChannelName.SMS, "+12065550101")])[0]


def test_the_list_leads_to_where_a_message_is_answered(world: World, visit: Appointment) -> None:
    links = {a.text: a.get("href") for a in world.browser.look("/outbox").page.all("a")}

    assert links["Answer it, or say what became of it outbox-1"] == "/outbox/1"


def test_a_c_confirms_the_visit(world: World, visit: Appointment) -> None:
    shown = press(world, "reply", text="C")

    assert "Answered." in shown.text
    assert world.stored("a1").participation is ParticipationStatus.ACCEPTED
    assert world.wakes == 1


def test_a_c_by_mail_confirms_the_visit_too(world: World) -> None:
    world.book("a1", "cat", NOON)
    world.clock.set(NOON - timedelta(hours=1))
    world.send()

    press(world, "reply", text="C")

    assert world.stored("a1").participation is ParticipationStatus.ACCEPTED


def test_an_answer_is_about_the_visit_of_its_message_though_there_is_another(world: World, visit: Appointment) -> None:
    world.book("a2", "ann", NOON + timedelta(days=2))

    press(world, "reply", text="C")

    answers = [world.stored(visit_id).participation for visit_id in ("a1", "a2")]
    assert answers == [ParticipationStatus.ACCEPTED, ParticipationStatus.NEEDS_ACTION]


def test_a_stop_ends_messages_and_the_patients_page_shows_it(world: World, visit: Appointment) -> None:
    press(world, "reply", text="STOP")

    assert (consent(world).granted, consent(world).wording) == (False, "STOP")
    assert "STOP" in world.browser.look("/patients/ann").text


@pytest.mark.parametrize(
    ("word", "unusable", "says"),
    [
        ("landline", "landline", "not delivered (landline)"),
        ("unknown-number", "permanent", "not delivered (unknown-number)"),
        ("switched-off", "", "not delivered (switched-off)"),
        ("delivered", "", "delivered, says outbox"),
    ],
)
def test_what_a_carrier_says_stands_in_the_story(
    world: World, visit: Appointment, word: str, unusable: str, says: str
) -> None:
    shown = press(world, "say", word=word)

    assert "Said." in shown.text
    assert says in world.browser.look(f"/notifications/{reminder_id(world)}").text
    assert consent(world).unusable == unusable


def test_a_word_for_mails_cannot_be_said_of_a_text(world: World, visit: Appointment) -> None:
    shown = press(world, "say", word="bounced")

    assert shown.status == 422


def test_an_address_can_be_made_to_bounce_always_and_no_longer(world: World) -> None:
    orders = world.browser.look("/outbox/orders")

    world.browser.submit(orders, "/outbox/always", address="Cat@example.com", word="bounced")
    listed = world.browser.look("/outbox/orders").text
    world.browser.submit(orders, "/outbox/always", address="Cat@example.com", word="")

    assert "Cat@example.com: bounced: no such mailbox" in listed
    assert world.ledger.said_always() == {}


def test_nothing_is_said_of_a_message_that_was_refused_or_is_not_there(world: World) -> None:
    world.browser.submit(world.browser.look("/outbox/orders"), "/outbox/orders", channel="sms", behaviour="refuse")
    world.book("a1", "ben", NOON)
    world.clock.set(NOON - timedelta(hours=1))
    world.send()
    token = {"token": world.browser.cookies["kept_form"]}

    shown = world.browser.look("/outbox/1")
    refused = world.browser.post("/outbox/1/say", {**token, "word": "delivered"})
    missing = world.browser.post("/outbox/2/reply", {**token, "text": "C"})

    assert shown.page.all("form") == []
    assert (refused.status, missing.status) == (422, 404)


def test_the_page_knows_the_words_of_the_outbox_and_has_texts_for_them() -> None:
    assert {channel: words_for(channel) for channel in ChannelName} == WORDS
    for language in LANGUAGES:
        assert [w for words in WORDS.values() for w in words if f"word.{w}" not in texts_in(language)] == []
