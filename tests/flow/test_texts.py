"""A message says the practice's own words from the moment they are kept."""

from functools import partial

import pytest

from kept.core.errors import NotFoundError
from kept.core.own_texts import text_named
from kept.core.practice import Practice, PracticeSetup
from kept.core.texts import MessageText
from kept.flow.practice import save_practice
from kept.flow.texts import TextWish, reset_text, save_text, wording_of, wordings
from tests.dispatching import DUE
from tests.flow.claims import claimed, practice_store

NAME = text_named("reminder.sms.en")
OURS = MessageText(text="{practice} says: {day}, {time}. Call {phone}. STOP to opt out.")


def test_the_next_message_says_it() -> None:
    store = practice_store()
    wish = TextWish(name=NAME, message=OURS, by="desk")
    store.submit(partial(save_text, wish=wish, now=DUE)).result()

    (handover,) = claimed(store).handovers

    assert handover.message.text.startswith("Elm Clinic says: tomorrow")


def test_a_text_in_another_language_stays_as_it_is() -> None:
    store = practice_store()
    spanish = TextWish(name=text_named("reminder.sms.es"), message=OURS, by="desk")
    store.submit(partial(save_text, wish=spanish, now=DUE)).result()

    (handover,) = claimed(store).handovers

    assert "says" not in handover.message.text


def test_setting_up_the_practice_anew_keeps_its_texts() -> None:
    store = practice_store()
    store.submit(partial(save_text, wish=TextWish(name=NAME, message=OURS, by="desk"), now=DUE)).result()

    store.submit(lambda tx: save_practice(tx, PracticeSetup(practice=Practice(name="New name")))).result()

    assert wording_of(store, NAME).message == OURS
    (handover,) = claimed(store).handovers
    assert handover.message.text.startswith("New name says")


def test_writing_twice_notes_it_once_and_resetting_forgets_it() -> None:
    store = practice_store()
    for _ in range(2):
        store.submit(partial(save_text, wish=TextWish(name=NAME, message=OURS, by="desk"), now=DUE)).result()

    assert store.load(Practice, ["practice"])[0].own_texts == (NAME.id,)

    store.submit(lambda tx: reset_text(tx, NAME)).result()

    assert store.load(Practice, ["practice"])[0].own_texts == ()
    assert all(wording.own is None for wording in wordings(store))


def test_an_id_that_names_no_text_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        text_named("reminder.pigeon.en")
