"""Bare numbers, read as the answer to a numbered question in five languages, and everything that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.replies import Intent, understand
from kept.core.reply_choices import MOST_OPTIONS, chosen_options

FIRST = {
    "en": ("1", "#1", "1.", "1)", "(1)", "1️⃣", "①", "\uff11", "one", "the first", "First one", "the 1st", "option 1"),
    "es": ("uno", "la primera", "el primero", "la 1", "primera cita", "opción 1", "1ra", "la primera, por favor"),
    "fr": ("un", "le premier", "la première", "1er", "numéro 1", "le premier rendez-vous", "1re"),
    "de": ("eins", "der erste", "die erste", "den ersten", "erster Termin", "Nr. 1", "das erste bitte"),
    "digits of other writings": ("\u0661", "\u06f1", "\u0967.", "\uff11)"),
    "pl": ("jeden", "pierwszy", "pierwszą", "ta pierwsza", "numer 1", "pierwsza wizyta"),
}
SECOND = {
    "en": ("2", "two", "the second one", "2nd", "visit 2", "yes, 2", "ok the second, thanks"),
    "es": ("dos", "la segunda", "el 2", "cita 2", "2da, gracias"),
    "fr": ("deux", "le deuxième", "la seconde", "2e", "choix 2"),
    "de": ("zwei", "der zweite", "den zweiten Termin", "Termin 2"),
    "pl": ("dwa", "druga", "tę drugą", "opcja 2"),
}
ROWS = [(words, text, 1) for words, texts in FIRST.items() for text in texts]
ROWS += [(words, text, 2) for words, texts in SECOND.items() for text in texts]


@pytest.mark.parametrize(("language", "text", "number"), ROWS)
def test_a_bare_number_or_its_place_in_the_list_is_a_choice(language: str, text: str, number: int) -> None:
    assert chosen_options(text, options=2) == (number,), language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yes",
        "C",
        "R",
        "3",
        "12",
        "0",
        "-",
        "1?",
        "1 or 2",
        "1 and 3",
        "both or none",
        "thanks all",
        "all good",
        "neither",
        "not the first",
        "No, the second",
        "1pm",
        "at 1",
        "2:00",
        "the first of May",
        "STOP",
        "1 STOP",
        "I mean the second but can we move it?",
        "ni la primera",
        "der erste geht nicht",
    ],
)
def test_anything_else_is_no_choice(text: str) -> None:
    assert chosen_options(text, options=2) == ()


def test_only_what_was_on_the_list_can_be_chosen() -> None:
    chosen = [[chosen_options(str(n), options=most) for n in range(1, 6)] for most in range(1, MOST_OPTIONS + 1)]

    assert chosen == [
        [(1,), (), (), (), ()],
        [(1,), (2,), (), (), ()],
        [(1,), (2,), (3,), (), ()],
        [(1,), (2,), (3,), (4,), ()],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "both",
        "Yes, both please",
        "all of them",
        "1 and 2",
        "1, 2",
        "2 y 1",
        "las dos",
        "les deux",
        "beide",
        "oba",
        "1 i 2",
    ],
)
def test_both_are_chosen_by_their_numbers_or_by_a_word(text: str) -> None:
    assert chosen_options(text, options=2) == (1, 2)


def test_all_are_as_many_as_there_are() -> None:
    assert [chosen_options(text, options=3) for text in ("all of them", "1 and 3", "1 2")] == [(1, 2, 3), (1, 3), ()]


@given(text=st.text(max_size=60))
def test_nothing_that_ends_messages_is_ever_a_choice(text: str) -> None:
    for reply in (f"stop {text}", f"{text} unsubscribe me"):
        if understand(reply).intent is Intent.OPT_OUT:
            assert chosen_options(reply, options=MOST_OPTIONS) == ()
