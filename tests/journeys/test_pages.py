"""What a person at the desk does in an hour, on the pages, against the whole program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from threading import Event

import pytest

from tests.docs.test_examples import demo_server
from tests.entrypoints.web.accessibility import findings
from tests.entrypoints.web.world import Browser, Shown, opened

PAUSE_S = 0.2
MOST_LOOKS = 100
"""Twenty seconds; messages of the sample practice that are due at the start leave in the first."""


def waited_for(look: Callable[[], Shown], text: str) -> Shown:
    """Return the page once it says *text*."""
    clock = Event()
    shown = look()
    for _ in range(MOST_LOOKS):
        if text in shown.text:
            return shown
        clock.wait(PAUSE_S)
        shown = look()
    return pytest.fail(f"the page never says {text!r}, but: {shown.text}")


def test_the_sample_practice_shows_a_message_leaving_and_why_another_did_not(tmp_path: Path) -> None:
    with demo_server(tmp_path) as address:
        desk = Browser(origin=f"http://{address}")

        outbox = waited_for(lambda: desk.look("/outbox"), "emma@example.com")
        story = desk.look(next(h for a in outbox.page.all("a") if (h := a.get("href") or "").startswith("/notif")))
        farid = desk.look("/patients?q=farid")
        why = waited_for(lambda: desk.look(farid.page.one("ul", class_="people").one("a").get("href") or ""), "1 hour")

    assert "Planned: a reminder" in story.text
    assert "taken by outbox" in story.text
    assert "not sent · the patient asked not to be written to this way" in why.text
    assert [finding for shown in (outbox, story, why) for finding in findings(shown.body)] == []


def test_over_real_http_a_visit_is_booked_moved_and_cancelled(tmp_path: Path) -> None:
    with demo_server(tmp_path) as address:
        desk = Browser(origin=f"http://{address}")
        shown_day = desk.look("/").page.one("input", name="on").get("value") or ""
        day = date.fromisoformat(shown_day) + timedelta(days=7)
        times = desk.look(f"/book?visit=quick-visit&practitioner=nurse-chavez&day={day}")
        time = next(a for a in times.page.one("ul", class_="slots").all("a"))

        form = desk.look((time.get("href") or "").partition("#")[0])
        booked = desk.submit(form, "/book", press=1, patient="new", first_name="Zoë", phone="206 555 0150")
        visit = booked.url.partition("?")[0].removeprefix(desk.origin)
        moved = desk.submit(desk.look(f"{visit}/move"), f"{visit}/move", press=-1, day=day.isoformat(), time="11:11")
        cancelled = desk.submit(moved, f"{visit}/cancel")
        stranger = desk.post(f"{visit}/cancel", {}, Origin="https://evil.example")

    assert "Booked. Its reminders are planned below." in booked.text
    assert "11:11" in moved.text
    assert "not sent · the appointment was cancelled" in cancelled.text
    assert stranger.status == 403


def test_a_refused_text_message_leaves_as_mail_and_says_so_on_every_page(tmp_path: Path) -> None:
    with opened(tmp_path) as world:
        desk = world.browser
        at = world.clock.now() + timedelta(minutes=61)
        start = at.isoformat()
        form = desk.look(f"/book?visit=check&practitioner=night&day=2026-05-04&start={start.replace('+00:00', 'Z')}")
        desk.submit(form, "/book", press=1, patient="ann")
        desk.submit(desk.look("/outbox/orders"), "/outbox/orders", channel="sms", behaviour="refuse")
        world.clock.advance(timedelta(minutes=2))
        world.send()

        outbox, day = desk.look("/outbox"), desk.look("/")
        story = desk.look(outbox.page.all("li", class_="message email")[0].all("a")[0].get("href") or "")

    assert "refuses them" in outbox.text
    assert "1 hour before: sent" in day.text
    assert "1 planned = 1 sent" in day.text or "2 planned = 1 sent + 1 not sent" in day.text
    assert "Text message 1: refused by outbox" in story.text
    assert "E-mail 1: taken by outbox" in story.text
