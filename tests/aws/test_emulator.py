"""The emulator of ``kept aws emulate``: nothing of it outlives whoever started it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HOLDING = """
import signal
from kept.main.aws_emulator import running_emulator
with running_emulator() as emulator:
    print(emulator.url, emulator.folder, flush=True)
    signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ends_with_the_process_that_is_told_to_end(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDING], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, folder = process.stdout.readline().split()
        port = urlsplit(url).port
        before = is_open(port)

        process.send_signal(number)
        code = process.wait(30)

    assert before
    assert code == 128 + number
    assert not is_open(port)
    assert not Path(folder).exists()


def is_open(port: int | None) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port or 0)) == 0
