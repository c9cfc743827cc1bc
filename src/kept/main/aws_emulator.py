"""AWS on this machine: MiniStack as a program of its own, with a folder of its own, ended with all that it started."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from kept.adapters.aws import Client, Reach, client
from kept.core.errors import RefusedError

REGION: Final = "us-east-1"
KEY: Final = "test"
"""The emulator's own root user; its secret is the same word."""
HEALTH: Final = "/_ministack/health"
STARTS_WITHIN_S: Final = 30.0
_LOOK_S: Final = 0.05
_ENDS_WITHIN_S: Final = 5.0
_SIGNALLED: Final = 128
"""What a shell adds to a signal's number for the exit code of whom it ended."""
_MISSING: Final = "the emulator is not installed; install it with: pip install 'kept[aws,emulator]'"


class Emulator(msgspec.Struct, frozen=True, kw_only=True):
    """A running emulator."""

    url: str
    folder: Path
    """Where it unpacks functions; gone with it."""
    started_s: float

    def client(self, service: str) -> Client:
        """Return a client of one service, as root."""
        return client(service, Reach(region=REGION, endpoint=self.url, key=KEY, secret=KEY))

    def told(self, path: str) -> Any:  # noqa: ANN401 the emulator's own documents
        """Return what the emulator says of itself."""
        with urllib.request.urlopen(self.url + path, timeout=STARTS_WITHIN_S) as answer:  # noqa: S310 our own address
            return json.loads(answer.read())

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds the emulator instead of AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
        }


@contextmanager
def running_emulator(**variables: str) -> Iterator[Emulator]:
    """
    Start an emulator, and end it and everything that it started, also when this process is told to end.

    Args:
        variables: Settings of its own, such as ``AUTH="true"``.

    Raises:
        RefusedError: it is not installed, or does not answer.
    """
    program = Path(sys.executable).parent / "ministack"
    if not program.exists():
        raise RefusedError("no_emulator", _MISSING)
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="kept-aws-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "emulator.log"
        started = time.perf_counter()
        with log.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 the program beside this Python
                [str(program)],
                env=_environment(port, folder) | variables,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            with _unwound_by_signals():
                url = f"http://127.0.0.1:{port}"
                _wait(url, process, log)
                yield Emulator(url=url, folder=Path(folder), started_s=time.perf_counter() - started)
        finally:
            _end(process)


@contextmanager
def environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """Let this process see other variables for a while; what names another AWS is out of sight meanwhile."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith(("AWS_", "KEPT_"))]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _unwound_by_signals() -> Iterator[None]:
    """Let signals that end a process end it by way of its clean-up: the emulator would outlive it otherwise."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _frame: object) -> None:
        raise SystemExit(_SIGNALLED + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(port: int, folder: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KEPT_"))}
    return inherited | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SFN_WAIT_SCALE": "0",
        "TMPDIR": folder,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_DEFAULT_REGION": REGION,
    }


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url + HEALTH, timeout=1):  # noqa: S310 our own address
                return
        except (urllib.error.URLError, OSError):
            threading.Event().wait(_LOOK_S)
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
    raise RefusedError("no_emulator", f"the emulator does not answer; it said: {' '.join(said) or 'nothing'}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program with the functions that it started, by their group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, sign)
            try:
                process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                continue
