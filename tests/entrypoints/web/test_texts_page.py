"""The pages of the texts: what each says by now, and writing it anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kept.core.own_texts import OwnText, every_text
from kept.core.templates import CHANNEL_TIERS, PLACEHOLDERS, TIERS
from kept.core.texts import LANGUAGE_WORDS, TEXT_KINDS
from kept.entrypoints.web.texts import TONGUES
from kept.entrypoints.web.words import LANGUAGES, texts_in
from tests.entrypoints.web.accessibility import findings
from tests.entrypoints.web.world import Shown, World

SMS, MAIL = "/texts/reminder.sms.en", "/texts/reminder.email.en"
GOOD = "{practice}: see you {day} at {time}. Call {phone}. Reply STOP to opt out."
BAD = "See you {day}. Reply CANCEL to cancel."


def kept(world: World, name: str = "reminder.sms.en") -> OwnText | None:
    return next(iter(world.store.load(OwnText, [name])), None)


def write(world: World, text: str, do: str, path: str = SMS, **fields: str) -> Shown:
    return world.browser.submit(world.browser.look(path), path, 0, text=text, do=do, **fields)


def _stale(world: World) -> Shown:
    opened = world.browser.look(SMS)
    world.browser.submit(opened, SMS, text=GOOD, do="keep")
    return world.browser.submit(opened, SMS, text=GOOD + " Bye.", do="keep")


STATES: dict[str, Callable[[World], Shown]] = {
    "all": lambda w: w.browser.look("/texts"),
    "mails in Polish": lambda w: w.browser.look("/texts?language=pl&channel=email"),
    "shipped": lambda w: w.browser.look(SMS),
    "a mail": lambda w: w.browser.look(MAIL),
    "looked at": lambda w: write(w, GOOD, "preview"),
    "looked at, with mistakes": lambda w: write(w, BAD, "preview"),
    "refused": lambda w: write(w, BAD, "keep"),
    "cannot be filled": lambda w: write(w, "{", "keep"),
    "empty": lambda w: write(w, "", "keep"),
    "a mail with a bad subject": lambda w: write(w, GOOD, "keep", MAIL, subject="{first_name}"),
    "kept": lambda w: write(w, GOOD, "keep"),
    "somebody was faster": _stale,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", STATES)
def test_a_page_of_texts_has_no_findings(world: World, state: str, language: str) -> None:
    world.browser.look(f"/?lang={language}")

    shown = STATES[state](world)

    assert shown.page.one("html").get("lang") == language
    assert findings(shown.body) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_and_placeholder_has_words(language: str) -> None:
    wanted = {f"text.kind.{kind}" for kind in TEXT_KINDS} | {f"placeholder.{name}" for name in PLACEHOLDERS}
    wanted |= {f"tier.{TIERS[name].name.lower()}" for name in PLACEHOLDERS}

    assert wanted - texts_in(language).keys() == set()
    assert TONGUES.keys() == LANGUAGE_WORDS.keys()
    assert max(CHANNEL_TIERS.values()) >= max(TIERS[name] for name in PLACEHOLDERS)


def test_lists_the_texts_of_the_language_and_the_channel_that_are_chosen(world: World) -> None:
    shown = world.browser.submit(world.browser.look("/texts"), "/texts", language="es", channel="email")

    links = {a.get("href") for a in shown.page.all("a")}
    assert {f"/texts/{n.id}" for n in every_text() if (n.language, n.channel.value) == ("es", "email")} <= links
    assert "/texts/reminder.sms.es" not in links


def test_a_choice_that_is_none_shows_the_practices_own_language(world: World) -> None:
    links = {a.get("href") for a in world.browser.look("/texts?language=xx&channel=fax").page.all("a")}

    assert SMS in links


def test_a_preview_shows_the_message_and_keeps_nothing(world: World) -> None:
    shown = write(world, GOOD, "preview")

    assert "Elm Street: see you" in shown.text
    assert "1 segment, GSM-7" in shown.text
    assert shown.page.one("textarea").text == GOOD
    assert kept(world) is None


def test_looking_changes_nothing(world: World) -> None:
    world.browser.look(SMS + "?do=keep&text=x")
    world.browser.look("/texts")

    assert kept(world) is None


def test_keeps_a_text_and_goes_back_to_the_shipped_one(world: World) -> None:
    shown = write(world, GOOD, "keep")

    own = kept(world)
    assert own is not None
    assert (own.text, own.updated_by) == (GOOD, "pages")
    assert "Kept. Messages that leave from now on say it." in shown.text
    assert "Your own" in world.browser.look("/texts").text

    back = world.browser.submit(shown, SMS + "/reset")

    assert kept(world) is None
    assert "It is the shipped one again." in back.text


@pytest.mark.parametrize("do", ["preview", "keep"])
def test_a_bad_text_comes_back_with_every_rule_it_breaks(world: World, do: str) -> None:
    shown = write(world, BAD, do)

    field = shown.page.one("textarea")
    said = shown.page.one(id_="e-text").text
    assert shown.status == (422 if do == "keep" else 200)
    assert field.text == BAD
    assert (field.get("aria-invalid"), field.get("aria-describedby")) == ("true", "h-text e-text")
    assert "does not say who writes" in said
    assert "asks for the reply CANCEL" in said
    assert kept(world) is None


def test_a_subject_that_tells_too_much_comes_back_beside_its_field(world: World) -> None:
    shown = write(world, GOOD, "keep", MAIL, subject="{first_name}")

    assert shown.status == 422
    assert shown.page.one("input", id_="f-subject").get("aria-describedby") == "e-subject"


def test_of_two_who_write_at_once_the_second_is_shown_what_the_first_wrote_and_loses_nothing(world: World) -> None:
    shown = _stale(world)

    own = kept(world)
    assert own is not None
    assert (shown.status, own.text) == (412, GOOD)
    assert shown.page.one("textarea").text == GOOD + " Bye."
    assert GOOD in shown.page.one("blockquote").text

    world.browser.submit(shown, SMS, do="keep")

    again = kept(world)
    assert again is not None
    assert again.text == GOOD + " Bye."


def test_a_text_that_does_not_exist_is_not_found(world: World) -> None:
    assert world.browser.look("/texts/poem.sms.en").status == 404


def test_a_form_without_its_token_changes_nothing(world: World) -> None:
    world.browser.look(SMS)

    shown = world.browser.post(SMS, {"text": GOOD, "do": "keep", "version": "0"})

    assert (shown.status, kept(world)) == (403, None)
