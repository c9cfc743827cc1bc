"""When a provider is left alone, and when it counts as back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.adapters.aws.failures import _KINDS as AWS
from kept.adapters.aws.failures import _NAMED
from kept.adapters.smtp.outcomes import _KINDS as SMTP
from kept.adapters.twilio.wire import _KINDS as TWILIO
from kept.core.notifications import AttemptState, SendOutcome
from kept.entrypoints.worker.breaker import FAULTS, MOST_FAILURES, PROBE_EVERY, Breaker, Turning, is_fault

NOW = datetime(2026, 5, 4, 13, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def outcome(state: str, code: str = "", retry_after_s: float | None = None) -> SendOutcome:
    return SendOutcome(state=AttemptState(state), code=code, retry_after_s=retry_after_s)


TAKEN, REFUSED = outcome("accepted"), outcome("refused", "invalid_number")
DOWN, LOST, DENIED = outcome("not_sent", "dns"), outcome("unknown", "http_503"), outcome("not_sent", "auth")
BUSY, LATE = outcome("not_sent", "throttled", 30.0), outcome("not_sent", "expired")

NEITHER = [
    BUSY,
    LATE,
    outcome("not_sent", "waited_too_long"),
    outcome("not_sent", "provider_rests"),
    outcome("not_sent", "smtp_450 4.2.0"),
    outcome("refused", "invalid_message"),
]


@pytest.mark.parametrize(
    ("told", "is_open"),
    [
        pytest.param([DOWN] * 4, False, id="four failures"),
        pytest.param([DOWN] * 5, True, id="five failures"),
        pytest.param([LOST] * 5, True, id="five without an answer"),
        pytest.param([DOWN, LOST, DOWN, LOST, DOWN], True, id="five of both kinds"),
        pytest.param([DOWN] * 4 + [TAKEN] + [DOWN] * 4, False, id="a success between"),
        pytest.param([DOWN] * 4 + [REFUSED] + [DOWN] * 4, False, id="an answer between"),
        pytest.param([REFUSED] * 50, False, id="refusals of addresses"),
        pytest.param([BUSY] * 50, False, id="not now"),
        pytest.param([DOWN] * 4 + NEITHER + [DOWN], True, id="what says nothing between"),
        pytest.param([outcome("not_sent", "smtp_421")] * 5, True, id="a mail server that hangs up"),
        pytest.param([outcome("not_sent", "smtp_554 5.7.1")] * 5, True, id="a mail server that will not have us"),
        pytest.param([DENIED], True, id="credentials that are gone"),
        pytest.param([DENIED, TAKEN], False, id="credentials that are back"),
        pytest.param([DOWN] * 5 + [TAKEN], False, id="back"),
        pytest.param([DOWN] * 5 + [REFUSED], False, id="back, with a refusal"),
        pytest.param([DOWN] * 5 + NEITHER, True, id="open, and nothing new"),
    ],
)
def test_opens_after_five_failures_of_the_provider_in_a_row(told: list[SendOutcome], is_open: bool) -> None:  # noqa: FBT001
    breaker = Breaker()

    for one in told:
        breaker.hear(one, now=NOW)

    assert (breaker.probe_at is not None) is is_open


def test_says_once_that_it_opens_and_once_that_it_closes() -> None:
    breaker = Breaker()

    said = [breaker.hear(one, now=NOW) for one in [DOWN] * 7 + [DENIED, TAKEN, TAKEN]]

    assert said == [None] * 4 + [Turning.OPENED] + [None] * 3 + [Turning.CLOSED, None]


@given(st.lists(st.sampled_from([TAKEN, REFUSED, DOWN, LOST, DENIED, *NEITHER])))
def test_is_open_exactly_when_the_last_answer_is_five_failures_or_lost_credentials_ago(told: list[SendOutcome]) -> None:
    breaker = Breaker()
    since: list[SendOutcome] = []
    for one in told:
        breaker.hear(one, now=NOW)
        since = [] if one in (TAKEN, REFUSED) else [*since, one]

    failures_in_a_row = sum(one in (DOWN, LOST, DENIED) for one in since)

    assert (breaker.probe_at is not None) is (failures_in_a_row >= MOST_FAILURES or DENIED in since)


def test_rests_for_a_minute_and_not_for_hours_when_the_clock_was_put_back() -> None:
    breaker = Breaker()
    breaker.hear(DENIED, now=NOW)

    assert breaker.rests_until(NOW) == NOW + PROBE_EVERY
    assert breaker.rests_until(NOW + PROBE_EVERY) is None
    assert breaker.rests_until(NOW - timedelta(hours=5)) == NOW - timedelta(hours=5) + PROBE_EVERY


def test_every_channel_calls_a_failure_without_an_answer_by_a_word_that_counts() -> None:
    words = {code for table in (AWS, SMTP, TWILIO) for _, code in table} | {*_NAMED.values(), "internal"}

    assert words - {"no_credentials", "invalid_message"} <= FAULTS
    assert all(is_fault(outcome("not_sent", word)) for word in FAULTS)
