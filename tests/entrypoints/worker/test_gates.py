"""A provider that fails or asks for a pause, a rate, a slow channel: nothing is lost, and nobody waits for others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, MutableMapping
from typing import Any

import msgspec
import pytest

from kept.core.errors import StorageUnavailableError
from kept.core.notifications import (
    SMS_THEN_EMAIL,
    AttemptState,
    Notification,
    NotificationState,
    Outcome,
    SendOutcome,
)
from kept.core.people import Consent, consent_id
from kept.core.reports import Metric
from kept.entrypoints.worker import Dispatcher, InlineExecutor, SendingThreads
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Transaction
from tests.dispatching import ACCEPTED, NOT_SENT, REFUSED
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.gated import (
    BUSY,
    BY_MAIL,
    DENIED,
    HOUR,
    MINUTE,
    PATIENCE_S,
    PHONE,
    SECOND,
    GatedWorld,
    always,
)
from tests.entrypoints.worker.world import MAIL, NOW, SMS

# ---- the breaker


def test_after_five_failures_one_message_a_minute_is_tried_and_all_leave_when_it_is_back() -> None:
    world = GatedWorld()
    always(world.sms, NOT_SENT)
    world.plan(40)

    world.live(NOW + 3 * MINUTE + SECOND)
    down = list(world.seconds(SMS))
    world.sms.outcomes = []
    world.live(NOW + 10 * MINUTE)

    assert down == [0.0] * 5 + [60.0, 120.0, 180.0]
    assert [n.outcome for n in world.planned()] == [Outcome.ACCEPTED] * 40
    assert max(world.seconds(SMS)) <= 480.0


def test_credentials_that_are_gone_cost_one_call_a_minute_and_no_message() -> None:
    world = GatedWorld()
    always(world.sms, DENIED)
    world.plan(40)

    world.live(NOW + 40 * MINUTE + SECOND)
    gone = list(world.seconds(SMS))
    world.sms.outcomes = []
    world.live(NOW + HOUR)

    assert gone == [60.0 * minute for minute in range(41)]
    assert [n.outcome for n in world.planned()] == [Outcome.ACCEPTED] * 40


def test_refusals_of_single_addresses_let_everything_else_leave() -> None:
    world = GatedWorld()
    world.sms.outcomes = [REFUSED] * 30
    world.plan(50)

    world.worker.run_due()

    ends = Counter(n.outcome for n in world.planned())
    assert ends == {Outcome.FAILED: 30, Outcome.ACCEPTED: 20}


def test_the_other_channel_goes_on_while_one_is_left_alone() -> None:
    world = GatedWorld()
    always(world.sms, NOT_SENT)
    world.plan(20)
    world.plan(20, plan=BY_MAIL, prefix="mail")

    world.worker.run_due()

    assert len(world.seconds(SMS)) == 5
    assert len(world.seconds(MAIL)) == 20


def test_the_next_channel_takes_over_when_half_of_the_time_is_gone() -> None:
    world = GatedWorld()
    always(world.sms, DENIED)
    world.plan(20, plan=SMS_THEN_EMAIL, useful_for=20 * MINUTE)

    world.live(NOW + 20 * MINUTE)

    assert [n.outcome for n in world.planned()] == [Outcome.ACCEPTED] * 20
    assert len(world.seconds(MAIL)) == 20
    assert min(world.seconds(MAIL)) >= 600


def test_tells_once_when_it_leaves_a_provider_alone_and_once_when_it_is_back(
    logged: list[MutableMapping[str, Any]],
) -> None:
    world = GatedWorld()
    always(world.sms, DENIED)
    world.plan(3)

    world.live(NOW + 3 * MINUTE)
    open_then = (world.meter.gauges[f"{Metric.BREAKER_OPEN}/recording/sms"], world.worker.pulse().resting_providers)
    world.sms.outcomes = []
    world.live(NOW + 6 * MINUTE)

    said = [line for line in logged if line["event"].startswith("provider_")]
    assert [line["event"] for line in said] == ["provider_rests", "provider_is_back"]
    assert "credentials" in said[0]["remedy"]
    assert open_then == (1, ("recording (sms: auth)",))
    assert world.meter.gauges[f"{Metric.BREAKER_OPEN}/recording/sms"] == 0
    assert world.meter.counts[f"{Metric.BREAKER_OPENS}/recording/sms"] == 1
    assert world.meter.counts[f"{Metric.HELD}/breaker/recording/sms"] > 0
    assert world.worker.pulse().resting_providers == ()


@pytest.mark.uncounted
def test_an_hour_of_failure_writes_a_few_times_to_each_record_and_not_a_thousand() -> None:
    world = GatedWorld()
    always(world.sms, NOT_SENT)
    world.plan(500)

    world.live(NOW + HOUR)

    versions = [n.version for n in world.planned()]
    assert len(world.seconds(SMS)) <= 5 + 60
    assert sum(versions) / len(versions) <= 30


def test_another_is_tried_a_minute_later_when_the_first_is_not_needed_any_more() -> None:
    world = GatedWorld()
    always(world.sms, DENIED)
    world.plan(3)
    world.worker.run_due()
    world.do(lambda tx: _end_all_but_one(tx, world))
    world.sms.outcomes = []

    world.live(NOW + 2 * MINUTE)

    assert world.seconds(SMS)[1:] == [120.0]


def _end_all_but_one(tx: Transaction, world: GatedWorld) -> None:
    number = consent_id(SMS, PHONE)
    assert tx.get(Consent, number)
    for planned in world.planned()[:2]:
        late = {"deadline_at": NOW + 30 * SECOND}
        tx.put(_with(planned, **late))


def _with(notification: Notification, **changes: object) -> Notification:
    return msgspec.structs.replace(notification, **changes)


# ---- the provider's own wish


def test_a_provider_that_asks_for_a_pause_gets_it_for_all_its_messages() -> None:
    world = GatedWorld()
    world.sms.outcomes = [BUSY]
    world.plan(30)
    world.plan(5, plan=BY_MAIL, prefix="mail")

    world.live(NOW + 5 * MINUTE)

    texts = world.seconds(SMS)
    before = [second for second in texts if second < 90]
    assert len(before) <= 4
    assert set(before) == {0.0}
    assert len(texts) == 31
    assert world.seconds(MAIL) == [0.0] * 5
    assert all(n.outcome is Outcome.ACCEPTED for n in world.planned())


def test_an_absurd_wish_is_kept_for_an_hour() -> None:
    world = GatedWorld()
    world.sms.outcomes = [SendOutcome(state=AttemptState.NOT_SENT, code="throttled", retry_after_s=1e12)]
    world.plan(1)
    world.worker.run_due()
    world.clock.advance(HOUR)
    world.plan(1, prefix="later")

    world.worker.run_due()

    assert world.seconds(SMS) == [0.0, 3_600.0]


# ---- the rate


@pytest.mark.uncounted
def test_many_due_at_once_leave_at_the_rate_and_each_is_put_back_once_at_most() -> None:
    world = GatedWorld(rates={SMS: 50.0})
    world.plan(4_000)
    world.plan(100, plan=BY_MAIL, prefix="zz-mail")
    world.worker.run_due()

    world.until(NOW + 90 * SECOND, every=SECOND)

    texts = world.seconds(SMS)
    assert len(texts) == 4_000
    assert all(texts[i + 100] - texts[i] >= 1.0 for i in range(len(texts) - 100))
    assert texts[-1] == pytest.approx((4_000 - 50) / 50, abs=1.5)
    assert world.seconds(MAIL) == [0.0] * 100
    assert {n.outcome for n in world.planned()} == {Outcome.ACCEPTED}
    assert Counter(n.version for n in world.planned()).keys() <= {3, 4}


def test_those_who_come_late_together_do_not_leave_together() -> None:
    world = GatedWorld(rates={SMS: 10.0})
    world.plan(200)
    world.worker.run_due()

    for minute in range(1, 20):
        world.clock.set(NOW + minute * MINUTE)
        world.worker.run_due()

    by_instant = Counter(world.seconds(SMS))
    assert max(by_instant.values()) <= 10
    assert len(by_instant) >= 19


def test_a_place_that_a_message_does_not_use_is_the_next_ones() -> None:
    world = GatedWorld(rates={SMS: 1.0})
    world.plan(3, plan=BY_MAIL, prefix="a")
    world.plan(2, prefix="b")

    world.worker.run_due()

    assert (world.seconds(MAIL), world.seconds(SMS)) == ([0.0] * 3, [0.0] * 2)


def test_both_at_once_leave_together_when_the_slower_one_may() -> None:
    world = GatedWorld(rates={SMS: 2.0, MAIL: 100.0})
    world.plan(4, plan=((SMS, MAIL),))

    world.live(NOW + 10 * SECOND)
    for _ in range(4):
        world.clock.advance(SECOND)
        world.worker.run_due()

    assert (len(world.seconds(SMS)), len(world.seconds(MAIL))) == (4, 4)
    assert {n.outcome for n in world.planned()} == {Outcome.ACCEPTED}


def test_what_the_store_did_not_keep_costs_a_place_and_no_message() -> None:
    store = BreakingStore()
    world = GatedWorld(rates={SMS: 1.0}, store=store)
    world.plan(3)
    store.refuse_all(StorageUnavailableError("full", retry_after_s=1))

    with pytest.raises(StorageUnavailableError):
        world.worker.run_due()
    store.refuse_all(None)
    world.live(NOW + 10 * SECOND)

    assert len(world.seconds(SMS)) == 3


# ---- room


class SlowMail:
    """Holds every mail until it is let go."""

    def __init__(self, world: GatedWorld) -> None:
        self.go_on = threading.Event()
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        world.mail.before_sending = self._hold

    def _hold(self, _message: OutgoingMessage) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self.go_on.wait(PATIENCE_S)
        with self._lock:
            self._now -= 1


class ThreadedWorld(GatedWorld):
    """The same with threads that send."""

    def new_worker(self) -> Dispatcher:
        return Dispatcher(
            self.store,
            {SMS: self.sms, MAIL: self.mail},
            clock=self.clock,
            meter=self.meter,
            pool=SendingThreads(8),
            max_in_flight=10,
        )


def test_a_slow_mail_server_does_not_keep_the_texts_waiting() -> None:
    world = ThreadedWorld()
    mail, texts = SlowMail(world), threading.Event()
    world.sms.before_sending = _after(30, texts.set)
    world.plan(60, plan=BY_MAIL, prefix="a-mail")
    world.clock.advance(SECOND)
    world.plan(30, prefix="b-text")
    work = threading.Thread(target=world.worker.run_due, daemon=True)

    work.start()
    is_through = texts.wait(PATIENCE_S)
    mails_then = len(world.mail.sent)
    mail.go_on.set()
    work.join(PATIENCE_S)

    assert is_through
    assert mails_then == 0
    assert mail.most <= 6
    assert len(world.mail.sent) == 60
    assert {n.state for n in world.planned()} == {NotificationState.DONE}


def _after(count: int, then: Callable[[], None]) -> Callable[[OutgoingMessage], None]:
    left = [count]

    def seen(_message: OutgoingMessage) -> None:
        left[0] -= 1
        if not left[0]:
            then()

    return seen


def test_a_single_channel_may_have_all_the_room() -> None:
    world = GatedWorld()
    world.worker = Dispatcher(
        world.store,
        {SMS: world.sms},
        clock=world.clock,
        meter=world.meter,
        pool=InlineExecutor(),
        max_in_flight=1,
    )
    world.plan(5)

    assert world.worker.run_due() == 5
    assert world.sms.outcomes == []
    assert [n.attempts[0].state for n in world.planned()] == [ACCEPTED.state] * 5
