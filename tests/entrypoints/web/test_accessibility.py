"""Every page, in every state, in every language, is sound for those who do not see it or use no mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kept.entrypoints import web
from kept.entrypoints.web.parts import Health
from kept.entrypoints.web.words import LANGUAGES
from tests.entrypoints.web.accessibility import colours, contrast, findings
from tests.entrypoints.web.world import Browser, Shown, World

ELEVEN = datetime(2026, 5, 4, 15, tzinfo=UTC)
CSS = (Path(web.__file__).parent / "assets" / "kept.css").read_text(encoding="utf-8")
AT_NINE = "/book?visit=check&practitioner=lee&day=2026-05-05&start=2026-05-05T09:00:00-04:00"


@pytest.fixture
def busy(world: World) -> World:
    """A world in which much has happened: sent, refused, not sent, cancelled, requested."""
    world.book("a1", "ann", ELEVEN)
    world.book("a2", "ben", ELEVEN + timedelta(hours=1))
    world.book("a3", "cat", ELEVEN + timedelta(hours=2))
    world.book("a4", "cat", ELEVEN + timedelta(hours=3), visit_type="ask")
    world.browser.submit(world.browser.look("/"), "/appointments/a3/cancel")
    world.browser.submit(
        world.browser.look("/outbox/orders"), "/outbox/orders", channel="sms", behaviour="refuse", times="1"
    )
    world.clock.set(ELEVEN - timedelta(minutes=59))
    world.send()
    for text, sender in (("hm?", "+12065550101"), ("C", "+12065550102"), ("who is this?", "+12065550177")):
        world.answer(text, sender)
    return world


def _plainly(browser: Browser, path: str) -> Shown:
    return browser.look(path)


def _booking_gone_wrong(browser: Browser, _: str) -> Shown:
    return browser.submit(browser.look(AT_NINE), "/book", press=1, patient="new", phone="1", email="x")


def _booking_taken(browser: Browser, _: str) -> Shown:
    form = browser.look(AT_NINE)
    browser.submit(form, "/book", press=1, patient="ann")
    return browser.submit(form, "/book", press=1, patient="ben", id="")


def _move_gone_wrong(browser: Browser, _: str) -> Shown:
    path = "/appointments/a2/move"
    return browser.submit(browser.look(path), path, press=-1, day="2026-11-01", time="01:30")


def _closing(browser: Browser, _: str) -> Shown:
    shown = browser.look("/worklist")
    action = next(f.get("action") or "" for f in shown.page.all("form") if "/close" in (f.get("action") or ""))
    return browser.submit(shown, action, done="called")


def _first(href: str) -> Callable[[Browser, str], Shown]:
    def look(browser: Browser, path: str) -> Shown:
        links = [a.get("href") or "" for a in browser.look(path).page.all("a")]
        return browser.look(next(link for link in links if link.startswith(href)))

    return look


STATES: dict[str, tuple[Callable[[Browser, str], Shown], str]] = {
    "the day": (_plainly, "/"),
    "another day": (_plainly, "/day/2026-05-05"),
    "a new booking": (_plainly, "/book"),
    "a booking with a time": (_plainly, AT_NINE + "&q=ann"),
    "a booking with a search that is too short": (_plainly, AT_NINE + "&q=a"),
    "a booking at a time that does not exist": (_plainly, "/book?practitioner=night&day=2027-03-14&time=02:30"),
    "a booking with mistakes": (_booking_gone_wrong, ""),
    "a booking that came too late": (_booking_taken, ""),
    "an appointment": (_plainly, "/appointments/a1"),
    "a move": (_plainly, "/appointments/a2/move"),
    "a move to a time that occurs twice": (_move_gone_wrong, ""),
    "a story": (_first("/notifications/"), "/outbox"),
    "a story without attempts": (_first("/notifications/"), "/appointments/a3"),
    "patients": (_plainly, "/patients?q=ann"),
    "patients not found": (_plainly, "/patients?q=a"),
    "a patient": (_plainly, "/patients/ann"),
    "the outbox": (_plainly, "/outbox"),
    "the outbox, paused": (_plainly, "/outbox?paused=1"),
    "a message": (_plainly, "/outbox/1"),
    "the worklist": (_plainly, "/worklist"),
    "the worklist, something closed": (_closing, ""),
    "the orders": (_plainly, "/outbox/orders"),
    "nothing": (_plainly, "/nothing"),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_a_page_has_no_findings(busy: World, state: str, language: str) -> None:
    busy.browser.look(f"/?lang={language}")

    show, path = STATES[state]
    shown = show(busy.browser, path)

    assert shown.page.one("html").get("lang") == language
    assert findings(shown.body) == []


def test_a_page_with_a_banner_has_no_findings(world: World) -> None:
    world.health = Health(is_sending=False)

    assert findings(world.browser.look("/").body) == []


TEXT_ON: dict[str, tuple[str, ...]] = {
    "ink": ("ground", "card", "sunk"),
    "soft": ("ground", "card", "sunk"),
    "accent": ("ground", "card", "accent-wash"),
    "accent-ink": ("accent",),
    "good": ("card", "good-wash", "ground"),
    "bad": ("card", "bad-wash", "ground"),
    "warn": ("warn-wash",),
    "quiet": ("card", "sunk", "ground"),
    "open": ("card", "open-wash", "ground"),
}
"""Which colour is written on which."""
EDGE_ON: dict[str, tuple[str, ...]] = {
    "edge": ("ground", "card", "sunk"),
    "focus": ("ground", "card", "accent-wash", "sunk"),
    "bad": ("card", "ground"),
}
"""Borders of fields, and the mark of what has the focus."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("least", "pairs"), [(4.5, TEXT_ON), (3.0, EDGE_ON)], ids=["texts", "edges"])
def test_colours_are_far_enough_apart(scheme: str, least: float, pairs: dict[str, tuple[str, ...]]) -> None:
    known = colours(CSS)[scheme]

    weak = {
        f"{front} on {back}": round(ratio, 2)
        for front, backs in pairs.items()
        for back in backs
        if (ratio := contrast(known[front], known[back])) < least
    }

    assert weak == {}


def test_no_colour_stands_outside_the_variables() -> None:
    rules = CSS.partition("*, *::before")[2]

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b", rules) == []


def test_the_focus_is_always_seen_and_targets_are_large_enough() -> None:
    assert ":focus-visible { outline: 3px solid var(--focus)" in CSS
    assert re.findall(r"([^}]+)\{[^}]*outline: none", CSS) == ["\nmain:focus "]
    sizes = [float(size) for size in re.findall(r"min-height: ([0-9.]+)rem", CSS)]
    assert min(sizes) * 16 >= 24


PAGE = (
    '<html lang="en"><title>T</title><a href="#main">Skip</a><header></header>'
    '<main id="main"><h1>T</h1>{}</main></html>'
)


TWO_FORMS = "".join(f'<form method="post" action="/{name}"><button>Go</button></form>' for name in "ab")


@pytest.mark.parametrize(
    ("inside", "finding"),
    [
        ("", None),
        ("<h3>Deep</h3>", "h3 follows h1"),
        ("<h2></h2>", "<h2> is empty"),
        ('<input name="x">', "field x has no label"),
        ('<label for="y">Y</label>', "for points to y, which is not there"),
        ('<label for="x">X</label><input type="radio" id="x" name="x">', "choice x stands in no group"),
        ("<fieldset></fieldset>", "a group has no legend"),
        ("<form></form>", "a form has no button"),
        ('<a href="/"></a>', "<a> has no name"),
        ('<img src="x">', "<img> has no text instead"),
        ('<p id="main">', "id main stands twice"),
        ("<table><tr><th>A</th></tr></table>", "a column has no scope"),
        ("<h1>Two</h1>", "<h1> stands 2 times"),
        ("<p></div>", "</div> closes <p>"),
        ('<p class="a" class="b"></p>', "<p> has class twice"),
        ("<nav></nav>", "navigations are not told apart"),
        ('<p><span class="mark good">x</span></p>', "a mark stands without words"),
        ('<a href="#gone">x</a>', "link to #gone, which is not there"),
        (TWO_FORMS, "buttons 'Go' do different things"),
    ],
)
def test_the_checks_see_what_is_planted(inside: str, finding: str | None) -> None:
    found = findings(PAGE.format(inside))

    assert found == [] if finding is None else finding in found


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1.0)]
)
def test_computes_contrast_as_the_guidelines_do(one: str, other: str, ratio: float) -> None:
    assert round(contrast(one, other), 2) == ratio
