"""
One HTTPS request, of which is known how far it came.

Each has a connection of its own: one that was kept may prove dead only after the request has left, and then nobody
knows what became of it. Every step ends at a time limit, however slowly the other side drips.
"""

from __future__ import annotations

import io
import queue
import socket
import ssl
import threading
import time
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import msgspec

from kept.core.errors import InvalidInputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_BYTES: Final = 65_536
"""Longest body of an answer; Twilio's have about one thousand."""

_KINDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (socket.gaierror, "dns"),
    (ssl.SSLCertVerificationError, "tls_certificate"),
    (ssl.SSLEOFError, "connection_lost"),
    (ssl.SSLZeroReturnError, "connection_lost"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "connection_refused"),
    (ConnectionError, "connection_lost"),
    (OSError, "network"),
    (HTTPException, "garbled_answer"),
)
"""The first that fits gives the code."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    retry_after: str | None
    body: bytes


class BrokenOffError(Exception):
    """No answer came; says whether the request may have arrived."""

    def __init__(self, code: str, *, is_out: bool) -> None:
        super().__init__(code)
        self.code = code
        self.is_out = is_out


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long each half may take, in seconds."""

    connect_s: float
    answer_s: float


def context_of(ca_file: Path | None) -> ssl.SSLContext:
    """
    Return what TLS must be: 1.2 or later, a certificate that is valid for the host.

    Raises:
        InvalidInputError: the file of certificates cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        message = f"cannot be read ({type(error).__name__}); name a file of PEM certificates"
        raise InvalidInputError.of("ca_file", "invalid_setting", message) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def exchanged(place: tuple[str, int], context: ssl.SSLContext, request: tuple[bytes, bytes], limits: Limits) -> Answer:
    """
    Make one request and return the answer.

    Args:
        place: Host and port.
        context: What TLS must be.
        request: Head and body. Until the body begins to leave, the other side cannot have the request.
        limits: How long each half may take.

    Raises:
        BrokenOffError: no answer.
    """
    is_out = False
    try:
        with _connected(place, context, time.monotonic() + limits.connect_s) as connection:
            until = time.monotonic() + limits.answer_s
            _send(connection, request[0], until)
            is_out = True
            _send(connection, request[1], until)
            return _answer(connection, until)
    except Exception as error:  # noqa: BLE001 whatever broke, what has left us decides what it means
        code = next((code for kind, code in _KINDS if isinstance(error, kind)), "internal")
    raise BrokenOffError(code, is_out=is_out)


def _connected(place: tuple[str, int], context: ssl.SSLContext, until: float) -> ssl.SSLSocket:
    """Return a protected connection to the first address that answers."""
    error: OSError = socket.gaierror()
    for family, kind, protocol, _, address in _addresses(place, until):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(_left(until))
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(_left(until))
            return context.wrap_socket(connection, server_hostname=place[0])
        except OSError as failed:
            connection.close()
            error = failed
    raise error


_Addresses = list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str, int]]]


def _addresses(place: tuple[str, int], until: float) -> _Addresses:
    """Look the name up in a thread of its own: the system's resolver takes no time limit."""
    found: queue.SimpleQueue[_Addresses | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(cast("_Addresses", socket.getaddrinfo(*place, type=socket.SOCK_STREAM)))
        except OSError as error:
            found.put(error)
        except UnicodeError:
            found.put(socket.gaierror())

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    try:
        result = found.get(timeout=_left(until))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(result, OSError):
        raise result
    return result


def _send(connection: ssl.SSLSocket, piece: bytes, until: float) -> None:
    connection.settimeout(_left(until))
    connection.sendall(piece)


def _answer(connection: ssl.SSLSocket, until: float) -> Answer:
    response = HTTPResponse(cast("socket.socket", _Incoming(connection, until)), method="POST")
    response.begin()
    body = response.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise HTTPException
    return Answer(status=response.status, retry_after=response.headers.get("Retry-After"), body=body)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class _Incoming(io.RawIOBase):
    """What comes in, as HTTPResponse wants it, with one limit for all of it."""

    def __init__(self, connection: ssl.SSLSocket, until: float) -> None:
        self._connection = connection
        self._until = until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._connection.settimeout(_left(self._until))
        return self._connection.recv_into(buffer)
