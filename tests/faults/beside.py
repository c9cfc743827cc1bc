"""What stands beside a program and outlives it: its mail server, and the tables in which it keeps everything."""

from __future__ import annotations

import os
import signal
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from tests.aws.emulator import drop_tables, make_tables
from tests.aws.local_dynamo import LocalDynamo
from tests.faults import mail_server, planted_bugs, table_server
from tests.faults.keeping import Keeping, Place, furnish, furnish_tables

_NUMBERS: Final = count(1)


@contextmanager
def mails(folder: Path) -> Iterator[int]:
    """Take mails in a process of its own; yield the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    with listener, _process(lambda: mail_server.serve(listener, folder / "mail.jsonl")):
        yield int(listener.getsockname()[1])


@contextmanager
def place(keeping: Keeping, folder: Path, bug: str) -> Iterator[Place]:
    """
    Yield where a run keeps everything, with a practice in it, mistake and all; it is gone afterwards.

    A file is not made here: it is copied, which is quicker.
    """
    if keeping is Keeping.SQLITE:
        yield Place(folder=str(folder))
    elif keeping is Keeping.DYNAMODB:
        with _served(Place(keeping=keeping, folder=str(folder)), bug) as made:
            yield made
    else:
        with _emulated(Place(keeping=keeping, folder=str(folder), suffix=f"kill{next(_NUMBERS)}"), bug) as made:
            yield made


@contextmanager
def _served(made: Place, bug: str) -> Iterator[Place]:
    """Keep tables in a process of its own; whoever calls before they are furnished waits."""

    def serve() -> None:
        planted_bugs.plant(bug)
        tables = LocalDynamo()
        make_tables(tables, "")
        furnish_tables(tables)
        table_server.serve(listener, tables)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(made.socket)
        listener.listen(64)
        with _process(serve):
            yield made


@contextmanager
def _emulated(made: Place, bug: str) -> Iterator[Place]:
    client = made.client()
    make_tables(client, made.suffix)
    with _process(lambda: _furnish(made, bug)) as pid:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    try:
        yield made
    finally:
        drop_tables(client, made.tables())


def _furnish(made: Place, bug: str) -> None:
    planted_bugs.plant(bug)
    store = made.opened()
    furnish(store)
    store.close()


@contextmanager
def _process(live: Callable[[], None]) -> Iterator[int]:
    """Let a process live as long as it is needed; yield its id."""
    pid = os.fork()
    if pid == 0:
        try:
            live()
        except BaseException:  # noqa: BLE001  it says so and must not go on as a second parent
            traceback.print_exc()
        finally:
            os._exit(1)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
