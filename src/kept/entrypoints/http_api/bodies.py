"""Read a request's body: all of it, in time, of the right type, and not too much."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from email.message import Message
from typing import Final

from starlette.types import Receive

from kept.entrypoints.http_api.problems import DoorError

_CLOSE: Final = (("Connection", "close"),)
"""What is still on its way belongs to nothing any more."""
_LONGEST_TYPE: Final = 200
_MOST_DIGITS: Final = 18
_DRAIN_S: Final = 1.0
_DRAIN_BYTES: Final = 16 * 1024 * 1024


class ClientGoneError(Exception):
    """Nobody is there to answer."""


def check_content_type(value: str | None, encoding: str | None) -> None:
    """
    Accept JSON in UTF-8, plain.

    Raises:
        DoorError: another type, charset or coding.

    Source:
        RFC 8259 §8.1 and §11 (UTF-8; no charset parameter, but many send one); RFC 9110 §12.5.3 (what to answer to a
        content coding).
    """
    if encoding is not None and encoding.strip().lower() not in {"", "identity"}:
        detail = "The body is compressed; send it as it is, without Content-Encoding."
        raise DoorError("unsupported-media-type", detail, headers=(("Accept-Encoding", "identity"),))
    if value == "application/json":
        return
    header = Message()
    header["content-type"] = value if value and len(value) <= _LONGEST_TYPE else ""
    charset = header.get_param("charset")
    is_utf8 = charset is None or str(charset).lower() in {"utf-8", "utf8"}
    if header.get_content_type() != "application/json" or value is None or not is_utf8:
        detail = "Send the body as Content-Type: application/json, in UTF-8."
        raise DoorError("unsupported-media-type", detail, headers=(("Accept", "application/json"),))


async def read_body(receive: Receive, *, said: str | None, limit: int, timeout_s: float) -> bytes:
    """
    Return the whole body.

    Args:
        receive: Brings its pieces.
        said: Content-Length, if the caller said it.
        limit: Most bytes.
        timeout_s: How long all of it may take.

    Raises:
        DoorError: it is too long, or takes too long to arrive.
        ClientGoneError: the caller went away meanwhile.
    """
    if said is not None and not (said.isascii() and said.isdecimal()):
        raise DoorError("bad-request", "Content-Length must be a number.", headers=_CLOSE)
    try:
        async with asyncio.timeout(timeout_s):
            is_too_long = said is not None and (len(said) > _MOST_DIGITS or int(said) > limit)
            body = None if is_too_long else await _joined(receive, limit)
    except TimeoutError:
        detail = f"The body did not arrive within {timeout_s:g} seconds; send it again."
        raise DoorError("request-timeout", detail, headers=_CLOSE) from None
    if body is None:
        await _drained(receive)
        detail = f"The body is larger than {limit} bytes; send less at once."
        raise DoorError("payload-too-large", detail, headers=_CLOSE)
    return body


async def _joined(receive: Receive, limit: int) -> bytes | None:
    """Return the whole body, or None as soon as it is too long."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _drained(receive: Receive) -> None:
    """
    Read on for a while and drop it, because whoever is still sending would lose the answer with the connection.

    Source:
        RFC 9112 §9.6 (a reset may erase what was sent before it).
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            await _dropped(receive)


async def _dropped(receive: Receive) -> None:
    size = 0
    while size < _DRAIN_BYTES:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            return
