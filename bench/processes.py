"""Start the programs that are measured, and stop them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from kept.adapters.sqlite import SqliteStore
from kept.main.assembly import STORE_FILE, use_pinned_zones
from kept.main.kinds import KINDS

KEPT: Final = [str(Path(sys.executable).parent / "kept")]
_START_S: Final = 60.0


@contextmanager
def open_store(data: Path) -> Iterator[SqliteStore]:
    """Open the store in a data folder, made if need be."""
    use_pinned_zones()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    store = SqliteStore(data / STORE_FILE, kinds=KINDS, checkpoints=True)
    try:
        yield store
    finally:
        store.close()


def compiling_into(folder: str) -> dict[str, str]:
    """Return the environment of programs that find compiled code in a folder once one of them has run, as installed."""
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return around | {"PYTHONPYCACHEPREFIX": folder}


def new_key(data: Path) -> str:
    """Return a new key to the doors of a data folder."""
    made = subprocess.run(
        [*KEPT, "key", "create", "--name", "bench", "--scope", "admin", "--json"],
        env=_environment(data),
        check=True,
        capture_output=True,
        text=True,
    )
    return str(json.loads(made.stdout)["key"])


@contextmanager
def serving(data: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve a data folder; yield the port and the process."""
    port = free_port()
    command = [*KEPT, "serve", "--no-demo", "--port", str(port)]
    with started(command[1:], port=port, program=command[0], environment=_environment(data)) as process:
        yield port, process


@contextmanager
def started(
    arguments: list[str], *, port: int, program: str = sys.executable, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program and wait until it listens; end it afterwards."""
    process = subprocess.Popen([program, *arguments], env=environment, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(data: Path) -> dict[str, str]:
    return {**os.environ, "KEPT_DATA": str(data), "LOG_LEVEL": "WARNING"}


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the program ended at once, with code {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens after {_START_S:.0f} s")
