from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.adapters.ses import read_event
from kept.adapters.ses.tags import tag_of, text_of
from kept.core.receipts import DeliveryReceipt, FailureClass, ReceiptState
from tests.adapters.aws_samples import sample
from tests.contracts.channels import NOW

MESSAGE_ID = "0101018f4a6b2c3d-1a2b3c4d-5e6f-4a1b-8c9d-0e1f2a3b4c5d-000000"


def receipt(body: bytes) -> DeliveryReceipt:
    (found,) = read_event(body, at=NOW)
    return found


def test_reads_a_bounce() -> None:
    found = receipt(sample("ses_bounce"))

    assert found == DeliveryReceipt(
        id=found.id,
        provider="ses",
        provider_message_id=MESSAGE_ID,
        attempt_id="ntf_1.email.1",
        state=ReceiptState.FAILED,
        failure=FailureClass.PERMANENT,
        code="Bounce Permanent General",
        at=datetime(2026, 5, 4, 13, 0, 3, 669_000, tzinfo=UTC),
        is_final=True,
    )


EVENTS = [
    ("ses_send", ReceiptState.DELAYED, None, "Send"),
    ("ses_delay", ReceiptState.DELAYED, None, "DeliveryDelay MailboxFull"),
    ("ses_delivery", ReceiptState.DELIVERED, None, "Delivery"),
    ("ses_bounce", ReceiptState.FAILED, FailureClass.PERMANENT, "Bounce Permanent General"),
    ("ses_complaint", ReceiptState.FAILED, FailureClass.OPTED_OUT, "Complaint abuse"),
    ("ses_reject", ReceiptState.FAILED, FailureClass.OURS, "Reject"),
    ("ses_rendering_failure", ReceiptState.FAILED, FailureClass.OURS, "Rendering Failure"),
    ("ses_notification_bounce", ReceiptState.FAILED, FailureClass.TRANSIENT, "Bounce Transient MailboxFull"),
]


@pytest.mark.parametrize(("name", "state", "failure", "code"), EVENTS, ids=[event[0] for event in EVENTS])
def test_says_in_our_words_what_became_of_a_mail(
    name: str, state: ReceiptState, failure: FailureClass | None, code: str
) -> None:
    found = receipt(sample(name))

    assert (found.state, found.failure, found.code) == (state, failure, code)
    assert found.is_final is (state is not ReceiptState.DELAYED)
    assert found.provider_message_id == MESSAGE_ID
    assert "ann@example.com" not in repr(found)


@pytest.mark.parametrize(
    ("kind", "closer", "failure"),
    [
        ("Permanent", "NoEmail", FailureClass.PERMANENT),
        ("Permanent", "OnAccountSuppressionList", FailureClass.PERMANENT),
        ("Transient", "General", FailureClass.TRANSIENT),
        ("Transient", "MessageTooLarge", FailureClass.OURS),
        ("Transient", "ContentRejected", FailureClass.OURS),
        ("Transient", "AttachmentRejected", FailureClass.OURS),
        ("Undetermined", "Undetermined", FailureClass.UNKNOWN),
        ("SomethingNew", "", FailureClass.UNKNOWN),
    ],
)
def test_says_why_a_mail_came_back(kind: str, closer: str, failure: FailureClass) -> None:
    bounce = {"bounceType": kind, "bounceSubType": closer, "timestamp": "2026-05-04T13:00:03.669Z"}

    assert receipt(sample("ses_bounce", bounce=bounce)).failure is failure


def test_reads_what_comes_by_event_bridge() -> None:
    wrapped = json.dumps({"source": "aws.ses", "detail": json.loads(sample("ses_delivery"))}).encode()

    assert receipt(wrapped) == receipt(sample("ses_delivery"))


def test_the_same_event_has_the_same_id_and_another_has_another() -> None:
    once = receipt(sample("ses_delay"))
    again = read_event(sample("ses_delay", somethingNew={"a": 1}), at=NOW + timedelta(hours=3))
    later = receipt(sample("ses_delay", deliveryDelay={"timestamp": "2026-05-04T14:10:00.095Z"}))
    others = {receipt(sample(name)).id for name, *_ in EVENTS}

    assert again[0].id == once.id != later.id
    assert len(others) == len(EVENTS)


@pytest.mark.parametrize(
    "body",
    [
        b"Successfully validated SNS topic for Amazon SES event publishing.",
        b"",
        b"[]",
        b"{}",
        sample("ses_delivery", eventType="Open"),
        sample("ses_delivery", eventType="Click"),
        sample("ses_delivery", eventType="Subscription"),
        sample("ses_delivery", eventType="SomethingNew"),
        sample("ses_delivery", mail=None),
        sample("ses_delivery", mail={"messageId": 5}),
        b'{"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have successfully subscribed"}',
    ],
)
def test_leaves_out_what_does_not_say_what_becomes_of_a_mail(body: bytes) -> None:
    assert read_event(body, at=NOW) == ()


@pytest.mark.parametrize("stamp", [None, "yesterday", 5, "2026-05-04T13:00:02"])
def test_takes_the_time_of_arrival_where_the_event_tells_none(stamp: object) -> None:
    assert receipt(sample("ses_delivery", delivery={"timestamp": stamp})).at == NOW


@pytest.mark.parametrize("tags", [None, {}, {"kept-attempt": []}, {"kept-attempt": [5]}, {"kept-attempt": "x"}])
def test_a_mail_of_another_program_has_no_attempt(tags: object) -> None:
    assert receipt(sample("ses_delivery", mail={"messageId": "m-1", "tags": tags})).attempt_id == ""


def test_no_sentence_becomes_a_code() -> None:
    complaint = {"complaintFeedbackType": "ann@example.com says: no", "timestamp": "2026-05-04T13:00:03.669Z"}

    assert receipt(sample("ses_complaint", complaint=complaint)).code == "Complaint"


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    assert read_event(body, at=NOW) == ()


@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=80))
def test_a_tag_says_what_it_was_made_from(text: str) -> None:
    tag = tag_of(text)

    assert text_of(tag) == text
    assert all(c.isascii() and (c.isalnum() or c in "_-") for c in tag)


@pytest.mark.parametrize("text", ["ü", "x" * 257, "." * 86])
def test_what_no_tag_can_hold_is_left_out(text: str) -> None:
    assert tag_of(text) == ""
