"""A mail server in a process of its own, which outlives those who are killed and keeps its own ledger."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from datetime import UTC
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from kept.core.people import ChannelName
from tests.faults.outside import Line

_ANSWERS: Final = {
    b"EHLO": b"250 loopback\r\n",
    b"MAIL": b"250 ok\r\n",
    b"RCPT": b"250 ok\r\n",
    b"RSET": b"250 ok\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail that the server took: from then on it is in its hands."""

    to: str
    content: bytes


def serve(listener: socket.socket, ledger: Path) -> None:
    """Take mails until killed; a mail is in the ledger before its answer leaves."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve_one, args=(connection, ledger), daemon=True).start()


def mails_taken(ledger: Path) -> list[Line]:
    """Return what the server took, in the form in which all providers are judged."""
    if not ledger.exists():
        return []
    return [_line(msgspec.json.decode(row, type=Mail)) for row in ledger.read_bytes().splitlines()]


def _serve_one(connection: socket.socket, ledger: Path) -> None:
    with contextlib.suppress(OSError), connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 loopback\r\n")
        recipient = ""
        while row := lines.readline():
            verb = row[:4].upper()
            if verb == b"RCPT":
                recipient = row.decode().partition("<")[2].partition(">")[0]
            connection.sendall(_ANSWERS.get(verb, b"502 not known here\r\n"))
            if verb == b"DATA":
                _take(lines, recipient, ledger)
                connection.sendall(b"250 ok\r\n")


def _take(lines: BinaryIO, recipient: str, ledger: Path) -> None:
    """Read a mail and keep it, if it comes to its end."""
    rows: list[bytes] = []
    while (row := lines.readline()) != b".\r\n":
        if not row:
            raise ConnectionResetError
        rows.append(row)
    _keep(ledger, Mail(to=recipient, content=b"".join(rows)))


def _keep(ledger: Path, mail: Mail) -> None:
    """Add one line in one write, so that no two mails mix."""
    fd = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(fd, msgspec.json.encode(mail) + b"\n")
    finally:
        os.close(fd)


def _line(mail: Mail) -> Line:
    message = message_from_bytes(mail.content, policy=policy.default)
    body = message.get_body(("plain",))
    return Line(
        channel=ChannelName.EMAIL,
        dedupe_key=str(message["Message-ID"]).strip("<>").rpartition("@")[0],
        to=mail.to,
        text=body.get_content() if body else "",
        at=parsedate_to_datetime(str(message["Date"])).astimezone(UTC),
        is_accepted=True,
    )
