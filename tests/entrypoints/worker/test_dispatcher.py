"""From booking to the provider's word: what the worker does with what is due."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kept.adapters.memory import MemoryStore
from kept.core.channels import Capabilities
from kept.core.dispatch import LOOKUP_AFTER
from kept.core.errors import StorageUnavailableError
from kept.core.leads import Lead
from kept.core.notifications import BOTH_AT_ONCE, AttemptState, Notification, Outcome, Reason, SendOutcome
from kept.core.reminders import ReminderPolicy, ReminderRule
from kept.core.reports import Metric, tally
from kept.ports.channel import OutgoingMessage
from tests.dispatching import ACCEPTED, NOT_SENT, REFUSED, UNKNOWN
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import MAIL, NOW, SMS, START, RecordingChannel, World

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
DUE = START - DAY


def test_a_booked_visit_is_reminded_of_a_day_and_an_hour_before() -> None:
    world = World()
    world.patient()
    world.visit()

    counts = [world.at(DUE - SECOND), world.at(DUE), world.at(START - HOUR)]

    assert counts == [0, 1, 1]
    assert [message.text.partition(":")[0] for message in world.sms.sent] == ["Elm Clinic", "Elm Clinic"]
    assert ["tomorrow" in m.text for m in world.sms.sent] == [True, False]
    assert [n.outcome for n in world.notifications()] == [Outcome.ACCEPTED, Outcome.ACCEPTED]
    assert world.mail.sent == []


def test_nothing_due_is_a_success_with_a_sign_of_life() -> None:
    world = World()

    looked_at = world.at(NOW + HOUR)

    assert looked_at == 0
    assert world.worker.pulse().last_look_at == NOW + HOUR
    assert world.meter.gauges[Metric.LAST_LOOK] == (NOW + HOUR).timestamp()


def test_working_twice_sends_once() -> None:
    world = World()
    world.patient()
    world.visit()
    world.at(DUE)

    world.worker.run_due()
    world.new_worker().run_due()

    assert len(world.sms.sent) == 1


def test_a_refused_text_message_is_followed_by_a_mail_in_the_same_pass() -> None:
    world = World(RecordingChannel(SMS, REFUSED))
    world.patient()
    world.visit()

    world.at(DUE)

    assert (len(world.sms.sent), len(world.mail.sent)) == (1, 1)
    assert world.notifications()[0].outcome is Outcome.ACCEPTED
    assert world.meter.counts[Metric.FALLBACK_NOTIFICATIONS] == 1


def test_both_at_once_send_both_and_end_when_both_are_told() -> None:
    rule = ReminderRule(name="24h", lead=Lead(exact=DAY), useful_for=18 * HOUR, plan=BOTH_AT_ONCE)
    world = World(RecordingChannel(SMS, NOT_SENT), policies=[ReminderPolicy(id="default", rules=(rule,))])
    world.patient()
    world.visit()

    world.at(DUE)
    between = world.notifications()[0]
    world.at(DUE + MINUTE)

    assert (len(world.sms.sent), len(world.mail.sent)) == (2, 1)
    assert (between.is_done, world.notifications()[0].outcome) == (False, Outcome.ACCEPTED)


def test_what_was_not_sent_is_tried_three_times_with_pauses_then_mailed() -> None:
    world = World(RecordingChannel(SMS, NOT_SENT, NOT_SENT, NOT_SENT))
    world.patient()
    world.visit()

    sent = [_sent_after(world, DUE + seconds * SECOND) for seconds in (0, 1, 3, 5, 8, 10)]

    assert sent == [(1, 0), (1, 0), (2, 0), (2, 0), (3, 1), (3, 1)]
    assert [a.number for a in world.notifications()[0].attempts] == [1, 2, 3, 1]


def _sent_after(world: World, instant: datetime) -> tuple[int, int]:
    world.at(instant)
    return len(world.sms.sent), len(world.mail.sent)


# ---- unknowns


@pytest.mark.parametrize(
    ("answer", "sms", "mail", "outcome"),
    [
        (ACCEPTED, 1, 0, Outcome.ACCEPTED),
        (REFUSED, 1, 1, Outcome.ACCEPTED),
        (SendOutcome(state=AttemptState.NOT_SENT, code="not_found"), 2, 0, Outcome.ACCEPTED),
    ],
    ids=["taken", "refused", "not taken"],
)
def test_an_unknown_is_asked_about_and_then_known(answer: SendOutcome, sms: int, mail: int, outcome: Outcome) -> None:
    world = World(RecordingChannel(SMS, UNKNOWN, can=Capabilities(lookup=True)))
    world.sms.lookups = [answer]
    world.patient()
    world.visit()

    world.at(DUE)
    world.at(DUE + LOOKUP_AFTER[0] + SECOND)
    world.at(DUE + LOOKUP_AFTER[0] + MINUTE)

    assert world.sms.asked == [f"{world.notifications()[0].id}.sms"]
    assert (len(world.sms.sent), len(world.mail.sent)) == (sms, mail)
    assert world.notifications()[0].outcome is outcome


def test_an_unknown_that_nobody_can_be_asked_about_gets_one_copy_and_then_stands_in_a_list() -> None:
    world = World(RecordingChannel(SMS, *[UNKNOWN] * 9), RecordingChannel(MAIL, REFUSED))
    world.patient()
    world.visit()
    world.at(DUE)

    world.until(DUE + HOUR, every=10 * SECOND)

    (planned, _) = world.notifications()
    assert len(world.sms.sent) == 2
    assert [m.dedupe_key for m in world.sms.sent] == [f"{planned.id}.sms"] * 2
    assert (planned.outcome, planned.reason) == (Outcome.FAILED, Reason.REFUSED)
    assert [a.state for a in planned.attempts][:2] == [AttemptState.UNKNOWN] * 2


def test_while_an_unknown_is_open_nothing_goes_by_another_way() -> None:
    world = World(RecordingChannel(SMS, UNKNOWN, can=Capabilities(lookup=True)))
    world.patient()
    world.visit()
    world.at(DUE)

    world.until(DUE + 10 * MINUTE, every=10 * SECOND)

    assert (len(world.sms.sent), len(world.sms.asked), world.mail.sent) == (1, 2, [])


def test_a_crash_while_sending_leaves_an_unknown_when_the_lease_ends() -> None:
    world = World()
    world.patient()
    world.visit()
    world.sms.before_sending = _crash

    with pytest.raises(SystemExit):
        world.at(DUE)
    world.sms.before_sending = lambda _message: None
    world.worker = world.new_worker()
    world.at(DUE + 5 * MINUTE)

    (planned, _) = world.notifications()
    assert [(a.state, a.code) for a in planned.attempts] == [(AttemptState.UNKNOWN, "lease_ended")] * 1 + [
        (AttemptState.ACCEPTED, "")
    ]


def _crash(_message: OutgoingMessage) -> None:
    raise SystemExit


def test_a_channel_that_breaks_its_promise_counts_as_unknown() -> None:
    world = World(RecordingChannel(SMS, can=Capabilities(lookup=True)))
    world.patient()
    world.visit()
    world.sms.before_sending = _broken
    world.at(DUE)

    first = world.notifications()[0].attempts[0]

    assert (first.state, first.code) == (AttemptState.UNKNOWN, "channel_error")


def _broken(_message: OutgoingMessage) -> None:
    raise ValueError("+12065550111 is not a number I like")


# ---- what was committed before counts


def test_what_is_cancelled_moved_or_refused_before_its_time_is_not_sent() -> None:
    world = World()
    for number in (1, 2, 3):
        world.patient(number, email=False)
        world.visit(number, start=START + number * HOUR)

    world.cancel(1)
    world.move(2, START + 30 * DAY)
    world.opt_out(3)
    world.clock.set(START - DAY)
    world.until(START + 3 * HOUR, every=30 * MINUTE)

    reasons = [[n.reason for n in world.notifications(number)] for number in (1, 2, 3)]
    assert world.sms.sent == []
    assert reasons[0] == [Reason.APPOINTMENT_CANCELLED] * 2
    assert reasons[1] == [Reason.APPOINTMENT_MOVED] * 2 + [None, None]
    assert reasons[2] == [Reason.OPTED_OUT] * 2


def test_a_cancellation_between_two_tries_stops_the_second() -> None:
    world = World(RecordingChannel(SMS, NOT_SENT))
    world.patient()
    world.visit()
    world.at(DUE)

    world.cancel()
    world.at(DUE + HOUR)

    assert len(world.sms.sent) == 1
    assert world.notifications()[0].reason is Reason.APPOINTMENT_CANCELLED


def test_a_claimed_message_that_waited_too_long_is_not_handed_over() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    store.after_each_step = lambda: world.clock.advance(MINUTE)

    world.at(DUE)

    first = world.notifications()[0].attempts[0]
    assert (first.state, first.code) == (AttemptState.NOT_SENT, "waited_too_long")


# ---- after an outage


@pytest.mark.parametrize("hours", [1, 3, 6, 12, 17])
def test_after_an_outage_what_is_still_useful_leaves_and_the_rest_says_why_not(hours: int) -> None:
    world = World()
    for number in range(1, 41):
        world.patient(number)
        world.visit(number, start=START + number * 30 * MINUTE)

    back = START + hours * HOUR
    world.at(back)
    world.until(back + DAY, every=5 * MINUTE)

    planned = [n for number in range(1, 41) for n in world.notifications(number)]
    ledger = tally(planned)
    assert ledger.balances
    assert ledger.pending == 0
    assert ledger.sent + ledger.skipped == 80
    assert set(ledger.reasons) <= {"late"}
    assert all(m.expires_at <= _start_of(m) - 15 * MINUTE for m in world.sms.sent)
    assert all(a.started_at < n.deadline_at for n in planned for a in n.attempts)


def _start_of(message: OutgoingMessage) -> datetime:
    number = int(message.to[-4:])
    return START + number * 30 * MINUTE


def test_a_batch_of_metrics_is_counted_once_each() -> None:
    world = World(RecordingChannel(SMS, ACCEPTED, REFUSED, REFUSED), RecordingChannel(MAIL, ACCEPTED, REFUSED))
    for number in (1, 2, 3):
        world.patient(number)
        world.visit(number)
    world.patient(4, phone=False, email=False)
    world.visit(4)

    world.at(DUE)
    world.worker.run_due()

    counts = world.meter.counts
    assert counts[Metric.SUCCESSFUL_NOTIFICATIONS] == 1
    assert counts[Metric.FALLBACK_NOTIFICATIONS] == 1
    assert counts[Metric.FAILED_NOTIFICATIONS] == counts[Metric.REMINDER_ERRORS] == 1
    assert counts[f"{Metric.REMINDERS_SENT}/24_hour"] == 2
    assert counts[f"{Metric.SKIPPED_NOTIFICATIONS}/no_contact"] == 1
    assert round(world.meter.gauges[Metric.DELIVERY_SUCCESS_RATE], 1) == 66.7


def test_the_store_of_these_tests_really_breaks() -> None:
    store = BreakingStore()
    store.refuse_all(StorageUnavailableError("full"))

    assert isinstance(store.submit(lambda tx: tx.get(Notification, "x")).exception(), StorageUnavailableError)
    assert isinstance(store, MemoryStore)
