from __future__ import annotations

from datetime import timedelta

import pytest

from kept.core.worklist import ItemKind, Subject, item_for_reply
from kept.flow.worklist import open_item
from tests.entrypoints.cli.world import NOW, Desk


@pytest.fixture
def item(desk: Desk) -> str:
    made = item_for_reply(ItemKind.WRONG_NUMBER, Subject(address="+12065550199"), reply_id="r1", now=NOW)
    return desk.parts.store.submit(lambda tx: open_item(tx, made, now=NOW)).result().id


def test_lists_what_is_open(desk: Desk, item: str) -> None:
    found = desk.ask("worklist", "list")["items"]
    text = desk.run("worklist", "list").stdout

    assert [i["itemId"] for i in found] == [item]
    assert "The number belongs to somebody else." in text
    assert "+12065550199" in text


def test_lists_more_than_one_page(desk: Desk) -> None:
    for number in range(201):
        subject = Subject(address=f"+1206555{number:04}")
        made = item_for_reply(ItemKind.UNCLEAR_REPLY, subject, reply_id="r", now=NOW + timedelta(seconds=number))
        desk.parts.store.submit(lambda tx, made=made: open_item(tx, made, now=NOW)).result()  # type: ignore[misc]

    assert len(desk.ask("worklist", "list")["items"]) == 201


def test_an_empty_list_says_so(desk: Desk) -> None:
    assert desk.run("worklist", "list").stdout == "Nothing found.\n"


def test_closing_says_what_was_done_and_reopening_brings_it_back(desk: Desk, item: str) -> None:
    closed = desk.run("worklist", "close", item, "--done", "found the new one")
    empty = desk.ask("worklist", "list")["items"]
    reopened = desk.run("worklist", "reopen", item)

    assert closed.stdout == f"{item} is closed: found the new one\n"
    assert empty == []
    assert reopened.stdout == f"{item} is open\n"


def test_refuses_with_a_reason(desk: Desk, item: str) -> None:
    desk.ask("worklist", "close", item, "--done", " ", exit_code=2)
    desk.ask("worklist", "close", "wli_0", "--done", "x", exit_code=3)
    desk.ask("worklist", "close", item, "--done", "x", "--version", "7", exit_code=4)
    desk.ask("worklist", "reopen", item, exit_code=4)
