from __future__ import annotations

import pytest

from tests.entrypoints.cli.world import Desk


@pytest.mark.parametrize(
    ("text", "intent"), [("Yes!", "confirm"), ("please stop texting me", "opt_out"), ("", "ignore"), ("hm", "unclear")]
)
def test_tells_what_a_reply_is_taken_for(desk: Desk, text: str, intent: str) -> None:
    assert desk.ask("replies", "preview", text)["intent"] == intent


def test_tells_a_person_in_one_line_and_by_country(desk: Desk) -> None:
    result = desk.run("replies", "preview", "CANCEL", "--country", "GB")

    assert result.stdout == "decline (likely, by says_only_cancel)\n"


def test_a_country_is_two_letters(desk: Desk) -> None:
    assert desk.ask("replies", "preview", "C", "--country", "x", exit_code=2)["errors"][0]["code"] == "not_a_country"
