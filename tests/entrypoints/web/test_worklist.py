"""The page of what a person must do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kept.core.worklist import ItemKind
from kept.entrypoints.web.words import LANGUAGES, texts_in
from tests.entrypoints.web.world import NOW, World

TOMORROW = NOW.replace(hour=15, minute=0) + timedelta(days=1)


def first_action(world: World, word: str) -> str:
    forms = world.browser.look("/worklist").page.all("form")
    return next(f.get("action") or "" for f in forms if word in (f.get("action") or ""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_item_has_words(language: str) -> None:
    assert [kind for kind in ItemKind if f"worklist.why.{kind.value}" not in texts_in(language)] == []


def test_an_empty_list_says_that_everyone_was_reached(world: World) -> None:
    assert "Nothing to do: everyone was reached." in world.browser.look("/worklist").text


def test_shows_whom_to_call_when_the_visit_is_and_what_they_said(world: World) -> None:
    world.book("a1", "ann", TOMORROW)
    world.answer("can we move it to next week?", "+12065550101")

    shown = world.browser.look("/worklist")

    links = {a.get("href") for a in shown.page.all("a")}
    assert {"/patients/ann", "/appointments/a1", "tel:+12065550101"} <= links
    assert "The patient asks for another time. Offer one." in shown.text
    assert "can we move it to next week?" in shown.text
    assert "Tue, May 5, 11:00" in shown.text


def test_the_soonest_visit_comes_first(world: World) -> None:
    world.book("a1", "ann", TOMORROW + timedelta(hours=2))
    world.book("a2", "ben", TOMORROW)
    world.answer("hm?", "+12065550101")
    world.answer("hm?", "+12065550102")

    text = world.browser.look("/worklist").text

    assert text.index("Ben Okafor") < text.index("Ann Lee")


def test_a_reminder_that_reached_nobody_leads_to_its_story(world: World) -> None:
    world.book("a1", "ben", TOMORROW)
    world.browser.submit(
        world.browser.look("/outbox/orders"), "/outbox/orders", channel="sms", behaviour="refuse", times=""
    )
    world.clock.set(TOMORROW - timedelta(hours=23))
    world.send()
    world.send()

    shown = world.browser.look("/worklist")

    story = next(a.get("href") or "" for a in shown.page.all("a") if (a.get("href") or "").startswith("/notifications"))
    assert "The reminder reached nobody. Call." in shown.text
    assert "refused by outbox" in world.browser.look(story).text


def test_a_stranger_is_shown_by_the_number(world: World) -> None:
    world.answer("who is this?", "+12065550177")

    shown = world.browser.look("/worklist")

    assert "Somebody (+12065550177)" in shown.text
    assert "No visit is known" in shown.text
    assert "/patients?q=%2B12065550177" in {a.get("href") for a in shown.page.all("a")}


def test_closing_asks_what_was_done_and_shows_it_until_the_day_is_over(world: World) -> None:
    world.answer("hm?", "+12065550101")
    action = first_action(world, "/close")

    shown = world.browser.submit(world.browser.look("/worklist"), action, done="Called, all is well")
    again = world.browser.submit(shown, action.replace("/close", "/reopen"))

    assert "Nothing to do" in shown.text
    assert "Called, all is well" in shown.text
    assert "It is open again." in again.text
    assert "Nothing to do" not in again.text


def test_closing_without_a_word_or_on_an_older_look_changes_nothing(world: World) -> None:
    world.answer("hm?", "+12065550101")
    action = first_action(world, "/close")
    old = world.browser.look("/worklist")

    silent = world.browser.submit(old, action, done=" ")
    world.answer("hm hm?", "+12065550101")
    stale = world.browser.submit(old, action, done="called")

    assert (silent.status, stale.status) == (422, 412)
    assert "/worklist" in {a.get("href") for a in stale.page.all("a")}
    assert "Nothing to do" not in world.browser.look("/worklist").text


def test_many_items_go_on_another_page(world: World) -> None:
    for number in range(60):
        world.answer("hm?", f"+12065552{number:03}")

    first = world.browser.look("/worklist")
    more = next(a.get("href") or "" for a in first.page.all("a") if "cursor=" in (a.get("href") or ""))
    second = world.browser.look(more)

    assert [len(shown.page.all("form")) for shown in (first, second)] == [50, 10]


def test_the_appointment_shows_what_the_patient_answered(world: World) -> None:
    world.book("a1", "ann", TOMORROW)
    before = world.browser.look("/appointments/a1").text
    world.answer("C", "+12065550101")

    after = world.browser.look("/appointments/a1").text

    assert "none yet" in before
    assert "The patient says: I come" in after
