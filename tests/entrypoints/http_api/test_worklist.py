"""What a person must do, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kept.core.contacts import PhoneNumber
from kept.core.conversation import Effect, Reply
from kept.core.people import ChannelName, Patient
from kept.core.worklist import ItemKind, Subject, item_for_reply
from kept.flow.worklist import open_item
from tests.dispatching import appointment
from tests.entrypoints.http_api.world import NOW, World

PATH = "/api/worklist"
PHONE = "+12065550111"
START = NOW + timedelta(days=1)


@pytest.fixture
def listed(anywhere: World) -> tuple[World, str]:
    """A visit tomorrow whose patient answered something that nobody understood; and the id of its item."""
    here = anywhere
    visit = appointment(start=START, end=START + timedelta(minutes=30))
    patient = here.store.load(Patient, ["pat_1"])[0]
    reply = Reply(
        id="fake/r1",
        channel=ChannelName.SMS,
        sender=PHONE,
        text="hm?",
        intent="unclear",
        effects=(Effect.LISTED, Effect.ANSWERED),
        confidence="unsure",
        rule="no_rule_fits",
        patient_ids=("pat_1",),
        at=NOW,
        applied_at=NOW,
    )
    here.put(visit, reply, msgspec.structs.replace(patient, phone=PhoneNumber(PHONE)))
    subject = Subject(patient_id="pat_1", appointment=visit, address=PHONE)
    item = item_for_reply(ItemKind.UNCLEAR_REPLY, subject, reply_id=reply.id, now=NOW)
    return here, here.do(lambda tx: open_item(tx, item, now=NOW)).id


def test_shows_whom_to_call_when_the_visit_is_and_why(listed: tuple[World, str]) -> None:
    here, item_id = listed

    page = here.call("GET", PATH).json

    (item,) = page["items"]
    assert page["nextCursor"] is None
    assert (item["itemId"], item["about"], item["state"]) == (item_id, "unclear_reply", "open")
    assert item["why"] == "A reply needs a person: read it and answer."
    assert (item["patientName"], item["phone"], item["visitStart"]) == (
        "Maria Lopez",
        PHONE,
        "2026-01-06T07:00:00-05:00",
    )
    assert [(r["text"], r["intent"], r["effects"]) for r in item["replies"]] == [("hm?", "unclear", ["answered"])]


def test_lists_a_page_at_a_time(listed: tuple[World, str]) -> None:
    here, _ = listed
    lost = item_for_reply(ItemKind.WRONG_NUMBER, Subject(address="+12065550199"), reply_id="r2", now=NOW)
    here.do(lambda tx: open_item(tx, lost, now=NOW))

    first = here.call("GET", PATH, query="limit=1").json
    second = here.call("GET", PATH, query=f"limit=1&cursor={first['nextCursor']}").json

    assert [i["about"] for i in (*first["items"], *second["items"])] == ["wrong_number", "unclear_reply"]
    assert (first["items"][0]["patientId"], first["items"][0]["visitStart"]) == (None, None)


def test_closing_records_what_was_done_and_reopening_keeps_it(listed: tuple[World, str]) -> None:
    here, item_id = listed

    closed = here.call("POST", f"{PATH}/{item_id}/close", json={"done": "Called: she comes."})
    empty = here.call("GET", PATH).json
    reopened = here.call("POST", f"{PATH}/{item_id}/reopen")

    assert (closed.status, closed.json["state"], closed.json["done"]) == (200, "closed", "Called: she comes.")
    assert closed.json["closedBy"] == "key_admin"
    assert empty["items"] == []
    assert (reopened.status, reopened.json["state"], reopened.json["done"]) == (200, "open", "")
    assert [e["what"] for e in reopened.json["history"]] == ["opened", "closed", "reopened"]
    assert here.call("GET", f"{PATH}/{item_id}").header("etag") == '"3"'


@pytest.mark.parametrize(
    ("asked", "status", "kind"),
    [
        ({"json": {}}, 422, "problems/validation"),
        ({"json": {"done": " "}}, 422, "problems/validation"),
        ({"json": {"done": "x"}, "headers": {"If-Match": '"9"'}}, 412, "problems/stale-version"),
    ],
)
def test_refuses_what_makes_no_sense(
    listed: tuple[World, str], asked: dict[str, object], status: int, kind: str
) -> None:
    here, item_id = listed

    reply = here.call("POST", f"{PATH}/{item_id}/close", **asked)

    assert (reply.status, reply.json["type"]) == (status, kind)
    assert len(here.call("GET", PATH).json["items"]) == 1


def test_nothing_is_closed_that_is_not_open_or_not_there(listed: tuple[World, str]) -> None:
    here, item_id = listed

    assert here.call("POST", f"{PATH}/{item_id}/reopen").status == 409
    assert here.call("POST", f"{PATH}/wli_0/close", json={"done": "x"}).status == 404
    assert here.call("GET", f"{PATH}/wli_0").status == 404
