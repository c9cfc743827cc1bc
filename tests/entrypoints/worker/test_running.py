"""The worker as it runs by itself: in threads, on the machine's clock, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from kept.adapters.clock import SystemClock
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import Notification, Outcome
from kept.core.reports import Metric
from kept.entrypoints.worker import Dispatcher, SeatedDispatcher, SendingThreads
from kept.ports.channel import OutgoingMessage
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import MAIL, SMS, RecordingChannel, World

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
PATIENCE_S = 20.0


class LiveWorld(World):
    """A world on the machine's own clock, with threads that send."""

    def __init__(self, store: BreakingStore | None = None) -> None:
        self.live = SystemClock()
        super().__init__(store=store or BreakingStore())
        self.clock.set(self.live.now() - timedelta(days=2))

    def new_worker(self) -> Dispatcher:
        return Dispatcher(
            self.store,
            {SMS: self.sms, MAIL: self.mail},
            clock=self.live,
            meter=self.meter,
            pool=SendingThreads(2),
            max_in_flight=4,
        )

    def visit_in(self, minutes: int, number: int = 1) -> None:
        """Book, two days ago, a visit so many minutes from now."""
        self.patient(number)
        self.visit(number, start=self.live.now() + minutes * MINUTE)


@contextmanager
def running(run: Callable[[threading.Event], None], wake: Callable[[], None]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        wake()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def eventually(happens: Callable[[], bool]) -> bool:
    """Return whether something happens before the patience is over."""
    end = time.monotonic() + PATIENCE_S
    while not happens() and time.monotonic() < end:
        threading.Event().wait(0.02)
    return happens()


def told(channel: RecordingChannel) -> threading.Event:
    """Return a flag that goes up when the channel is handed something."""
    flag = threading.Event()
    channel.before_sending = lambda _message: flag.set()
    return flag


def ended(world: World, number: int = 1) -> list[Outcome | None]:
    return [n.outcome for n in world.notifications(number)]


def test_what_is_due_leaves_as_soon_as_it_runs_and_what_comes_later_when_woken() -> None:
    world = LiveWorld()
    world.visit_in(30, 1)
    first, second = told(world.sms), threading.Event()

    with running(world.worker.run, world.worker.wake):
        assert first.wait(PATIENCE_S)
        world.sms.before_sending = lambda _message: second.set()
        world.visit_in(40, 2)
        world.worker.wake()
        assert second.wait(PATIENCE_S)

    assert ended(world, 1) == ended(world, 2) == [Outcome.SKIPPED, Outcome.ACCEPTED]
    assert world.worker.pulse().last_round_at is not None


def test_what_is_not_woken_for_is_found_within_a_second_or_two() -> None:
    world = LiveWorld()
    sent = told(world.sms)

    with running(world.worker.run, world.worker.wake):
        world.visit_in(30)
        assert sent.wait(PATIENCE_S)


def test_what_is_under_way_when_it_is_told_to_stop_is_still_put_on_record() -> None:
    world = LiveWorld()
    world.visit_in(30)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(_message: OutgoingMessage) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)

    world.sms.before_sending = slowly
    with running(world.worker.run, world.worker.wake):
        assert begun.wait(PATIENCE_S)
        threading.Timer(0.2, go_on.set).start()

    assert ended(world) == [Outcome.SKIPPED, Outcome.ACCEPTED]


def test_what_takes_too_long_is_left_to_its_lease(logged: list[dict[str, object]]) -> None:
    world = LiveWorld()
    world.visit_in(30)
    begun, go_on = threading.Event(), threading.Event()

    def endlessly(_message: OutgoingMessage) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)

    world.sms.before_sending = endlessly
    stop = threading.Event()
    thread = threading.Thread(target=lambda: world.worker.run(stop, drain_s=0.2), daemon=True)
    thread.start()
    assert begun.wait(PATIENCE_S)
    stop.set()
    world.worker.wake()
    thread.join(PATIENCE_S)
    go_on.set()

    assert not thread.is_alive()
    assert [line["event"] for line in logged if line["log_level"] == "warning"] == ["left_in_flight"]


def test_it_rests_while_the_store_refuses_and_goes_on_when_it_works_again() -> None:
    store = BreakingStore()
    world = LiveWorld(store)
    world.visit_in(30)
    sent = told(world.sms)
    store.refuse_all(StorageUnavailableError("full", retry_after_s=0.1), times=2)

    with running(world.worker.run, world.worker.wake):
        assert sent.wait(PATIENCE_S)

    assert ended(world)[1] is Outcome.ACCEPTED


def test_a_mistake_in_looking_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world = LiveWorld()
    world.visit_in(30)
    sent = told(world.sms)
    looks: list[int] = []
    right = world.store.query

    def wrong_at_first(index: str, partition: str, **how: object) -> object:
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("our mistake")
        return right(index, partition, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(world.store, "query", wrong_at_first)
    with running(world.worker.run, world.worker.wake):
        assert sent.wait(PATIENCE_S)

    assert world.meter.counts[f"{Metric.DISPATCH_ERRORS}/looking"] == 1


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_clock_that_jumps_makes_it_rest_and_say_so(
    monkeypatch: pytest.MonkeyPatch, logged: list[dict[str, object]], jump: timedelta
) -> None:
    monkeypatch.setattr("kept.entrypoints.worker.dispatcher.CLOCK_REST_S", 0.3)
    world = World()
    rounds = threading.Semaphore(0)
    world.meter.gauge = lambda *_args, **_labels: rounds.release()  # type: ignore[method-assign]

    with running(world.worker.run, world.worker.wake):
        assert rounds.acquire(timeout=PATIENCE_S)
        world.clock.advance(jump)
        assert eventually(lambda: any(line["event"] == "clock_jumped" for line in logged))
        assert world.worker.pulse().is_resting
        assert eventually(lambda: not world.worker.pulse().is_resting)

    assert world.meter.counts[f"{Metric.DISPATCH_ERRORS}/reading_the_clock"] == 1


def test_small_steps_of_the_clock_are_nobodys_business(logged: list[dict[str, object]]) -> None:
    world = World()

    with running(world.worker.run, world.worker.wake):
        assert eventually(lambda: world.worker.pulse().last_look_at is not None)
        world.clock.advance(timedelta(minutes=4))
        before = world.worker.pulse().last_look_at
        assert eventually(lambda: world.worker.pulse().last_look_at != before)

    assert "clock_jumped" not in [line["event"] for line in logged]


# ---- the seat


class OneSeat:
    """A seat for tests: free when told so."""

    def __init__(self, *, is_free: bool) -> None:
        self.is_free = is_free
        self.holders = 0

    def take(self) -> bool:
        if self.is_free:
            self.holders += 1
        return self.is_free

    def leave(self) -> None:
        self.holders = 0


def test_nothing_is_sent_without_the_seat(logged: list[dict[str, object]]) -> None:
    world = LiveWorld()
    world.visit_in(30)
    seated = SeatedDispatcher(world.worker, OneSeat(is_free=False), meter=world.meter)

    with running(seated.run, seated.wake):
        assert not told(world.sms).wait(0.3)

    assert world.meter.gauges[Metric.SENDING] == 0
    assert [line["event"] for line in logged] == ["seat_taken"]


def test_it_takes_over_when_the_seat_becomes_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kept.entrypoints.worker.seated.TRY_AGAIN_S", 0.05)
    world = LiveWorld()
    world.visit_in(30)
    sent = told(world.sms)
    seat = OneSeat(is_free=False)
    seated = SeatedDispatcher(world.worker, seat, meter=world.meter)

    with running(seated.run, seated.wake):
        seat.is_free = True
        assert sent.wait(PATIENCE_S)
        assert (seated.is_seated, seat.holders, seated.pulse().is_resting) == (True, 1, False)
        seated.wake()

    assert (seated.is_seated, seat.holders) == (False, 0)


def test_one_pass_can_be_worked_with_the_seat_held() -> None:
    world = LiveWorld()
    world.visit_in(30)
    seat = OneSeat(is_free=True)
    seated = SeatedDispatcher(world.worker, seat, meter=world.meter)

    assert seated.take()
    looked_at = seated.run_due()
    seated.leave()

    assert (looked_at, seat.holders) == (2, 0)
    assert world.store.load(Notification, ["nothing"]) == ()
