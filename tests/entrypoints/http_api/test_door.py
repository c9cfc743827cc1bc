"""Who gets in, what every answer carries, and what the log says."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import structlog
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from kept.core.access import ApiKey, Scope, full_key, secret_hash
from kept.entrypoints.http_api import Limits
from kept.entrypoints.http_api.app import DESCRIBED
from kept.entrypoints.http_api.endpoint import PathEndpoint
from kept.entrypoints.http_api.operations import Operation
from kept.flow.access import create_key, revoke_key
from tests.entrypoints.http_api.world import FULL, SECRET, Asked, World, sent, world

SEARCH = "/api/appointments"
OPEN = {"/healthz", "/metrics", "/api/docs", "/api/docs/{name}", "/api/openapi.json"}


def endpoints(here: World) -> list[PathEndpoint]:
    assert isinstance(here.app, Starlette)
    routes = [route for route in here.app.routes if isinstance(route, Route)]
    return [route.endpoint for route in routes if isinstance(route.endpoint, PathEndpoint)]


def test_every_route_says_who_may_use_it(here: World) -> None:
    assert isinstance(here.app, Starlette)
    rest = [route for route in here.app.routes if isinstance(route, Route)]
    others = [route.path for route in rest if not isinstance(route.endpoint, PathEndpoint)]

    without_scope = {e.path for e in endpoints(here) for o in e.operations.values() if o.scope is None}

    assert len(rest) == len(here.app.routes)
    assert others == ["/api/{rest:path}"], "which only says that there is nothing"
    assert without_scope == OPEN


@pytest.mark.parametrize("operation", DESCRIBED, ids=lambda operation: str(operation.name))
@pytest.mark.parametrize("scope", [None, *Scope], ids=str)
def test_a_key_opens_what_its_scope_says_and_nothing_else(
    here: World, operation: Operation, scope: Scope | None
) -> None:
    path = operation.path.replace("{id}", "nobody").replace("{name}", "nothing")
    body = b"{" if operation.method in {"POST", "PATCH", "PUT"} else None

    reply = here.call(operation.method, path, body=body, headers={"Content-Type": "application/json"}, scope=scope)

    if operation.scope is None:
        assert reply.status == 200
    elif scope is None:
        assert reply.status == 401
    else:
        assert (reply.status == 403) is not scope.covers(operation.scope)
        assert reply.status not in {401, 500}


def test_reading_needs_read_and_changing_needs_more() -> None:
    rules = {(operation.method == "GET", operation.scope) for operation in DESCRIBED if operation.scope}
    exceptions = {o.name for o in DESCRIBED if o.method != "GET" and o.scope is Scope.READ}

    assert (True, Scope.READ) in rules
    assert exceptions == {"previewMessage", "previewReply"}, "which change nothing"


@pytest.mark.parametrize("change", ["expires", "revoked"])
def test_a_key_that_ended_opens_nothing(here: World, change: str) -> None:
    now = here.clock.now()
    key = ApiKey(id="key_old", name="old", scope=Scope.ADMIN, secret_hash=secret_hash(SECRET), created_at=now)
    ends = now + timedelta(hours=1) if change == "expires" else None
    here.do(lambda tx: create_key(tx, msgspec.structs.replace(key, expires_at=ends)))
    headers = {"Authorization": f"Bearer {full_key('key_old', SECRET)}"}
    before = here.call("GET", SEARCH, headers=headers, scope=None)

    if change == "expires":
        here.clock.advance(timedelta(hours=1))
    else:
        here.do(lambda tx: revoke_key(tx, "key_old", now=now))
    after = here.call("GET", SEARCH, headers=headers, scope=None)

    assert (before.status, after.status) == (200, 401)


def test_two_keys_at_once_are_none(here: World) -> None:
    headers = [("Authorization", f"Bearer {full_key('key_read', SECRET)}")]

    assert here.call("GET", SEARCH, headers=headers).status == 401


def test_the_scheme_may_be_written_in_any_case(here: World) -> None:
    headers = {"Authorization": f"bEARER  {full_key('key_read', SECRET)}"}

    assert here.call("GET", SEARCH, headers=headers, scope=None).status == 200


@pytest.mark.parametrize("given", ["call-17", "A.b_c-9", "x" * 64])
def test_a_callers_id_for_a_request_is_echoed(here: World, given: str) -> None:
    reply = here.call("GET", SEARCH, headers={"X-Correlation-Id": given}, query="limit=0")

    assert reply.header("x-correlation-id") == reply.json["traceId"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\r\nSet-Cookie: x=1", "é"])
def test_an_id_that_is_none_is_replaced(here: World, given: str) -> None:
    reply = here.call("GET", SEARCH, headers={"X-Correlation-Id": given})

    assert reply.header("x-correlation-id") not in {given, None}
    assert reply.header("set-cookie") is None


@pytest.mark.parametrize("path", [SEARCH, "/api/nothing", "/api/appointments/nobody", "/healthz"])
def test_every_answer_is_guarded(here: World, path: str) -> None:
    reply = here.call("GET", path)

    assert reply.header("x-content-type-options") == "nosniff"
    assert reply.header("cache-control") == "no-store"
    assert reply.header("referrer-policy") == "no-referrer"
    assert reply.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'"
    assert reply.header("strict-transport-security") == "max-age=31536000"
    assert reply.header("server") is None


def test_a_body_that_never_ends_is_given_up() -> None:
    here = world(limits=Limits(body_timeout_s=0.05))

    reply = here.call("POST", SEARCH, chunks=[b"{"], stalls=True, headers={"Content-Type": "application/json"})

    assert reply.status == 408
    assert (reply.json["type"], reply.json["title"]) == ("problems/bad-request", "Bad request")
    assert reply.header("connection") == "close"
    here.close()


def test_a_body_in_pieces_is_put_together(here: World) -> None:
    body = b'{"name":"Ann Lee"}'

    reply = here.call(
        "POST", "/api/patients", chunks=[body[:5], b"", body[5:]], headers={"Content-Type": "application/json"}
    )

    assert reply.status == 201


def test_a_body_that_grows_too_long_is_stopped_on_the_way(here: World) -> None:
    chunks = [b"[" + b" " * 100_000, b" " * 100_000, b" " * 100_000, b"]"]

    reply = here.call("POST", SEARCH, chunks=chunks, headers={"Content-Type": "application/json"})

    assert reply.status == 413


@pytest.mark.parametrize("said", [{"Content-Length": "1000000"}, {}], ids=["said", "not said"])
def test_a_body_that_is_too_long_is_read_on_so_that_the_answer_arrives(here: World, said: dict[str, str]) -> None:
    pieces = [{"type": "http.request", "body": b" " * 200_000, "more_body": n < 4} for n in range(5)]

    async def receive() -> dict[str, Any]:
        return pieces.pop(0)

    asked = Asked(headers={"Content-Type": "application/json", **said})
    reply = here.loop.run_until_complete(sent(here.app, "POST", SEARCH, asked, receive=receive))

    assert reply.status == 413
    assert reply.header("connection") == "close"
    assert pieces == []


def test_a_batch_may_be_longer_than_other_bodies(here: World) -> None:
    items = [{"patientId": f"patient-{n:06}", "appointmentTime": "2026-02-03T14:00:00Z"} for n in range(4_500)]

    reply = here.call("POST", "/api/notifications/batch", json={"appointments": items})

    assert reply.status == 202
    assert reply.json["processed"] == 4_500


def test_nobody_is_answered_who_has_gone(here: World) -> None:
    with structlog.testing.capture_logs() as lines:
        reply = here.call("POST", SEARCH, headers={"Content-Type": "application/json"}, gone=True)

    assert reply.status == 0
    assert [line["status"] for line in lines] == [499]


def test_a_key_that_asks_too_often_is_told_to_wait_and_others_are_not() -> None:
    here = world(limits=Limits(requests_per_s=0.5, burst=3, recent_s=0.0))

    statuses = [here.call("GET", SEARCH, scope=Scope.READ).status for _ in range(3)]
    refused = here.call("GET", SEARCH, scope=Scope.READ)
    other = here.call("GET", SEARCH, scope=Scope.DESK)

    assert statuses == [200, 200, 200]
    assert (refused.status, refused.json["type"]) == (429, "problems/rate-limited")
    assert int(refused.header("retry-after") or 0) in {1, 2}
    assert refused.header("ratelimit-policy") == '"default";q=3;w=6'
    assert other.status == 200
    here.close()


def test_of_fifty_who_ask_at_once_exactly_ten_pass_a_limit_of_ten() -> None:
    here = world(limits=Limits(requests_per_s=0.001, burst=10, recent_s=0.0))

    async def all_at_once() -> list[int]:
        replies = await asyncio.gather(*(here.acall("GET", SEARCH, Asked()) for _ in range(50)))
        return [reply.status for reply in replies]

    assert here.loop.run_until_complete(all_at_once()).count(200) == 10
    here.close()


def test_our_own_failure_is_told_without_a_word_of_it(here: World) -> None:
    here.store.refuse = ValueError("CANARY +12065550100")

    with structlog.testing.capture_logs() as lines:
        reply = here.call("POST", SEARCH, json=FULL)

    assert reply.status == 500
    assert reply.json["type"] == "problems/internal-error"
    assert reply.json["traceId"] == reply.header("x-correlation-id")
    assert "CANARY" not in reply.body.decode() + repr(lines)
    failure = next(line for line in lines if line["log_level"] == "error")
    assert failure["error"] == "ValueError"
    assert failure["where"]


def test_a_line_in_the_log_names_the_route_and_nobody(here: World) -> None:
    asked: dict[str, Any] = {"name": "CANARY Lee", "phone": "+1 206 555 0177", "email": "canary@example.com"}

    with structlog.testing.capture_logs() as lines:
        here.call("POST", "/api/patients", json=asked)
        here.call("GET", "/api/patients", query="email=canary@example.com")
        here.call("GET", "/api/patients/canary")
        here.call("POST", "/api/patients", body=b'{"CANARY": "CANARY"}', headers={"Content-Type": "application/json"})

    assert [(line["method"], line["route"], line["status"], line["key"]) for line in lines] == [
        ("POST", "/api/patients", 201, "key_admin"),
        ("GET", "/api/patients", 200, "key_admin"),
        ("GET", "/api/patients/{id}", 404, "key_admin"),
        ("POST", "/api/patients", 422, "key_admin"),
    ]
    assert "canary" not in repr(lines).casefold()
    assert "0177" not in repr(lines)


def test_health_and_metrics_are_open_and_tell_of_nobody(here: World) -> None:
    healthy = here.call("GET", "/healthz", scope=None)
    here.healthy[0] = False
    ill = here.call("GET", "/healthz", scope=None)
    metrics = here.call("GET", "/metrics", scope=None, query="name=x")

    assert (healthy.status, healthy.json) == (200, {"status": "ok", "checks": {"store": "ok"}})
    assert (ill.status, ill.json["status"]) == (503, "unhealthy")
    assert (metrics.status, metrics.header("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")


def test_pages_may_be_mounted_behind_the_same_door(here: World) -> None:
    app = here.app
    assert isinstance(app, Starlette)

    def page(_: object) -> PlainTextResponse:
        return PlainTextResponse("a page")

    def broken(_: object) -> PlainTextResponse:
        raise ValueError("CANARY")

    app.mount("/", Starlette(routes=[Route("/day", page), Route("/broken", broken)]))

    shown = here.call("GET", "/day", scope=None)
    failed = here.call("GET", "/broken", scope=None)
    nothing = here.call("GET", "/api/day")

    assert (shown.status, shown.body, bool(shown.header("x-correlation-id"))) == (200, b"a page", True)
    assert failed.status == 500
    assert b"CANARY" not in failed.body
    assert nothing.header("content-type") == "application/problem+json"


def test_other_protocols_pass_through(here: World) -> None:
    sent: list[Any] = []

    async def connect() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:  # noqa: ANN401
            sent.append(message["type"])

        scope = {"type": "websocket", "path": SEARCH, "headers": [], "query_string": b"", "subprotocols": []}
        await here.app(scope, receive, send)

    here.loop.run_until_complete(connect())

    assert sent == ["websocket.close"]


def test_two_idempotency_keys_are_none(here: World) -> None:
    headers = [("Idempotency-Key", "k1"), ("Idempotency-Key", "k2"), ("Content-Type", "application/json")]

    reply = here.call("POST", SEARCH, body=b"{}", headers=headers)

    assert (reply.status, reply.json["type"]) == (400, "problems/idempotency-key-invalid")
