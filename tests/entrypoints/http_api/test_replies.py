"""What people answered, and what a reply is taken for, over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from kept.core.access import Scope
from kept.core.contacts import PhoneNumber
from kept.core.people import Patient
from kept.flow.replies import reply_step
from tests.dispatching import PHONE
from tests.entrypoints.http_api.world import World
from tests.flow.answering import incoming

PATH = "/api/replies/preview"
CASES = json.loads((Path(__file__).parents[2] / "samples" / "replies.json").read_text(encoding="utf-8"))["cases"]
MAY_BE_UNCLEAR = frozenset({"confirm", "reschedule", "decline"})


def test_understands_the_labelled_replies_as_the_rules_do(anywhere: World) -> None:
    wrong = []
    for case in CASES:
        told = anywhere.call("POST", PATH, json={"text": case["body"]}, scope=Scope.READ).json["intent"]
        if told != case["intent"] and not (told == "unclear" and case["intent"] in MAY_BE_UNCLEAR):
            wrong.append((case["body"], told))

    assert wrong == []


def test_says_why_and_how_surely(anywhere: World) -> None:
    told = anywhere.call("POST", PATH, json={"text": "I can't stop by at 9, is 10 ok?"}).json

    assert told == {
        "intent": "reschedule",
        "confidence": "likely",
        "rule": "asks_for_another_time",
        "language": "en",
        "isBareCancel": False,
        "mentioned": ["9", "10"],
    }


@pytest.mark.parametrize(("country", "intent"), [(None, "opt_out"), ("US", "opt_out"), ("GB", "decline")])
def test_what_cancel_means_depends_on_the_country(anywhere: World, country: str | None, intent: str) -> None:
    told = anywhere.call("POST", PATH, json={"text": "CANCEL", "country": country}).json

    assert (told["intent"], told["isBareCancel"]) == (intent, True)


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({}, "#/text", "required"),
        ({"text": 1}, "#/text", "not_a_string"),
        ({"text": "x" * 10_001}, "#/text", "too_long"),
        ({"text": "YES", "country": "USA"}, "#/country", "not_a_country"),
        ({"text": "YES", "body": "YES"}, "#/body", "unknown_field"),
    ],
)
def test_names_what_is_wrong(anywhere: World, asked: dict[str, object], field: str, code: str) -> None:
    reply = anywhere.call("POST", PATH, json=asked)

    assert reply.status in {400, 422}
    assert [(e["pointer"], e["code"]) for e in reply.json["errors"]] == [(field, code)]


def answered(here: World, *texts: str) -> None:
    """Let the patient answer, a minute apart."""
    patient = Patient(id="ann", phone=PhoneNumber(PHONE), created_at=here.clock.now(), updated_at=here.clock.now())
    here.put(patient)
    for text in texts:
        now = here.clock.now()
        here.do(reply_step(here.store, incoming(text, id=text, at=now), now=now))
        here.clock.advance(timedelta(minutes=1))


def test_shows_what_a_patient_has_answered_and_what_it_led_to_the_newest_first(anywhere: World) -> None:
    answered(anywhere, "hm?", "STOP")

    told = anywhere.call("GET", "/api/patients/ann/replies", scope=Scope.READ).json["replies"]

    assert [(each["text"], each["intent"], each["effects"]) for each in told] == [
        ("STOP", "opt_out", ["messages_ended"]),
        ("hm?", "unclear", ["listed"]),
    ]
    assert told[1] == {
        "replyId": "fake/hm?",
        "channel": "sms",
        "address": PHONE,
        "text": "hm?",
        "intent": "unclear",
        "confidence": "unsure",
        "rule": "no_rule_fits",
        "effects": ["listed"],
        "appointmentId": None,
        "at": told[1]["at"],
    }


def test_shows_as_many_replies_as_are_asked_for_and_none_whose_time_is_over(anywhere: World) -> None:
    answered(anywhere, "one", "two", "three")

    few = anywhere.call("GET", "/api/patients/ann/replies", query="limit=2").json["replies"]
    anywhere.clock.advance(timedelta(days=400) - timedelta(minutes=1))
    kept = anywhere.call("GET", "/api/patients/ann/replies").json["replies"]

    assert [each["text"] for each in few] == ["three", "two"]
    assert kept == []


def test_of_somebody_unknown_nothing_is_shown(anywhere: World) -> None:
    assert anywhere.call("GET", "/api/patients/nobody/replies").status == 404
