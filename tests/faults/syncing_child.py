"""Send fifty mails to a server on this machine: what the sync-order test watches from outside."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from kept.adapters.clock import SimulatedClock
from kept.adapters.smtp import SmtpChannel
from kept.adapters.sqlite import SqliteStore, schema
from kept.core.booking import Appointment
from kept.core.contacts import EmailAddress
from kept.core.people import ChannelName, Patient
from kept.entrypoints.worker import Dispatcher, SendingThreads
from kept.flow.booking import book
from kept.flow.people import register
from kept.ports.store import Transaction
from tests.faults.practice import DAY, HOUR, KINDS, NOW, request_for, set_up
from tests.faults.world import SilentMeter, mail_settings

MAILS: Final = 50
THREADS: Final = 4


def booked(tx: Transaction, number: int) -> Appointment:
    """Register a patient who has only a mail address, and book a visit for them."""
    address = EmailAddress(f"p{number}@example.com")
    register(tx, Patient(id=f"p{number}", email=address, created_at=NOW, updated_at=NOW), (), by="test", now=NOW)
    request = request_for(f"p{number}", NOW + 2 * DAY + timedelta(minutes=number), practitioner_id=None)
    return book(tx, request, appointment_id=f"a{number}", now=NOW)


def run(folder: Path, port: int) -> None:
    """Book, and send the reminders that are due a day before."""
    structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])
    store = SqliteStore(folder / "kept.sqlite3", kinds=KINDS)
    store.submit(set_up).result()
    for future in [store.submit(partial(booked, number=number)) for number in range(MAILS)]:
        future.result()
    clock = SimulatedClock(NOW + DAY + HOUR)
    channel = SmtpChannel(mail_settings(port), clock=clock)
    pool = SendingThreads(THREADS)
    dispatcher = Dispatcher(
        store,
        {ChannelName.EMAIL: channel},
        clock=clock,
        meter=SilentMeter(),
        pool=pool,
        max_in_flight=2 * THREADS,
    )
    dispatcher.run_due()
    pool.shutdown()
    channel.close()
    store.close()


def sync_less() -> None:
    """Plant a mistake: the engine no longer waits for the disk when it commits."""
    loose = tuple(statement.replace("= FULL", "= NORMAL") for statement in schema.DURABLE)
    assert loose != schema.DURABLE
    setattr(schema, "DURABLE", loose)  # noqa: B010  it is final for everybody else


if __name__ == "__main__":
    if "--sync-less" in sys.argv:
        sync_less()
    run(Path(sys.argv[1]), int(sys.argv[2]))
