"""What goes wrong with one notification, with our own code or with the store, and what goes on all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from kept.core.booking import BookingRequest
from kept.core.errors import ConflictError, StorageUnavailableError
from kept.core.leads import Lead
from kept.core.limits import Caps
from kept.core.notifications import BOTH_AT_ONCE, AttemptState, Outcome, Reason, due_shard
from kept.core.people import Consent, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.reminders import ReminderPolicy, ReminderRule
from kept.core.reports import Metric
from kept.flow.booking import book
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Transaction
from tests.dispatching import REFUSED
from tests.entrypoints.worker.breaking import ApartStore, BreakingStore
from tests.entrypoints.worker.world import SMS, START, RecordingChannel, World

DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
DUE = START - DAY


# ---- trouble


def test_one_bad_recipient_stops_nobody_else() -> None:
    refuses_one = RecordingChannel(SMS)
    world = World(refuses_one)
    for number in range(1, 21):
        world.patient(number, phone=number != 3, email=number == 4)
        world.visit(number, start=START)
    refuses_one.before_sending = _break_on("+12065550005")
    _poison_template(world, 6)

    world.at(DUE)

    ends = {n: world.notifications(n)[0] for n in range(1, 21)}
    assert {n for n, end in ends.items() if end.outcome is not Outcome.ACCEPTED} == {3, 5, 6}
    assert (ends[3].reason, ends[6].reason) == (Reason.NO_CONTACT, Reason.CANNOT_RENDER)
    assert ends[5].attempts[0].state is AttemptState.UNKNOWN


def _break_on(number: str) -> Callable[[OutgoingMessage], None]:
    def check(message: OutgoingMessage) -> None:
        if message.to == number:
            raise RuntimeError("cannot")

    return check


def _poison_template(world: World, number: int) -> None:
    planned = world.notifications(number)[0]
    world.do(lambda tx: tx.put(msgspec.structs.replace(planned, template="no such text")))


def test_our_own_failure_is_noted_on_the_record_and_tried_again_later() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    (planned, _) = world.notifications()
    store.break_reading(planned.id, ValueError("our mistake"), times=1)

    world.at(DUE)
    failed = world.notifications()[0]
    world.at(DUE + MINUTE)

    assert (failed.failures, failed.is_done) == (1, False)
    assert world.notifications()[0].outcome is Outcome.ACCEPTED
    assert world.meter.counts[f"{Metric.DISPATCH_ERRORS}/claiming"] == 1


def test_a_whole_page_of_records_that_nobody_can_read_hides_nothing() -> None:
    store = BreakingStore()
    world = World(store=store)
    for number in range(1, 61):
        world.patient(number)
        world.visit(number, start=START - 3 * SECOND)
    world.patient(99)
    world.visit(99)
    for number in range(1, 61):
        store.break_reading(world.notifications(number)[0].id, StorageUnavailableError("damaged"))

    world.at(DUE)
    looks = [world.at(DUE + n * MINUTE) for n in range(1, 40)]

    assert [m.to for m in world.sms.sent] == ["+12065550099"]
    assert world.worker.pulse().set_aside == 60
    assert sum(looks) < 60 * 8


def test_a_record_that_was_mended_is_sent_and_forgotten() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    store.break_reading(world.notifications()[0].id, StorageUnavailableError("damaged"), times=2)

    world.at(DUE)
    aside = world.worker.pulse().set_aside
    world.at(DUE + MINUTE)

    assert (aside, world.worker.pulse().set_aside) == (1, 0)
    assert len(world.sms.sent) == 1


def test_a_store_that_refuses_everything_ends_the_pass_and_blames_no_notification() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    store.refuse_all(StorageUnavailableError("full", retry_after_s=1))

    with pytest.raises(StorageUnavailableError):
        world.at(DUE)
    store.refuse_all(None)
    world.worker.run_due()

    assert world.notifications()[0].outcome is Outcome.ACCEPTED
    assert world.notifications()[0].failures == 0
    assert world.worker.pulse().set_aside == 0


def test_a_lost_race_is_left_to_the_next_look() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    store.break_reading(world.notifications()[0].id, ConflictError("again and again"), times=1)

    world.at(DUE)
    world.worker.run_due()

    assert len(world.sms.sent) == 1
    assert world.notifications()[0].failures == 0


def test_an_outcome_that_the_store_refuses_is_put_on_record_when_it_takes_it_again() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    world.sms.before_sending = lambda _message: store.refuse_all(
        StorageUnavailableError("full", retry_after_s=1), times=2
    )

    world.at(DUE)

    assert world.notifications()[0].outcome is Outcome.ACCEPTED


def test_an_outcome_that_is_never_taken_counts_as_unknown_when_the_lease_ends() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    world.sms.before_sending = lambda _message: store.refuse_all(
        StorageUnavailableError("full", retry_after_s=1), times=3
    )

    world.at(DUE)
    left = world.notifications()[0]
    world.sms.before_sending = lambda _message: None
    world.at(DUE + 5 * MINUTE)

    assert left.attempts[0].state is AttemptState.SENDING
    assert world.notifications()[0].attempts[0].code == "lease_ended"
    assert world.meter.counts[f"{Metric.DISPATCH_ERRORS}/recording"] == 1


def test_an_index_that_lags_behind_makes_no_work_without_end() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    store.freeze_index("notifications_due")

    looked_at = world.at(DUE)

    assert looked_at == 1
    assert len(world.sms.sent) == 1


def test_a_failure_on_what_has_ended_meanwhile_is_not_noted() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    store.freeze_index("notifications_due")
    world.at(DUE)
    store.break_reading(world.notifications()[0].id, ValueError("our mistake"), times=1)

    world.worker.run_due()

    assert (world.notifications()[0].failures, world.worker.pulse().set_aside) == (0, 0)


def test_what_was_deleted_meanwhile_is_left_alone() -> None:
    store = BreakingStore()
    world = World(store=store)
    world.patient()
    world.visit()
    store.freeze_index("notifications_due")
    world.at(DUE - SECOND)
    (planned, _) = world.notifications()
    world.clock.set(DUE)
    store.query("notifications_due", due_shard(planned.id), before="9")
    world.do(lambda tx: tx.delete(planned))

    looked_at = world.worker.run_due()

    assert looked_at > 0
    assert world.sms.sent == []


def test_two_outcomes_that_are_never_taken_are_both_left_to_their_leases() -> None:
    rule = ReminderRule(name="24h", lead=Lead(exact=DAY), useful_for=18 * HOUR, plan=BOTH_AT_ONCE)
    store = BreakingStore()
    world = World(store=store, policies=[ReminderPolicy(id="default", rules=(rule,))])
    world.patient()
    world.visit()
    full = StorageUnavailableError("full", retry_after_s=1)
    world.mail.before_sending = lambda _message: store.refuse_all(full, times=6)

    world.at(DUE)
    left = world.notifications()[0]
    world.mail.before_sending = lambda _message: None
    world.until(DUE + 5 * MINUTE, every=MINUTE)

    assert [a.state for a in left.attempts] == [AttemptState.SENDING] * 2
    assert world.meter.counts[f"{Metric.DISPATCH_ERRORS}/recording"] == 2
    assert world.notifications()[0].outcome is Outcome.ACCEPTED


def test_a_mistake_that_claims_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.patient()
    world.visit()
    world.sms.outcomes = [REFUSED]
    monkeypatch.setattr("kept.entrypoints.worker.in_flight.MOST_TURNS", 1)

    world.at(DUE)

    assert (world.notifications()[0].failures, world.mail.sent) == (1, [])


# ---- what has changed after a claim was on record and before it was counted


def test_who_says_stop_between_the_claim_and_its_counting_gets_a_mail_and_no_text() -> None:
    store = ApartStore()
    world = capped(store)
    store.in_between = world.opt_out

    world.at(DUE)
    world.until(DUE + MINUTE, every=SECOND)

    reminder = world.notifications()[0]
    assert world.sms.sent == []
    assert len(world.mail.sent) == 1
    assert [(a.state, a.code) for a in reminder.attempts][:1] == [(AttemptState.NOT_SENT, "overtaken")]


def test_a_text_that_was_overtaken_by_something_harmless_leaves_two_seconds_later() -> None:
    store = ApartStore()
    world = capped(store)
    store.in_between = lambda: world.do(write_number)

    world.at(DUE)
    world.until(DUE + MINUTE, every=SECOND)

    (handed_over,) = world.sms.sent
    assert handed_over.to == "+12065550001"
    assert world.mail.sent == []
    assert world.notifications()[0].outcome is Outcome.ACCEPTED


def test_two_texts_to_one_number_at_one_moment_are_one_text_and_one_mail() -> None:
    store = ApartStore()
    world = capped(store)
    later = BookingRequest(patient_id="pat_1", start=START + HOUR, end=START + 2 * HOUR, zone="America/New_York")
    world.do(lambda tx: book(tx, later, appointment_id="apt_2", now=world.clock.now()))
    store.in_between = world.new_worker().run_due

    world.at(DUE + HOUR)
    world.until(DUE + HOUR + MINUTE, every=SECOND)

    assert len(world.sms.sent) == 1
    assert len(world.mail.sent) == 1


def test_an_overtaken_text_costs_no_try() -> None:
    store = ApartStore()
    world = capped(store)

    def again() -> None:
        world.do(write_number)
        if len(world.notifications()[0].attempts) < 6:
            store.in_between = again

    store.in_between = again
    world.at(DUE)
    world.until(DUE + 5 * MINUTE, every=SECOND)

    assert [a.code for a in world.notifications()[0].attempts] == ["overtaken"] * 6 + [""]
    assert len(world.sms.sent) == 1


def capped(store: ApartStore) -> World:
    """Return a practice that counts texts, with one visit."""
    world = World(store=store)
    world.do(count_texts)
    world.patient()
    world.visit()
    return world


def count_texts(tx: Transaction) -> None:
    practice = tx.get(Practice, PRACTICE_ID)
    assert practice
    tx.put(msgspec.structs.replace(practice, caps=Caps()))


def write_number(tx: Transaction) -> None:
    number = tx.get(Consent, consent_id(SMS, "+12065550001"))
    assert number
    tx.put(number)
