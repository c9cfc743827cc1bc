"""The program itself, started as a person starts it, on a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

KEPT = str(Path(sys.executable).with_name("kept"))
PATIENCE_S = 30.0


class Server:
    """A running ``kept serve``."""

    def __init__(self, process: subprocess.Popen[str], url: str, said: list[str]) -> None:
        self.process = process
        self.url = url
        self.said = said
        """What it wrote to standard output, line by line."""

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """Ask for something."""
        return httpx.get(self.url + path, timeout=PATIENCE_S, headers=headers)

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code, and how many seconds it took to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S), time.monotonic() - began


def environment(data: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a program on a folder, without settings of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KEPT_") and name != "LOG_LEVEL"}
    return clean | {"KEPT_DATA": str(data)} | settings


def run(data: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [KEPT, *words], env=environment(data, **settings), capture_output=True, text=True, timeout=60, check=False
    )


def key_for(data: Path) -> str:
    """Return a key that opens everything."""
    made = run(data, "key", "create", "--name", "tests", "--scope", "admin", "--json")
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["key"])


@contextmanager
def serving(data: Path, *words: str, **settings: str) -> Iterator[Server]:
    """Run ``kept serve`` on a free port while the block lasts."""
    log = data.parent / f"{data.name}.log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [KEPT, "serve", "--port", "0", *words],
            env=environment(data, **settings),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with process:
        assert process.stdout is not None
        said = [process.stdout.readline()]
        assert said[0], log.read_text()
        reader = threading.Thread(target=said.extend, args=(process.stdout,), daemon=True)
        reader.start()
        try:
            yield Server(process, said[0].split(" ")[3], said)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
            reader.join(PATIENCE_S)


def eventually(happens: Callable[[], bool]) -> bool:
    """Return whether something happens before the patience is over."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if happens():
            return True
        threading.Event().wait(0.05)
    return False
