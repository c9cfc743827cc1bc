"""Read a request's body: all of it, in time, of the right type, and not too much."""

from __future__ import annotations

import asyncio
from email.message import Message
from typing import Final

from starlette.types import Receive

from kept.entrypoints.http_api.problems import DoorError

_CLOSE: Final = (("Connection", "close"),)
"""What is still on its way belongs to nothing any more."""


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
    header["content-type"] = value or ""
    charset = header.get_param("charset")
    is_utf8 = charset is None or str(charset).lower() in {"utf-8", "utf8"}
    if header.get_content_type() != "application/json" or value is None or not is_utf8:
        detail = "Send the body as Content-Type: application/json, in UTF-8."
        raise DoorError("unsupported-media-type", detail, headers=(("Accept", "application/json"),))


def check_length(value: str | None, limit: int) -> None:
    """
    Refuse a body that says itself that it is too long.

    Raises:
        DoorError: longer than the limit, or no length at all.
    """
    if value is None:
        return
    if not (value.isascii() and value.isdecimal()):
        raise DoorError("bad-request", "Content-Length must be a number.", headers=_CLOSE)
    if len(value.lstrip("0")) > len(str(limit)) or int(value) > limit:
        raise _too_large(limit)


async def read_body(receive: Receive, *, limit: int, timeout_s: float) -> bytes:
    """
    Return the whole body.

    Raises:
        DoorError: it is too long, or takes too long to arrive.
        ClientGoneError: the caller went away meanwhile.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await _joined(receive, limit)
    except TimeoutError:
        detail = f"The body did not arrive within {timeout_s:g} seconds; send it again."
        raise DoorError("request-timeout", detail, headers=_CLOSE) from None


async def _joined(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _too_large(limit: int) -> DoorError:
    detail = f"The body is larger than {limit} bytes; send less at once."
    return DoorError("payload-too-large", detail, headers=_CLOSE)
