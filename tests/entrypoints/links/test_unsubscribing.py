"""The end of the messages to one address, by a person or by a mail program."""

from __future__ import annotations

import pytest

from kept.core.links import Links
from kept.core.people import ChannelName, consent_id
from tests.entrypoints.links.world import KEY, LinkWorld

ONE_CLICK = b"List-Unsubscribe=One-Click"


def test_the_page_asks_and_a_button_ends_the_messages(world: LinkWorld) -> None:
    asked = world.patient.look(world.end_link())
    assert "Shall Elm Street write no more e-mails to this address?" in asked.text
    assert world.consent().granted

    shown = world.patient.press(asked, "End these messages")

    assert (shown.status, world.consent().granted, world.consent().source) == (200, False, "link")
    assert "Elm Street writes no more e-mails to this address." in shown.text
    assert shown.page.all("form") == []


def test_a_mail_program_ends_them_with_one_post_and_nothing_else(world: LinkWorld) -> None:
    world.patient.browser.headers = {}

    shown = world.patient.ask("POST", world.end_link(), ONE_CLICK)

    assert (shown.status, world.consent().granted) == (200, False)
    assert "location" not in shown.headers
    assert "set-cookie" not in shown.headers


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click&\xff"),
        ("text/plain", ONE_CLICK),
    ],
    ids=["multipart", "not ascii", "plain"],
)
def test_it_may_send_its_one_field_in_any_form(world: LinkWorld, kind: str, body: bytes) -> None:
    shown = world.patient.ask(
        "POST", world.end_link(), body, **{"Content-Type": kind, "Origin": "https://mail.example"}
    )

    assert (shown.status, world.consent().granted) == (200, False)


def test_doing_it_twice_is_one_end(world: LinkWorld) -> None:
    world.patient.ask("POST", world.end_link(), ONE_CLICK)
    after = world.everything()

    again = world.patient.ask("POST", world.end_link(), ONE_CLICK)

    assert (again.status, world.everything()) == (200, after)
    assert "writes no more e-mails" in world.patient.look(world.end_link()).text


def test_an_address_nobody_knows_any_more_can_still_say_no(world: LinkWorld) -> None:
    record = consent_id(ChannelName.SMS, "+12065550199")
    links = Links(base_url="http://127.0.0.1:8080", keys=(KEY,))
    link = links.unsubscribe_url(ChannelName.SMS, record, language="es", now=world.clock.now())

    asked = world.patient.look(link, **{"Accept-Language": "en"})
    shown = world.patient.press(asked, "No recibir más mensajes")

    assert asked.page.one("html").get("lang") == "es"
    assert "Elm Street no escribe más mensajes de texto a este número." in shown.text
