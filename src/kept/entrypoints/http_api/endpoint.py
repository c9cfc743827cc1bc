"""One path of the API: let the caller in, read the request, run the operation, tell how it went."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from kept.core.access import ApiKey, RequestKey, request_key
from kept.core.errors import InvalidInputError, KeptError
from kept.entrypoints.http_api.answers import Answer, problem_answer, send_answer
from kept.entrypoints.http_api.auth import authenticated, check_scope
from kept.entrypoints.http_api.bodies import ClientGoneError, check_content_type, read_body
from kept.entrypoints.http_api.operations import NO_QUERY, Body, Call, Operation, Room
from kept.entrypoints.http_api.preconditions import wanted_versions
from kept.entrypoints.http_api.problems import IDEMPOTENCY_KEY, DoorError, Problem, problem_of
from kept.entrypoints.http_api.queries import read_query
from kept.formats.strict_json import parsed

LONG_BODY: Final = 64 * 1024
"""A longer body is read in a thread of its own, so that nobody waits for it."""
LONGEST_ACCEPT: Final = 2_000
"""Characters of an Accept header that are looked at."""

_ANY_TYPE: Final = frozenset({"*/*", "application/*", "application/json", "application/problem+json"})


class PathEndpoint:
    """All operations of one path, by method."""

    def __init__(self, path: str, operations: tuple[Operation, ...], room: Room) -> None:
        self.path = path
        self.operations = {operation.method: operation for operation in operations}
        self._room = room
        methods = {*self.operations, *({"HEAD"} if "GET" in self.operations else ())}
        self.allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["kept.route"] = self.path
        try:
            answer = await self._answer(scope, receive)
        except ClientGoneError:
            return
        await send_answer(answer, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        operation = self.operations.get(method)
        trace_id = scope["kept.correlation_id"]
        if operation is None:
            detail = f"This path takes {self.allow}."
            problem = Problem(kind="method-not-allowed", detail=detail, headers=(("Allow", self.allow),))
            return problem_answer(problem, trace_id)
        try:
            return await self._run(operation, scope, receive)
        except KeptError as error:
            return problem_answer(problem_of(error, in_query=operation.body is Body.NONE), trace_id)

    async def _run(self, operation: Operation, scope: Scope, receive: Receive) -> Answer:
        """Return what the operation answers; every check comes in the order in which it is cheapest to fail."""
        headers = Headers(scope=scope)
        now = self._room.parts.clock.now()
        key = self._let_in(operation, scope, now=now)
        check_accept(headers.get("accept"))
        query = b"" if operation.scope is None else scope["query_string"]
        call = Call(
            room=self._room,
            now=now,
            correlation_id=scope["kept.correlation_id"],
            key=key,
            path=scope["path_params"],
            query=read_query(operation.query or NO_QUERY, query),
            versions=wanted_versions(_joined(headers, "if-match"), operation.precondition),
        )
        body = b"" if operation.body is Body.NONE else await self._body(operation, headers, receive)
        if body:
            call.document = await asyncio.to_thread(parsed, body) if len(body) > LONG_BODY else parsed(body)
        if operation.body is Body.EMPTY and call.document not in (None, {}):
            message = "takes no members here; send no body"
            raise InvalidInputError.of("", "unknown_field", message)
        if operation.takes_key:
            call.request_key = _request_key(headers, call, scope, body)
        return await self._once(operation, call)

    def _let_in(self, operation: Operation, scope: Scope, *, now: datetime) -> ApiKey | None:
        if operation.scope is None:
            return None
        sent = [value for name, value in scope["headers"] if name == b"authorization"]
        key = authenticated(self._room.recent, sent, scope["query_string"], now=now)
        scope["kept.key_id"] = key.id
        self._room.buckets.take(key.id)
        check_scope(key, operation.scope)
        return key

    async def _body(self, operation: Operation, headers: Headers, receive: Receive) -> bytes:
        """Return the body; nothing where none is needed and none came."""
        limits = self._room.parts.limits
        limit = limits.batch_bytes if operation.is_long else limits.body_bytes
        is_needed = operation.body is Body.JSON
        if is_needed:
            check_content_type(headers.get("content-type"), headers.get("content-encoding"))
        said = headers.get("content-length")
        body = await read_body(receive, said=said, limit=limit, timeout_s=limits.body_timeout_s)
        if body and not is_needed:
            check_content_type(headers.get("content-type"), headers.get("content-encoding"))
        if is_needed and not body:
            parsed(body)
        return body

    async def _once(self, operation: Operation, call: Call) -> Answer:
        """Run it, and nothing else under its idempotency key meanwhile."""
        if call.request_key is None:
            return await operation.run(call)
        running = self._room.running_keys
        if call.request_key.id in running:
            detail = "The first request with this key is still running; ask again in a second."
            raise DoorError("idempotency-in-progress", detail, headers=(("Retry-After", "1"),))
        running.add(call.request_key.id)
        try:
            return await operation.run(call)
        finally:
            running.discard(call.request_key.id)


def check_accept(value: str | None) -> None:
    """
    Accept callers that take JSON.

    Raises:
        DoorError: they take none.

    Source:
        RFC 9110 §12.5.1 (a range with q=0 is refused).
    """
    if value is None or value in _ANY_TYPE or not value.strip():
        return
    for part in value[:LONGEST_ACCEPT].split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        is_refused = any(p.removeprefix("q=").strip("0.") == "" for p in parameters if p.startswith("q="))
        if media in _ANY_TYPE and not is_refused:
            return
    raise DoorError("not-acceptable", "Answers here are application/json; accept it, or leave Accept out.")


def _request_key(headers: Headers, call: Call, scope: Scope, body: bytes) -> RequestKey | None:
    given = headers.getlist(IDEMPOTENCY_KEY)
    if not given:
        return None
    if len(given) > 1:
        raise DoorError("idempotency-key-invalid", "Send one Idempotency-Key.")
    asked = b"\x1f".join((scope["method"].encode(), scope["path"].encode("utf-8", "replace"), body))
    return request_key(call.by, given[0], asked)


def _joined(headers: Headers, name: str) -> str | None:
    """Return all headers of a name as one list, which is what several of them mean (RFC 9110 §5.3)."""
    found = headers.getlist(name)
    return ", ".join(found) if found else None
