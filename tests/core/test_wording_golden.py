"""Whole messages, compared letter for letter with what was read and found good."""

import pytest

from kept.core.texts import LANGUAGE_WORDS, TEXT_KINDS
from tests.core.golden_messages import LANGUAGES, NAMES, SCENES, page, path

REMEDY = "read the difference; if it is meant, run: python -m tests.core.golden_messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_reads_as_it_was_found_good(language: str) -> None:
    assert page(language) == path(language).read_text(encoding="utf-8"), REMEDY


def test_the_messages_are_of_eight_zones_and_every_language() -> None:
    assert len({scene.zone for scene in SCENES}) == 8
    assert set(LANGUAGES) == set(LANGUAGE_WORDS)
    assert set(NAMES) <= set(TEXT_KINDS)
