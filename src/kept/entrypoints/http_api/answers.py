"""Answers as bytes and headers, and how they are sent."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.types import Send

from kept.entrypoints.http_api.problems import MEDIA_TYPE, Problem

JSON: Final = b"application/json"
HTML: Final = b"text/html; charset=utf-8"
NO_CONTENT: Final = 204

RawHeaders = tuple[tuple[bytes, bytes], ...]

CLOSED: Final[RawHeaders] = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000"),
    (b"x-content-type-options", b"nosniff"),
)
"""For answers that hold people's data: not kept on the way, not shown in a page, not guessed at."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent back."""

    status: int = 200
    body: bytes = b""
    media_type: bytes = JSON
    headers: RawHeaders = ()
    guards: RawHeaders = CLOSED
    """Headers that keep the answer safe where it arrives."""


def json_answer(value: object, *, status: int = 200, headers: RawHeaders = ()) -> Answer:
    """Return a value as JSON."""
    return Answer(status=status, body=msgspec.json.encode(value), headers=headers)


def problem_answer(problem: Problem, trace_id: str) -> Answer:
    """Return a problem as its document."""
    return Answer(
        status=problem.status,
        body=problem.body(trace_id),
        media_type=MEDIA_TYPE.encode(),
        headers=tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in problem.headers),
    )


def etag(version: int) -> tuple[bytes, bytes]:
    """Return the header that names a version."""
    return b"etag", f'"{version}"'.encode()


async def send_answer(answer: Answer, send: Send) -> None:
    """
    Send it.

    Source:
        RFC 9110 §8.6 (an answer with 204 has no Content-Length).
    """
    described = ((b"content-type", answer.media_type), (b"content-length", str(len(answer.body)).encode()))
    headers = [*(() if answer.status == NO_CONTENT else described), *answer.guards, *answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
