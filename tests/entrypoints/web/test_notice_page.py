"""The page that tells everybody who has a visit in some days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from kept.core.notifications import Notification, NotificationKind
from kept.entrypoints.web.words import LANGUAGES
from tests.entrypoints.web.accessibility import findings
from tests.entrypoints.web.world import NOW, Shown, World

TOMORROW = NOW.replace(hour=15, minute=0) + timedelta(days=1)
DAY = TOMORROW.date().isoformat()
SAID = "We are closed on Friday."


@pytest.fixture
def booked(world: World) -> World:
    world.book("a1", "ann", TOMORROW)
    world.book("a2", "ann", TOMORROW + timedelta(hours=1))
    world.book("a3", "ben", TOMORROW + timedelta(hours=2))
    return world


def count(world: World, **fields: str) -> Shown:
    asked = {"words-en": SAID, "from": DAY, **fields}
    return world.browser.submit(world.browser.look("/notice"), "/notice", 0, **asked)


def send(world: World, shown: Shown) -> Shown:
    return world.browser.submit(shown, "/notice", do="send")


def told(world: World) -> list[Notification]:
    found: list[str] = []
    for day in (NOW, TOMORROW):
        found += [hit.id for hit in world.store.query("notifications_by_day", day.date().isoformat(), limit=100).hits]
    return [n for n in world.store.load(Notification, found) if n.about is NotificationKind.NOTICE]


STATES: dict[str, Callable[[World], Shown]] = {
    "empty": lambda w: w.browser.look("/notice"),
    "counted": count,
    "counted, in two languages": lambda w: count(w, **{"words-es": "Cerramos."}),
    "reaches nobody": lambda w: count(w, **{"from": "2030-01-01"}),
    "without words": lambda w: count(w, **{"words-en": ""}),
    "days the wrong way round": lambda w: count(w, to="2020-01-01"),
    "no day": lambda w: count(w, **{"from": "soon"}),
    "sent": lambda w: send(w, count(w)),
    "unknown": lambda w: w.browser.look("/notice/ntc_0123456789ab"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_a_page_of_a_notice_has_no_findings(booked: World, state: str, language: str) -> None:
    booked.browser.look(f"/?lang={language}")

    shown = STATES[state](booked)

    assert shown.page.one("html").get("lang") == language
    assert findings(shown.body) == []


def test_counts_each_patient_once_and_tells_nobody_yet(booked: World) -> None:
    shown = count(booked)

    assert "It would reach 2 patients." in shown.text
    assert SAID in shown.text
    assert told(booked) == []


def test_sends_to_each_patient_and_shows_what_has_become_of_it(booked: World) -> None:
    shown = send(booked, count(booked))

    assert sorted(n.patient_id for n in told(booked)) == ["ann", "ben"]
    assert "2 planned = 0 sent + 0 not sent + 0 failed + 2 to come." in shown.text
    assert booked.wakes >= 1


def test_sending_the_same_form_twice_tells_nobody_twice(booked: World) -> None:
    counted = count(booked)

    first, second = send(booked, counted), send(booked, counted)

    assert first.url == second.url
    assert len(told(booked)) == 2


def test_what_was_typed_comes_back_to_be_changed(booked: World) -> None:
    shown = booked.browser.submit(count(booked, practitioner="lee"), "/notice", do="change")

    assert shown.page.one("textarea", id_="f-words-en").text == SAID
    assert [o.get("value") for o in shown.page.all("option", selected="")] == ["lee"]
    assert told(booked) == []


def test_one_that_reaches_nobody_cannot_be_sent(booked: World) -> None:
    shown = count(booked, place="nowhere")

    assert "It would reach 0 patients." in shown.text
    assert [b.get("value") for b in shown.page.one("main").all("button")] == ["change"]


def test_says_so_when_all_visits_were_cancelled_between_the_count_and_the_sending(booked: World) -> None:
    counted = count(booked)
    booked.clock.set(TOMORROW + timedelta(days=1))

    assert "It reached nobody" in send(booked, counted).text


def test_one_sent_without_being_counted_is_only_counted(booked: World) -> None:
    shown = booked.browser.submit(count(booked), "/notice", do="send", id="mine")

    assert "It would reach 2 patients." in shown.text
    assert told(booked) == []


@pytest.mark.parametrize(
    ("fields", "name", "said"),
    [
        ({"words-en": ""}, "words-en", "write it in one language at least"),
        ({"words-en": "Reply CANCEL."}, "words-en", "asks for the reply CANCEL"),
        ({"to": "2020-01-01"}, "to", "within 31 days"),
        ({"from": "soon"}, "from", ""),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(booked: World, fields: dict[str, str], name: str, said: str) -> None:
    shown = count(booked, **fields)

    field = shown.page.one(id_=f"f-{name}")
    assert shown.status == 422
    assert f"e-{name}" in (field.get("aria-describedby") or "")
    assert said in shown.page.one(id_=f"e-{name}").text


def test_a_notice_that_cannot_be_is_not_found(world: World) -> None:
    assert world.browser.look("/notice/x").status == 404


def test_looking_tells_nobody(booked: World) -> None:
    booked.browser.look(f"/notice?do=send&words-en=x&from={DAY}")

    assert told(booked) == []


def test_a_form_without_its_token_tells_nobody(booked: World) -> None:
    booked.browser.look("/notice")

    shown = booked.browser.post("/notice", {"words-en": SAID, "from": DAY, "do": "send", "id": "ntc_0123456789ab"})

    assert (shown.status, told(booked)) == (403, [])
