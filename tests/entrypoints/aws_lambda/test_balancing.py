"""The check that is made each night, as a function that has its time and no more."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from kept.core.balance import NIGHTLY_ID, Nightly
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import NotificationState
from kept.entrypoints.aws_lambda.balancing import LEAST_S, Balancing
from kept.entrypoints.aws_lambda.invocation import Invocation
from kept.flow.balance import load_nightly
from kept.ports.store import Transaction
from tests.entrypoints.aws_lambda.test_reminders import practice
from tests.entrypoints.aws_lambda.world import CloudWorld, called
from tests.entrypoints.worker.breaking import BreakingStore


def balancing(world: CloudWorld) -> Balancing:
    return Balancing(world.store, clock=world.clock, meter=world.emf)


def lost(world: CloudWorld, number: int) -> None:
    """Let a reminder wait without anybody who will ever look at it."""
    reminder = world.notifications(number)[0]

    def step(tx: Transaction) -> None:
        tx.put(msgspec.structs.replace(reminder, wake_at=None, state=NotificationState.PLANNED))

    world.store.submit(step).result()


def told(world: CloudWorld) -> dict[str, float]:
    """Return the figures that were told since the last time."""
    world.lines.clear()
    world.emf.flush()
    found = {name: value for line in world.lines for name, value in line.items() if isinstance(value, int | float)}
    found.pop("BreakerOpen", None)  # of the sender, which every world has
    return found


def test_a_practice_in_balance_is_kept_as_such() -> None:
    world = practice(3)

    answer = balancing(world).run(called())

    now = world.clock.now()
    assert answer["found"] == {}
    assert load_nightly(world.store) == Nightly(checked_at=now, version=1)
    assert told(world) == {"BalanceFindings": 0, "BalanceCheckedTimestampSeconds": now.timestamp()}


def test_what_nobody_will_look_at_is_found_kept_and_told(logged: list[MutableMapping[str, Any]]) -> None:
    world = practice(3)
    lost(world, 2)

    answer = balancing(world).run(called())

    kept = load_nightly(world.store)
    assert kept is not None
    assert answer["found"] == kept.found == {"not_scheduled": 1}
    assert [one.notification_id for one in kept.examples] == [world.notifications(2)[0].id]
    assert told(world)["BalanceFindings"] == 1
    (line,) = [line for line in logged if line["event"] == "balance_checked"]
    assert (line["log_level"], line["failures"], line["remedy"]) == ("error", 1, "run: kept balance")


def test_the_next_night_is_written_over_the_last() -> None:
    world = practice(1)
    lost(world, 1)
    balancing(world).run(called())
    world.clock.advance(timedelta(days=1))

    balancing(world).run(called())

    kept = load_nightly(world.store)
    assert kept is not None
    assert (kept.id, kept.version, kept.checked_at) == (NIGHTLY_ID, 2, world.clock.now())


@pytest.mark.parametrize("looks", [0, 1, 5, 20])
def test_a_check_without_time_for_all_of_it_says_so_and_pretends_nothing(
    looks: int, logged: list[MutableMapping[str, Any]]
) -> None:
    world = practice(3)
    balancing(world).run(called())
    before = load_nightly(world.store)
    told(world)
    lost(world, 1)
    left = until(looks)

    with pytest.raises(TimeoutError, match="nothing of the check is kept"):
        balancing(world).run(Invocation(id="call-1", left_s=lambda: next(left)))

    assert load_nightly(world.store) == before
    assert told(world) == {"DispatchErrors": 1}
    (line,) = [line for line in logged if line["event"] == "balance_not_finished"]
    assert line["log_level"] == "error"


def test_a_store_that_does_not_answer_ends_the_check_with_its_own_error() -> None:
    store = BreakingStore()
    world = practice(1, CloudWorld(store=store))
    store.refuse_all(StorageUnavailableError("the store is away"))

    with pytest.raises(StorageUnavailableError):
        balancing(world).run(called())

    assert told(world) == {}


def until(looks: int) -> Iterator[float]:
    """Yield time enough for so many looks at the store, and then too little."""
    yield from [LEAST_S + 1] * looks
    while True:
        yield LEAST_S - 1
