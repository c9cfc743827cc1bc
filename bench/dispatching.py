"""Notifications through the whole ledger, with a channel that costs nothing and with one that takes its time."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from bench.fill import fill
from bench.processes import open_store
from bench.report import Line
from kept.adapters.clock import SimulatedClock
from kept.adapters.prometheus import PrometheusMeter
from kept.core.booking import BookingRequest, appointment_from
from kept.core.channels import Capabilities
from kept.core.contacts import PhoneNumber
from kept.core.notifications import AttemptState, Outcome, SendOutcome
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.reminders import DEFAULT_POLICY, planned_reminders
from kept.entrypoints.worker import Dispatcher, SendingThreads
from kept.flow.search import notifications_of
from kept.main.settings import Settings
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Store, Transaction

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SLOW_S = 0.1


class TimedChannel:
    """Accepts everything after a fixed time."""

    name = ChannelName.SMS
    provider = "bench"
    capabilities = Capabilities()
    timeout_s = 10.0

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Accept."""
        if self._seconds:
            time.sleep(self._seconds)
        return SendOutcome(state=AttemptState.ACCEPTED, provider_message_id=message.attempt_id)

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Know nothing."""
        del dedupe_key
        return None

    def close(self) -> None:
        """Hold nothing."""


def measure(folder: Path, *, count: int, planned: int) -> list[Line]:
    """Return the figures of dispatch, with nothing else stored and with so many planned notifications stored."""
    threads = Settings().sending_threads
    with open_store(folder / "dispatch-few") as store:
        free = _rate(store, count, seconds=0, prefix="a")
        slow_few = _rate(store, threads * 20, seconds=SLOW_S, prefix="b")
    with open_store(folder / "dispatch-many") as store:
        fill(store, planned // 2, first_day=NOW.replace(hour=0) + timedelta(days=90))
        free_many = _rate(store, count, seconds=0, prefix="c")
        slow_many = _rate(store, threads * 20, seconds=SLOW_S, prefix="d")
    limit = threads / SLOW_S
    return [
        Line(
            what="notifications a second, channel that costs nothing",
            figure=f"{free:,.0f}/s",
            beside=f"with {planned:,} planned ones stored: {free_many:,.0f}/s ({free_many / free:.2f} of it)",
            goal="at least 2,500",
            is_met=free >= 2500,
        ),
        Line(
            what=f"notifications a second, channel that takes {SLOW_S * 1000:.0f} ms",
            figure=f"{slow_few:,.0f}/s",
            beside=f"limit of {threads} threads: {limit:,.0f}/s ({slow_few / limit:.2f} of it)",
            goal="bounded by the pool: at least 0.85 of it",
            is_met=slow_few >= 0.85 * limit,
        ),
        Line(
            what=f"the same with {planned:,} planned ones stored",
            figure=f"{slow_many:,.0f}/s",
            beside=f"{slow_many / slow_few:.2f} of the figure before",
            goal="no slower: at least 0.9 of it",
            is_met=slow_many >= 0.9 * slow_few,
        ),
    ]


def _rate(store: Store, count: int, *, seconds: float, prefix: str) -> float:
    """Return how many due reminders leave a second."""
    _plan(store, count, prefix)
    threads = Settings().sending_threads
    channels: Mapping[ChannelName, TimedChannel] = {ChannelName.SMS: TimedChannel(seconds)}
    dispatcher = Dispatcher(
        store,
        channels,
        clock=SimulatedClock(NOW),
        meter=PrometheusMeter(),
        pool=SendingThreads(threads),
        max_in_flight=threads + max(1, threads // 4),
    )
    start = time.perf_counter()
    dispatcher.run_due()
    rate = count / (time.perf_counter() - start)
    _check(store, prefix)
    return rate


def _plan(store: Store, count: int, prefix: str) -> None:
    """Store appointments of tomorrow whose reminder is due now."""
    begin = NOW + timedelta(hours=23)
    for first in range(0, count, 50):
        numbers = range(first, min(first + 50, count))

        def step(tx: Transaction, numbers: range = numbers) -> None:
            for number in numbers:
                _plan_one(tx, f"{prefix}{number}", begin)

        store.submit(step)
    store.submit(lambda tx: tx.get(Patient, "nobody")).result()


def _plan_one(tx: Transaction, name: str, begin: datetime) -> None:
    phone = PhoneNumber(f"+1206555{abs(hash(name)) % 10_000:04d}")
    tx.put(Patient(id=name, phone=phone, created_at=NOW, updated_at=NOW))
    record = consent_id(ChannelName.SMS, phone)
    if tx.get(Consent, record) is None:
        tx.put(
            Consent(
                id=record, channel=ChannelName.SMS, granted=True, source="bench", recorded_at=NOW, recorded_by="bench"
            )
        )
    request = BookingRequest(patient_id=name, start=begin, end=begin + timedelta(minutes=30), zone="America/New_York")
    made = appointment_from(request, None, appointment_id=f"{name}_apt", hold=None, booked_at=NOW - timedelta(days=9))
    planned = planned_reminders(made, DEFAULT_POLICY, now=NOW - timedelta(days=9))[0]
    tx.put(msgspec.structs.replace(made, notification_ids=(planned.id,)))
    tx.put(planned)


def _check(store: Store, prefix: str) -> None:
    """Refuse to give a figure for what did not happen."""
    (sent,) = notifications_of(store, f"{prefix}0")
    if sent.outcome is not Outcome.ACCEPTED:
        raise RuntimeError(f"the first notification ended as {sent.outcome} ({sent.reason})")
