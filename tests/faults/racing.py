"""Clients that race for overlapping times, round after round, and what became of each round."""

from __future__ import annotations

import multiprocessing
import random
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Final, Protocol

import msgspec

from kept.adapters.sqlite import SqliteStore
from kept.core.booking import Appointment, AppointmentEvent, AppointmentStatus, BookingRequest
from kept.core.errors import ConflictError
from kept.flow.booking import Change, apply, book, move
from kept.ports.store import Store, Transaction
from tests.faults.practice import DAY, HOUR, KINDS, NOW, ZONE, double_bookings, hour_from, request_for, set_up

CLIENTS: Final = 16
SPREAD: Final = timedelta(minutes=29)
"""Starts lie at most so far from the middle of their round, so that any two of these hours overlap."""
PATIENCE_S: Final = 60.0


class Gate(Protocol):
    """A barrier of threads, or of threads in several processes."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all are here."""


class Report(msgspec.Struct, kw_only=True):
    """What the clients saw."""

    winners: dict[int, list[str]] = {}
    """Appointments that hold the contested time, by round."""
    surprises: list[str] = []
    """Answers that a client should never get."""

    def uneven_rounds(self, rounds: int) -> dict[int, list[str]]:
        """Return the rounds that did not have exactly one winner."""
        return {r: self.winners.get(r, []) for r in range(rounds) if len(self.winners.get(r, [])) != 1}


class Client:
    """
    One client: books, moves or cancels, as its round wants.

    Three kinds of rounds take turns. All book. Half of them book and half move an appointment of theirs there. One
    cancels the appointment that holds the time, and the others book until it is gone.
    """

    def __init__(self, store: Store, number: int, report: Report) -> None:
        self._store = store
        self._number = number
        self._report = report

    def play(self, rounds: int, gate: Gate) -> None:
        """Play all rounds, each begun together with the others."""
        for number in range(rounds):
            gate.wait(PATIENCE_S)
            try:
                winner = self._race(number)
            except ConflictError:
                continue
            except Exception as error:  # noqa: BLE001  whatever it was, no client should have got it
                self._report.surprises.append(f"round {number}, client {self._number}: {error!r}")
                continue
            if winner:
                self._report.winners.setdefault(number, []).append(winner)

    def _race(self, number: int) -> str | None:
        kind = number % 3
        if kind == 1 and self._number % 2:
            return self._move(number)
        if kind == 2:
            if self._number:
                return self._book_what_is_given_back(number)
            self._cancel(number)
            return None
        return self._book(number)

    def _book(self, number: int) -> str:
        request = request_for(f"p{number}-{self._number}", contested(number, self._number))
        new_id = f"r{number}-{self._number}"
        return self._store.submit(partial(_booked, request=request, new_id=new_id)).result(PATIENCE_S).id

    def _move(self, number: int) -> str:
        change = Change(appointment_id=parked_id(number, self._number), by="test")
        to = hour_from(contested(number, self._number))
        step: Callable[..., Appointment] = partial(move, change=change, to=to, zone=ZONE, now=NOW)
        return self._store.submit(step).result(PATIENCE_S).id

    def _cancel(self, number: int) -> None:
        change = Change(appointment_id=holder_id(number), by="test")
        self._store.submit(partial(apply, change=change, event=AppointmentEvent.CANCEL, now=NOW)).result(PATIENCE_S)

    def _book_what_is_given_back(self, number: int) -> str:
        while True:
            (holder,) = self._store.load(Appointment, [holder_id(number)])
            try:
                return self._book(number)
            except ConflictError:
                if holder.status is AppointmentStatus.CANCELLED:
                    raise


def prepare(store: Store, rounds: int) -> None:
    """Write the practice, what will be moved, and what will be cancelled."""
    store.submit(set_up).result()
    futures = []
    for number in range(rounds):
        if number % 3 == 1:
            wishes = [(parked_id(number, c), day_of(number) + (6 + c) * HOUR) for c in range(1, CLIENTS, 2)]
        else:
            wishes = [(holder_id(number), day_of(number))] if number % 3 == 2 else []
        for new_id, start in wishes:
            step = partial(_booked, request=request_for(f"p-{new_id}", start), new_id=new_id)
            futures.append(store.submit(step))
    for future in futures:
        future.result()


def race(store: Store, rounds: int) -> Report:
    """Let all clients play all rounds in threads of this process."""
    report = Report()
    _play(store, rounds, range(CLIENTS), threading.Barrier(CLIENTS), report)
    return report


def every_appointment(store: Store, rounds: int) -> tuple[Appointment, ...]:
    """Return all that can have been written, by the ids that were asked for."""
    ids = [f"r{number}-{client}" for number in range(rounds) for client in range(CLIENTS)]
    ids += [parked_id(number, client) for number in range(rounds) for client in range(CLIENTS)]
    ids += [holder_id(number) for number in range(rounds)]
    return store.load(Appointment, ids)


def misplaced(store: Store, report: Report, rounds: int) -> list[str]:
    """Return what the store says against the clients: double bookings, and winners that do not hold their time."""
    appointments = every_appointment(store, rounds)
    contested_days = {day_of(number): number for number in range(rounds)}
    holding: dict[int, list[str]] = {}
    for each in appointments:
        number = contested_days.get(each.start.replace(hour=12, minute=0))
        if each.is_live and number is not None and abs(each.start - day_of(number)) <= SPREAD:
            holding.setdefault(number, []).append(each.id)
    told = {number: sorted(ids) for number, ids in report.winners.items()}
    kept = {number: sorted(ids) for number, ids in holding.items()}
    differing = [
        f"round {n}: told {told.get(n)}, kept {kept.get(n)}" for n in told | kept if told.get(n) != kept.get(n)
    ]
    return double_bookings(appointments) + differing


def contested(number: int, client: int) -> datetime:
    """Return when a client wants to begin in a round: its own minute, overlapping everybody else's hour."""
    minutes = random.Random(number * 1_000 + client).randint(-29, 29)
    return day_of(number) + timedelta(minutes=minutes)


def day_of(number: int) -> datetime:
    """Return the middle of what a round is about: noon on a day of its own."""
    return NOW.replace(hour=12) + (number + 1) * DAY


def parked_id(number: int, client: int) -> str:
    """Return the id of an appointment that its client wants to move."""
    return f"parked{number}-{client}"


def holder_id(number: int) -> str:
    """Return the id of the appointment that holds a contested time at first."""
    return f"holder{number}"


def race_of_processes(path: Path, rounds: int, *, processes: int) -> Report:
    """Let all clients play all rounds, spread over processes that share one file."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(CLIENTS)
    answers: SimpleQueue[bytes] = context.SimpleQueue()
    groups = [range(first, CLIENTS, processes) for first in range(processes)]
    started = [
        context.Process(target=_race_in_process, args=(path, rounds, group, gate, answers), daemon=True)
        for group in groups
    ]
    for process in started:
        process.start()
    reports = [msgspec.json.decode(answers.get(), type=Report) for _ in started]
    for process in started:
        process.join(PATIENCE_S)
    whole = Report()
    for report in reports:
        whole.surprises += report.surprises
        for number, ids in report.winners.items():
            whole.winners.setdefault(number, []).extend(ids)
    return whole


def _race_in_process(path: Path, rounds: int, group: range, gate: Gate, answers: SimpleQueue[bytes]) -> None:
    """Play some of the clients, and answer what they saw."""
    report = Report()
    store = SqliteStore(path, kinds=KINDS, checkpoints=0 in group, longest_wait_s=30)
    try:
        _play(store, rounds, group, gate, report)
    finally:
        store.close()
        answers.put(msgspec.json.encode(report))


def _play(store: Store, rounds: int, clients: range, gate: Gate, report: Report) -> None:
    threads = [threading.Thread(target=Client(store, c, report).play, args=(rounds, gate)) for c in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _booked(tx: Transaction, request: BookingRequest, new_id: str) -> Appointment:
    return book(tx, request, appointment_id=new_id, now=NOW)
