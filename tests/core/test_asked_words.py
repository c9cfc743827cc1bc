"""The words that our messages ask for, as people type them: understood in every language in which we ask."""

from __future__ import annotations

import re

import pytest

from kept.core.people import ChannelName
from kept.core.replies import DEFAULT_OFFERED, Intent, understand
from kept.core.texts import REMINDER_ASKING, TEXTS

LANGUAGES = sorted({language for _, _, language in TEXTS})
CONFIRMING = {
    "de": ("C danke", "Ja, C", "C bestätigt", "C, ich bestätige", "C bitte"),
    "en": ("C please", "Yes, C", "C to confirm", "ok C", "C confirm"),
    "es": ("C gracias", "Sí, C", "C para confirmar", "C confirmo", "C, por favor"),
    "fr": ("C merci", "Oui C", "C (confirmer)", "C je confirme", "C svp"),
    "pl": ("C, dziękuję", "Tak, C", "C (potwierdzam)", "C potwierdzam", "C proszę"),
}
CHANGING = {
    "de": ("R bitte", "R ändert", "R ändern", "R, danke"),
    "en": ("R please", "R to change", "R change", "R, thanks"),
    "es": ("R por favor", "R para cambiar", "R cambiar", "R gracias"),
    "fr": ("R svp", "R (changer)", "R changer", "R merci"),
    "pl": ("R proszę", "R (zmiana)", "R zmiana", "R, dziękuję"),
}
TYPED = ("{}", "{}.", "{}!", '"{}"', "({})", " {} ", "{}\n", "{0} {0}", "{}\n\nSent from my phone")


def test_every_text_that_asks_asks_for_the_words_that_are_understood() -> None:
    texts = {language: TEXTS[REMINDER_ASKING, ChannelName.SMS, language].text for language in LANGUAGES}

    asked = {
        language: [word for word in ("C", "R") if re.search(rf"\b{word}\b", said)] for language, said in texts.items()
    }

    assert asked == {language: ["C", "R"] for language in LANGUAGES}
    assert {word: DEFAULT_OFFERED[word] for word in ("C", "R")} == {"C": Intent.CONFIRM, "R": Intent.RESCHEDULE}


@pytest.mark.parametrize("shape", TYPED)
@pytest.mark.parametrize(("word", "intent"), DEFAULT_OFFERED.items())
def test_a_word_that_was_asked_for_is_understood_however_it_is_typed(shape: str, word: str, intent: Intent) -> None:
    for typed in (word, word.lower()):
        assert understand(shape.format(typed)).intent is intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        *((text, Intent.CONFIRM) for texts in CONFIRMING.values() for text in texts),
        *((text, Intent.RESCHEDULE) for texts in CHANGING.values() for text in texts),
    ],
)
@pytest.mark.parametrize("country", ["US", "MX", "FR", "DE", "PL", ""])
def test_courtesy_and_our_own_explanation_beside_the_word_change_nothing(
    text: str, intent: Intent, country: str
) -> None:
    assert understand(text, country=country).intent is intent


@pytest.mark.parametrize("text", ["C or R", "C?", "R?", "C R", "not C", "no C", "C STOP", "X", "C at 10"])
def test_what_is_not_plainly_one_of_them_is_none(text: str) -> None:
    assert understand(text).intent not in {Intent.CONFIRM, Intent.RESCHEDULE}
