"""What the one who sends notes for those who watch, on a clock that is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import msgspec
import pytest

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.core.balance import Nightly
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import NotificationState, Outcome
from kept.core.practice import Practice
from kept.core.reports import Metric
from kept.core.watch import HEARTBEAT_ID, Heartbeat, Route
from kept.entrypoints.worker.pools import InlineExecutor
from kept.entrypoints.worker.watching import Watching
from kept.flow.balance import load_nightly
from kept.flow.due import backlog
from kept.flow.watch import load_heartbeat, standing_alarm
from kept.ports.store import Transaction
from tests.dispatching import appointment, attempt, notification
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import CountingMeter

P = ParamSpec("P")
T = TypeVar("T")
NOW = datetime(2026, 5, 4, 14, tzinfo=UTC)
DAY = timedelta(days=1)
"""Ten in the morning at the practice."""
THREE = datetime(2026, 5, 5, 7, tzinfo=UTC)
"""Three in the morning there."""
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Sender:
    """The part of a sending process that watches, and what it sends."""

    def __init__(self, store: MemoryStore | None = None, *, aside: Executor | None = None) -> None:
        self.store = store or MemoryStore()
        self.clock = SimulatedClock(NOW)
        self.meter = CountingMeter()
        self.left_at: datetime | None = None
        self.aside = aside or InlineExecutor()
        self.watching = self.restarted()
        self.do(lambda tx: tx.put(Practice(zone="America/New_York")))

    def restarted(self, *, aside: bool = True) -> Watching:
        """Return the watching of another process on the same store."""
        self.left_at = None
        self.watching = Watching(
            self.store,
            clock=self.clock,
            meter=self.meter,
            left_at=lambda: self.left_at,
            aside=self.aside if aside else None,
        )
        return self.watching

    def do(self, step: Callable[[Transaction], object]) -> None:
        self.store.submit(step).result()

    def look_for(self, minutes: int, *, every: timedelta = 10 * SECOND) -> None:
        """Let time pass, looking as the worker does."""
        for _ in range(int(minutes * MINUTE / every)):
            self.clock.advance(every)
            self.watching.look()

    def at(self, instant: datetime) -> None:
        """Set the clock, and look."""
        self.clock.set(instant)
        self.watching.look()

    @property
    def beat(self) -> Heartbeat:
        found = load_heartbeat(self.store)
        assert found is not None
        return found

    def alarms(self) -> bool:
        """Tell what another process would say now."""
        now = self.clock.now()
        return standing_alarm(load_heartbeat(self.store), backlog(self.store, now=now), now=now) is not None


class Waiting(Executor):
    """Takes calls and makes none until told to."""

    def __init__(self) -> None:
        self.taken: list[Future[Any]] = []

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        del fn, args, kwargs
        future: Future[T] = Future()
        self.taken.append(future)
        return future


# ---- heartbeat


def test_the_heartbeat_is_written_once_a_minute_however_often_one_looks() -> None:
    sender = Sender()

    sender.look_for(10, every=SECOND)

    assert sender.beat.version == 10


def test_the_heartbeat_says_what_waits_and_when_the_last_message_left() -> None:
    sender = Sender()
    sender.do(lambda tx: tx.put(notification(wake_at=NOW - 2 * MINUTE)))
    sender.left_at = NOW - SECOND

    sender.watching.look()

    expected = Heartbeat(version=1, looked_at=NOW, left_at=NOW - SECOND, due=1, oldest_due_at=NOW - 2 * MINUTE)
    assert sender.beat == expected
    assert sender.meter.gauges[Metric.OLDEST_DUE_SECONDS] == 120


def test_an_idle_practice_never_alarms() -> None:
    sender = Sender()

    alarms = []
    for _ in range(200):
        sender.look_for(1)
        alarms.append(sender.alarms())

    assert not any(alarms)


def test_alarms_five_minutes_after_something_fell_due_and_nothing_left() -> None:
    sender = Sender()
    sender.do(lambda tx: tx.put(notification(wake_at=NOW)))

    alarms = []
    for _ in range(7):
        sender.look_for(1)
        alarms.append(sender.alarms())

    assert alarms == [False] * 5 + [True] * 2


def test_the_alarm_outlives_a_restart_and_ends_as_soon_as_a_message_leaves() -> None:
    sender = Sender()
    sender.do(lambda tx: tx.put(notification(wake_at=NOW)))
    sender.look_for(9)

    sender.restarted()
    sender.look_for(1)
    after_restart = sender.alarms()
    sender.left_at = sender.clock.now()
    sender.look_for(1, every=10 * SECOND)

    assert after_restart
    assert not sender.alarms()
    assert sender.beat.left_at == sender.left_at


def test_relief_does_not_wait_for_the_next_minute() -> None:
    sender = Sender()
    sender.do(lambda tx: tx.put(notification(wake_at=NOW - HOUR)))
    sender.watching.look()
    before = sender.alarms()

    sender.clock.advance(10 * SECOND)
    sender.left_at = sender.clock.now()
    sender.watching.look()

    assert (before, sender.alarms()) == (True, False)


def test_relief_is_told_even_when_messages_had_left_before() -> None:
    sender = Sender()
    sender.left_at = NOW - HOUR
    sender.do(lambda tx: tx.put(notification(wake_at=NOW - HOUR)))
    sender.watching.look()
    before = sender.alarms()

    sender.clock.advance(10 * SECOND)
    sender.left_at = sender.clock.now()
    sender.watching.look()

    assert (before, sender.alarms()) == (True, False)


def test_a_worker_that_has_ended_is_missed_after_three_minutes() -> None:
    sender = Sender()
    sender.watching.look()

    alarms = []
    for _ in range(4):
        sender.clock.advance(MINUTE)
        alarms.append(sender.alarms())

    assert alarms == [False, False, False, True]


@pytest.mark.parametrize("jump", [-3 * HOUR, 3 * HOUR], ids=["back", "forward"])
def test_a_clock_that_jumps_alarms_no_longer_than_until_the_next_look(jump: timedelta) -> None:
    sender = Sender()
    sender.left_at = NOW
    sender.look_for(2)

    sender.at(sender.clock.now() + jump)

    assert not sender.alarms()
    assert sender.beat.looked_at == sender.clock.now()
    assert sender.beat.left_at is not None
    assert sender.beat.left_at <= sender.clock.now()


def test_a_heartbeat_that_cannot_be_written_is_told_and_written_a_minute_later(
    logged: list[MutableMapping[str, Any]],
) -> None:
    store = BreakingStore()
    sender = Sender(store)
    store.refuse_all(StorageUnavailableError("no room"), times=1)

    sender.watching.look()
    sender.look_for(1)

    assert sender.meter.counts[f"{Metric.DISPATCH_ERRORS}/keeping_the_heartbeat"] == 1
    assert [line["doing"] for line in logged if line["event"] == "chore_failed"] == ["keeping_the_heartbeat"]
    assert sender.beat.looked_at == sender.clock.now()


def test_a_heartbeat_is_not_written_while_the_one_before_is_still_being_written() -> None:
    class SlowStore(MemoryStore):
        is_slow = False
        asked = 0

        def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
            self.asked += 1
            return Future() if self.is_slow else super().submit(step)

    store = SlowStore()
    sender = Sender(store)
    store.is_slow, store.asked = True, 0

    sender.look_for(5)

    assert store.asked == 1


# ---- what comes back


def test_what_came_back_is_looked_at_every_five_minutes_and_kept_with_the_heartbeat() -> None:
    sender = Sender()
    one = msgspec.structs.replace(attempt("a", at=NOW - HOUR), awaits_receipt=True, provider="twilio")
    sent = notification(one, state=NotificationState.DONE, outcome=Outcome.ACCEPTED, wake_at=None, due_at=NOW - HOUR)

    sender.look_for(1)
    sender.do(lambda tx: tx.put(sent))
    sender.look_for(3)
    before = sender.beat.routes
    sender.look_for(4)

    assert before == ()
    assert sender.beat.routes == (Route(provider="twilio", country="", messages=1, heard=0),)


def test_without_anybody_to_take_long_looks_only_the_heartbeat_is_kept() -> None:
    sender = Sender()
    sender.restarted(aside=False)

    sender.look_for(30)
    sender.at(THREE + MINUTE)

    assert sender.beat.looked_at == THREE + MINUTE
    assert load_nightly(sender.store) is None


# ---- by night


def test_the_balance_is_checked_once_a_day_at_three_in_the_morning_of_the_practice() -> None:
    sender = Sender()
    sender.look_for(6)
    first = load_nightly(sender.store)

    sender.at(THREE - SECOND)
    before = load_nightly(sender.store)
    sender.at(THREE)
    sender.look_for(90, every=MINUTE)

    kept = load_nightly(sender.store)
    assert first == before
    assert kept is not None
    assert kept.version == 2
    assert THREE <= kept.checked_at <= THREE + MINUTE


def test_a_check_that_was_missed_is_made_up_for_once_the_worker_has_settled_in() -> None:
    sender = Sender()
    sender.do(lambda tx: tx.put(Nightly(checked_at=THREE - 49 * HOUR)))
    sender.at(THREE + 5 * HOUR)

    sender.look_for(4)
    before = load_nightly(sender.store)
    sender.look_for(2)

    after = load_nightly(sender.store)
    assert before is not None
    assert after is not None
    assert before.version == 1
    assert after.checked_at == THREE + 5 * HOUR + 5 * MINUTE


def test_a_check_of_the_future_counts_for_nothing_after_the_clock_was_put_back() -> None:
    sender = Sender()
    sender.do(lambda tx: tx.put(Nightly(checked_at=NOW + 48 * HOUR)))

    sender.look_for(6)

    kept = load_nightly(sender.store)
    assert kept is not None
    assert kept.checked_at == NOW + 5 * MINUTE + 10 * SECOND


def test_what_the_night_finds_is_logged_with_what_to_do(logged: list[MutableMapping[str, Any]]) -> None:
    sender = Sender()
    sender.do(lambda tx: tx.put(notification(wake_at=NOW - 9 * HOUR, deadline_at=NOW - 8 * HOUR)))

    sender.look_for(6)

    (line,) = [line for line in logged if line["event"] == "balance_checked"]
    assert (line["log_level"], line["failures"], line["remedy"]) == ("error", 1, "kept balance")


def test_a_check_that_fails_is_told_and_tried_again_an_hour_later() -> None:
    store = BreakingStore()
    sender = Sender(store)
    sender.do(lambda tx: tx.put(appointment(start=NOW + DAY, start_local=(NOW + DAY).replace(tzinfo=None))))
    sender.look_for(1)
    store.break_loading("apt_1", StorageUnavailableError("damaged"), times=1)

    sender.look_for(30)
    failed = sender.meter.counts[f"{Metric.DISPATCH_ERRORS}/checking_the_balance"]
    sender.look_for(45)

    kept = load_nightly(sender.store)
    assert failed == 1
    assert kept is not None
    assert kept.checked_at > NOW + HOUR


def test_no_second_long_look_is_begun_while_one_is_being_taken() -> None:
    aside = Waiting()
    sender = Sender(aside=aside)

    sender.look_for(30)

    assert len(aside.taken) == 1


def test_the_heartbeat_has_an_id_of_its_own() -> None:
    assert Heartbeat(looked_at=NOW).id == HEARTBEAT_ID
