"""A mail server that does what a script says at each step, and keeps its own ledger of what it took."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Literal, Self

import msgspec

PATIENCE_S: Final = 5.0  # no thread of a test outlives it
DRIP_S: Final = 0.05

Then = Literal["go on", "hang", "hang up", "reset", "drip", "stall", "start tls"]


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What the server does at one step."""

    says: str = ""
    """Lines, with CRLF added to each; empty: nothing."""
    raw: bytes = b""
    """Said after the lines, as it is."""
    then: Then = "go on"
    takes: bool = False
    """At the final dot: whether the mail is in the server's hands."""


USUAL: Final[dict[str, Act]] = {
    "greeting": Act(says="220 scripted ESMTP"),
    "ehlo": Act(says="250-scripted\n250 ENHANCEDSTATUSCODES"),
    "starttls": Act(says="220 go ahead", then="start tls"),
    "auth": Act(says="235 2.7.0 welcome"),
    "rset": Act(says="250 2.0.0 flushed"),
    "mail": Act(says="250 2.1.0 ok"),
    "rcpt": Act(says="250 2.1.5 ok"),
    "data": Act(says="354 go on"),
    "dot": Act(says="250 2.0.0 Ok: queued as 4XyZ12", takes=True),
    "quit": Act(says="221 bye", then="hang up"),
}


class HangUpError(Exception):
    """The script ends the connection."""


class ScriptedServer:
    """
    The server, on a free port of the loopback.

    Args:
        script: Steps that differ from the usual.
        once: Steps that differ once; the next time they are as usual.
        tls: Certificate to show; None: no TLS.
        tls_first: Whether TLS begins with the first byte.
    """

    def __init__(
        self,
        script: Mapping[str, Act] = USUAL,
        *,
        once: Mapping[str, Act] | None = None,
        tls: ssl.SSLContext | None = None,
        tls_first: bool = False,
    ) -> None:
        self.script = {**USUAL, **script}
        self.once = dict(once or {})
        self.commands: list[str] = []
        self.connections = 0
        self.taken: list[bytes] = []
        """Mails in the server's hands, as they came, without the final dot."""
        self._tls = tls
        self._tls_first = tls_first
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def verbs(self) -> list[str]:
        return [command.split(maxsplit=1)[0].upper() for command in self.commands if command.strip()]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _start(self, target: object, *values: object) -> None:
        assert callable(target)
        thread = threading.Thread(target=target, args=values, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener is closed when the test ends
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        line = _Line(connection, self._stopping)
        with contextlib.suppress(OSError, HangUpError):
            if self._tls_first:
                line.start_tls(self._tls)
            self._do("greeting", line)
            while command := line.read_line():
                self.commands.append(command)
                self._obey(command.split(maxsplit=1)[0].lower(), line)
        line.close()

    def _obey(self, verb: str, line: _Line) -> None:
        done = self._do(verb, line)
        if verb == "starttls" and done.then == "start tls":
            line.start_tls(self._tls)
        if verb == "data" and done.says.startswith("354"):
            mail = line.read_until_dot()
            if mail is None:
                return
            ending = self._step("dot")
            if ending.takes:
                self.taken.append(mail)
            line.act(ending)

    def _do(self, step: str, line: _Line) -> Act:
        act = self._step(step)
        line.act(act)
        return act

    def _step(self, step: str) -> Act:
        return self.once.pop(step, None) or self.script.get(step, Act(says="502 5.5.1 not known here"))


class _Line:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        connection.settimeout(PATIENCE_S)
        self._connection = connection
        self._stopping = stopping
        self._unread = b""

    def act(self, act: Act) -> None:
        said = "".join(f"{line}\r\n" for line in act.says.splitlines()).encode() + act.raw
        if act.then == "drip":
            self._drip(said)
        self._connection.sendall(said)
        match act.then:
            case "hang":
                while self._connection.recv(65_536):
                    pass
                raise HangUpError
            case "stall":
                self._stopping.wait(PATIENCE_S)
                raise HangUpError
            case "hang up":
                raise HangUpError
            case "reset":
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise HangUpError
            case _:
                return

    def _drip(self, said: bytes) -> None:
        for byte in said:
            self._connection.sendall(bytes([byte]))
            if self._stopping.wait(DRIP_S):
                raise HangUpError
        raise HangUpError

    def start_tls(self, context: ssl.SSLContext | None) -> None:
        assert context
        self._connection = context.wrap_socket(self._connection, server_side=True)

    def read_line(self) -> str:
        while b"\r\n" not in self._unread and self._more():
            pass
        line, _, self._unread = self._unread.partition(b"\r\n")
        return line.decode("latin-1")

    def read_until_dot(self) -> bytes | None:
        while b"\r\n.\r\n" not in self._unread:
            if not self._more():
                return None
        mail, _, self._unread = self._unread.partition(b"\r\n.\r\n")
        return mail + b"\r\n"

    def _more(self) -> bool:
        came = self._connection.recv(65_536)
        self._unread += came
        return bool(came)

    def close(self) -> None:
        self._connection.close()
