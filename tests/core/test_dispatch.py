"""What to do next with a notification: every history, every provider, every reason to stop."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.channels import Capabilities
from kept.core.dispatch import (
    COPY_AFTER,
    LOOKUP_AFTER,
    MAX_TRIES,
    MAX_TTL,
    Ask,
    Send,
    Wait,
    expires_at,
    next_move,
    pause_before,
)
from kept.core.notifications import (
    BOTH_AT_ONCE,
    AttemptState,
    ChannelNote,
    NotificationState,
    Outcome,
    Reason,
)
from kept.core.recording import Finish, begun, finished, is_settled, recorded, swept, waiting
from tests.core.moves import ASKABLE, BARELY_KNOWS_KEYS, KNOWS_KEYS, LATER, MAIL, PLAIN, SMS, told
from tests.dispatching import (
    DEADLINE,
    DUE,
    LEASE,
    appointment,
    attempt,
    cancelled,
    facts,
    history,
    notification,
)

# ---- histories of the first channel, everything allowed


@pytest.mark.parametrize(
    ("letters", "can", "expected"),
    [
        ("", PLAIN, "send sms"),
        ("s", PLAIN, "wait"),
        ("a", PLAIN, "accepted"),
        ("r", PLAIN, "send email"),
        ("n", PLAIN, "send sms"),
        ("nn", PLAIN, "send sms"),
        ("nnn", PLAIN, "send email"),
        ("nnr", PLAIN, "send email"),
        ("nna", PLAIN, "accepted"),
        ("u", PLAIN, "send sms"),
        ("nu", PLAIN, "send sms"),
        ("un", PLAIN, "send sms"),
        ("uu", PLAIN, "send email"),
        ("ur", PLAIN, "send email"),
        ("ua", PLAIN, "accepted"),
        ("unu", PLAIN, "send email"),
        ("unn", PLAIN, "send email"),
        ("u", ASKABLE, "ask sms 1"),
        ("uu", ASKABLE, "ask sms 2"),
        ("un", ASKABLE, "send sms"),
        ("u", KNOWS_KEYS, "send sms"),
        ("uu", KNOWS_KEYS, "send sms"),
        ("uuu", KNOWS_KEYS, "send email"),
        ("u", BARELY_KNOWS_KEYS, "send sms"),
        ("uu", BARELY_KNOWS_KEYS, "send email"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_history_has_its_next_move(letters: str, can: Capabilities, expected: str) -> None:
    _, move = next_move(notification(*history(letters)), facts(can=can), now=LATER)

    assert told(move) == expected


@pytest.mark.parametrize(
    ("letters", "can", "lookups", "expected"),
    [
        ("u", ASKABLE, 1, "ask sms 1"),
        ("u", ASKABLE, 2, "ask sms 1"),
        ("u", ASKABLE, 3, "send sms"),
        ("uu", ASKABLE, 3, "send email"),
    ],
)
def test_a_provider_is_asked_three_times_before_the_one_more_copy(
    letters: str, can: Capabilities, lookups: int, expected: str
) -> None:
    _, move = next_move(notification(*history(letters, lookups=lookups)), facts(can=can), now=LATER)

    assert told(move) == expected


@pytest.mark.parametrize(
    ("letters", "expected_channels", "expected"),
    [
        ("r", "", "send email"),
        ("r", "s", "wait"),
        ("r", "a", "accepted"),
        ("r", "n", "send email"),
        ("r", "r", "failed refused"),
        ("r", "nnn", "failed tries_exhausted"),
        ("r", "uu", "failed outcome_unknown"),
        ("nnn", "r", "failed refused"),
    ],
)
def test_the_second_stage_ends_the_plan(letters: str, expected_channels: str, expected: str) -> None:
    attempts = history(letters) + history(expected_channels, channel=MAIL)

    _, move = next_move(notification(*attempts, stage=1), facts(), now=LATER)

    assert told(move) == expected


@pytest.mark.parametrize(
    ("sms", "mail", "expected"),
    [
        ("", "", "send sms+email"),
        ("s", "", "send email"),
        ("s", "s", "wait"),
        ("a", "s", "wait"),
        ("a", "r", "accepted"),
        ("r", "a", "accepted"),
        ("a", "n", "send email"),
        ("a", "uu", "accepted"),
        ("r", "r", "failed refused"),
        ("n", "n", "send sms+email"),
    ],
)
def test_both_at_once_go_their_own_ways(sms: str, mail: str, expected: str) -> None:
    attempts = history(sms) + history(mail, channel=MAIL)

    _, move = next_move(notification(*attempts, plan=BOTH_AT_ONCE), facts(), now=LATER)

    assert told(move) == expected


# ---- times


def test_a_try_that_was_not_taken_is_followed_by_a_pause_that_doubles() -> None:
    first, second = history("nn")

    pauses = (pause_before(first).total_seconds(), pause_before(second).total_seconds())

    assert 2 <= pauses[0] <= 2.5
    assert 4 <= pauses[1] <= 5


def test_waits_until_the_pause_is_over() -> None:
    tried = attempt("n")
    ended = DUE + timedelta(seconds=2)

    _, early = next_move(notification(tried), facts(), now=ended)
    _, on_time = next_move(notification(tried), facts(), now=ended + pause_before(tried))

    assert early == Wait(until=ended + pause_before(tried))
    assert told(on_time) == "send sms"


def test_the_wish_of_a_provider_is_kept_when_it_is_longer_than_the_pause() -> None:
    wish = DUE + timedelta(minutes=20)
    tried = msgspec.structs.replace(attempt("n"), retry_after=wish)

    _, move = next_move(notification(tried), facts(), now=DUE + timedelta(minutes=1))

    assert move == Wait(until=wish)


def test_a_message_under_way_is_looked_at_again_when_its_lease_ends() -> None:
    _, move = next_move(notification(attempt("s")), facts(), now=DUE)

    assert move == Wait(until=DUE + LEASE)


@pytest.mark.parametrize("lookups", [0, 1, 2])
def test_a_provider_is_asked_soon_and_then_patiently(lookups: int) -> None:
    ended = DUE + timedelta(seconds=2)
    unknown = attempt("u", lookups=lookups)

    _, early = next_move(notification(unknown), facts(can=ASKABLE), now=ended)

    assert early == Wait(until=ended + LOOKUP_AFTER[lookups])


@pytest.mark.parametrize(("can", "lookups", "pause"), [(PLAIN, 0, COPY_AFTER), (ASKABLE, 3, LOOKUP_AFTER[-1])])
def test_the_one_more_copy_is_not_sent_in_haste(can: Capabilities, lookups: int, pause: timedelta) -> None:
    ended = DUE + timedelta(seconds=2)

    _, move = next_move(notification(attempt("u", lookups=lookups)), facts(can=can), now=ended)

    assert move == Wait(until=ended + pause)


def test_a_key_is_not_relied_on_after_the_provider_has_forgotten_it() -> None:
    copy = notification(*history("u"))

    _, within = next_move(copy, facts(can=BARELY_KNOWS_KEYS), now=DUE + timedelta(seconds=10))
    _, after = next_move(copy, facts(can=BARELY_KNOWS_KEYS), now=DUE + timedelta(seconds=89))
    _, long_after = next_move(
        copy, facts(can=msgspec.structs.replace(BARELY_KNOWS_KEYS, lookup=True)), now=DUE + timedelta(minutes=6)
    )

    assert (told(within), told(after), told(long_after)) == ("send sms", "send sms", "ask sms 1")


def test_a_channel_that_was_taken_away_is_not_tried_again() -> None:
    seen, move = next_move(notification(attempt("n")), facts(carriers={}), now=LATER)

    assert [note.reason for note in seen.notes] == [Reason.NO_CHANNEL, Reason.NO_CHANNEL]
    assert told(move) == "failed no_channel"


def test_an_unknown_whose_channel_was_taken_away_is_given_up() -> None:
    _, move = next_move(notification(attempt("u", lookups=1)), facts(can=ASKABLE, carriers={}), now=LATER)

    assert told(move) == "failed no_channel"


# ---- every history there is


HISTORIES = ["".join(word) for length in range(5) for word in product("sarnu", repeat=length)]
STOPS = {"go": (appointment(), LATER), "void": (cancelled(), LATER), "late": (appointment(), DEADLINE)}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("can", [PLAIN, ASKABLE, KNOWS_KEYS], ids=["plain", "askable", "knows keys"])
def test_no_history_leads_to_a_message_too_many(can: Capabilities, stop: str) -> None:
    visit, now = STOPS[stop]
    for letters in HISTORIES:
        _, move = next_move(notification(*history(letters)), facts(visit=visit, can=can), now=now)
        sends_sms = isinstance(move, Send) and SMS in move.channels

        assert not (isinstance(move, Send) and stop != "go"), letters
        assert not (isinstance(move, Send) and ("a" in letters or letters.endswith("s"))), letters
        assert not (sends_sms and can.idempotency_window is None and letters.count("u") > 1), letters
        assert not (sends_sms and len(letters) >= MAX_TRIES and "u" not in letters), letters
        assert not (sends_sms and letters.endswith("r")), letters
        assert not (isinstance(move, Wait) and move.until <= now and letters != "" and letters[-1] != "s"), letters
        assert isinstance(move, Finish) or "a" not in letters or letters.endswith("s") or isinstance(move, Ask), letters


@given(
    letters=st.text("arnu", max_size=4),
    seconds=st.integers(0, 3600),
    can=st.sampled_from([PLAIN, ASKABLE, KNOWS_KEYS, BARELY_KNOWS_KEYS]),
)
def test_a_wait_always_ends_later_than_now(letters: str, seconds: int, can: Capabilities) -> None:
    now = DUE + timedelta(seconds=2 + seconds)

    _, move = next_move(notification(*history(letters)), facts(can=can), now=now)

    assert not isinstance(move, Wait) or move.until > now


@given(seconds=st.integers(0, 18 * 3600 - 1))
def test_no_provider_may_hold_a_message_past_its_deadline_or_for_long(seconds: int) -> None:
    now = DUE + timedelta(seconds=seconds)

    end = expires_at(notification(), None, now=now)

    assert now < end <= min(DEADLINE, now + MAX_TTL)


# ---- the record itself


def test_attempts_that_are_begun_are_on_record_with_their_lease() -> None:
    stored = begun(notification(), (attempt("s"),), fence=1, until=DUE + LEASE)

    assert (stored.state, stored.fence, stored.wake_at) == (NotificationState.SENDING, 1, DUE + LEASE)
    assert [a.state for a in stored.attempts] == [AttemptState.SENDING]


@pytest.mark.parametrize(
    ("before", "state"),
    [
        (notification(), NotificationState.PLANNED),
        (notification(attempt("n")), NotificationState.WAITING),
        (notification(attempt("s")), NotificationState.SENDING),
        (
            notification(notes=(ChannelNote(channel=SMS, reason=Reason.OPTED_OUT, at=DUE),)),
            NotificationState.WAITING,
        ),
    ],
    ids=["nothing tried", "tried", "under way", "noted"],
)
def test_a_notification_that_waits_says_for_what(before: object, state: NotificationState) -> None:
    after = waiting(before, until=LATER)  # type: ignore[arg-type]

    assert (after.state, after.wake_at) == (state, LATER)


def test_a_notification_that_is_done_is_not_looked_at_again() -> None:
    end = finished(notification(), Finish(outcome=Outcome.FAILED, reason=Reason.REFUSED), now=LATER)

    assert (end.is_done, end.outcome, end.reason, end.wake_at, end.done_at) == (
        True,
        Outcome.FAILED,
        Reason.REFUSED,
        None,
        LATER,
    )


@pytest.mark.parametrize(
    ("now", "state"), [(DUE + LEASE, AttemptState.UNKNOWN), (DUE + LEASE - timedelta(seconds=1), AttemptState.SENDING)]
)
def test_a_lease_that_has_run_out_leaves_an_unknown_and_never_a_fresh_start(now: datetime, state: AttemptState) -> None:
    after = swept(notification(attempt("s")), now=now)

    assert after.attempts[0].state is state


def test_sweeping_leaves_what_has_ended_alone() -> None:
    ended = notification(attempt("n"))

    assert swept(ended, now=LATER) is ended


def test_an_outcome_replaces_its_own_attempt_only() -> None:
    first, second = history("ns")

    after = recorded(notification(first, second), msgspec.structs.replace(second, state=AttemptState.ACCEPTED))

    assert [a.state for a in after.attempts] == [AttemptState.NOT_SENT, AttemptState.ACCEPTED]


@pytest.mark.parametrize(
    ("sms", "mail", "settled"), [("a", "a", True), ("na", "a", True), ("a", "", False), ("a", "u", False)]
)
def test_a_stage_is_settled_when_every_channel_was_taken(sms: str, mail: str, settled: bool) -> None:  # noqa: FBT001
    attempts = history(sms) + history(mail, channel=MAIL)

    assert is_settled(notification(*attempts, plan=BOTH_AT_ONCE)) is settled
