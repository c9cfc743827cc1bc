"""``kept serve``: pages, API and worker in one process."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Final

import structlog
import uvicorn
from starlette.applications import Starlette

from kept.adapters.sqlite import FileSeat
from kept.core.errors import OutsideError
from kept.entrypoints.worker import SeatedDispatcher
from kept.main.application import application
from kept.main.assembly import open_parts, sender_of
from kept.main.demo import plant
from kept.main.logs import set_up_logs
from kept.main.settings import Settings, changed

HTTP_PATIENCE_S: Final = 5
"""How long open requests may take when the program is to end."""
DRAIN_S: Final = 9.0
"""How long messages under way may take after that; together less than 15 s, as promised."""
BACKLOG: Final = 2048
MOST_AT_ONCE: Final = 1000
"""Requests that are worked on or wait for the store at one time; more are told to come back (503)."""
LONGEST_HEAD: Final = 64 * 1024
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

log = structlog.get_logger("kept.serve")


def serve(settings: Settings, *, demo: bool = False) -> None:
    """
    Serve until told to end (SIGTERM, SIGINT), then end within 15 seconds, in order: requests, messages, store.

    While another process sends from the same store, this one answers requests and waits for its turn to send.

    Args:
        settings: As they hold.
        demo: Whether a fresh data folder gets a sample practice.

    Raises:
        SettingsError: the settings of a channel make no sense.
        OutsideError: the address cannot be listened on, or a file cannot be opened.
    """
    set_up_logs(settings.log_level.value)
    listener = _listener(settings.host, settings.port)
    settings = changed(settings, port=listener.getsockname()[1])
    seat = FileSeat(settings.data)
    with listener, open_parts(settings, checkpoints=seat.take()) as parts:
        if demo:
            parts.store.submit(partial(plant, now=parts.clock.now())).result()
        sender = sender_of(parts, seat)
        server = uvicorn.Server(_config(application(parts, sender)))
        with _ended_by_signals(server), _sending(sender):
            _say_where(settings, listener, demo=demo)
            server.run(sockets=[listener])
            log.info("stopping")
    log.info("stopped")


def _listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens, so that from now on nobody is turned away."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise OutsideError(f"cannot listen on {host} port {port}: {reason}; choose another with --port") from error


def _config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        ws="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=HTTP_PATIENCE_S,
        h11_max_incomplete_event_size=LONGEST_HEAD,
    )


@contextmanager
def _ended_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """
    End the server when told to.

    It raises a signal again once it has ended, for whoever handled it before; that must not kill us then. A handler
    may interrupt anything, so it takes no lock: it does not even log.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _sending(sender: SeatedDispatcher) -> Iterator[None]:
    """Run the worker in a thread of its own for as long as requests are answered, and let it drain."""
    stop = threading.Event()
    thread = threading.Thread(target=partial(sender.run, stop, drain_s=DRAIN_S), name="kept-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        sender.wake()
        thread.join(DRAIN_S + 1)


def _say_where(settings: Settings, listener: socket.socket, *, demo: bool) -> None:
    """Tell a person where to look; the only lines on standard output."""
    port = listener.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = settings.public_url or f"http://{host}:{port}"
    lines = [f"Kept answers on {url} (API: {url}/api, its pages: {url}/api/docs)."]
    if demo:
        lines.append(f"The API wants a key: {sys.argv[0]} key create --name me --scope admin")
    if settings.host not in LOOPBACK:
        lines.append("The pages are off, because others can reach this address; the API wants its keys as always.")
    print("\n".join(lines), flush=True)  # noqa: T201  said to the person at the terminal
    log.info("serving", host=settings.host, port=port)
