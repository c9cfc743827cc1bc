from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kept.core.balance import (
    REMEDIES,
    Account,
    Finding,
    FindingKind,
    Nightly,
    account_of,
    contradictions,
    missing,
    superseded,
)
from kept.core.notifications import Attempt, Notification, NotificationKind, NotificationState, Outcome, Reason
from tests.dispatching import DEADLINE, DUE, LEASE, appointment, attempt, cancelled, notification

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def done(outcome: Outcome | None, reason: Reason | None = None, *attempts: Attempt, **more: object) -> Notification:
    made = notification(*attempts, state=NotificationState.DONE, outcome=outcome, reason=reason, wake_at=None)
    return msgspec.structs.replace(made, **more)


def told(letter: str = "a", **changes: object) -> Attempt:
    return msgspec.structs.replace(attempt(letter), **changes)


SENDING = notification(attempt("s"), state=NotificationState.SENDING, wake_at=DUE + LEASE)


# ---- accounts


def test_every_notification_stands_in_one_column_with_its_reason() -> None:
    account = account_of(
        [
            done(Outcome.ACCEPTED),
            done(Outcome.DELIVERED),
            done(Outcome.DELIVERED),
            done(Outcome.SKIPPED, Reason.OPTED_OUT),
            done(Outcome.FAILED, Reason.REFUSED),
            done(Outcome.EXPIRED, Reason.DEADLINE_PASSED),
            notification(),
        ]
    )

    assert account == Account(
        planned=7,
        sent={"accepted": 1, "delivered": 2},
        skipped={"opted_out": 1},
        failed={"refused": 1, "deadline_passed": 1},
        pending={"planned": 1},
    )
    assert account.balances


@pytest.mark.parametrize("broken", [done(None), done(Outcome.FAILED), done(Outcome.SKIPPED)])
def test_a_record_that_says_too_little_unbalances_its_account(broken: Notification) -> None:
    whole = account_of([done(Outcome.ACCEPTED)])

    assert not whole.plus(account_of([broken])).balances


def test_accounts_add_up() -> None:
    one = account_of([done(Outcome.ACCEPTED), notification()])
    other = account_of([done(Outcome.ACCEPTED), done(Outcome.FAILED, Reason.REFUSED)])

    both = one.plus(other)

    assert both == account_of([done(Outcome.ACCEPTED)] * 2 + [notification(), done(Outcome.FAILED, Reason.REFUSED)])


# ---- one record alone


@pytest.mark.parametrize(
    ("record", "after", "found"),
    [
        pytest.param(done(None), MINUTE, FindingKind.UNACCOUNTED, id="done without an outcome"),
        pytest.param(done(Outcome.FAILED), MINUTE, FindingKind.UNACCOUNTED, id="failed without a reason"),
        pytest.param(
            done(Outcome.ACCEPTED, wake_at=DUE), MINUTE, FindingKind.STILL_SCHEDULED, id="done and to be woken"
        ),
        pytest.param(notification(wake_at=None), MINUTE, FindingKind.NOT_SCHEDULED, id="never looked at again"),
        pytest.param(SENDING, LEASE + 2 * MINUTE + SECOND, FindingKind.STUCK, id="sending for ever"),
        pytest.param(
            notification(state=NotificationState.SENDING), MINUTE, FindingKind.STUCK, id="sending without any try"
        ),
        pytest.param(notification(), DEADLINE - DUE + 5 * MINUTE + SECOND, FindingKind.OVERDUE, id="past its deadline"),
        pytest.param(
            notification(attempt("u"), state=NotificationState.WAITING, wake_at=DEADLINE),
            DEADLINE - DUE + 5 * MINUTE + SECOND,
            FindingKind.OVERDUE,
            id="nobody asks about its unknown any more",
        ),
        pytest.param(
            done(Outcome.ACCEPTED, None, told(awaits_receipt=True)),
            MINUTE,
            FindingKind.NO_PROVIDER_ID,
            id="no receipt can be matched",
        ),
    ],
)
def test_finds_what_contradicts_itself(record: Notification, after: timedelta, found: FindingKind) -> None:
    findings = list(contradictions(record, now=DUE + after))

    assert findings == [Finding(about=found, notification_id="ntf_1", appointment_id="apt_1")]
    assert findings[0].remedy == REMEDIES[found]


@pytest.mark.parametrize(
    ("record", "after"),
    [
        pytest.param(notification(), -MINUTE, id="planned"),
        pytest.param(SENDING, LEASE + 2 * MINUTE, id="its lease ended just now"),
        pytest.param(
            msgspec.structs.replace(SENDING, deadline_at=DUE - timedelta(hours=1)), MINUTE, id="sent at the last"
        ),
        pytest.param(notification(), DEADLINE - DUE + 5 * MINUTE, id="late by five minutes"),
        pytest.param(
            notification(attempt("u"), state=NotificationState.WAITING, wake_at=DEADLINE + 14 * MINUTE),
            DEADLINE - DUE + 15 * MINUTE,
            id="a provider is asked what became of it",
        ),
        pytest.param(
            done(Outcome.DELIVERED, None, told(awaits_receipt=True, provider_message_id="m")), MINUTE, id="delivered"
        ),
        pytest.param(done(Outcome.ACCEPTED, None, told()), MINUTE, id="a provider that tells nothing later"),
    ],
)
def test_finds_nothing_wrong_with_what_is_under_way_or_has_ended(record: Notification, after: timedelta) -> None:
    assert list(contradictions(record, now=DUE + after)) == []


# ---- a record and its visit


def test_finds_a_reminder_of_a_time_that_no_longer_holds() -> None:
    moved = appointment(sequence=1)

    found = superseded(notification(), moved)

    assert found == Finding(about=FindingKind.SUPERSEDED, notification_id="ntf_1", appointment_id="apt_1")
    assert superseded(notification(appointment_sequence=1), cancelled()) is not None


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(notification(appointment_sequence=1), id="of the present time"),
        pytest.param(notification(attempt("n"), state=NotificationState.WAITING), id="left to the worker"),
        pytest.param(notification(about=NotificationKind.MOVED), id="news of the move"),
        pytest.param(done(Outcome.SKIPPED, Reason.APPOINTMENT_MOVED), id="ended by the move"),
    ],
)
def test_what_a_move_leaves_alone_is_no_finding(record: Notification) -> None:
    assert superseded(record, appointment(sequence=1)) is None


@pytest.mark.parametrize(
    ("noted", "stored", "lacks"),
    [
        pytest.param(("ntf_1",), (notification(),), [], id="all there"),
        pytest.param((), (), ["ntf_1"], id="never planned"),
        pytest.param(("ntf_1",), (), ["ntf_1"], id="planned and gone"),
        pytest.param(("ntf_0", "ntf_1"), (notification(),), ["ntf_0"], id="one of two is gone"),
        pytest.param(("ntf_0",), (notification(id="ntf_0"),), [], id="planned by rules that were changed since"),
        pytest.param(
            ("ntf_0",), (notification(id="ntf_0", appointment_sequence=7),), ["ntf_1"], id="those of another time only"
        ),
    ],
)
def test_a_confirmed_visit_has_its_reminders(
    noted: tuple[str, ...], stored: tuple[Notification, ...], lacks: list[str]
) -> None:
    found = missing(appointment(notification_ids=noted), ["ntf_1"], {n.id: n for n in stored})

    assert [f.notification_id for f in found] == lacks


def test_every_kind_of_finding_has_a_remedy_and_the_nightly_result_stands_in_no_index() -> None:
    assert set(REMEDIES) == set(FindingKind)
    assert Nightly(checked_at=DUE).index_entries() == ()
