"""Whether booking and claiming cost the same however much is stored, and what a server with all of it needs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bench.booking import CONNECTIONS, booking_requests
from bench.fill import ZONE, fill
from bench.load import run_load
from bench.processes import new_key, open_store, serving
from bench.report import Line
from kept.core.booking import BookingRequest
from kept.flow.booking import book
from kept.flow.dispatch import claim
from kept.flow.due import due_ids
from kept.ports.store import Store

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
ROUNDS = 15
PER_ROUND = 200


def measure(folder: Path, *, few: int, many: int) -> list[Line]:
    """Return the costs with few and with many appointments stored, round by round in turn, and the server's memory."""
    folders = {few: folder / f"growth-{few}", many: folder / f"growth-{many}"}
    for count, data in folders.items():
        with open_store(data) as store:
            fill(store, count, first_day=NOW.replace(hour=0) + timedelta(days=30))
    with open_store(folders[few]) as small, open_store(folders[many]) as large:
        booking = _ratio(partial(_book, small), partial(_book, large))
        claiming = _ratio(partial(_claim, small), partial(_claim, large))
    return [
        Line(
            what=f"cost of booking, {many:,} stored against {few:,}",
            figure=f"ratio {booking:.2f}",
            goal="under 1.3",
            is_met=booking < 1.3,
        ),
        Line(
            what=f"cost of claiming, {many:,} stored against {few:,}",
            figure=f"ratio {claiming:.2f}",
            goal="under 1.3",
            is_met=claiming < 1.3,
        ),
        _memory(folders[many], many),
    ]


def _ratio(small: Callable[[int], float], large: Callable[[int], float]) -> float:
    """Return the median over rounds, taken in turn, of what the large store needs against the small one."""
    small(0)
    large(0)
    return statistics.median(large(number) / small(number) for number in range(1, ROUNDS + 1))


def _book(store: Store, number: int) -> float:
    """Return the seconds that a round of bookings takes."""
    futures = []
    start = time.perf_counter()
    for seat in range(PER_ROUND):
        begin = NOW + timedelta(days=2 + number, minutes=5 * seat)
        request = BookingRequest(
            patient_id=f"new-{number}-{seat}",
            start=begin,
            end=begin + timedelta(minutes=5),
            zone=ZONE,
            register_patient=True,
        )
        appointment_id = f"new-{number}-{seat}"
        futures.append(store.submit(partial(book, request=request, appointment_id=appointment_id, now=NOW)))
    for future in futures:
        future.result()
    return time.perf_counter() - start


def _claim(store: Store, number: int) -> float:
    """Return the seconds that finding and claiming a round of due notifications takes; nobody can be reached."""
    now = NOW + timedelta(days=31 + 7 * number)
    start = time.perf_counter()
    ids = due_ids(store, now=now, limit=PER_ROUND)
    futures = [store.submit(partial(claim, notification_id=i, carriers={}, now=now)) for i in ids]
    for future in futures:
        future.result()
    if len(ids) < PER_ROUND:
        raise RuntimeError(f"only {len(ids)} were due")
    return time.perf_counter() - start


def _memory(data: Path, stored: int) -> Line:
    """Return how much memory a server uses at most while it books with all this stored."""
    key = new_key(data)
    with serving(data) as (port, process):
        run_load(port, booking_requests(port, key, 2000, prefix="memory"), connections=CONNECTIONS)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    return Line(
        what=f"memory of kept serve at its peak, {stored:,} stored, 2,000 bookings",
        figure=f"{peak:.0f} MiB",
        goal="under 150 MiB",
        is_met=peak < 150,
    )
