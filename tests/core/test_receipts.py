"""What providers send back, where it is found, and how long it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kept.core.receipts import (
    KNOWN_KEPT_FOR,
    UNKNOWN_KEPT_FOR,
    ProviderMessage,
    ReceivedCall,
    notification_of,
    provider_message_key,
)

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def call(applied_at: datetime | None = None) -> ReceivedCall:
    return ReceivedCall(id="twilio/1", provider="twilio", url="/", body="", received_at=NOW, applied_at=applied_at)


def message(attempt_id: str) -> ProviderMessage:
    return ProviderMessage(id=provider_message_key("twilio", "SM1"), attempt_id=attempt_id, noted_at=NOW)


def test_a_call_stands_among_those_to_be_applied_and_then_among_those_to_be_forgotten() -> None:
    ((kept,), (applied,)) = call().index_entries(), call(applied_at=NOW).index_entries()

    assert (kept.index, kept.sort) == ("calls_to_apply", "2026-01-05T12:00:00.000000")
    assert (applied.index, applied.sort) == ("calls_by_end", "2026-01-06T12:00:00.000000")


@pytest.mark.parametrize(("attempt_id", "kept_for"), [("", UNKNOWN_KEPT_FOR), ("ntf_1.sms.1", KNOWN_KEPT_FOR)])
def test_a_message_that_somebody_knows_is_remembered_for_longer(attempt_id: str, kept_for: timedelta) -> None:
    (entry,) = message(attempt_id).index_entries()

    assert entry.sort == (NOW + kept_for).strftime("%Y-%m-%dT%H:%M:%S.000000")


@pytest.mark.parametrize(
    ("attempt_id", "notification_id"),
    [("ntf_1.sms.2", "ntf_1"), ("a.b.email.1", "a.b"), ("ntf_1.sms", ""), ("", "")],
)
def test_an_attempts_id_says_whose_it_is(attempt_id: str, notification_id: str) -> None:
    assert notification_of(attempt_id) == notification_id
