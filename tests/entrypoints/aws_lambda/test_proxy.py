"""HTTP as a gateway hands it over, answered by an ASGI application."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kept.entrypoints.aws_lambda.proxy import Gateway, body_of, scope_of
from tests.entrypoints.aws_lambda.world import body_in

V2 = {
    "version": "2.0",
    "rawPath": "/live/echo/a%20b",
    "rawQueryString": "q=1&q=2",
    "cookies": ["a=1", "b=2"],
    "headers": {"Content-Type": "text/plain", "x-many": "1,2"},
    "requestContext": {
        "stage": "live",
        "requestId": "JKJaXmPLvHcESHA=",
        "domainName": "api.example.com",
        "http": {"method": "post", "path": "/live/echo/a b", "sourceIp": "192.0.2.1"},
    },
    "body": base64.b64encode("grüß".encode()).decode(),
    "isBase64Encoded": True,
}
V1 = {
    "httpMethod": "POST",
    "path": "/echo/a b",
    "multiValueQueryStringParameters": {"q": ["1", "2"]},
    "multiValueHeaders": {"X-Correlation-Id": ["mine"], "Cookie": ["a=1; b=2"]},
    "requestContext": {"stage": "live", "requestId": "r-1", "identity": {"sourceIp": "192.0.2.1"}},
    "body": "grüß",
}


async def echo(request: Request) -> Response:
    body = await request.body()
    assert request.client is not None
    return JSONResponse(
        {
            "path": request.url.path,
            "query": request.query_params.getlist("q"),
            "cookies": request.cookies,
            "method": request.method,
            "client": request.client.host,
            "body": body.decode(),
            "correlation": request.headers["x-correlation-id"],
            "disconnects": (await request.receive())["type"],
        }
    )


async def picture(request: Request) -> Response:
    answer = Response(b"\x89PNG", media_type="image/png")
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    answer.headers.append("vary", "a")
    answer.headers.append("vary", "b")
    return answer


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    routes = [Route("/echo/{rest}", echo, methods=["GET", "POST"]), Route("/picture", picture)]
    made = Gateway(Starlette(routes=routes))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("event", "correlation"), [(V2, "JKJaXmPLvHcESHA-"), (V1, "mine")], ids=["payload 2.0", "payload 1.0"]
)
def test_the_application_sees_the_request_as_it_was(
    gateway: Gateway, event: dict[str, object], correlation: str
) -> None:
    answer = gateway.answer(event)

    assert answer["statusCode"] == 200
    assert answer["isBase64Encoded"] is False
    assert body_in(answer) == {
        "path": "/echo/a b",
        "query": ["1", "2"],
        "cookies": {"a": "1", "b": "2"},
        "method": "POST",
        "client": "192.0.2.1",
        "body": "grüß",
        "correlation": correlation,
        "disconnects": "http.disconnect",
    }


def test_bytes_and_several_cookies_get_through(gateway: Gateway) -> None:
    new = gateway.answer({"rawPath": "/picture", "requestContext": {"http": {"method": "GET"}}})
    old = gateway.answer({"path": "/picture", "httpMethod": "GET"})

    assert base64.b64decode(str(new["body"])) == b"\x89PNG"
    assert new["isBase64Encoded"] is True
    assert new["headers"]["vary"] == "a, b"  # type: ignore[index]
    assert new["cookies"] == ["a=1; Path=/; SameSite=lax", "b=2; Path=/; SameSite=lax"]
    assert old["multiValueHeaders"] == {"set-cookie": new["cookies"]}


def test_one_loop_serves_every_request(gateway: Gateway) -> None:
    answers = [gateway.answer(V2) for _ in range(3)]

    assert answers[0] == answers[1] == answers[2]


def test_an_event_that_says_nothing_is_a_request_for_the_root() -> None:
    scope = scope_of({})

    assert (scope["method"], scope["path"], scope["client"], scope["headers"]) == ("GET", "/", None, [])
    assert body_of({"body": 3}) == b""


def test_a_path_that_is_the_stage_alone_is_the_root() -> None:
    scope = scope_of({"rawPath": "/live", "requestContext": {"stage": "live", "http": {"method": "GET"}}})

    assert scope["path"] == "/"
