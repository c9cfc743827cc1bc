"""What becomes of a message that was handed over, put on record once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.channels import Capabilities
from kept.core.dispatch import LOOKUP_AFTER, LOOKUP_LEASE
from kept.core.notifications import (
    BOTH_AT_ONCE,
    AttemptState,
    NotificationState,
    Outcome,
    SendOutcome,
)
from kept.core.people import ChannelName
from kept.flow.dispatch import (
    MAX_RETRY_AFTER_S,
    AttemptRef,
    Claimed,
    answer,
    record,
)
from tests.dispatching import (
    ACCEPTED,
    DUE,
    LEASE,
    NOT_SENT,
    REFUSED,
    UNKNOWN,
    notification,
)
from tests.flow.claims import MAIL, SECOND, SMS, claimed, current, practice_store, recorded, ref_of

# ---- recording


def test_an_accepted_message_ends_the_notification() -> None:
    store = practice_store()

    after = recorded(store, ref_of(claimed(store)), ACCEPTED)

    assert (after.state, after.outcome, after.wake_at, after.done_at) == (
        NotificationState.DONE,
        Outcome.ACCEPTED,
        None,
        DUE + SECOND,
    )
    assert after.attempts[0].provider_message_id == "m1"


@pytest.mark.parametrize("outcome", [REFUSED, NOT_SENT, UNKNOWN])
def test_any_other_outcome_is_decided_on_at_once(outcome: SendOutcome) -> None:
    store = practice_store()

    after = recorded(store, ref_of(claimed(store)), outcome)

    assert (after.state, after.wake_at) == (NotificationState.WAITING, DUE + SECOND)
    assert (after.attempts[0].state, after.attempts[0].code) == (outcome.state, outcome.code)


def test_the_outcome_of_one_of_two_waits_for_the_other() -> None:
    store = practice_store(notification(plan=BOTH_AT_ONCE))
    found = claimed(store)

    between = recorded(store, ref_of(found, 0), ACCEPTED)
    after = recorded(store, ref_of(found, 1), ACCEPTED)

    assert (between.state, between.wake_at) == (NotificationState.SENDING, DUE + LEASE)
    assert after.outcome is Outcome.ACCEPTED


def test_absurd_wishes_of_a_provider_are_cut() -> None:
    store = practice_store()
    wish = SendOutcome(state=AttemptState.NOT_SENT, code="throttled", retry_after_s=1e12)

    after = recorded(store, ref_of(claimed(store)), wish)

    assert after.attempts[0].retry_after == DUE + SECOND + timedelta(seconds=MAX_RETRY_AFTER_S)


@pytest.mark.parametrize("fence", [0, 2])
def test_a_claim_that_made_no_such_attempt_tells_nothing(fence: int) -> None:
    store = practice_store()
    ref = ref_of(claimed(store))

    after = recorded(store, msgspec.structs.replace(ref, fence=fence), ACCEPTED)

    assert after.attempts[0].state is AttemptState.SENDING


def test_a_late_outcome_still_counts_for_an_unknown() -> None:
    store = practice_store()
    ref = ref_of(claimed(store))
    claimed(store, now=DUE + LEASE)

    after = recorded(store, ref, ACCEPTED, now=DUE + LEASE + SECOND)

    assert after.outcome is Outcome.ACCEPTED


def test_a_late_unknown_tells_nothing_new() -> None:
    store = practice_store()
    ref = ref_of(claimed(store))
    claimed(store, now=DUE + LEASE)
    before = current(store)

    after = recorded(store, ref, UNKNOWN, now=DUE + LEASE + SECOND)

    assert after == before


def test_an_outcome_that_was_told_stays_whatever_comes_later() -> None:
    store = practice_store()
    ref = ref_of(claimed(store))
    first = recorded(store, ref, REFUSED)

    again = recorded(store, ref, ACCEPTED)

    assert again == first


def test_what_is_done_stays_done() -> None:
    store = practice_store()
    ref = ref_of(claimed(store))
    end = recorded(store, ref, ACCEPTED)

    assert recorded(store, ref, REFUSED) == end


def test_an_outcome_for_what_does_not_exist_is_dropped() -> None:
    ref = AttemptRef(notification_id="ntf_1", attempt_id="x", fence=1)

    after = MemoryStore().submit(partial(record, ref=ref, outcome=ACCEPTED, now=DUE)).result()

    assert after is None
    assert recorded(practice_store(), ref, ACCEPTED).attempts == ()


def test_a_refused_text_message_is_followed_by_a_mail_once() -> None:
    store = practice_store()
    recorded(store, ref_of(claimed(store)), REFUSED)

    mail = claimed(store, now=DUE + SECOND)
    after = recorded(store, ref_of(mail), ACCEPTED, now=DUE + 2 * SECOND)

    assert [h.message.channel for h in mail.handovers] == [MAIL]
    assert (after.outcome, after.stage) == (Outcome.ACCEPTED, 1)


# ---- unknowns


ASKABLE = Capabilities(lookup=True)


def asked_store() -> tuple[MemoryStore, Claimed]:
    """Return a store whose message ended unknown, with the first question about it claimed."""
    store = practice_store()
    recorded(store, ref_of(claimed(store, can=ASKABLE)), UNKNOWN)
    claimed(store, now=DUE + SECOND, can=ASKABLE)
    return store, claimed(store, now=DUE + SECOND + LOOKUP_AFTER[0], can=ASKABLE)


def test_a_question_is_counted_before_it_is_asked() -> None:
    store, found = asked_store()

    assert found.question is not None
    assert (found.question.channel, found.question.dedupe_key) == (SMS, "ntf_1.sms")
    assert current(store).attempts[0].lookups == 1
    assert current(store).wake_at == DUE + SECOND + LOOKUP_AFTER[0] + LOOKUP_LEASE


@pytest.mark.parametrize(
    ("found", "state", "next_channels"),
    [
        (ACCEPTED, NotificationState.DONE, []),
        (REFUSED, NotificationState.WAITING, [MAIL]),
        (NOT_SENT, NotificationState.WAITING, []),
    ],
    ids=["taken", "refused", "not taken"],
)
def test_an_answer_settles_the_unknown(
    found: SendOutcome, state: NotificationState, next_channels: list[ChannelName]
) -> None:
    store, asked = asked_store()
    assert asked.question is not None
    now = DUE + timedelta(minutes=2)

    after = store.submit(partial(answer, ref=asked.question.ref, found=found, now=now)).result()
    then = claimed(store, now=now, can=ASKABLE)

    assert after is not None
    assert after.state is state
    assert [h.message.channel for h in then.handovers] == next_channels


@pytest.mark.parametrize("found", [None, UNKNOWN])
def test_no_answer_means_asking_again_later(found: SendOutcome | None) -> None:
    store, asked = asked_store()
    assert asked.question is not None
    now = DUE + timedelta(minutes=2)

    store.submit(partial(answer, ref=asked.question.ref, found=found, now=now)).result()
    claimed(store, now=now, can=ASKABLE)

    assert current(store).wake_at == DUE + SECOND + LOOKUP_AFTER[1]


def test_an_answer_about_what_is_done_or_gone_changes_nothing() -> None:
    store, asked = asked_store()
    assert asked.question is not None
    end = recorded(store, asked.question.ref, ACCEPTED)

    after = store.submit(partial(answer, ref=asked.question.ref, found=None, now=DUE)).result()
    nothing = MemoryStore().submit(partial(answer, ref=asked.question.ref, found=None, now=DUE)).result()

    assert (after, nothing) == (end, None)
