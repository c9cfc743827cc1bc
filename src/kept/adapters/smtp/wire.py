"""A connection to a mail server on which every answer, however slowly it drips, has a time limit."""

from __future__ import annotations

import select
import smtplib
import socket
import ssl
import time
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_LONGEST_LINE: Final = 8_192  # RFC 5321 §4.5.3.1.5 asks for 512; servers exceed it
_MOST_LINES: Final = 200
_MOST_BYTES: Final = 4_096


class GarbledReplyError(Exception):
    """What came is not an answer of the protocol."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of the server."""

    code: int
    text: str

    @property
    def family(self) -> int:
        """First digit: 2 done, 3 go on, 4 not now, 5 never."""
        return self.code // 100


class Wire(smtplib.SMTP):
    """
    A connection of smtplib with two changes: limits hold for whole answers, and errors keep their kind.

    smtplib's own timeout starts anew with every byte that arrives.
    """

    def __init__(self, connection: socket.socket, *, hello_name: str) -> None:
        super().__init__(local_hostname=hello_name)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # the final dot is a small write of its own
        self.sock = connection
        self._connection = connection
        self._unread = b""
        self._limit = time.monotonic()
        self._until = self._limit

    def limit(self, seconds: float) -> None:
        """Bound everything from now on, until called again."""
        self._limit = time.monotonic() + seconds
        self._until = self._limit

    def within(self, seconds: float) -> None:
        """Bound the next command and its answer, inside the limit for everything."""
        self._until = min(time.monotonic() + seconds, self._limit)

    def secure(self, context: ssl.SSLContext, host: str) -> None:
        """
        Protect the connection from here on, and forget what was said before.

        Raises:
            GarbledReplyError: more came than was asked for, so that somebody between us may want it believed later.

        Source:
            RFC 3207 §4.2 (nothing learned before the handshake counts); CVE-2011-0411.
        """
        if self._unread:
            raise GarbledReplyError
        self.ehlo_resp = None
        self.esmtp_features = {}
        self.does_esmtp = False
        self._connection.settimeout(self._seconds_left())
        self._connection = context.wrap_socket(self._connection, server_hostname=host)
        self.sock = self._connection

    def reply(self) -> Reply:
        """Return the next answer."""
        code, text = self.getreply()
        return Reply(code=code, text=text.decode("ascii", errors="replace"))

    def ask(self, command: str, argument: str = "") -> Reply:
        """Send a command and return the answer to it, not one that came unasked."""
        if self._unread:
            raise GarbledReplyError
        self.putcmd(command, argument)
        return self.reply()

    def has_something_to_say(self) -> bool:
        """Return whether the server spoke, or hung up, without being asked."""
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        decrypted = self._connection.pending() if isinstance(self._connection, ssl.SSLSocket) else 0
        return bool(self._unread or decrypted or poll.poll(0))

    def send(self, s: ReadableBuffer | str) -> None:
        """Send all of it within the limit; an error keeps its kind."""
        self._connection.settimeout(self._seconds_left())
        self._connection.sendall(s.encode("ascii") if isinstance(s, str) else s)

    def getreply(self) -> tuple[int, bytes]:
        """
        Return code and text of the next answer.

        Raises:
            GarbledReplyError: no code from 200 to 599, or an endless answer.
            TimeoutError: not complete in time.
            ConnectionError: the server hung up.
        """
        lines: list[bytes] = []
        while len(lines) < _MOST_LINES:
            line = self._line()
            code = line[:3]
            if not (len(code) == 3 and code.isdigit() and code[:1] in b"2345" and line[3:4] in (b" ", b"-", b"")):  # noqa: PLR2004 RFC 5321 §4.2
                raise GarbledReplyError
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                return int(code), b"\n".join(lines)
        raise GarbledReplyError

    def _line(self) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > _LONGEST_LINE:
                raise GarbledReplyError
            self._connection.settimeout(self._seconds_left())
            came = self._connection.recv(_MOST_BYTES)
            if not came:
                raise ConnectionResetError
            self._unread += came
        line, _, self._unread = self._unread.partition(b"\n")
        return line.rstrip(b"\r")

    def _seconds_left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
