"""What a receipt changes: every state of an attempt, every thing a provider may say, in every order."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.notifications import (
    BOTH_AT_ONCE,
    Attempt,
    AttemptState,
    Notification,
    NotificationState,
    Outcome,
    Reason,
)
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, FailureClass, ReceiptState
from kept.core.recording import (
    EARLY,
    Finish,
    finished,
    heard,
    is_awaited,
    is_settled,
    listening,
    look_again_at,
    waiting,
    waking,
)
from tests.dispatching import DUE, attempt, notification

NOW = DUE + timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SOFT, HARD = FailureClass.TRANSIENT, FailureClass.PERMANENT

SAID = {
    "sent": (ReceiptState.SENT, None, False, 0),
    "delayed": (ReceiptState.DELAYED, None, False, 0),
    "failed, not final": (ReceiptState.FAILED, SOFT, False, 0),
    "delivered": (ReceiptState.DELIVERED, None, True, 0),
    "part delivered": (ReceiptState.DELIVERED, None, True, 1),
    "failed": (ReceiptState.FAILED, SOFT, True, 0),
    "address dead": (ReceiptState.FAILED, HARD, True, 0),
    "part failed": (ReceiptState.FAILED, SOFT, True, 2),
    "told to stop": (ReceiptState.FAILED, FailureClass.OPTED_OUT, True, 0),
    "failed without reason": (ReceiptState.FAILED, None, True, 0),
}
"""Everything a provider may say: how far, why not, whether that is its last word, and of which part."""

TAKEN_NOW = {"sent", "delayed", "failed, not final"}
ARRIVED = {"delivered", "part delivered"}


def said(what: str) -> DeliveryReceipt:
    """Return a receipt by its name above."""
    state, failure, is_final, part = SAID[what]
    return DeliveryReceipt(
        id=what,
        provider="fake",
        provider_message_id="m1",
        state=state,
        failure=failure,
        code=what,
        at=NOW,
        is_final=is_final,
        part=part,
    )


def in_state(state: AttemptState) -> Attempt:
    failure = SOFT if state is AttemptState.UNDELIVERED else None
    return msgspec.structs.replace(attempt("s"), state=state, awaits_receipt=True, failure=failure)


def after(before: Notification, *names: str) -> Notification:
    return reduce(lambda n, what: heard(n, said(what), attempt_id="ntf_1.sms.1", now=NOW), names, before)


def expected(before: AttemptState, what: str) -> AttemptState:
    """Return the rule, told in another way than the code tells it."""
    if what in {"address dead", "part failed"}:
        return AttemptState.UNDELIVERED
    if what in ARRIVED or before is AttemptState.DELIVERED:
        return AttemptState.DELIVERED
    if what not in TAKEN_NOW:
        return AttemptState.UNDELIVERED
    return AttemptState.ACCEPTED if before in {AttemptState.SENDING, AttemptState.UNKNOWN} else before


# ---- the table


@pytest.mark.parametrize("what", SAID)
@pytest.mark.parametrize("state", AttemptState)
def test_every_receipt_moves_every_attempt_as_the_rule_says(state: AttemptState, what: str) -> None:
    before = notification(in_state(state), state=NotificationState.WAITING, wake_at=DUE + timedelta(hours=2))

    end = after(before, what)

    assert end.attempts[0].state is expected(state, what)
    if end != before:
        assert end.wake_at == NOW


@pytest.mark.parametrize("what", SAID)
@pytest.mark.parametrize("state", AttemptState)
@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_done_stays_done_and_says_what_is_known_now(outcome: Outcome, state: AttemptState, what: str) -> None:
    ended = finished(notification(in_state(state)), Finish(outcome=outcome, reason=None), now=DUE)

    end = after(ended, what)

    assert (end.state, end.wake_at, end.done_at) == (NotificationState.DONE, None, DUE)
    assert end.attempts[0].state is expected(state, what)
    if outcome in {Outcome.SKIPPED, Outcome.EXPIRED}:
        assert end.outcome is outcome
    elif end != ended:
        told = {AttemptState.DELIVERED: Outcome.DELIVERED, AttemptState.ACCEPTED: Outcome.ACCEPTED}
        wanted = told.get(end.attempts[0].state, Outcome.FAILED)
        assert (end.outcome, end.reason) == (wanted, Reason.UNDELIVERED if wanted is Outcome.FAILED else None)


def test_a_receipt_for_another_attempt_changes_nothing() -> None:
    before = notification(in_state(AttemptState.ACCEPTED))

    assert heard(before, said("delivered"), attempt_id="ntf_1.sms.9", now=NOW) is before


# ---- order and number


@given(names=st.lists(st.sampled_from(sorted(SAID)), max_size=7), data=st.data(), state=st.sampled_from(AttemptState))
def test_any_order_and_any_number_of_copies_end_in_the_same_state(
    names: list[str], data: st.DataObject, state: AttemptState
) -> None:
    copies = names + data.draw(st.lists(st.sampled_from(names), max_size=5) if names else st.just([]))
    shuffled = data.draw(st.permutations(copies))
    start = in_state(state)

    one, other = (after(notification(start), *order).attempts[0] for order in (names, shuffled))

    assert (one.state, one.failure, one.failed_part) == (other.state, other.failure, other.failed_part)


@given(names=st.lists(st.sampled_from(sorted(SAID)), max_size=7), state=st.sampled_from(AttemptState))
def test_no_receipt_makes_what_was_known_less_certain(names: list[str], state: AttemptState) -> None:
    firmness = {
        AttemptState.SENDING: 0,
        AttemptState.UNKNOWN: 0,
        AttemptState.ACCEPTED: 1,
        AttemptState.NOT_SENT: 1,
        AttemptState.REFUSED: 1,
        AttemptState.UNDELIVERED: 2,
        AttemptState.DELIVERED: 3,
    }
    seen = [notification(in_state(state))]
    for what in names:
        seen.append(after(seen[-1], what))

    levels = [4 if _is_settled_for_good(n.attempts[0]) else firmness[n.attempts[0].state] for n in seen]

    assert levels == sorted(levels)


def _is_settled_for_good(told: Attempt) -> bool:
    return told.state is AttemptState.UNDELIVERED and (told.failed_part > 0 or told.failure is HARD)


def test_a_complaint_is_remembered_beside_the_delivery() -> None:
    end = after(notification(in_state(AttemptState.ACCEPTED)), "delivered", "told to stop")

    assert (end.attempts[0].state, end.attempts[0].failure) == (AttemptState.DELIVERED, FailureClass.OPTED_OUT)


def test_the_providers_word_for_the_failure_stays_with_the_attempt() -> None:
    end = after(notification(in_state(AttemptState.UNKNOWN)), "sent", "address dead")

    assert (end.attempts[0].code, end.attempts[0].failure) == ("address dead", HARD)
    assert end.attempts[0].provider_message_id == "m1"
    assert end.attempts[0].heard_at == end.attempts[0].ended_at == NOW


# ---- with other attempts beside it


def test_a_failure_after_the_end_leaves_the_other_channels_success_alone() -> None:
    mail = attempt("a", channel=ChannelName.EMAIL)
    ended = finished(
        notification(in_state(AttemptState.ACCEPTED), mail, plan=BOTH_AT_ONCE),
        Finish(outcome=Outcome.ACCEPTED),
        now=DUE,
    )

    end = after(ended, "address dead")

    assert (end.outcome, end.reason) == (Outcome.ACCEPTED, None)


def test_a_text_of_which_no_word_came_does_not_count_once_the_mail_after_it_has_bounced() -> None:
    mail = attempt("a", channel=ChannelName.EMAIL)
    ended = finished(
        notification(in_state(AttemptState.ACCEPTED), mail, stage=1), Finish(outcome=Outcome.ACCEPTED), now=DUE
    )

    end = heard(ended, said("address dead"), attempt_id=mail.id, now=NOW)

    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.UNDELIVERED)


def test_a_late_delivery_of_the_first_channel_counts_though_the_second_has_ended_it() -> None:
    mail = attempt("a", channel=ChannelName.EMAIL)
    ended = finished(
        notification(in_state(AttemptState.ACCEPTED), mail, stage=1), Finish(outcome=Outcome.ACCEPTED), now=DUE
    )

    end = after(ended, "delivered")

    assert [a.state for a in end.attempts] == [AttemptState.DELIVERED, AttemptState.ACCEPTED]
    assert end.outcome is Outcome.DELIVERED


# ---- waiting for word


@pytest.mark.parametrize(
    ("state", "awaits", "stage", "expected"),
    [
        (AttemptState.ACCEPTED, True, 0, True),
        (AttemptState.ACCEPTED, False, 0, False),
        (AttemptState.ACCEPTED, True, 1, False),
        (AttemptState.DELIVERED, True, 0, False),
    ],
    ids=["waits", "nobody will say", "nobody would take over", "said already"],
)
def test_word_is_awaited_where_another_channel_would_take_over(
    state: AttemptState,
    awaits: bool,  # noqa: FBT001
    stage: int,
    expected: bool,  # noqa: FBT001
) -> None:
    told = msgspec.structs.replace(attempt("a"), state=state, awaits_receipt=awaits)
    before = notification(told, stage=stage)

    assert is_awaited(before, told) is expected


def test_a_stage_is_not_settled_while_word_is_awaited() -> None:
    assert not is_settled(notification(in_state(AttemptState.ACCEPTED)))
    assert is_settled(notification(in_state(AttemptState.DELIVERED)))


def test_word_that_a_refused_message_was_taken_after_all_leaves_the_reason_as_it_was() -> None:
    refused = taken_late(Reason.REFUSED)
    silent = taken_late(None)

    assert (refused.outcome, refused.reason) == (Outcome.FAILED, Reason.REFUSED)
    assert (silent.outcome, silent.reason) == (Outcome.FAILED, Reason.NO_RECEIPT)


def taken_late(reason: Reason | None) -> Notification:
    """Return a reminder whose text was unknown and whose mail was refused, once word comes that the text was taken."""
    text = msgspec.structs.replace(attempt("u"), awaits_receipt=True)
    mail = attempt("r", channel=ChannelName.EMAIL)
    over = notification(text, mail, stage=2, state=NotificationState.DONE, outcome=Outcome.FAILED, reason=reason)
    return heard(over, said("sent"), attempt_id=text.id, now=NOW)


@pytest.mark.parametrize(
    ("given", "after"),
    [
        (notification(attempt("s")), timedelta(minutes=1)),
        (notification(attempt("r")), timedelta(0)),
        (notification(attempt("a")), timedelta(0)),
        (notification(msgspec.structs.replace(attempt("a"), awaits_receipt=True)), timedelta(hours=1, seconds=2)),
        (notification(attempt("a"), stage=2), timedelta(0)),
    ],
    ids=["under way", "refused", "taken", "word is waited for", "no stage left"],
)
def test_is_looked_at_again_when_there_is_something_to_decide(given: Notification, after: timedelta) -> None:
    patient = msgspec.structs.replace(given, patience=timedelta(hours=1))

    assert look_again_at(patient, now=DUE) == DUE + after


def test_is_looked_at_by_its_deadline_whatever_the_clock_showed_when_it_was_taken() -> None:
    ahead = DUE + timedelta(days=3653)
    text = msgspec.structs.replace(attempt("a"), awaits_receipt=True, ended_at=ahead)
    taken = notification(text, patience=timedelta(hours=1))

    assert look_again_at(taken, now=ahead) == taken.deadline_at


@pytest.mark.parametrize(
    ("later", "stands"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(minutes=1), timedelta(0)),
        (EARLY, timedelta(0)),
        (EARLY + SECOND, EARLY + SECOND),
    ],
    ids=["at once", "soon", "just early enough", "too early"],
)
def test_keeps_its_place_among_what_is_due_while_that_is_early_enough(later: timedelta, stands: timedelta) -> None:
    after = waking(notification(wake_at=DUE), at=DUE + later)

    assert (after.wake_at, after.stands_at) == (DUE + later, DUE + stands)


def test_waits_at_the_very_time_and_listens_from_where_it_stands() -> None:
    planned = notification(attempt("a"), wake_at=DUE)

    waits, listens = waiting(planned, until=NOW), listening(planned, until=NOW)

    assert (waits.wake_at, waits.stands_at) == (NOW, NOW)
    assert (listens.wake_at, listens.stands_at) == (NOW, DUE)
    assert waits.state is listens.state is NotificationState.WAITING


@given(st.integers(0, 10**9), st.integers(-(10**9), 10**9))
def test_what_is_to_be_looked_at_sooner_than_was_said_never_stays_where_it_was(later: int, moved: int) -> None:
    early = waking(notification(wake_at=DUE), at=DUE + timedelta(microseconds=later))
    at = DUE + timedelta(microseconds=moved)

    for after in (waking(early, at=at), waiting(early, until=at)):
        assert after.wake_at == at
        assert after.stands_at is not None
        assert after.stands_at <= at
        assert early.wake_at is not None
        assert at >= early.wake_at or after.stands_at != early.stands_at


def test_once_it_has_ended_it_stands_nowhere() -> None:
    early = waking(notification(wake_at=DUE), at=NOW)

    over = finished(early, Finish(outcome=Outcome.ACCEPTED), now=NOW)

    assert over.stands_at is None
    assert not [row for row in over.index_entries() if row.index == "notifications_due"]
