"""DynamoDB's tables in a process of their own, which outlives those who are killed, and how a program calls them."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any, Final

import msgspec
from botocore.exceptions import ClientError

from tests.aws.local_dynamo import LocalDynamo

Answer = dict[str, Any]

_LENGTH: Final = struct.Struct(">I")


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The answer to a call that is refused."""

    response: Answer


class Done(msgspec.Struct, frozen=True, tag=True):
    """The answer to a call that was made."""

    answer: Answer


class Asked(msgspec.Struct, frozen=True):
    """A call."""

    operation: str
    parameters: Answer


def serve(listener: socket.socket, tables: LocalDynamo) -> None:
    """Answer calls until killed; a call that has come whole is made, whatever becomes of whoever made it."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve_one, args=(connection, tables), daemon=True).start()


class TableClient:
    """Stands for the SDK's client in a program; its calls go to the tables' own process."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._own = threading.local()

    def __getattr__(self, operation: str) -> Callable[..., Answer]:
        def call(**parameters: Any) -> Answer:  # noqa: ANN401 as the SDK
            lines = self._lines()
            _write(lines, msgspec.msgpack.encode(Asked(operation=operation, parameters=parameters)))
            answer = msgspec.msgpack.decode(_read(lines), type=Done | Refused)
            if isinstance(answer, Refused):
                raise ClientError(answer.response, operation)
            return answer.answer

        return call

    def close(self) -> None:
        """Do nothing: a connection ends with its thread."""

    def _lines(self) -> Any:  # noqa: ANN401 a file that is read and written
        """Return this thread's own connection."""
        if not hasattr(self._own, "lines"):
            made = socket.socket(socket.AF_UNIX)
            made.connect(self._path)
            self._own.lines = made.makefile("rwb")
        return self._own.lines


def _serve_one(connection: socket.socket, tables: LocalDynamo) -> None:
    with contextlib.suppress(OSError, EOFError), connection, connection.makefile("rwb") as lines:
        while True:
            asked = msgspec.msgpack.decode(_read(lines), type=Asked)
            _write(lines, msgspec.msgpack.encode(_answered(tables, asked)))


def _answered(tables: LocalDynamo, asked: Asked) -> Done | Refused:
    try:
        return Done(answer=getattr(tables, asked.operation)(**asked.parameters))
    except ClientError as error:
        return Refused(response=error.response)


def _write(lines: Any, data: bytes) -> None:  # noqa: ANN401 as above
    lines.write(_LENGTH.pack(len(data)) + data)
    lines.flush()


def _read(lines: Any) -> bytes:  # noqa: ANN401 as above
    """
    Return the next message.

    Raises:
        EOFError: nobody is there any more.
    """
    head = lines.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data: bytes = lines.read(length)
    if len(data) < length:
        raise EOFError
    return data
