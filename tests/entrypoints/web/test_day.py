"""The day's page: visits, what was told, what is free, the ledger, and the forms on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest

from kept.core.booking import AppointmentStatus
from kept.core.notifications import Notification
from kept.core.practice import Practice
from kept.core.schedules import Schedule
from kept.core.watch import Alarm, AlarmKind, Route
from kept.entrypoints.web.parts import Health
from kept.ports.store import Transaction
from tests.entrypoints.web.world import PRACTICE, SCHEDULES, World

NINE = datetime(2026, 5, 4, 13, tzinfo=UTC)
ELEVEN = datetime(2026, 5, 4, 15, tzinfo=UTC)
TOMORROW = ELEVEN + timedelta(days=1)


def test_shows_the_visits_of_the_day_on_the_clock_of_the_place(world: World) -> None:
    world.book("a1", "ann", ELEVEN)

    shown = world.browser.look("/")

    card = shown.page.one("li", id_="a1").text
    assert shown.status == 200
    assert "Monday, May 4, 2026" in shown.text
    assert "New York, GMT-4" in shown.text
    assert "11:00\u202fAM \u2013 11:30\u202fAM".replace("\u202f", " ") in card.replace("\u202f", " ")
    assert "Confirmed" in card
    assert "Ann Lee" in card


def test_says_what_each_patient_was_told_and_why_not(world: World) -> None:
    world.book("a1", "ann", ELEVEN)
    world.clock.set(ELEVEN - timedelta(minutes=60))
    world.send()

    card = world.browser.look("/").page.one("li", id_="a1").text

    assert "1 hour before: sent" in card
    assert "24 hours before: not sent · it would have come too late to be of use" in card


def test_says_when_something_will_be_sent(world: World) -> None:
    world.book("a2", "ann", TOMORROW)

    card = world.browser.look("/day/2026-05-05").page.one("li", id_="a2").text

    assert "24 hours before: planned · due 11:00" in card
    assert "1 hour before: planned · due Tue, May 5, 10:00" in card


def test_marks_the_present_moment_between_the_visits_and_only_today(world: World) -> None:
    world.book("a1", "ann", NINE)
    world.book("a2", "ben", ELEVEN)

    column = world.browser.look("/").page.all("ol")[0]
    rows = [row.get("id") or row.get("class") for row in column.all("li") if row.parent is column]
    other_day = world.browser.look("/day/2026-05-05")

    assert rows.index("a1") < rows.index("now") < rows.index("a2")
    assert "Now," not in other_day.text


def test_offers_free_times_that_lead_to_the_booking_of_just_that_time(world: World) -> None:
    world.book("a1", "ann", ELEVEN)

    shown = world.browser.look("/day/2026-05-04")
    first = shown.page.all("li", class_="free")[0].all("a")[0]
    booking = world.browser.look(first.get("href") or "")

    assert first.text.replace("\u202f", " ") == "Book a visit Dr. Lee 10:15 AM"
    assert "Mon, May 4, 10:15" in booking.page.one("p", id_="f-start").text.replace("\u202f", " ")


def test_the_ledger_of_the_day_is_a_sentence_that_adds_up(world: World) -> None:
    world.book("a1", "ann", ELEVEN)
    world.book("a2", "ann", TOMORROW)
    world.clock.set(ELEVEN - timedelta(minutes=60))
    world.send()

    shown = world.browser.look("/")

    widths = [int(rect.get("width") or 0) for rect in shown.page.one("svg", class_="bar").all("rect")]
    assert "2 planned = 1 sent + 0 not sent + 0 failed + 1 to come." in shown.text
    assert widths == [500, 0, 0, 500]


def test_a_day_without_messages_says_so(world: World) -> None:
    assert "No messages are due." in world.browser.look("/day/2026-07-01").text


@pytest.mark.parametrize(
    ("press", "status"),
    [("check-in", "CHECKED_IN"), ("complete", "COMPLETED"), ("cancel", "CANCELLED")],
)
def test_a_button_changes_the_visit_and_leads_back_to_the_day(world: World, press: str, status: str) -> None:
    world.book("a1", "ann", ELEVEN)

    shown = world.browser.submit(world.browser.look("/"), f"/appointments/a1/{press}")

    assert world.stored("a1").status == status
    assert world.stored("a1").history[-1].by == "pages"
    assert "/day/2026-05-04" in shown.url
    assert shown.page.all("p", role="status")
    assert world.wakes == 1


def test_offers_no_show_once_the_visit_has_begun_and_not_before(world: World) -> None:
    world.book("a1", "ann", NINE)
    world.book("a2", "ben", ELEVEN)

    actions = [form.get("action") for form in world.browser.look("/").page.all("form", method="post")]

    assert "/appointments/a1/no-show" in actions
    assert "/appointments/a2/no-show" not in actions
    assert "/appointments/a1/cancel" not in actions


def test_a_requested_visit_can_be_confirmed(world: World) -> None:
    world.book("a1", "ann", TOMORROW, visit_type="ask")
    assert world.stored("a1").status is AppointmentStatus.REQUESTED

    page = world.browser.look("/day/2026-05-05")
    # Booked three days ago, so its hold of a day is over by now; nobody has given the time back yet.
    world.browser.submit(page, "/appointments/a1/confirm")

    assert world.stored("a1").status is AppointmentStatus.CONFIRMED


def test_what_was_decided_on_an_older_version_is_not_done(world: World) -> None:
    world.book("a1", "ann", ELEVEN)
    seen = world.browser.look("/")
    world.browser.submit(world.browser.look("/"), "/appointments/a1/check-in")

    late = world.browser.submit(seen, "/appointments/a1/cancel")

    assert late.status == 412
    assert "Somebody was faster" in late.text
    assert "/appointments/a1" in [a.get("href") for a in late.page.all("a")]
    assert world.stored("a1").status is AppointmentStatus.CHECKED_IN


def test_cancelled_visits_fold_away_and_give_their_time_back(world: World) -> None:
    world.book("a1", "ann", ELEVEN)

    shown = world.browser.submit(world.browser.look("/"), "/appointments/a1/cancel")

    assert "1 cancelled" in shown.text
    assert "0 visits" in shown.text


def test_each_place_has_its_own_page_and_zone(world: World) -> None:
    world.book("a1", "ann", ELEVEN)

    here = world.browser.look("/day/2026-05-04?place=elm")
    there = world.browser.look("/day/2026-05-04?place=far")

    assert here.page.all("li", id_="a1")
    assert not there.page.all("li", id_="a1")
    assert "Kathmandu, GMT+5:45" in there.text
    assert world.browser.look("/?place=nowhere").status == 404


def test_a_date_that_no_calendar_has_is_not_found(world: World) -> None:
    assert [world.browser.look(f"/day/{day}").status for day in ("2026-02-30", "today", "9999-01-01")] == [404] * 3
    assert world.browser.look("/day/9998-12-31").status == 200


def test_leads_to_the_day_that_is_asked_for(world: World) -> None:
    shown = world.browser.look("/?on=2026-05-06&place=far")

    assert shown.url.endswith("/day/2026-05-06?place=far")


@pytest.mark.parametrize(
    ("health", "says"),
    [
        (Health(is_sending=False), "Nothing is being sent."),
        (Health(is_sending=True, due=3, oldest_due_s=600), "3 messages are due"),
        (Health(is_sending=True, due=1, oldest_due_s=121), "1 message was due"),
    ],
)
def test_a_banner_says_when_messages_do_not_leave(world: World, health: Health, says: str) -> None:
    world.health = health

    assert says in world.browser.look("/").page.one("div", class_="banner").text


@pytest.mark.parametrize("health", [Health(is_sending=True), Health(is_sending=True, due=9, oldest_due_s=3)])
def test_no_banner_while_all_is_well(world: World, health: Health) -> None:
    world.health = health

    assert world.browser.look("/").page.all("div", class_="banner") == []


SINCE = datetime(2026, 5, 4, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("health", "language", "says"),
    [
        (
            Health(is_sending=True, alarm=Alarm(about=AlarmKind.SILENT, since=SINCE, due=12)),
            "en",
            "No message has left since Mon, May 4, 10:05 AM. 12 messages are due.",
        ),
        (
            Health(is_sending=True, alarm=Alarm(about=AlarmKind.SILENT, since=SINCE, due=1)),
            "es",
            "a.m. no ha salido ningún mensaje. 1 mensaje debía",
        ),
        (
            Health(is_sending=True, alarm=Alarm(about=AlarmKind.SILENT, since=None, due=1)),
            "en",
            "No message has left yet. 1 message is due.",
        ),
        (
            Health(is_sending=True, alarm=Alarm(about=AlarmKind.ABSENT, since=SINCE, due=0)),
            "en",
            "Nothing has been sent since Mon, May 4, 10:05 AM.",
        ),
        (
            Health(is_sending=True, silent=(Route(provider="twilio", country="US", messages=20, heard=0),)),
            "en",
            "nobody knows whether they arrived: twilio US.",
        ),
        (
            Health(is_sending=True, silent=(Route(provider="ses", country="", messages=20, heard=0),)),
            "es",
            "por cada una de estas vías: ses.",
        ),
        (Health(is_sending=True, unbalanced=1), "en", "Last night 1 thing was found"),
        (Health(is_sending=True, unbalanced=3), "es", "Anoche se encontraron 3 contradicciones."),
    ],
)
def test_an_alarm_stands_on_every_page(world: World, health: Health, language: str, says: str) -> None:
    world.health = health

    shown = [world.browser.look(f"{path}?lang={language}") for path in ("/", "/patients", "/worklist", "/book")]

    banners = [" ".join(page.page.one("div", class_="banner").text.split()) for page in shown]
    assert all(says in banner for banner in banners), banners


def test_several_alarms_stand_below_each_other_the_worst_first(world: World) -> None:
    route = Route(provider="twilio", country="US", messages=20, heard=0)
    world.health = Health(is_sending=False, silent=(route,), unbalanced=2)

    banner = world.browser.look("/").page.one("div", class_="banner").text

    places = [banner.index(words) for words in ("Nothing is being sent", "No word of delivery", "does not balance")]
    assert places == sorted(places)


def test_names_are_shown_as_text_whatever_they_hold(world: World) -> None:
    world.book("a1", "cat", ELEVEN)

    shown = world.browser.look("/")

    assert "&lt;b&gt;Bold&lt;/b&gt;" in shown.body
    assert "<b>Bold" not in shown.body


def _delete(tx: Transaction, gone: Schedule) -> None:
    tx.delete(gone)


def test_an_empty_practice_says_how_to_set_it_up(world: World) -> None:
    world.do(lambda tx: tx.put(Practice(version=1)))
    for schedule in world.store.load(Schedule, [s.id for s in SCHEDULES]):
        world.do(partial(_delete, gone=schedule))

    shown = world.browser.look("/")

    assert shown.status == 200
    assert "kept practice load FILE" in shown.text


def test_a_visit_with_nobody_stands_in_a_column_of_its_own(world: World) -> None:
    booked = world.book("a1", "ann", ELEVEN)
    world.do(lambda tx: tx.put(msgspec.structs.replace(booked, practitioner_id=None)))

    assert "Without a practitioner" in world.browser.look("/").text


def test_the_days_before_and_after_are_one_click_away(world: World) -> None:
    hrefs = [a.get("href") for a in world.browser.look("/").page.one("nav", class_="pager").all("a")]

    assert hrefs == ["/day/2026-05-03", "/day/2026-05-05"]


def test_a_practice_without_places_shows_everything_in_its_own_zone(world: World) -> None:
    booked = world.book("a1", "ann", ELEVEN)
    world.do(lambda tx: tx.put(msgspec.structs.replace(PRACTICE, version=1, places=(), visit_types=())))

    shown = world.browser.look("/")

    assert booked.id in [row.get("id") for row in shown.page.all("li")]
    assert shown.page.all("li", class_="free") == []


def test_a_reminder_with_a_name_of_its_own_is_called_by_it(world: World) -> None:
    booked = world.book("a1", "ann", ELEVEN)
    (first, *_) = world.store.load(Notification, booked.notification_ids)
    world.do(lambda tx: tx.put(msgspec.structs.replace(first, rule="recall")))

    assert "recall: planned" in world.browser.look("/").text
