"""What a patient sees and does behind the link of a visit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kept.core.booking import AppointmentEvent, AppointmentStatus, ParticipationStatus
from kept.core.intervals import Interval
from kept.core.notifications import Notification, NotificationKind, Reason
from kept.flow.booking import Change, apply, move
from kept.flow.holds import end_slot_hold, ended_slot_holds
from tests.entrypoints.links.world import DAY, HOUR, LINKS, LinkWorld, visit_of
from tests.entrypoints.web.world import HALF, ZONE, Shown

DESK = Change(appointment_id="a1", by="desk")
MINUTE = timedelta(minutes=1)


def choosing(world: LinkWorld) -> Shown:
    """Return the page with the times to which the visit could be moved."""
    return world.patient.follow(world.patient.look(world.link()), "Move it to another time")


def kept(world: LinkWorld, at: str = "11:00 AM") -> Shown:
    """Return the page after a time was chosen."""
    return world.patient.press(choosing(world), at)


def moved_by_desk(world: LinkWorld) -> None:
    """Let the desk move the visit by two hours."""
    visit = world.stored("a1")
    to = Interval(start=visit.start + 2 * HOUR, end=visit.end + 2 * HOUR)
    world.do(lambda tx: move(tx, DESK, to, zone=ZONE, now=world.clock.now()))


# ---- looking


def test_the_page_says_when_and_where_and_nothing_of_the_person(world: LinkWorld) -> None:
    shown = world.patient.look(world.link())

    assert shown.text == (
        "Your visit It is booked. Will you come? "
        "Day Tuesday, May 5, 2026 Time 10:00 AM (New York, GMT-4) Place 12 Elm St Phone (206) 555-0100 "
        "Yes, I will come Move it to another time Cancel it"
    )
    assert shown.page.one("title").text == "Your visit · Elm Street"
    assert not [word for word in ("Ann", "Lee", "Check-up", "ann@example.com", "5550101") if word in shown.body]
    assert shown.page.all("a", href="tel:2065550100")


def test_a_visit_that_the_practice_has_not_confirmed_is_called_so(world: LinkWorld) -> None:
    world.book("a2", "ben", world.clock.now().replace(minute=0) + DAY + HOUR, visit_type="ask")

    assert "The practice has not confirmed it yet." in world.patient.look(world.link("a2")).text


def test_a_visit_without_number_and_place_is_shown_without(world: LinkWorld) -> None:
    world.change_practice(phone="", places=(), name="")

    shown = world.patient.look(world.link())

    assert "Place" not in shown.text
    assert "Phone" not in shown.text
    assert (shown.page.one("header").text, shown.page.one("title").text) == ("Your practice", "Your visit")


def test_a_link_of_before_a_move_says_so_and_shows_the_present_time(world: LinkWorld) -> None:
    old = world.link()
    moved_by_desk(world)

    shown = world.patient.look(old)

    assert "It was moved after your message was sent: the time below is the one that counts." in shown.text
    assert "12:00 PM" in shown.text


# ---- answering


def test_a_yes_is_noted_and_shown(world: LinkWorld) -> None:
    shown = world.patient.press(world.patient.look(world.link()), "Yes, I will come")

    assert "You said that you will come. Thank you." in shown.text
    assert world.stored("a1").participation is ParticipationStatus.ACCEPTED
    assert not [b for b in shown.page.all("button") if b.text == "Yes, I will come"]


def test_a_no_asks_once_more_and_then_cancels(world: LinkWorld) -> None:
    asked = world.patient.follow(world.patient.look(world.link()), "Cancel it")
    assert world.stored("a1").status is AppointmentStatus.CONFIRMED

    shown = world.patient.press(asked, "Yes, cancel the visit")

    assert "This visit is cancelled." in shown.text
    assert shown.page.all("button") == []
    assert (world.stored("a1").status, world.stored("a1").history[-1].by) == (AppointmentStatus.CANCELLED, "link")
    assert world.wakes == 1


def test_a_form_that_is_sent_twice_does_its_work_once(world: LinkWorld) -> None:
    asked = world.patient.follow(world.patient.look(world.link()), "Cancel it")
    world.patient.press(asked, "Yes, cancel")
    after = world.everything()

    again = world.patient.press(asked, "Yes, cancel")

    assert (again.status, world.everything()) == (200, after)
    assert "This visit is cancelled." in again.text
    assert "moved after" not in again.text


# ---- moving


def test_times_are_offered_by_day_three_days_at_a_time(world: LinkWorld) -> None:
    first = choosing(world)
    later = world.patient.follow(first, "Later days")

    days = [[h.text for h in page.page.all("h2")] for page in (first, later)]
    assert days == [
        ["Monday, May 4, 2026", "Tuesday, May 5, 2026", "Wednesday, May 6, 2026"],
        ["Thursday, May 7, 2026", "Friday, May 8, 2026", "Monday, May 11, 2026"],
    ]
    tuesday = [b.text for b in first.page.all("button") if "Tue" in b.text]
    assert "9:30 AM, Tue, May 5" in tuesday
    assert not {"9:45 AM, Tue, May 5", "10:00 AM, Tue, May 5", "10:15 AM, Tue, May 5"} & set(tuesday)


@pytest.mark.parametrize("asked", ["oops", "2020-01-01", "", "2026-05-04"])
def test_no_day_before_today_is_offered(world: LinkWorld, asked: str) -> None:
    shown = world.patient.look(f"{world.link()}?show=move&from={asked}")

    assert shown.page.all("h2")[0].text == "Monday, May 4, 2026"


def test_where_nothing_is_free_there_is_a_number_to_call(world: LinkWorld) -> None:
    shown = world.patient.look(f"{world.link()}?show=move&from=9000-01-01")

    assert "No free time was found here. Call the practice. (206) 555-0100" in shown.text


def test_a_chosen_time_is_kept_and_says_until_when(world: LinkWorld) -> None:
    shown = kept(world)

    assert "We keep the new time for you until 10:20 AM." in shown.text
    assert "New time Mon, May 4, 11:00 AM" in shown.text
    assert world.stored("a1").history[-1].what == "book"
    main = world.patient.look(world.link())
    assert "We keep Mon, May 4, 11:00 AM for you until 10:20 AM." in main.text
    assert world.patient.follow(main, "Move your visit there").text == shown.text


def test_a_kept_time_is_offered_to_nobody_else(world: LinkWorld) -> None:
    visit_of(world, days=2, appointment_id="b1", patient="ben")
    kept(world)

    others = world.patient.look(f"{world.link('b1')}?show=move")

    assert not [b for b in others.page.all("button") if b.text == "11:00 AM, Mon, May 4"]


def test_it_is_kept_longer_once(world: LinkWorld) -> None:
    world.patient.press(kept(world), "Keep it 10 minutes more")
    world.clock.advance(MINUTE)

    shown = world.patient.look(f"{world.link()}?show=held")

    assert "until 10:20 AM" in shown.text
    assert not [b for b in shown.page.all("button") if b.text.startswith("Keep")]


def test_asking_a_second_time_for_longer_is_refused_kindly(world: LinkWorld) -> None:
    first = kept(world)
    world.patient.press(first, "Keep it 10 minutes more")

    again = world.patient.press(first, "Keep it 10 minutes more")

    assert (again.status, "kept longer once already" in again.text) == (409, True)


def test_a_move_shows_the_new_time_and_plans_new_reminders(world: LinkWorld) -> None:
    before = world.stored("a1")

    shown = world.patient.press(kept(world, "11:00 AM, Wed"), "Move my visit to this time")

    after = world.stored("a1")
    assert "Day Wednesday, May 6, 2026 Time 11:00 AM (New York, GMT-4)" in shown.text
    assert "moved after your message" not in shown.text
    assert (after.start - before.start, after.history[-2].by) == (DAY + HOUR, "link")
    reminders = [
        n
        for n in world.store.load(Notification, after.notification_ids)
        if n.about is NotificationKind.REMINDER and n.appointment_sequence == after.sequence
    ]
    voided = [n.reason for n in world.store.load(Notification, before.notification_ids)]
    assert len(reminders) == 2
    assert Reason.APPOINTMENT_MOVED in voided


def test_a_move_that_is_sent_twice_is_one_move(world: LinkWorld) -> None:
    page = kept(world)
    world.patient.press(page, "Move my visit to this time")
    after = world.everything()

    again = world.patient.press(page, "Move my visit to this time")

    assert (again.status, world.everything()) == (200, after)


def test_a_time_that_is_kept_no_longer_but_still_free_can_be_had(world: LinkWorld) -> None:
    page = kept(world)
    world.clock.advance(11 * MINUTE)

    gone = world.patient.look(f"{world.link()}?show=held")
    shown = world.patient.press(page, "Move my visit to this time")

    assert "The time is no longer kept for you." in gone.text
    assert "Time 11:00 AM" in shown.text


def test_a_time_that_was_given_back_and_taken_is_said_to_be(world: LinkWorld) -> None:
    page = kept(world)
    world.clock.advance(10 * MINUTE)
    for visit_id in ended_slot_holds(world.store, now=world.clock.now()):
        world.do(lambda tx, visit_id=visit_id: end_slot_hold(tx, visit_id, now=world.clock.now()))  # type: ignore[misc]
    world.book("b1", "ben", world.stored("a1").start - DAY + HOUR)

    shown = world.patient.press(page, "Move my visit to this time")
    longer = world.patient.press(page, "Keep it 10 minutes more")

    assert shown.status == 409
    assert "That time has just been taken. Your visit stays as it was; choose another time." in shown.text
    assert "The time is no longer kept for you." in longer.text
    assert world.stored("a1").sequence == 0


@pytest.mark.parametrize(
    ("start", "status"),
    [
        ("2026-05-05T14:07:00Z", 409),
        ("2026-05-09T14:00:00Z", 409),
        ("2026-05-04T13:00:00Z", 409),
        ("oops", 422),
        ("", 422),
        ("2026-05-05T14:00:00", 422),
    ],
    ids=["between", "closed", "past", "no time", "nothing", "no offset"],
)
@pytest.mark.parametrize("do", ["keep", "move"])
def test_only_what_is_offered_can_be_chosen(world: LinkWorld, start: str, status: int, do: str) -> None:
    before = world.everything()

    shown = world.patient.browser.post(path_of(world), {"do": do, "start": start, "sequence": "0"})

    assert (shown.status, world.everything()) == (status, before)
    assert "Your visit stays as it was; choose another time." in shown.text


# ---- what does not fit any more


@pytest.mark.parametrize("do", ["confirm", "cancel", "keep", "move"])
def test_what_was_decided_on_another_time_is_not_done(world: LinkWorld, do: str) -> None:
    old = world.link()
    moved_by_desk(world)
    before = world.everything()
    start = (world.stored("a1").start + HOUR).isoformat()

    shown = world.patient.browser.post(
        old.removeprefix("http://127.0.0.1:8080"), {"do": do, "sequence": "0", "start": start}
    )

    assert (shown.status, world.everything()) == (409, before)
    assert "The visit was changed while you were looking. Nothing was done; see how it stands now." in shown.text
    assert "12:00 PM" in shown.text


@pytest.mark.parametrize("fields", [{}, {"do": "laugh"}, {"do": ""}], ids=["empty", "unknown", "blank"])
def test_a_form_that_asks_for_nothing_does_nothing(world: LinkWorld, fields: dict[str, str]) -> None:
    before = world.everything()

    shown = world.patient.browser.post(path_of(world), fields)

    assert (shown.status, world.everything()) == (422, before)
    assert "We did not understand what you want to do." in shown.text


@pytest.mark.parametrize("sequence", ["", "x", "-1", "999999999999"])
def test_a_form_that_does_not_say_what_it_saw_does_nothing(world: LinkWorld, sequence: str) -> None:
    before = world.everything()

    shown = world.patient.browser.post(path_of(world), {"do": "cancel", "sequence": sequence})

    assert (shown.status, world.everything()) == (409, before)


@pytest.mark.parametrize("show", ["", "move", "cancel", "held"])
def test_once_it_has_begun_the_page_only_says_so(world: LinkWorld, show: str) -> None:
    link = world.link()
    world.clock.advance(DAY)

    shown = world.patient.look(f"{link}?show={show}")
    sent = world.patient.browser.post(path_of(world), {"do": "cancel", "sequence": "0"})

    assert "This visit has begun or is over." in shown.text
    assert shown.page.all("form") == []
    assert (sent.status, "Nothing was done." in sent.text) == (409, True)


def test_a_visit_that_was_cancelled_at_the_desk_is_shown_as_it_is(world: LinkWorld) -> None:
    world.do(lambda tx: apply(tx, DESK, AppointmentEvent.CANCEL, now=world.clock.now()))

    assert "This visit is cancelled." in world.patient.look(LINKS.visit_url(world.stored("a1"))).text


def path_of(world: LinkWorld) -> str:
    """Return the path of the visit's page."""
    return world.link().removeprefix("http://127.0.0.1:8080")


def test_the_length_of_the_visit_stays(world: LinkWorld) -> None:
    visit = world.stored("a1")

    world.patient.press(kept(world), "Move my visit to this time")

    assert visit.end - visit.start == HALF == world.stored("a1").end - world.stored("a1").start
