"""
What a function costs from nothing until it could answer: what it imports in a cold start, and then builds.

In seconds of processor time, which a machine that is busy with other things does not change. The code is compiled
before, as it is in the archive.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile

from bench.processes import compiling_into
from bench.report import Line

RUNS = 3
MOST_S = 0.6
HANDLERS = {
    "api": "gateway",
    "sweep": "sweep",
    "balance": "balancing",
    "reminder": "reminders",
    "request": "requests",
    "confirmation": "requests",
    "query": "queries",
    "receipts": "returns",
    "replies": "returns",
    "batch": "batches",
    "batch_start": "batches",
    "batch_send": "sender",
    "batch_finish": "batches",
}
"""By handler: the part that its first call builds; without a library that is for people's screens and not packaged."""

BUILD = """
import sys, time
sys.modules["rich"] = None
before = set(sys.modules)
begun = time.process_time()
import kept.main.aws_lambda as functions
functions.parts_of_process().{part}
print(time.process_time() - begun)
print(*(name for name in sys.modules if name not in before and getattr(sys.modules[name], "__spec__", None)))
"""
"""Tells how long the first call builds, and what it imports, in its order."""
IMPORT = """
import contextlib, importlib, sys, time
sys.modules["rich"] = None
names = sys.argv[1].split()
begun = time.process_time()
for name in names:
    with contextlib.suppress(ImportError):  # made by another module while it is imported
        importlib.import_module(name)
print(time.process_time() - begun)
"""
SDK = """
import time
begun = time.process_time()
from botocore.session import Session
Session().create_client("dynamodb", region_name="us-west-2")
print(time.process_time() - begun)
"""

ENVIRONMENT = {
    "AWS_REGION": "us-west-2",
    "AWS_EC2_METADATA_DISABLED": "true",
    "KEPT_TABLES_SUFFIX": "bench",
    "KEPT_SMS": "none",
    "KEPT_EMAIL": "none",
    "KEPT_QUEUE_REMINDER": "https://sqs.us-west-2.amazonaws.com/123456789012/reminder",
    "KEPT_QUEUE_CONFIRMATION": "https://sqs.us-west-2.amazonaws.com/123456789012/confirmation",
    "KEPT_PUBLIC_URL": "https://kept.example",
    "KEPT_LINK_SECRET": "bench-bench-bench-bench-bench-bench",
}


def measure() -> list[Line]:
    """Return the cold start of each function beside the SDK's alone, which none can do without."""
    with tempfile.TemporaryDirectory(prefix="kept-compiled-") as folder:
        sdk = _seconds(SDK, folder)
        return [_line(name, part, folder, sdk=sdk) for name, part in HANDLERS.items()]


def _line(name: str, part: str, folder: str, *, sdk: float) -> Line:
    build = BUILD.format(part=part)
    whole, imported = _seconds(build, folder), _seconds(IMPORT, folder, _told(build, folder)[1])
    return Line(
        what=f"import {name}",
        figure=f"{imported * 1000:.0f} ms",
        beside=f"built too: {whole * 1000:.0f} ms; one client of the SDK alone: {sdk * 1000:.0f} ms"
        f" (ours {whole / sdk:.1f} times)",
        goal=f"under {MOST_S * 1000:.0f} ms",
        is_met=imported < MOST_S,
    )


def _seconds(code: str, compiled: str, *arguments: str) -> float:
    """Return the median over some runs, after one that does not count because it compiles into a folder."""
    return statistics.median([float(_told(code, compiled, *arguments)[0]) for _ in range(RUNS + 1)][1:])


def _told(code: str, compiled: str, *arguments: str) -> list[str]:
    """Return the lines of a program that finds compiled code in a folder."""
    env = compiling_into(compiled) | ENVIRONMENT
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout.splitlines()
