"""AWS on this machine: MiniStack as a program of its own, started once for a run of tests and ended with it."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import boto3
import msgspec
from botocore.config import Config

from kept.adapters.dynamodb.tables import ALL_TABLES, Tables, create_table
from tests.uncounted import uncounted_environment

REGION: Final = "us-east-1"
KEY: Final = "test"
SECRET: Final = "test"
PATIENCE_S: Final = 30.0


class Emulator(msgspec.Struct, frozen=True, kw_only=True):
    """A running emulator."""

    url: str
    """Where every service of it answers."""
    port: int
    folder: str
    """Where it unpacks functions; gone with it."""

    def client(self, service: str, **config: Any) -> Any:  # noqa: ANN401 the SDK has no types
        """Return a client of one service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=64, **config),
        )

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds the emulator instead of AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }

    def reset(self) -> None:
        """Forget everything that is in it; for tests that have an emulator to themselves."""
        self.post("/_ministack/reset")

    def post(self, path: str, **values: object) -> None:
        """Tell the emulator something of its own."""
        body = json.dumps(values).encode()
        headers = {"content-type": "application/json"}
        request = urllib.request.Request(self.url + path, data=body, headers=headers, method="POST")  # noqa: S310 ours
        with urllib.request.urlopen(request, timeout=PATIENCE_S):  # noqa: S310 as above
            pass


@contextmanager
def running_emulator(*command: str, **variables: str) -> Iterator[Emulator]:
    """
    Start an emulator, and end it and everything that it started.

    Args:
        command: Starts it; nothing: the program as it was installed.
        variables: Settings of its own, such as ``AUTH="true"``.

    Raises:
        RuntimeError: It is not installed, or does not answer.
    """
    program = Path(sys.executable).parent / "ministack"
    if not program.exists():
        raise RuntimeError("MiniStack is missing; install it with: pip install -r requirements/dev.txt")
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="kept-aws-", ignore_cleanup_errors=True) as folder:
        environment = _environment(port, folder) | variables
        log = Path(folder) / "emulator.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command or [str(program)], env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                made = Emulator(url=f"http://127.0.0.1:{port}", port=port, folder=folder)
                _wait_until_it_answers(made, process, log)
                yield made
            finally:
                _end(process)


@cache
def session_emulator() -> Emulator:
    """Return the emulator that all tests of this process share, started by the first that asks."""
    stack = ExitStack()
    made = stack.enter_context(running_emulator())
    atexit.register(stack.close)
    return made


def make_tables(client: Any, suffix: str, tables: Tables = ALL_TABLES) -> Tables:  # noqa: ANN401 the SDK has no types
    """Make all tables of an environment; return their definitions with its suffix."""
    named = msgspec.structs.replace(tables, suffix=suffix)
    for table in named.tables:
        client.create_table(**create_table(named, table))
    return named


def drop_tables(client: Any, tables: Tables) -> None:  # noqa: ANN401 as above
    """Remove all tables of an environment."""
    for table in tables.tables:
        client.delete_table(TableName=tables.full_name(table))


def _environment(port: int, folder: str) -> dict[str, str]:
    inherited = {n: value for n, value in uncounted_environment().items() if not n.startswith("AWS_ENDPOINT_URL")}
    return inherited | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "localhost",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "SFN_WAIT_SCALE": "0",
        "TMPDIR": folder,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": REGION,
    }


def _wait_until_it_answers(emulator: Emulator, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(emulator.url + "/_ministack/health", timeout=1):  # noqa: S310 our own address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"MiniStack does not answer; it said: {log.read_text(errors='replace')[-2_000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program with the functions that it started, by their group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, sign)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                continue


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
