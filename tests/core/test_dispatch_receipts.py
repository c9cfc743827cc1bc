"""What to do next while word of a delivery is awaited, when it comes, and when it does not."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kept.core.channels import Facts
from kept.core.dispatch import Send, Wait, next_move
from kept.core.notifications import Attempt, AttemptState, Notification, Outcome, Reason
from kept.core.people import ChannelName
from kept.core.recording import Finish
from tests.dispatching import DEADLINE, DUE, EMAIL, PHONE, attempt, cancelled, consent, facts, notification, patient

SMS, MAIL = ChannelName.SMS, ChannelName.EMAIL
ENDED = DUE + timedelta(seconds=2)
PATIENCE = timedelta(hours=3)
MOMENT = timedelta(seconds=1)


def taken(state: AttemptState = AttemptState.ACCEPTED, *, channel: ChannelName = SMS) -> Attempt:
    return msgspec.structs.replace(attempt("a", channel=channel), state=state, awaits_receipt=True)


def reminder(*attempts: Attempt, **changes: object) -> Notification:
    return notification(*attempts, **{"patience": PATIENCE, **changes})  # type: ignore[arg-type]


def test_word_is_waited_for_as_long_as_the_rule_says() -> None:
    _, move = next_move(reminder(taken()), facts(), now=ENDED + PATIENCE - MOMENT)

    assert move == Wait(until=ENDED + PATIENCE)


def test_the_next_channel_takes_over_when_no_word_came() -> None:
    seen, move = next_move(reminder(taken()), facts(), now=ENDED + PATIENCE)

    assert (seen.stage, move) == (1, Send(channels=(MAIL,)))


def test_patience_leaves_half_of_the_time_to_the_next_channel() -> None:
    before = reminder(taken(), patience=timedelta(days=9))

    _, move = next_move(before, facts(), now=ENDED)

    assert move == Wait(until=ENDED + (DEADLINE - ENDED) / 2)


def test_a_failure_needs_no_patience() -> None:
    _, move = next_move(reminder(taken(AttemptState.UNDELIVERED)), facts(), now=ENDED)

    assert move == Send(channels=(MAIL,))


def test_a_delivery_ends_it() -> None:
    _, move = next_move(reminder(taken(AttemptState.DELIVERED)), facts(), now=ENDED)

    assert move == Finish(outcome=Outcome.DELIVERED)


def test_a_copy_that_was_delivered_is_as_good_as_the_first() -> None:
    copy = msgspec.structs.replace(taken(AttemptState.DELIVERED), id="ntf_1.sms.2", number=2)

    _, move = next_move(reminder(taken(), copy), facts(), now=ENDED)

    assert move == Finish(outcome=Outcome.DELIVERED)


def test_nobody_is_waited_for_when_the_visit_is_cancelled() -> None:
    _, move = next_move(reminder(taken()), facts(visit=cancelled()), now=ENDED)

    assert move == Finish(outcome=Outcome.ACCEPTED)


@pytest.mark.parametrize(
    ("given", "now"),
    [(facts(visit=cancelled()), ENDED + PATIENCE), (facts(), DEADLINE)],
    ids=["cancelled", "too late"],
)
def test_what_somebody_took_counts_though_the_next_channel_may_not_start(given: Facts, now: object) -> None:
    _, move = next_move(reminder(taken()), given, now=now)  # type: ignore[arg-type]

    assert move == Finish(outcome=Outcome.ACCEPTED)


def test_a_message_of_which_no_word_came_does_not_count_when_the_next_channel_fails() -> None:
    refused = attempt("r", channel=MAIL)

    _, move = next_move(reminder(taken(), refused, stage=1), facts(), now=ENDED + PATIENCE)

    assert move == Finish(outcome=Outcome.FAILED, reason=Reason.REFUSED)


def test_a_message_of_which_no_word_came_counts_when_there_is_no_other_way() -> None:
    given = facts(consents={SMS: consent(SMS, PHONE), MAIL: None})

    _, move = next_move(reminder(taken()), given, now=ENDED + PATIENCE)

    assert move == Finish(outcome=Outcome.ACCEPTED)


def test_a_message_that_was_taken_at_the_second_try_counts_when_there_is_no_other_way() -> None:
    first = attempt("u", at=DUE - timedelta(minutes=2))
    second = msgspec.structs.replace(taken(), id="ntf_1.sms.2", number=2)
    only_sms = facts(person=msgspec.structs.replace(patient(), email=None))

    _, move = next_move(reminder(first, second), only_sms, now=ENDED + PATIENCE)

    assert move == Finish(outcome=Outcome.ACCEPTED)


def test_a_message_that_was_delivered_counts_when_the_next_channel_fails() -> None:
    refused = attempt("r", channel=MAIL)

    _, move = next_move(reminder(taken(AttemptState.DELIVERED), refused, stage=1), facts(), now=ENDED + PATIENCE)

    assert move == Finish(outcome=Outcome.DELIVERED)


def test_when_every_channel_fails_the_last_reason_stands() -> None:
    lost = taken(AttemptState.UNDELIVERED, channel=MAIL)

    _, move = next_move(reminder(attempt("r"), lost, stage=1), facts(), now=ENDED)

    assert move == Finish(outcome=Outcome.FAILED, reason=Reason.UNDELIVERED)


@pytest.mark.parametrize("unusable", ["landline", "permanent"])
def test_a_number_that_takes_no_texts_is_not_tried(unusable: str) -> None:
    number = msgspec.structs.replace(consent(SMS, PHONE), unusable=unusable)

    seen, move = next_move(reminder(), facts(consents={SMS: number, MAIL: consent(MAIL, EMAIL)}), now=DUE)

    assert [(n.channel, n.reason) for n in seen.notes] == [(SMS, Reason.UNUSABLE)]
    assert move == Send(channels=(MAIL,))


@pytest.mark.parametrize("state", [AttemptState.UNDELIVERED, AttemptState.REFUSED, AttemptState.ACCEPTED])
def test_a_channel_that_has_had_its_end_gets_no_note_beside_it(state: AttemptState) -> None:
    number = msgspec.structs.replace(consent(SMS, PHONE), unusable="permanent")

    seen, _ = next_move(reminder(taken(state)), facts(consents={SMS: number, MAIL: consent(MAIL, EMAIL)}), now=ENDED)

    assert seen.notes == ()
