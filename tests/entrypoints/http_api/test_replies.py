"""What a reply is taken for, over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kept.core.access import Scope
from tests.entrypoints.http_api.world import World

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
