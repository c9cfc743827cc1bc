"""Reading what strace saw: which calls a program made, in which order, thread by thread."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

TRACED: Final = "fdatasync,fsync,connect,sendto,write,pwrite64"
STRACE: Final = ("strace", "-f", "-y", "-s", "6000", "-e", f"trace={TRACED}")
"""Follow threads, name files, and show whole pages and mails."""

_BEGIN: Final = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)", re.DOTALL)
_RESUMED: Final = re.compile(r"(?P<pid>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)", re.DOTALL)
_FILE: Final = re.compile(r"\d+<(?P<path>[^>]*)>")


class Call(msgspec.Struct, kw_only=True):
    """One system call."""

    name: str
    thread: int
    path: str
    """File or socket of its first argument."""
    text: str
    """Arguments as strace writes them."""
    began: int
    """Place of its beginning among all lines."""
    ended: int
    """Place of its end."""


def calls(lines: Iterable[str]) -> list[Call]:
    """Return the calls in the order in which they began."""
    found: list[Call] = []
    open_calls: dict[tuple[int, str], Call] = {}
    for place, line in enumerate(lines):
        resumed = _RESUMED.match(line)
        if resumed:
            call = open_calls.pop((int(resumed["pid"]), resumed["name"]), None)
            if call:
                call.ended = place
                call.text += resumed["rest"]
            continue
        begin = _BEGIN.match(line)
        if not begin:
            continue
        call = _call(begin, place)
        found.append(call)
        if "<unfinished ...>" in line:
            open_calls[call.thread, call.name] = call
    return found


def _call(begin: re.Match[str], place: int) -> Call:
    file = _FILE.match(begin["rest"])
    return Call(
        name=begin["name"],
        thread=int(begin["pid"]),
        path=file["path"] if file else "",
        text=begin["rest"],
        began=place,
        ended=place,
    )


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One mail as it left."""

    message_id: str
    """Left part of its Message-ID: the notification and its channel."""
    first_byte: int
    """Place of the first call that was about this mail: its MAIL command."""


def mails(made: list[Call]) -> Iterator[Mail]:
    """Yield the mails that left, each with the place of its first byte."""
    first_bytes: dict[int, int] = {}
    for call in made:
        if call.name == "connect":
            first_bytes.setdefault(call.thread, call.began)
        if call.name != "sendto":
            continue
        if "MAIL FROM" in call.text:
            first_bytes.setdefault(call.thread, call.began)
        named = re.search(r"Message-ID: <([^@]+)@", call.text)
        if named:
            yield Mail(message_id=named[1], first_byte=first_bytes.pop(call.thread))


def unsynced(made: list[Call], evidence: dict[str, tuple[str, ...]]) -> list[str]:
    """
    Return the mails whose attempt was not on the disk before their first byte.

    Args:
        made: All calls of the program.
        evidence: For each mail, words of its attempt that stand in the log as soon as it is written.
    """
    writes = [call for call in made if call.name in {"pwrite64", "write"} and call.path.endswith("-wal")]
    syncs = [call for call in made if call.name in {"fdatasync", "fsync"} and call.path.endswith("-wal")]
    found = []
    for mail in mails(made):
        words = evidence[mail.message_id]
        written = next((w.ended for w in writes if any(word in w.text for word in words)), None)
        if written is None:
            found.append(f"{mail.message_id}: its attempt was never written")
        elif not any(written < sync.began and sync.ended < mail.first_byte for sync in syncs):
            found.append(f"{mail.message_id}: its attempt was written at {written}, and not synced before it left")
    return found
