"""
What a function costs from nothing until it could answer: what it imports and builds in a cold start.

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
begun = time.process_time()
import kept.main.aws_lambda as functions
functions.parts_of_process().{part}
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
        times = {name: _seconds(BUILD.format(part=part), folder) for name, part in HANDLERS.items()}
    return [_line(name, seconds, sdk) for name, seconds in times.items()]


def _line(name: str, seconds: float, sdk: float) -> Line:
    return Line(
        what=f"import and build {name}",
        figure=f"{seconds * 1000:.0f} ms",
        beside=f"one client of the SDK alone: {sdk * 1000:.0f} ms ({seconds / sdk:.1f} times)",
        goal=f"under {MOST_S * 1000:.0f} ms",
        is_met=seconds < MOST_S,
    )


def _seconds(code: str, compiled: str) -> float:
    """Return the median over some runs, after one that does not count because it compiles into a folder."""
    env = compiling_into(compiled) | ENVIRONMENT
    times = []
    for _ in range(RUNS + 1):
        run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env)
        times.append(float(run.stdout))
    return statistics.median(times[1:])
