"""Every kind of bad request that we could think of, each with the answer that it should get."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from kept.core.access import Scope
from kept.entrypoints.http_api.problems import KINDS
from tests.architecture.sources import ROOT
from tests.entrypoints.http_api.world import FULL, Reply, World

TABLE: dict[str, Any] = json.loads((ROOT / "tests/samples/bad_inputs.json").read_text(encoding="utf-8"))
CASES: list[dict[str, Any]] = TABLE["cases"]

TELLING = ("Traceback", "sqlite", "SELECT ", "INSERT ", ".py", "msgspec", "starlette", "Error:", "0x")
"""What an answer must never hold: code, statements, names of libraries, addresses."""


def whole(value: Any) -> Any:  # noqa: ANN401  whatever JSON can say
    """Return a value with its long texts written out."""
    if isinstance(value, dict):
        if "$runs" in value:
            return "".join(text * times for text, times in value["$runs"])
        return {("x" * 1_000 if name == "$long" else name): whole(member) for name, member in value.items()}
    return [whole(member) for member in value] if isinstance(value, list) else value


def body_of(case: dict[str, Any]) -> bytes | None:
    if "text" in case:
        return str(case["text"]).encode()
    if "base64" in case:
        return base64.b64decode(whole(case["base64"]))
    if "repeat" in case:
        return "".join(text * times for text, times in case["repeat"]).encode()
    if "booking" in case:
        changed = {**FULL, **whole(case["booking"])}
        return json.dumps({name: value for name, value in changed.items() if value != "$out"}).encode()
    return json.dumps(whole(case["json"])).encode() if "json" in case else None


def prepared(here: World, given: list[str]) -> str:
    """Do what happened before; return the id of the appointment, if there is one."""
    appointment_id = "apt_none"
    for what in given:
        if what in {"booked", "booked-with-key"}:
            headers = {"Idempotency-Key": "k1"} if what == "booked-with-key" else {}
            appointment_id = here.call("POST", "/api/appointments", json=FULL, headers=headers).json["appointmentId"]
        elif what == "cancelled":
            assert here.call("POST", f"/api/appointments/{appointment_id}/cancel").status == 200
        else:
            assert what == "begun"
            here.clock.advance(timedelta(days=120))
    return appointment_id


def asked(here: World, case: dict[str, Any]) -> Reply:
    method, path = whole(case["call"]).split(" ")
    path = path.replace("{id}", prepared(here, case.get("given", [])))
    body = body_of(case)
    headers = {name: whole(value) for name, value in case.get("headers", {}).items()}
    if body is not None and not case.get("bare"):
        headers.setdefault("Content-Type", "application/json")
    wanted = case.get("scope", "admin")
    scope = Scope(wanted) if wanted else None
    return here.call(method, path, body=body, headers=headers, query=whole(case.get("query", "")), scope=scope)


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_a_bad_request_is_answered_as_it_should_be(here: World, case: dict[str, Any]) -> None:
    wants = case["wants"]

    reply = asked(here, case)

    assert reply.status in {wants["status"], *wants.get("also", [])}, reply.body[:2_000]
    for name, value in wants.get("headers", {}).items():
        assert reply.header(name) == value or (value == "*" and reply.header(name))
    if reply.status == wants["status"] and reply.status >= 400:
        assert_told(reply, wants)
    assert here.call("GET", "/api/appointments").status == 200, "it still serves"


def assert_told(reply: Reply, wants: dict[str, Any]) -> None:
    """Assert that a problem says what it should, and nothing of ours."""
    told = reply.json
    assert reply.header("content-type") == "application/problem+json"
    assert told["type"] == f"problems/{wants['kind']}"
    assert told["title"] == KINDS[wants["kind"]].title
    assert told["status"] == wants["status"]
    assert told["traceId"] == reply.header("x-correlation-id")
    assert told["detail"]
    if "code" in wants:
        assert told["code"] == wants["code"]
    if "error" in wants:
        assert told["error"] == wants["error"]
    missing = [place for place in map(tuple, wants.get("errors", [])) if place not in reply.codes]
    assert missing == [], reply.codes
    if "has" in wants:
        assert any(error.get(wants["has"]) for error in told["errors"])
    assert [word for word in TELLING if word.encode() in reply.body] == []
    assert len(reply.body) < 32_768


@pytest.mark.parametrize("case", [c for c in CASES if c["wants"]["status"] >= 400], ids=lambda case: str(case["id"]))
def test_a_refused_request_writes_nothing_and_wakes_nobody(here: World, case: dict[str, Any]) -> None:
    bare = {name: value for name, value in case.items() if name != "given"}
    appointment_id = prepared(here, case.get("given", []))
    bare["call"] = whole(case["call"]).replace("{id}", appointment_id)
    before = here.snapshot()

    asked(here, bare)

    assert here.snapshot() == before
    assert here.woken == []


def test_the_table_covers_every_kind_of_problem() -> None:
    """Those that need a clock, a crowd, a broken store, a provider or a link have tests of their own."""
    elsewhere = {"request-timeout", "rate-limited", "idempotency-in-progress", "internal-error", "storage-unavailable"}
    elsewhere |= {"bad-signature", "link-expired"}

    covered = {case["wants"].get("kind") for case in CASES} - {None}

    assert covered | elsewhere == KINDS.keys()
