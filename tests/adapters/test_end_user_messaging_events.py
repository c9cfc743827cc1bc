from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.adapters.end_user_messaging import read_event
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, FailureClass, IncomingReply, ReceiptState
from tests.adapters.aws_samples import sample
from tests.contracts.channels import NOW

MESSAGE_ID = "7f1d3c52-0d8e-4a41-9a55-3e1f0c9b7a10"


def receipt(body: bytes) -> DeliveryReceipt:
    (found,) = read_event(body, at=NOW)
    assert isinstance(found, DeliveryReceipt)
    return found


def test_reads_a_delivery() -> None:
    found = receipt(sample("eum_delivered"))

    assert found == DeliveryReceipt(
        id=found.id,
        provider="end_user_messaging",
        provider_message_id=MESSAGE_ID,
        attempt_id="ntf_1.sms.1",
        state=ReceiptState.DELIVERED,
        code="TEXT_DELIVERED",
        at=datetime(2026, 5, 4, 13, 0, 23, 470_000, tzinfo=UTC),
        is_final=True,
    )


def test_reads_what_comes_by_event_bridge() -> None:
    found = receipt(sample("eum_eventbridge"))

    assert (found.state, found.failure) == (ReceiptState.FAILED, FailureClass.TRANSIENT)
    assert found.attempt_id == "ntf_1.sms.1"


FINAL = [
    ("TEXT_DELIVERED", ReceiptState.DELIVERED, None),
    ("TEXT_SUCCESSFUL", ReceiptState.DELIVERED, None),
    ("TEXT_INVALID", ReceiptState.FAILED, FailureClass.PERMANENT),
    ("TEXT_INVALID_MESSAGE", ReceiptState.FAILED, FailureClass.OURS),
    ("TEXT_UNREACHABLE", ReceiptState.FAILED, FailureClass.TRANSIENT),
    ("TEXT_CARRIER_UNREACHABLE", ReceiptState.FAILED, FailureClass.TRANSIENT),
    ("TEXT_BLOCKED", ReceiptState.FAILED, FailureClass.PERMANENT),
    ("TEXT_CARRIER_BLOCKED", ReceiptState.FAILED, FailureClass.OURS),
    ("TEXT_SPAM", ReceiptState.FAILED, FailureClass.OURS),
    ("TEXT_UNKNOWN", ReceiptState.FAILED, FailureClass.UNKNOWN),
    ("TEXT_TTL_EXPIRED", ReceiptState.FAILED, FailureClass.EXPIRED),
    ("TEXT_PROTECT_BLOCKED", ReceiptState.FAILED, FailureClass.OURS),
]


@pytest.mark.parametrize(("name", "state", "failure"), FINAL)
def test_says_in_our_words_how_a_text_ended(name: str, state: ReceiptState, failure: FailureClass | None) -> None:
    found = receipt(sample("eum_delivered", eventType=name, isFinal=True))

    assert (found.state, found.failure, found.is_final, found.code) == (state, failure, True, name)


ON_THE_WAY = [
    ("TEXT_QUEUED", ReceiptState.DELAYED),
    ("TEXT_PENDING", ReceiptState.DELAYED),
    ("TEXT_SENT", ReceiptState.SENT),
    ("TEXT_SUCCESSFUL", ReceiptState.SENT),
    ("TEXT_CARRIER_UNREACHABLE", ReceiptState.DELAYED),
]


@pytest.mark.parametrize(("name", "state"), ON_THE_WAY)
def test_says_in_our_words_what_is_not_the_end(name: str, state: ReceiptState) -> None:
    found = receipt(sample("eum_delivered", eventType=name, isFinal=False))

    assert (found.state, found.failure, found.is_final) == (state, None, False)


def test_reads_an_answer() -> None:
    found = read_event(sample("eum_reply"), at=NOW)

    assert found == (
        IncomingReply(
            id="0c6a1f0e-55b1-5f5e-8d7e-4a0d1b9f3c22",
            provider="end_user_messaging",
            channel=ChannelName.SMS,
            sender="+12065550100",
            recipient="+12065550199",
            text="C, grazie è tutto ok",
            answers_message_id=MESSAGE_ID,
            at=NOW,
        ),
    )


def test_an_answer_to_nothing_is_an_answer_all_the_same() -> None:
    (found,) = read_event(b'{"inboundMessageId": "m-1", "originationNumber": "+12065550100"}', at=NOW)

    assert isinstance(found, IncomingReply)
    assert (found.text, found.answers_message_id) == ("", "")


def test_the_same_event_has_the_same_id_and_another_has_another() -> None:
    once = receipt(sample("eum_delivered"))
    again = read_event(sample("eum_delivered", somethingNew={"a": 1}), at=NOW + timedelta(hours=3))
    others = {
        receipt(sample("eum_delivered", **change)).id
        for change in ({"eventType": "TEXT_SENT"}, {"eventTimestamp": 1}, {"messageId": "m-2"}, {"isFinal": False})
    }

    assert again[0].id == once.id
    assert len(others | {once.id}) == 5


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b'"text"',
        sample("eum_delivered", eventType="VOICE_COMPLETED"),
        sample("eum_delivered", eventType="MEDIA_DELIVERED"),
        sample("eum_delivered", eventType="TEXT_SOMETHING_NEW"),
        sample("eum_delivered", eventType=7),
        sample("eum_delivered", messageId=None),
        sample("eum_reply", originationNumber=None),
        sample("eum_reply", inboundMessageId=5),
    ],
)
def test_leaves_out_what_it_does_not_know(body: bytes) -> None:
    assert read_event(body, at=NOW) == ()


@pytest.mark.parametrize("stamp", [None, "yesterday", True, 10**40, -(10**40), 1.5])
def test_takes_the_time_of_arrival_where_the_event_tells_none(stamp: object) -> None:
    assert receipt(sample("eum_delivered", eventTimestamp=stamp)).at == NOW


@pytest.mark.parametrize("context", [None, {}, [], {"attempt": 5}, {"account": "bar"}])
def test_a_text_of_another_program_has_no_attempt(context: object) -> None:
    assert receipt(sample("eum_delivered", context=context)).attempt_id == ""


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    assert read_event(body, at=NOW) == ()
