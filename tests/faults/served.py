"""The real server as a process of its own, on a practice that is ready, for clients that race and for kill -9."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx
import msgspec

from kept.adapters.clock import SystemClock
from kept.adapters.sqlite import SqliteStore
from kept.core.access import ApiKey, Scope, full_key, secret_hash
from kept.core.booking import Appointment
from kept.core.people import Patient
from kept.main.assembly import STORE_FILE
from kept.main.kinds import KINDS
from kept.ports.store import Transaction
from tests.faults.practice import DAY, ZONE, set_up
from tests.uncounted import uncounted_environment

SECRET: Final = "not-a-secret"
PATIENTS: Final = 200
START_S: Final = 30
HEADERS: Final = {"Authorization": f"Bearer {full_key('key_faults', SECRET)}"}


class Served:
    """A server that runs until it is ended, one way or the other."""

    def __init__(self, folder: Path) -> None:
        program = Path(sys.executable).with_name("kept")
        self._process = subprocess.Popen(
            [program, "serve", "--port", "0"],
            env={**uncounted_environment(), "KEPT_DATA": str(folder), "LOG_LEVEL": "ERROR"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        said = self._process.stdout.readline()
        assert "answers on " in said, f"the server did not start: {said!r}"
        self.url = said.partition("answers on ")[2].split()[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGTERM)

    def client(self) -> httpx.Client:
        """Return a caller with a key and a connection of its own."""
        return httpx.Client(base_url=self.url, headers=HEADERS, timeout=START_S, trust_env=False)

    def end(self, how: signal.Signals) -> None:
        """Send a signal and wait for the end; harmless when it has ended."""
        self._process.send_signal(how)
        self._process.wait(START_S)
        assert self._process.stdout
        self._process.stdout.close()


def ready(folder: Path) -> SqliteStore:
    """Return the store of a folder, with a practice, patients and a key in it."""
    store = SqliteStore(folder / STORE_FILE, kinds=KINDS)
    store.submit(set_up).result()
    store.submit(_furnish).result()
    return store


def booking(patient: str, start: datetime) -> dict[str, object]:
    """Return the body that asks for an hour with Dr A."""
    return {
        "patientId": patient,
        "practitionerId": "dr-a",
        "start": in_z(start),
        "durationMinutes": 60,
        "timeZone": ZONE,
    }


def in_z(instant: datetime) -> str:
    """Return a UTC instant as it is sent: with Z, because another offset has to be that of the zone."""
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def kept_appointments(folder: Path) -> tuple[Appointment, ...]:
    """Return all appointments in the file, read without any code of ours but the decoder."""
    with contextlib.closing(sqlite3.connect(folder / STORE_FILE)) as db:
        rows = db.execute("SELECT body FROM entity WHERE kind = 'appointment'").fetchall()
    return tuple(msgspec.json.decode(body, type=Appointment) for (body,) in rows)


def noon_in(days: int) -> datetime:
    """Return noon UTC so many days from now."""
    return SystemClock().now().replace(hour=12, minute=0, second=0, microsecond=0) + days * DAY


def _furnish(tx: Transaction) -> None:
    now = SystemClock().now()
    key = ApiKey(id="key_faults", name="faults", scope=Scope.DESK, secret_hash=secret_hash(SECRET), created_at=now)
    tx.put(key)
    for number in range(PATIENTS):
        tx.put(Patient(id=f"p{number}", created_at=now, updated_at=now))
