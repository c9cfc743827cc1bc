from __future__ import annotations

import pytest

from kept.entrypoints.cli.screen import Exit
from kept.flow.replies import reply_step
from tests.dispatching import PHONE
from tests.entrypoints.cli.world import Desk
from tests.flow.answering import incoming


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


def test_lists_what_a_patient_has_answered_and_what_it_led_to(desk: Desk) -> None:
    desk.ask("patients", "add", "--id", "ann", "--name", "Ann", "--phone", PHONE)
    store, now = desk.parts.store, desk.parts.clock.now()
    for text in ("STOP", ""):
        store.submit(reply_step(store, incoming(text, id=f"r{text}", at=now), now=now)).result()

    told = desk.ask("replies", "list", "ann")["replies"]
    shown = desk.run("replies", "list", "ann").stdout

    assert {(each["text"], each["intent"], *each["effects"]) for each in told} == {
        ("STOP", "opt_out", "messages_ended"),
        ("", "ignore"),
    }
    assert "messages_ended" in shown
    assert "nothing" in shown


def test_nobody_unknown_has_answered(desk: Desk) -> None:
    assert desk.run("replies", "list", "nobody").exit_code == Exit.NOTHING
