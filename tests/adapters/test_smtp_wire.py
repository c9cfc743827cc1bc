from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from kept.adapters.smtp.wire import Wire


@pytest.fixture
def ends() -> Iterator[tuple[Wire, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        wire = Wire(socket.create_connection(listener.getsockname()), hello_name="practice.example")
        server, _ = listener.accept()
        with server:
            yield wire, server
        wire.close()


def test_nothing_is_read_or_written_once_the_time_is_up(ends: tuple[Wire, socket.socket]) -> None:
    wire, server = ends
    server.sendall(b"220 in time\r\n")

    wire.limit(0)

    with pytest.raises(TimeoutError):
        wire.reply()
    with pytest.raises(TimeoutError):
        wire.send(b"QUIT\r\n")


def test_one_command_cannot_stretch_the_limit_for_everything(ends: tuple[Wire, socket.socket]) -> None:
    wire, _ = ends
    wire.limit(0)

    wire.within(60)

    with pytest.raises(TimeoutError):
        wire.reply()


def test_an_answer_of_many_lines_is_one_answer(ends: tuple[Wire, socket.socket]) -> None:
    wire, server = ends
    server.sendall(b"250-first\r\n250-second\r\n250\r\n")
    wire.limit(5)

    reply = wire.reply()

    assert (reply.code, reply.family, reply.text) == (250, 2, "first\nsecond\n")
