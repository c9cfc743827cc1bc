"""What is counted, under which name, and that it adds up."""

import re
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.notifications import (
    Attempt,
    AttemptState,
    Notification,
    NotificationKind,
    NotificationState,
    Outcome,
    Reason,
)
from kept.core.people import ChannelName
from kept.core.reports import (
    METRICS,
    Count,
    Ledger,
    Metric,
    MetricKind,
    counts_of,
    is_fallback,
    reminder_type,
    success_rate,
    tally,
)

NOW = datetime(2026, 5, 3, 13, tzinfo=UTC)
SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL


def attempt(channel: ChannelName = SMS, state: AttemptState = AttemptState.ACCEPTED, segments: int = 1) -> Attempt:
    return Attempt(
        id=f"n.{channel}.1",
        channel=channel,
        provider="outbox",
        number=1,
        fence=1,
        destination_hash="",
        body_hash="",
        segments=segments,
        state=state,
        started_at=NOW,
        lease_until=NOW,
    )


def done(
    outcome: Outcome | None,
    reason: Reason | None = None,
    *,
    attempts: tuple[Attempt, ...] = (),
    stage: int = 0,
    about: NotificationKind = NotificationKind.REMINDER,
) -> Notification:
    return msgspec.structs.replace(
        PLANNED,
        state=NotificationState.DONE,
        outcome=outcome,
        reason=reason,
        attempts=attempts,
        stage=stage,
        about=about,
        wake_at=None,
    )


PLANNED = Notification(
    id="n",
    about=NotificationKind.REMINDER,
    rule="24h",
    patient_id="p",
    template="reminder",
    planned_at=NOW,
    due_at=NOW,
    deadline_at=NOW,
    wake_at=NOW,
)
SENT = done(Outcome.ACCEPTED, attempts=(attempt(segments=2),))
DELIVERED = done(Outcome.DELIVERED, attempts=(attempt(), attempt(EMAIL, segments=0)))
FALLBACK = done(Outcome.ACCEPTED, stage=1, attempts=(attempt(state=AttemptState.REFUSED), attempt(EMAIL, segments=0)))
SKIPPED = done(Outcome.SKIPPED, Reason.OPTED_OUT)
FAILED = done(Outcome.FAILED, Reason.REFUSED, attempts=(attempt(state=AttemptState.REFUSED),))
EXPIRED = done(Outcome.EXPIRED, Reason.DEADLINE_PASSED)
WAITING = msgspec.structs.replace(PLANNED, state=NotificationState.WAITING)

every_end = st.lists(st.sampled_from([SENT, DELIVERED, FALLBACK, SKIPPED, FAILED, EXPIRED, WAITING, PLANNED]))


def test_every_metric_has_a_row_and_its_help_names_it_in_camel_case() -> None:
    assert set(METRICS) == set(Metric)
    for metric, spec in METRICS.items():
        stem = metric.removeprefix("kept_").removesuffix("_total")
        camel = "".join(word.capitalize() for word in stem.split("_"))
        assert spec.help.startswith(f"{camel}: ")
        assert metric.endswith("_total") == (spec.kind is MetricKind.COUNTER)
        assert re.fullmatch(r"kept_[a-z0-9_]+", metric)


@pytest.mark.parametrize(
    "name",
    [
        "kept_successful_notifications_total",
        "kept_failed_notifications_total",
        "kept_fallback_notifications_total",
        "kept_delivery_success_rate",
        "kept_booking_attempts_total",
        "kept_booking_success_total",
        "kept_booking_conflicts_total",
        "kept_booking_errors_total",
        "kept_reminders_sent_total",
        "kept_reminder_errors_total",
    ],
)
def test_the_names_that_dashboards_know_are_there(name: str) -> None:
    assert Metric(name) in METRICS


def test_a_ledger_has_a_place_for_every_end() -> None:
    ledger = tally([SENT, DELIVERED, FALLBACK, SKIPPED, FAILED, EXPIRED, WAITING])

    assert ledger == Ledger(
        planned=7,
        sent=3,
        skipped=1,
        failed=2,
        pending=1,
        fallback=1,
        segments=3,
        reasons={"opted_out": 1, "refused": 1, "deadline_passed": 1},
        by_channel={SMS: 2, EMAIL: 2},
    )
    assert ledger.balances


@pytest.mark.parametrize(
    "broken",
    [
        done(None),
        done(Outcome.FAILED),
        done(Outcome.SKIPPED),
    ],
    ids=["done without an outcome", "failed without a reason", "skipped without a reason"],
)
def test_a_record_that_contradicts_itself_unbalances_the_ledger(broken: Notification) -> None:
    assert not tally([SENT, broken]).balances


@given(every_end, every_end)
def test_two_ledgers_add_up_to_the_ledger_of_both(some: list[Notification], others: list[Notification]) -> None:
    together = tally([*some, *others])

    assert tally(some).plus(tally(others)) == together
    assert together.balances
    assert together.planned == len(some) + len(others)


def test_nothing_is_an_empty_ledger_that_balances() -> None:
    assert tally([]) == Ledger()
    assert Ledger().balances
    assert Ledger().success_rate == 0


def test_a_ledger_counts_the_skipped_among_those_that_were_not_reached() -> None:
    assert tally([SENT, FALLBACK, SKIPPED, FAILED, WAITING]).success_rate == 50


@pytest.mark.parametrize(
    ("which", "expected"),
    [(SENT, False), (DELIVERED, False), (FALLBACK, True), (done(Outcome.FAILED, Reason.REFUSED, stage=2), False)],
    ids=["first stage", "first stage, delivered", "second stage", "failed everywhere"],
)
def test_a_fallback_is_one_that_a_later_stage_took(which: Notification, expected: bool) -> None:  # noqa: FBT001
    assert is_fallback(which) is expected


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (
            SENT,
            {
                Metric.SUCCESSFUL_NOTIFICATIONS: (1, {}),
                Metric.REMINDERS_SENT: (1, {"reminder_type": "24_hour"}),
                Metric.SMS_SEGMENTS: (2, {}),
            },
        ),
        (
            FALLBACK,
            {Metric.FALLBACK_NOTIFICATIONS: (1, {}), Metric.REMINDERS_SENT: (1, {"reminder_type": "24_hour"})},
        ),
        (FAILED, {Metric.FAILED_NOTIFICATIONS: (1, {}), Metric.REMINDER_ERRORS: (1, {})}),
        (done(Outcome.ACCEPTED, about=NotificationKind.BATCH), {Metric.SUCCESSFUL_NOTIFICATIONS: (1, {})}),
        (
            done(
                Outcome.FAILED,
                Reason.OUTCOME_UNKNOWN,
                about=NotificationKind.BATCH,
                attempts=(attempt(state=AttemptState.UNKNOWN),) * 2,
            ),
            {Metric.FAILED_NOTIFICATIONS: (1, {}), Metric.UNKNOWN_ATTEMPTS: (2, {})},
        ),
        (SKIPPED, {Metric.SKIPPED_NOTIFICATIONS: (1, {"reason": "opted_out"})}),
        (done(Outcome.SKIPPED), {Metric.SKIPPED_NOTIFICATIONS: (1, {"reason": "none"})}),
        (done(None), {}),
        (WAITING, {}),
    ],
    ids=["sent", "fallback", "failed", "batch", "unknown", "skipped", "skipped, no reason", "no outcome", "waiting"],
)
def test_an_ended_notification_counts_so(
    which: Notification, expected: dict[Metric, tuple[int, dict[str, str]]]
) -> None:
    counts = counts_of(which)

    ends = [count for count in counts if count.metric is not Metric.MESSAGES]
    assert {count.metric: (count.amount, count.labels) for count in ends} == expected
    assert all(set(count.labels) == set(METRICS[count.metric].labels) for count in counts)


def test_every_try_of_an_ended_notification_is_counted_by_channel_provider_and_outcome() -> None:
    tries = (attempt(state=AttemptState.REFUSED), attempt(ChannelName.EMAIL))

    counts = counts_of(done(Outcome.ACCEPTED, attempts=tries, stage=1))

    assert [count.labels for count in counts if count.metric is Metric.MESSAGES] == [
        {"channel": "sms", "provider": "outbox", "outcome": "refused"},
        {"channel": "email", "provider": "outbox", "outcome": "accepted"},
    ]


def test_a_count_is_one_unless_it_says_more() -> None:
    assert Count(metric=Metric.BOOKING_SUCCESS).amount == 1


@pytest.mark.parametrize(
    ("rule", "label"),
    [("24h", "24_hour"), ("1h", "1_hour"), ("30m", "30_minute"), ("2d", "2_day"), ("batch", "batch"), ("h", "h")],
)
def test_a_reminder_is_typed_by_its_lead(rule: str, label: str) -> None:
    assert reminder_type(rule) == label


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_success_rate_lies_between_none_and_all(success: int, fallback: int, failed: int) -> None:
    rate = success_rate(success=success, fallback=fallback, failed=failed)

    assert 0 <= rate <= 100
    assert (rate == 100) == (failed == 0 < success + fallback)
