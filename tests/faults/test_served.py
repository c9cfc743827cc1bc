"""The promise at the door: one winner over HTTP, and what was answered survives kill -9 of the real server."""

from __future__ import annotations

import random
import signal
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import httpx
import pytest

from kept.adapters.clock import SystemClock
from kept.flow.booking import book
from kept.ports.store import Transaction
from tests.faults.practice import HOUR, ZONE, double_bookings, request_for
from tests.faults.racing import CLIENTS
from tests.faults.served import PATIENTS, Served, booking, in_z, kept_appointments, noon_in, ready

ROUNDS: Final = 45
DEATHS: Final = 5
PATIENCE_S: Final = 60.0
Call = Callable[[httpx.Client], httpx.Response]


class Rounds:
    """Races over HTTP: in each round all clients want overlapping hours, by booking, by moving, or after a cancel."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._gate = threading.Barrier(CLIENTS)
        self._given_back = [threading.Event() for _ in range(ROUNDS)]
        self.answers: dict[int, list[int]] = {number: [] for number in range(ROUNDS)}
        """Statuses of those who wanted the time, by round."""

    def run(self) -> None:
        threads = [threading.Thread(target=self._play, args=(client,)) for client in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _play(self, client: int) -> None:
        with self._served.client() as caller:
            for number in range(ROUNDS):
                self._gate.wait(PATIENCE_S)
                status = self._race(caller, number, client)
                if status is not None:
                    self.answers[number].append(status)

    def _race(self, caller: httpx.Client, number: int, client: int) -> int | None:
        start = wanted(number, client)
        if number % 3 == 1 and client % 2:
            return moved(caller, parked_id(number, client), start)
        if number % 3 == 2 and client == 0:
            assert caller.post(f"/api/appointments/holder{number}/cancel").status_code == 200
            self._given_back[number].set()
            return None
        while True:
            was_free = number % 3 != 2 or self._given_back[number].is_set()
            answer = caller.post("/api/appointments", json=booking(f"p{client}", start))
            if was_free or answer.status_code != 409:
                return answer.status_code


def wanted(number: int, client: int) -> datetime:
    """Return when a client wants to begin: its own minute, overlapping everybody else's hour."""
    return noon_in(number + 2) + timedelta(minutes=random.Random(number * 100 + client).randint(-29, 29))


def parked_id(number: int, client: int) -> str:
    return f"parked{number}-{client}"


def moved(caller: httpx.Client, appointment_id: str, start: datetime) -> int:
    """Move an appointment and return the status."""
    read = caller.get(f"/api/appointments/{appointment_id}")
    change = {"start": in_z(start), "timeZone": ZONE}
    headers = {"If-Match": read.headers["ETag"]}
    return caller.patch(f"/api/appointments/{appointment_id}", json=change, headers=headers).status_code


def prepared(tx: Transaction) -> None:
    """Book what will be moved and what will be cancelled."""
    now = SystemClock().now()
    for number in range(ROUNDS):
        wishes = []
        if number % 3 == 1:
            wishes = [(parked_id(number, c), c, noon_in(number + 2) + (2 + c / 2) * HOUR) for c in range(1, CLIENTS, 2)]
        if number % 3 == 2:
            wishes = [(f"holder{number}", PATIENTS - 1, noon_in(number + 2))]
        for new_id, patient, start in wishes:
            book(tx, request_for(f"p{patient}", start), appointment_id=new_id, now=now)


@pytest.mark.slow
def test_over_http_each_round_has_one_winner_and_everybody_else_a_conflict(tmp_path: Path) -> None:
    store = ready(tmp_path)
    store.submit(prepared).result()
    store.close()

    with Served(tmp_path) as served:
        rounds = Rounds(served)
        rounds.run()

    won = {number: [s for s in statuses if s in {200, 201}] for number, statuses in rounds.answers.items()}
    others = Counter(s for statuses in rounds.answers.values() for s in statuses if s not in {200, 201})
    assert set(others) == {409}
    assert {number: len(statuses) for number, statuses in won.items()} == dict.fromkeys(range(ROUNDS), 1)
    assert double_bookings(kept_appointments(tmp_path)) == []


@pytest.mark.slow
def test_over_http_of_two_requests_and_two_confirmations_one_each_succeeds(tmp_path: Path) -> None:
    ready(tmp_path).close()

    with Served(tmp_path) as served:
        for number in range(10):
            asking = [{**booking(f"p{n}", noon_in(number + 2)), "asRequest": True} for n in range(2)]
            asked = both(served, [partial(posted, path="/api/appointments", body=body) for body in asking])
            assert sorted(a.status_code for a in asked) == [201, 409]
            (made,) = [a.json()["appointmentId"] for a in asked if a.status_code == 201]

            confirmed = both(served, [partial(posted, path=f"/api/appointments/{made}/confirm")] * 2)

            assert sorted(a.status_code for a in confirmed) == [200, 409]


@pytest.mark.slow
def test_whatever_was_answered_with_201_is_there_after_kill_9(tmp_path: Path) -> None:
    ready(tmp_path).close()
    answered: list[str] = []

    for life in range(DEATHS):
        booked_in_this_life = Booking(Served(tmp_path), life).until_killed()
        assert booked_in_this_life, "the server was killed before it answered anything"
        answered += booked_in_this_life

    kept = {a.id for a in kept_appointments(tmp_path)}
    assert [lost for lost in answered if lost not in kept] == []
    assert double_bookings(kept_appointments(tmp_path)) == []


class Booking:
    """Eight clients that book as fast as they can, until the server is killed in the middle of it."""

    def __init__(self, served: Served, life: int) -> None:
        self._served = served
        self._life = life
        self._enough = threading.Event()
        self.answered: list[str] = []

    def until_killed(self) -> list[str]:
        threads = [threading.Thread(target=self._book, args=(client,)) for client in range(8)]
        for thread in threads:
            thread.start()
        self._enough.wait(PATIENCE_S)
        self._served.end(signal.SIGKILL)
        for thread in threads:
            thread.join()
        return self.answered

    def _book(self, client: int) -> None:
        with self._served.client() as caller:
            for number in range(1_000):
                start = noon_in(2 + self._life) + timedelta(days=10 * (1 + number // 20), hours=number % 20)
                body = {**booking(f"p{8 * self._life + client}", start), "practitionerId": None}
                try:
                    answer = caller.post("/api/appointments", json={k: v for k, v in body.items() if v})
                except httpx.HTTPError:
                    return
                assert answer.status_code == 201, answer.text
                self.answered.append(answer.json()["appointmentId"])
                if len(self.answered) > 100 + 37 * self._life:
                    self._enough.set()


def posted(caller: httpx.Client, path: str, body: dict[str, object] | None = None) -> httpx.Response:
    return caller.post(path, json=body) if body else caller.post(path)


def both(served: Served, calls: list[Call]) -> list[httpx.Response]:
    """Make the calls at the same moment."""
    gate = threading.Barrier(len(calls))
    answers: list[httpx.Response] = []

    def made(call: Call) -> None:
        with served.client() as caller:
            gate.wait(PATIENCE_S)
            answers.append(call(caller))

    threads = [threading.Thread(target=made, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
