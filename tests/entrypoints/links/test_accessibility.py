"""Every page behind a link can be used by everyone: structure, names, languages, sizes, without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kept.core.booking import AppointmentEvent
from kept.entrypoints.web.words import LANGUAGES
from kept.flow.booking import Change, apply
from tests.entrypoints.links.world import DAY, LinkWorld
from tests.entrypoints.web.accessibility import findings
from tests.entrypoints.web.test_accessibility import CSS
from tests.entrypoints.web.world import Shown


def _plain(world: LinkWorld) -> Shown:
    return world.patient.look(world.link())


def _moving(world: LinkWorld) -> Shown:
    return world.patient.look(f"{world.link()}?show=move")


def _nothing_free(world: LinkWorld) -> Shown:
    return world.patient.look(f"{world.link()}?show=move&from=9000-01-01")


def _cancelling(world: LinkWorld) -> Shown:
    return world.patient.look(f"{world.link()}?show=cancel")


def _kept(world: LinkWorld) -> Shown:
    form = _moving(world).page.all("form")[-1]
    fields = {"do": "keep", "sequence": "0", "start": form.all("button")[-1].get("value") or ""}
    world.patient.browser.post(world.link().removeprefix("http://127.0.0.1:8080"), fields)
    return world.patient.look(f"{world.link()}?show=held")


def _kept_seen_from_the_visit(world: LinkWorld) -> Shown:
    _kept(world)
    return _plain(world)


def _refused(world: LinkWorld) -> Shown:
    fields = {"do": "move", "sequence": "0", "start": "2026-05-09T14:00:00Z"}
    return world.patient.browser.post(world.link().removeprefix("http://127.0.0.1:8080"), fields)


def _cancelled(world: LinkWorld) -> Shown:
    change = Change(appointment_id="a1", by="desk")
    world.do(lambda tx: apply(tx, change, AppointmentEvent.CANCEL, now=world.clock.now()))
    return _plain(world)


def _begun(world: LinkWorld) -> Shown:
    world.clock.advance(DAY)
    return _plain(world)


def _expired(world: LinkWorld) -> Shown:
    world.clock.advance(9 * DAY)
    return _plain(world)


def _unknown(world: LinkWorld) -> Shown:
    return world.patient.look("/a/nothing")


def _ending(world: LinkWorld) -> Shown:
    return world.patient.look(world.end_link())


def _ended(world: LinkWorld) -> Shown:
    return world.patient.ask("POST", world.end_link(), b"List-Unsubscribe=One-Click")


STATES: dict[str, Callable[[LinkWorld], Shown]] = {
    "a visit": _plain,
    "a choice of times": _moving,
    "no time to choose": _nothing_free,
    "a question whether to cancel": _cancelling,
    "a time that is kept": _kept,
    "a visit with a time that is kept": _kept_seen_from_the_visit,
    "a time that cannot be had": _refused,
    "a cancelled visit": _cancelled,
    "a visit that has begun": _begun,
    "a link that is over": _expired,
    "a link that is none": _unknown,
    "the end of messages": _ending,
    "messages ended": _ended,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_a_page_has_no_findings(world: LinkWorld, state: str, language: str) -> None:
    world.patient.browser.headers["Accept-Language"] = language

    shown = STATES[state](world)

    assert findings(shown.body) == []
    if state not in {"the end of messages", "messages ended"}:
        assert shown.page.one("html").get("lang") == language


def test_the_language_of_the_patient_goes_before_that_of_the_browser(world: LinkWorld) -> None:
    world.speak("ann", "es-MX")

    shown = _plain(world)

    assert shown.page.one("html").get("lang") == "es"
    assert "Su cita Está reservada. ¿Vendrá? Día martes, 5 de mayo de 2026" in shown.text


def test_a_language_that_the_pages_do_not_have_gives_way_to_that_of_the_browser(world: LinkWorld) -> None:
    world.speak("ann", "pl")
    world.patient.browser.headers["Accept-Language"] = "es"

    assert _plain(world).page.one("html").get("lang") == "es"


def test_a_language_that_was_chosen_on_the_page_stays(world: LinkWorld) -> None:
    spanish = world.patient.follow(_plain(world), "Español")
    moving = world.patient.follow(spanish, "Cambiarla a otra hora")
    kept = world.patient.press(moving, "11:00")
    moved = world.patient.press(kept, "Pasar mi cita a esta hora")
    english = world.patient.follow(moved, "English")

    assert [s.page.one("html").get("lang") for s in (spanish, moving, kept, moved)] == ["es"] * 4
    assert english.page.one("html").get("lang") == "en"


def test_targets_are_large_enough_on_a_phone() -> None:
    rules = [rule for rule in CSS.split("}") if ".slots button" in rule]

    assert rules
    assert not [rule for rule in rules if "min-height" in rule or "white-space: nowrap" in rule]
    assert "button, .button {\n  display: inline-flex; align-items: center; gap: .4rem; min-height: 2.5rem" in CSS
