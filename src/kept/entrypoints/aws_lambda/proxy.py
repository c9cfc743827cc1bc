"""
HTTP as a gateway hands it over: read as ASGI, answered by the same application as everywhere.

Source:
    Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs" (payloads 1.0 and 2.0);
    ASGI HTTP specification 2.4.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

import msgspec

from kept.entrypoints.aws_lambda.invocation import Answer, Event, fields_of, text_in

_TEXT: Final = re.compile(rb"text/|application/(?:[a-z.+-]*json|[a-z.+-]*xml|javascript)|image/svg")
_JSON: Final = {"content-type": "application/json"}

Header = tuple[bytes, bytes]
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
AsgiApp = Callable[[Scope, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
"""What ASGI calls an application."""


def proxy_answer(status: int, body: object) -> Answer:
    """
    Return the answer of a function that stands behind a gateway by itself.

    >>> proxy_answer(404, {"error": "none"})["body"]
    '{"error":"none"}'
    """
    return {"statusCode": status, "headers": dict(_JSON), "body": msgspec.json.encode(body).decode()}


def body_of(event: Event) -> bytes:
    """Return the body of a request, decoded where the gateway has encoded it."""
    body = text_in(event, "body")
    if fields_of(event).get("isBase64Encoded") is True:
        return base64.b64decode(body)
    return body.encode("utf-8", "surrogatepass")


class Gateway:
    """
    The application behind a gateway, in one event loop that lives as long as the process.

    Args:
        app: Answers.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._runner = asyncio.Runner()

    def answer(self, event: Event) -> Answer:
        """Return the answer to one request."""
        return self._runner.run(self._answer(event))

    def close(self) -> None:
        """End the loop."""
        self._runner.close()

    async def _answer(self, event: Event) -> Answer:
        answer: dict[str, Any] = {"status": 500, "headers": [], "body": b""}
        incoming: list[Message] = [{"type": "http.request", "body": body_of(event), "more_body": False}]

        async def receive() -> Message:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"], answer["headers"] = message["status"], list(message.get("headers", ()))
            else:
                answer["body"] += message.get("body", b"")

        await self._app(scope_of(event), receive, send)
        return _told(answer["status"], answer["headers"], answer["body"], is_old="httpMethod" in fields_of(event))


def scope_of(event: Event) -> Scope:
    """Return what ASGI calls the scope of a request."""
    context = fields_of(fields_of(event).get("requestContext"))
    http = fields_of(context.get("http"))
    path = unquote(text_in(event, "rawPath") or text_in(event, "path") or "/")
    stage = text_in(context, "stage")
    if http and stage not in {"", "$default"}:
        path = path.removeprefix(f"/{stage}") or "/"
    source = text_in(http, "sourceIp") or text_in(fields_of(context.get("identity")), "sourceIp")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": (text_in(http, "method") or text_in(event, "httpMethod") or "GET").upper(),
        "scheme": "https",
        "path": path,
        "raw_path": quote(path, safe="/:@!$&'()*+,;=-._~").encode(),
        "root_path": "",
        "query_string": _query(event),
        "headers": _headers(event, request_id=text_in(context, "requestId")),
        "client": (source, 0) if source else None,
        "server": (text_in(context, "domainName") or "localhost", 443),
    }


def _query(event: Event) -> bytes:
    if isinstance(fields_of(event).get("rawQueryString"), str):
        return text_in(event, "rawQueryString").encode()
    several = fields_of(fields_of(event).get("multiValueQueryStringParameters"))
    single = fields_of(fields_of(event).get("queryStringParameters"))
    return urlencode(several or single, doseq=True).encode()


def _headers(event: Event, *, request_id: str) -> list[Header]:
    """Return the headers, with the gateway's id of the request where the caller gave none."""
    several = fields_of(fields_of(event).get("multiValueHeaders"))
    single = fields_of(fields_of(event).get("headers"))
    pairs = [(name, value) for name, values in several.items() if isinstance(values, list) for value in values]
    pairs = pairs or list(single.items())
    found = [
        (name.lower().encode("latin-1", "replace"), str(value).encode("latin-1", "replace")) for name, value in pairs
    ]
    cookies = fields_of(event).get("cookies")
    if isinstance(cookies, list):
        found.append((b"cookie", "; ".join(map(str, cookies)).encode("latin-1", "replace")))
    if request_id and not any(name == b"x-correlation-id" for name, _ in found):
        found.append((b"x-correlation-id", re.sub(r"[^A-Za-z0-9._-]", "-", request_id)[:64].encode()))
    return found


def _told(status: int, headers: list[Header], body: bytes, *, is_old: bool) -> Answer:
    texts = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers]
    cookies = [value for name, value in texts if name == "set-cookie"]
    joined: dict[str, str] = {}
    for name, value in texts:
        if name != "set-cookie":
            joined[name] = f"{joined[name]}, {value}" if name in joined else value
    is_text = bool(_TEXT.match(joined.get("content-type", "").encode())) and "content-encoding" not in joined
    answer: Answer = {
        "statusCode": status,
        "headers": joined,
        "body": body.decode("utf-8", "replace") if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }
    if cookies:
        answer |= {"multiValueHeaders": {"set-cookie": cookies}} if is_old else {"cookies": cookies}
    return answer
