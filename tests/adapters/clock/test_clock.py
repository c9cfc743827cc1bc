"""Time and chance."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from kept.adapters.clock import SimulatedClock, SystemClock, SystemIds
from kept.core.intervals import NaiveTimeError

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_the_machines_clock_tells_aware_utc_and_goes_on() -> None:
    clock = SystemClock()

    first, second = clock.now(), clock.now()

    assert first.tzinfo is UTC
    assert first <= second


def test_a_simulated_clock_stands_until_it_is_moved() -> None:
    clock = SimulatedClock(NOON.astimezone(timezone(timedelta(hours=-4))))

    before = (clock.now(), clock.now())
    moved = clock.advance(timedelta(hours=1))
    clock.set(NOON - timedelta(days=1))

    assert before == (NOON, NOON)
    assert before[0].tzinfo is UTC
    assert (moved, clock.now()) == (NOON + timedelta(hours=1), NOON - timedelta(days=1))


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(NaiveTimeError):
        SimulatedClock(NOON.replace(tzinfo=None))


def test_moving_from_many_threads_loses_nothing() -> None:
    clock = SimulatedClock(NOON)
    threads = [
        threading.Thread(target=lambda: [clock.advance(timedelta(seconds=1)) for _ in range(200)]) for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert clock.now() == NOON + timedelta(seconds=1600)


def test_ids_are_new_each_time_and_of_plain_letters() -> None:
    ids = SystemIds()

    made = {ids.new("apt") for _ in range(10_000)}

    assert len(made) == 10_000
    assert all(re.fullmatch(r"apt_[a-z2-7]{26}", one) for one in made)


def test_secrets_carry_256_bits_without_a_dot() -> None:
    ids = SystemIds()

    made = {ids.secret() for _ in range(1000)}

    assert len(made) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", one) for one in made)
