"""How long it takes until a command or a door is there."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

from bench.processes import KEPT, compiling_into
from bench.report import Line

RUNS = 7
DOORS = ("kept.entrypoints.http_api", "kept.entrypoints.web.app", "kept.entrypoints.worker", "kept.entrypoints.cli")


def measure() -> list[Line]:
    """Return the start-up times, beside a Python that does nothing."""
    wanted = {"kept --version": [*KEPT, "--version"]}
    wanted |= {f"import {door}": [sys.executable, "-c", f"import {door}"] for door in DOORS}
    with tempfile.TemporaryDirectory(prefix="kept-compiled-") as folder:
        nothing = _seconds([sys.executable, "-c", "pass"], folder)
        return [_line(what, _seconds(command, folder), nothing) for what, command in wanted.items()]


def _line(what: str, seconds: float, nothing: float) -> Line:
    return Line(
        what=what,
        figure=f"{seconds * 1000:.0f} ms",
        beside=f"a Python that does nothing: {nothing * 1000:.0f} ms ({seconds / nothing:.1f} times)",
        goal="under 400 ms",
        is_met=seconds < 0.4,
    )


def _seconds(command: list[str], compiled: str) -> float:
    """Return the median over some runs, after one that does not count because it compiles into a folder."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, env=compiling_into(compiled))
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])
