"""What messages say, on the command line."""

from __future__ import annotations

from tests.entrypoints.cli.world import Desk

OURS = "{practice}: see you {day} at {time}. Call {phone}. Reply STOP to opt out."


def test_lists_the_texts_of_a_language(desk: Desk) -> None:
    found = desk.ask("texts", "list", "--language", "pl")["templates"]
    text = desk.run("texts", "list", "--language", "pl").stdout

    assert {t["language"] for t in found} == {"pl"}
    assert "reminder.sms.pl" in text


def test_writes_shows_and_resets_a_text(desk: Desk) -> None:
    written = desk.run("texts", "set", "reminder.sms.en", "--text", OURS)
    shown = desk.ask("texts", "show", "reminder.sms.en")
    back = desk.run("texts", "reset", "reminder.sms.en")

    assert "reminder.sms.en, your own (GSM-7, segments: 1)" in written.stdout
    assert shown["text"] == OURS
    assert "the shipped one" in back.stdout


def test_a_mail_is_shown_without_a_size(desk: Desk) -> None:
    assert desk.run("texts", "show", "booked.email.en").stdout.startswith("booked.email.en, the shipped one\n")


def test_a_text_that_breaks_a_rule_is_refused_with_its_reason(desk: Desk) -> None:
    refused = desk.ask("texts", "set", "reminder.sms.en", "--text", "Reply CANCEL", exit_code=2)

    assert "asks_for_reserved_word" in str(refused)
