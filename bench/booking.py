"""Durable bookings over HTTP, beside an empty route and beside bare durable commits."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from bench.fill import fill
from bench.load import Load, post, run_load
from bench.processes import free_port, new_key, open_store, serving, started
from bench.report import Line
from kept.adapters.clock import SystemClock

CONNECTIONS = 32
EMPTY_ROUTE = """
import sys
import uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.post("/api/appointments", status_code=201)
async def book(body: dict) -> dict:
    return {"appointmentId": "apt_1", "message": "Appointment scheduled successfully"}
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
"""


def measure(folder: Path, *, stored: int, count: int) -> list[Line]:
    """Return the figures of booking over HTTP with so many appointments stored."""
    data = folder / f"booking-{stored}"
    with open_store(data) as store:
        fill(
            store,
            stored,
            first_day=SystemClock().now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(30),
        )
    key = new_key(data)
    with serving(data) as (port, _):
        run_load(port, booking_requests(port, key, 500, prefix="warm"), connections=CONNECTIONS)
        ours = run_load(port, booking_requests(port, key, count, prefix="load"), connections=CONNECTIONS)
    empty = _empty_route(count)
    commits = bare_commits(folder / "bare.db", count=2000)
    right = ours.statuses == {201: count}
    return [
        Line(
            what=f"durable bookings a second, {stored:,} stored, {CONNECTIONS} connections",
            figure=f"{ours.per_second:,.0f}/s" + ("" if right else f" {ours.statuses}"),
            beside=(
                f"an empty FastAPI route: {empty.per_second:,.0f}/s "
                f"(ours {ours.per_second / empty.per_second:.2f} of it); "
                f"bare durable commits one at a time: {commits:,.0f}/s (ours {ours.per_second / commits:.2f} of it)"
            ),
            goal="at least 1,000, aim 2,000",
            is_met=right and ours.per_second >= 1000,
        ),
        Line(
            what="99 % answered within",
            figure=f"{ours.percentile_ms(99):.1f} ms",
            beside=(
                f"half within {ours.percentile_ms(50):.1f} ms; "
                f"the empty route: 99 % within {empty.percentile_ms(99):.1f} ms"
            ),
            goal="under 80 ms",
            is_met=ours.percentile_ms(99) < 80,
        ),
    ]


def bare_commits(path: Path, *, count: int) -> float:
    """Return how many durable one-row commits this disk takes a second, one at a time."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
    body = b"x" * 800
    start = time.perf_counter()
    for _ in range(count):
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO row (body) VALUES (?)", (body,))
        db.execute("COMMIT")
    seconds = time.perf_counter() - start
    db.close()
    return count / seconds


def booking_requests(port: int, key: str, count: int, *, prefix: str) -> list[bytes]:
    """Return bookings that do not collide: one patient and one time each, in the documented three-member form."""
    first = SystemClock().now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    made = []
    for number in range(count):
        start = first + timedelta(minutes=30 * (number % 4000))
        body = {
            "userId": f"{prefix}-{number}",
            "startTime": f"{start:%Y-%m-%dT%H:%M:%SZ}",
            "endTime": f"{start + timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}",
            "details": {"description": "Annual checkup", "location": "Clinic Room 5"},
        }
        made.append(post("/api/appointments", json.dumps(body).encode(), port=port, key=key))
    return made


def _empty_route(count: int) -> Load:
    with _route() as port:
        run_load(port, booking_requests(port, "", 500, prefix="warm"), connections=CONNECTIONS)
        return run_load(port, booking_requests(port, "", count, prefix="load"), connections=CONNECTIONS)


@contextmanager
def _route() -> Iterator[int]:
    port = free_port()
    with started(["-c", EMPTY_ROUTE, str(port)], port=port):
        yield port
