"""What providers say later, kept and applied on a store in memory: early, late, twice, shuffled, or never."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import msgspec
import pytest

from kept.core.notifications import AttemptState, Outcome, Reason, SendOutcome
from kept.core.people import ChannelName, Consent
from kept.core.receipts import (
    KNOWN_KEPT_FOR,
    UNKNOWN_KEPT_FOR,
    DeliveryReceipt,
    FailureClass,
    ReceiptState,
)
from kept.flow.dispatch import record
from kept.flow.receipts import (
    MOST_EARLY,
    forget_receipts,
    forgettable_receipts,
)
from tests.dispatching import DUE, EMAIL
from tests.flow.hearing import HEARD_AT, MAIL, PATIENCE, SECOND, SENT_AT, SMS, World, failure, receipt

# ---- in time


def test_a_delivery_ends_the_notification_and_no_mail_is_sent() -> None:
    world = World()
    world.sent()

    world.hear(receipt())
    found = world.claim(HEARD_AT)

    assert found.handovers == ()
    assert (world.notification.outcome, world.states) == (Outcome.DELIVERED, [AttemptState.DELIVERED])


def test_a_message_that_was_taken_waits_for_word() -> None:
    world = World()
    world.sent()

    found = world.claim(SENT_AT)

    assert (found.handovers, world.notification.is_done) == ((), False)
    assert world.notification.wake_at == SENT_AT + PATIENCE


def test_without_receipts_nobody_waits() -> None:
    world = World(has_receipts=False)

    world.sent()

    assert (world.notification.outcome, world.known()) == (Outcome.ACCEPTED, None)


@pytest.mark.parametrize("kind", FailureClass)
def test_whatever_failed_moves_on_to_the_mail_at_once(kind: FailureClass) -> None:
    world = World()
    world.sent()

    world.hear(failure(kind))
    found = world.claim(HEARD_AT)

    assert [h.message.channel for h in found.handovers] == [MAIL]


def test_no_word_within_patience_moves_on_to_the_mail() -> None:
    world = World()
    world.sent()
    world.claim(SENT_AT)

    found = world.claim(SENT_AT + PATIENCE)

    assert [h.message.channel for h in found.handovers] == [MAIL]


def test_a_delivery_that_is_told_after_the_mail_leaves_exactly_two_messages_on_record() -> None:
    world = World()
    world.sent()
    mail = world.claim(SENT_AT + PATIENCE)
    world.record(mail.handovers[0].ref, message_id="m2", now=SENT_AT + PATIENCE)

    world.hear(receipt(), SENT_AT + timedelta(hours=4))
    world.hear(receipt(), SENT_AT + timedelta(hours=5))
    found = world.claim(SENT_AT + timedelta(hours=6))

    assert (found.handovers, world.states) == ((), [AttemptState.DELIVERED, AttemptState.ACCEPTED])
    assert world.notification.outcome is Outcome.DELIVERED


def test_the_last_channel_ends_as_taken_and_becomes_delivered_when_it_is_told() -> None:
    world = World()
    world.sent()
    mail = world.claim(SENT_AT + PATIENCE)
    world.record(mail.handovers[0].ref, message_id="m2", now=SENT_AT + PATIENCE)
    ended_as = world.notification.outcome

    world.hear(receipt(provider_message_id="m2"), SENT_AT + timedelta(days=2))

    assert (ended_as, world.notification.outcome) == (Outcome.ACCEPTED, Outcome.DELIVERED)
    assert world.states == [AttemptState.ACCEPTED, AttemptState.DELIVERED]


def test_when_both_come_back_the_end_says_so() -> None:
    world = World()
    world.sent()
    world.hear(failure(FailureClass.TRANSIENT))
    mail = world.claim(HEARD_AT)
    world.record(mail.handovers[0].ref, message_id="m2", now=HEARD_AT)

    world.hear(failure(FailureClass.PERMANENT, provider_message_id="m2"), HEARD_AT + timedelta(hours=1))

    assert (world.notification.outcome, world.notification.reason) == (Outcome.FAILED, Reason.UNDELIVERED)
    assert world.consent(MAIL, EMAIL).unusable == "permanent"


# ---- before anybody knows the message


@pytest.mark.parametrize(("what", "channels"), [(receipt(), []), (failure(FailureClass.EXPIRED), [MAIL])])
def test_a_receipt_before_the_answer_of_the_send_counts_once_the_answer_comes(
    what: DeliveryReceipt, channels: list[ChannelName]
) -> None:
    world = World()
    ref = world.claim().handovers[0].ref

    nobody = world.hear(what, DUE)
    world.record(ref)
    found = world.claim(SENT_AT)

    assert nobody is None
    assert [h.message.channel for h in found.handovers] == channels
    assert world.known() is not None


def test_a_receipt_with_our_id_counts_while_the_message_is_still_being_sent() -> None:
    world = World()
    ref = world.claim().handovers[0].ref

    world.hear(receipt(attempt_id="ntf_1.sms.1"), DUE)
    world.record(ref)
    world.claim(SENT_AT)

    assert (world.notification.outcome, world.states) == (Outcome.DELIVERED, [AttemptState.DELIVERED])


def test_receipts_without_our_id_count_as_soon_as_one_with_it_has_come() -> None:
    world = World()
    world.lose(world.claim().handovers[0].ref)

    world.hear(failure(FailureClass.LANDLINE))
    world.hear(receipt(ReceiptState.SENT, attempt_id="ntf_1.sms.1"))

    assert (world.states, world.consent().unusable) == ([AttemptState.UNDELIVERED], "landline")
    known = world.known()
    assert known is not None
    assert (known.attempt_id, known.early) == ("ntf_1.sms.1", ())


@pytest.mark.parametrize(
    ("what", "state"),
    [
        (receipt(ReceiptState.SENT), AttemptState.ACCEPTED),
        (receipt(ReceiptState.DELAYED), AttemptState.ACCEPTED),
        (receipt(), AttemptState.DELIVERED),
        (failure(FailureClass.UNKNOWN), AttemptState.UNDELIVERED),
    ],
    ids=["sent", "delayed", "delivered", "failed"],
)
def test_an_unknown_is_settled_by_any_word_and_no_copy_is_sent(what: DeliveryReceipt, state: AttemptState) -> None:
    world = World()
    world.lose(world.claim().handovers[0].ref)

    world.hear(msgspec.structs.replace(what, attempt_id="ntf_1.sms.1"), HEARD_AT)
    found = world.claim(HEARD_AT)

    assert world.states[0] is state
    assert SMS not in [h.message.channel for h in found.handovers]


def test_a_receipt_for_nobody_is_kept_for_a_day_and_then_forgotten() -> None:
    world = World()
    world.hear(receipt(), DUE)

    before = forgettable_receipts(world.store, now=DUE + UNKNOWN_KEPT_FOR - SECOND)
    calls, messages = forgettable_receipts(world.store, now=DUE + UNKNOWN_KEPT_FOR + SECOND)
    gone = world.store.submit(partial(forget_receipts, calls=calls, messages=messages)).result()

    assert (before, messages, gone) == (((), ()), ("fake/m1",), 1)
    assert world.known() is None


def test_whose_a_message_is_stays_known_for_longer_than_carriers_take() -> None:
    world = World()
    world.sent()

    assert forgettable_receipts(world.store, now=SENT_AT + timedelta(hours=72)) == ((), ())
    assert forgettable_receipts(world.store, now=SENT_AT + KNOWN_KEPT_FOR + SECOND) == ((), ("fake/m1",))


def test_what_is_kept_for_nobody_has_a_limit_and_no_copies() -> None:
    world = World()

    for number in range(MOST_EARLY + 5):
        for _ in range(2):
            world.hear(receipt(id=f"r{number}"))

    known = world.known()
    assert known is not None
    assert [r.id for r in known.early] == [f"r{n}" for n in range(MOST_EARLY)]


@pytest.mark.parametrize("attempt_id", ["ntf_1.sms.7", "ntf_9.sms.1", "something else"])
def test_an_id_that_is_none_of_ours_is_nobodys(attempt_id: str) -> None:
    world = World()
    world.sent()

    assert world.hear(receipt(provider_message_id="m9", attempt_id=attempt_id)) is None
    assert world.states == [AttemptState.ACCEPTED]


# ---- order and number


STORY: tuple[DeliveryReceipt, ...] = (
    receipt(ReceiptState.SENT),
    receipt(ReceiptState.DELAYED),
    receipt(ReceiptState.FAILED, id="r-soft", failure=FailureClass.TRANSIENT, is_final=False),
    receipt(),
)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=72)], ids=["at once", "72 hours later"])
def test_receipts_come_three_times_shuffled_and_late_and_end_the_same(seed: int, late: timedelta) -> None:
    world = World()
    ref = world.claim().handovers[0].ref
    calls: list[Callable[[], object]] = [partial(world.hear, r, HEARD_AT + late) for r in STORY * 3]
    random.Random(seed).shuffle(calls)
    calls.insert(seed % 4, partial(world.record, ref))

    for call in calls:
        call()
    world.claim(HEARD_AT + late)

    assert (world.states, world.notification.outcome) == ([AttemptState.DELIVERED], Outcome.DELIVERED)


def test_what_says_nothing_new_writes_nothing() -> None:
    world = World()
    world.sent()
    world.hear(receipt())
    before = world.notification

    world.hear(receipt())
    world.hear(receipt(ReceiptState.SENT))

    assert world.notification == before


# ---- what is learned of the address


def test_who_told_the_provider_to_stop_has_told_us() -> None:
    world = World()
    world.sent()

    world.hear(failure(FailureClass.OPTED_OUT))

    learned = world.consent()
    assert (learned.granted, learned.source, learned.recorded_by) == (False, "told fake to stop", "fake")
    assert world.consent(MAIL, EMAIL).granted


@pytest.mark.parametrize(("code", "granted"), [("opted_out", False), ("bad_number", True)])
def test_a_refusal_because_the_person_said_stop_is_learned_like_a_receipt(
    code: str,
    granted: bool,  # noqa: FBT001
) -> None:
    world = World()
    refusal = SendOutcome(state=AttemptState.REFUSED, code=code)

    ref = world.claim().handovers[0].ref
    world.store.submit(partial(record, ref=ref, outcome=refusal, now=SENT_AT)).result()

    assert world.consent().granted is granted


def test_a_complaint_after_the_delivery_is_learned_too() -> None:
    world = World()
    world.sent()
    world.hear(receipt())

    world.hear(failure(FailureClass.OPTED_OUT))

    assert (world.consent().granted, world.states) == (False, [AttemptState.DELIVERED])


@pytest.mark.parametrize("first", [True, False])
def test_a_dead_number_whose_owner_said_stop_is_known_as_both(first: bool) -> None:  # noqa: FBT001
    world = World()
    world.sent()
    both = [failure(FailureClass.PERMANENT), failure(FailureClass.OPTED_OUT)]

    for told in both if first else both[::-1]:
        world.hear(told)

    assert (world.consent().granted, world.consent().unusable) == (False, "permanent")


@pytest.mark.parametrize("kind", [FailureClass.LANDLINE, FailureClass.PERMANENT])
def test_a_number_that_takes_nothing_is_kept_as_such(kind: FailureClass) -> None:
    world = World()
    world.sent()

    world.hear(failure(kind))
    learned = world.consent()
    world.hear(failure(kind))

    assert (learned.granted, learned.unusable) == (True, kind.value)
    assert world.consent() == learned


@pytest.mark.parametrize("kind", [FailureClass.TRANSIENT, FailureClass.EXPIRED, FailureClass.OURS])
def test_what_may_pass_is_not_held_against_the_number(kind: FailureClass) -> None:
    world = World()
    world.sent()
    before = world.consent()

    world.hear(failure(kind))

    assert world.consent() == before


@pytest.mark.parametrize("kind", [FailureClass.OPTED_OUT, FailureClass.LANDLINE])
def test_what_the_person_said_since_then_stands_against_a_late_receipt(kind: FailureClass) -> None:
    world = World()
    world.sent()
    anew = msgspec.structs.replace(world.consent(), recorded_at=HEARD_AT + timedelta(hours=1), source="asked again")
    world.put(anew)

    world.hear(failure(kind), HEARD_AT + timedelta(hours=2))

    assert (world.consent().granted, world.consent().unusable) == (True, "")


def test_an_address_of_which_nothing_is_on_record_is_left_so() -> None:
    world = World()
    world.sent()
    old = world.consent()
    world.store.submit(lambda tx: tx.delete(old)).result()

    world.hear(failure(FailureClass.PERMANENT))

    assert world.states == [AttemptState.UNDELIVERED]
    assert world.store.load(Consent, [old.id]) == ()
