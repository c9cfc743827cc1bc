"""
Around every request, pages included: its id, its line in the log, its size, and an answer even when our own code fails.

Plain ASGI: nothing here holds a body back or starts a task. A line in the log names the route, not the path: paths hold
ids, and queries hold more.
"""

from __future__ import annotations

import itertools
import re
import time
from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kept.entrypoints.http_api.answers import problem_answer, send_answer
from kept.entrypoints.http_api.parts import Limits
from kept.entrypoints.http_api.problems import Problem
from kept.ports.ids import Ids

log = structlog.get_logger("kept.http")

CORRELATION_HEADER: Final = b"x-correlation-id"
CLIENT_GONE: Final = 499
"""What the log says when nobody waited for the answer."""

_CORRELATION: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_MOST_FRAMES: Final = 12


class Door:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, *, ids: Ids, limits: Limits) -> None:
        self._app = app
        self._name = ids.new("req")
        self._numbers = itertools.count(1)
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        correlation_id = self._correlation_id(scope)
        scope["kept.correlation_id"] = correlation_id
        structlog.contextvars.bind_contextvars(correlation_id=correlation_id)
        status = CLIENT_GONE
        is_head = scope["method"] == "HEAD"

        async def out(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (CORRELATION_HEADER, correlation_id.encode())]
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._pass_on(scope, receive, out)
        except Exception as error:  # noqa: BLE001  the caller gets an answer whatever happened, and we get a line
            _log_failure(error)
            if status == CLIENT_GONE:
                detail = "Something went wrong here; tell us the traceId."
                await send_answer(problem_answer(Problem(kind="internal-error", detail=detail), correlation_id), out)
        finally:
            _log_request(scope, status, began)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._refusal(scope)
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await send_answer(problem_answer(problem, scope["kept.correlation_id"]), send)

    def _refusal(self, scope: Scope) -> Problem | None:
        """Return why a request is not even looked at, or None."""
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > self._limits.uri_bytes:
            return Problem(kind="uri-too-long", detail=f"The address is longer than {self._limits.uri_bytes} bytes.")
        if sum(len(name) + len(value) for name, value in scope["headers"]) > self._limits.header_bytes:
            detail = f"The headers are larger than {self._limits.header_bytes} bytes; send fewer."
            return Problem(kind="headers-too-large", detail=detail)
        if _CONTROL.search(scope["path"]):
            return Problem(kind="not-found", detail="There is nothing at this address; check it.")
        return None

    def _correlation_id(self, scope: Scope) -> str:
        """Return the caller's id for this request if it is one, else a number under this process's own name."""
        for name, value in scope["headers"]:
            if name == CORRELATION_HEADER and _CORRELATION.fullmatch(value):
                return str(value, "ascii")
        return f"{self._name}.{next(self._numbers)}"


def _log_request(scope: Scope, status: int, began: float) -> None:
    log.info(
        "request",
        method=scope["method"] if scope["method"].isalpha() else "?",
        route=scope.get("kept.route", "unknown"),
        status=status,
        ms=round((time.perf_counter() - began) * 1000, 1),
        key=scope.get("kept.key_id"),
    )


def _log_failure(error: Exception) -> None:
    """Log what failed and where, without its text: that may repeat what a person wrote."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_name}:{trace.tb_lineno}")
        trace = trace.tb_next
    log.error("unexpected error", error=type(error).__name__, where=frames[-_MOST_FRAMES:])
