from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.receipts import DeliveryReceipt, FailureClass, ReceiptState
from kept.formats.delivery_status import MOST_RECIPIENTS, ReturnPath, delivery_receipts, failure_class
from kept.formats.incoming_mail import MOST_BYTES, MOST_PARTS, UnreadableMailError, incoming_mail

SAMPLES = Path(__file__).parents[1] / "samples" / "mails"
NOW = datetime(2026, 5, 4, 15, tzinfo=UTC)
PATH = ReturnPath(address="bounces@practice.example", message_domain="practice.example")
NOTIFICATION = "ntf_0a1b2c3d4e5f60718293a4b5c6d7e8f9"
ATTEMPT = f"{NOTIFICATION}.email.1"
MESSAGE = f"{NOTIFICATION}.email@practice.example"


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


def told(raw: bytes) -> tuple[DeliveryReceipt, ...]:
    return delivery_receipts(incoming_mail(raw), PATH, at=NOW)


@pytest.mark.parametrize(
    ("name", "state", "failure", "code"),
    [
        ("postfix_failed", ReceiptState.FAILED, FailureClass.PERMANENT, "failed 5.1.1"),
        ("postfix_delayed", ReceiptState.DELAYED, None, "delayed 4.4.1"),
        ("postfix_delivered", ReceiptState.DELIVERED, None, "delivered 2.0.0"),
        ("postfix_relayed", ReceiptState.SENT, None, "relayed 2.6.0"),
        ("exim_failed", ReceiptState.FAILED, FailureClass.TRANSIENT, "failed 5.2.2"),
        ("exchange_failed", ReceiptState.FAILED, FailureClass.PERMANENT, "failed 5.1.10"),
        ("gmail_failed", ReceiptState.FAILED, FailureClass.PERMANENT, "failed 5.1.1"),
        ("complaint", ReceiptState.FAILED, FailureClass.OPTED_OUT, "complaint abuse"),
    ],
)
def test_says_what_became_of_a_mail(name: str, state: ReceiptState, failure: FailureClass | None, code: str) -> None:
    (receipt,) = told(sample(name))

    assert (receipt.state, receipt.failure, receipt.code) == (state, failure, code)
    assert receipt.provider_message_id == MESSAGE
    assert receipt.is_final is (state in {ReceiptState.FAILED, ReceiptState.DELIVERED})
    assert (receipt.provider, receipt.at) == ("smtp", NOW)


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("postfix_failed", "the envelope id"),
        ("exim_failed", "the address that the report was sent to"),
        ("gmail_failed", "the address that the report was sent to"),
        ("complaint", "the return path that is quoted"),
    ],
)
def test_names_the_attempt(name: str, by: str) -> None:
    (receipt,) = told(sample(name))

    assert receipt.attempt_id == ATTEMPT, by


def test_a_report_that_lost_both_still_names_the_message() -> None:
    (receipt,) = told(sample("exchange_failed"))

    assert (receipt.attempt_id, receipt.provider_message_id) == ("", MESSAGE)


@pytest.mark.parametrize("kind", ["text/rfc822-headers", "text/plain"])
def test_the_headers_that_were_returned_name_the_message_too(kind: str) -> None:
    nameless = re.sub(
        rb"(?m)^(Original-Envelope-Id|X-Postfix-Sender|Delivered-To|To):.*\n", b"", sample("postfix_failed")
    )

    found = told(nameless.replace(b"text/rfc822-headers", kind.encode()))

    assert [r.provider_message_id for r in found] == ([MESSAGE] if kind == "text/rfc822-headers" else [])


def test_the_address_it_was_sent_to_is_enough_when_all_of_our_mail_is_lost() -> None:
    mangled = re.sub(rb"(?m)^(Original-Envelope-Id|X-Postfix-Sender|Message-ID):.*\n", b"", sample("postfix_failed"))

    (receipt,) = told(mangled)

    assert (receipt.attempt_id, receipt.provider_message_id) == (ATTEMPT, MESSAGE)


def test_the_same_report_is_the_same_event_and_another_one_is_not() -> None:
    names = ("postfix_failed", "postfix_failed", "postfix_delayed", "postfix_delivered")

    first, again, delayed, delivered = (told(sample(name))[0].id for name in names)

    assert first == again
    assert len({first, delayed, delivered}) == 3


def test_no_event_holds_an_address() -> None:
    for file in SAMPLES.glob("*.eml"):
        assert all("@example" not in f"{r.id} {r.code}" for r in told(file.read_bytes())), file.name


@pytest.mark.parametrize(
    ("find", "put"),
    [
        (b"Undelivered Mail Returned to Sender", b"Successful Mail Delivery Report"),
        (b"could not deliver your message", b"has delivered your message, 2.1.5"),
    ],
)
def test_no_sentence_changes_what_is_understood(find: bytes, put: bytes) -> None:
    raw = sample("postfix_failed")
    assert find in raw

    assert told(raw.replace(find, put)) == told(raw)


@pytest.mark.parametrize(
    "change",
    [
        (rb"multipart/report; report-type=delivery-status", rb"multipart/mixed"),
        (rb"ntf_0a1b2c3d4e5f60718293a4b5c6d7e8f9\.email", rb"somebody-elses"),
        (rb"(?m)^Action: failed", rb"Action: pondered"),
        (rb"(?m)^Action: failed\n", rb""),
        (rb"Content-Type: message/delivery-status", rb"Content-Type: text/plain"),
    ],
)
def test_leaves_out_what_it_does_not_know(change: tuple[bytes, bytes]) -> None:
    raw, count = re.subn(*change, sample("postfix_failed"))
    assert count

    assert told(raw) == ()


def test_a_message_id_of_somebody_else_is_no_mail_of_ours() -> None:
    assert told(sample("exchange_failed").replace(b"email@practice.example", b"email@elsewhere.example")) == ()


def test_reads_no_more_recipients_than_a_mail_of_ours_can_have() -> None:
    one = b"Final-Recipient: rfc822; a%d@example.com\nAction: failed\nStatus: 5.2.2\n\n"
    many = b"".join(one % number for number in range(50))

    found = told(
        sample("postfix_failed").replace(b"Final-Recipient: rfc822; nobody", many + b"Final-Recipient: rfc822; x")
    )

    assert len(found) == MOST_RECIPIENTS


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("5.1.1", FailureClass.PERMANENT),
        ("5.1.2", FailureClass.PERMANENT),
        ("5.1.10", FailureClass.PERMANENT),
        ("5.2.1", FailureClass.PERMANENT),
        ("5.4.4", FailureClass.PERMANENT),
        ("5.1.8", FailureClass.OURS),
        ("5.7.1", FailureClass.OURS),
        ("5.7.26", FailureClass.OURS),
        ("5.6.1", FailureClass.OURS),
        ("5.2.3", FailureClass.OURS),
        ("5.2.2", FailureClass.TRANSIENT),
        ("4.2.2", FailureClass.TRANSIENT),
        ("4.7.1", FailureClass.TRANSIENT),
        ("4.4.7", FailureClass.EXPIRED),
        ("5.4.7", FailureClass.EXPIRED),
        ("5.0.0", FailureClass.UNKNOWN),
        ("5.5.0", FailureClass.UNKNOWN),
        ("2.0.0", FailureClass.UNKNOWN),
        ("550", FailureClass.UNKNOWN),
        ("", FailureClass.UNKNOWN),
        ("5.1.1.1", FailureClass.UNKNOWN),
    ],
)
def test_knows_what_can_be_done_about_a_failure(status: str, expected: FailureClass) -> None:
    assert failure_class(status) is expected


@pytest.mark.parametrize(
    ("status", "diagnostic", "code"),
    [
        (b"5.0.0", b"smtp; 550 5.1.1 no such user", "failed 5.1.1"),
        (b"5.0.0", b"smtp; 550 no such user", "failed 5.0.0"),
        (b"5.0.0", b"X-Postfix; unknown user 5.1.1", "failed 5.0.0"),
        (b"", b"smtp; 550-5.1.1 no such user", "failed 5.1.1"),
        (b"", b"smtp; gone", "failed"),
        (b"5.1.1 (bad mailbox)", b"smtp; 550", "failed 5.1.1"),
    ],
)
def test_takes_the_other_servers_number_where_the_report_has_none(status: bytes, diagnostic: bytes, code: str) -> None:
    raw = sample("postfix_failed").replace(b"Status: 5.1.1", b"Status: " + status)

    (receipt,) = told(re.sub(rb"(?m)^Diagnostic-Code: .*$", b"Diagnostic-Code: " + diagnostic, raw))

    assert receipt.code == code


@pytest.mark.parametrize("attempt", ["ntf_1.email.1", ATTEMPT])
def test_an_attempt_comes_back_from_its_return_path(attempt: str) -> None:
    address = PATH.of_attempt(attempt)

    assert PATH.attempt_in(address) == attempt
    assert PATH.attempt_in(address.replace("bounces", "BOUNCES").replace("practice", "Practice")) == attempt


@pytest.mark.parametrize("attempt", ["", "x" * 60 + ".email.1", "ntf_1.sms.1", "ntf 1.email.1", "ntf_1.email.1>"])
def test_what_fits_into_no_address_has_the_plain_return_path(attempt: str) -> None:
    assert PATH.of_attempt(attempt) == "bounces@practice.example"


@pytest.mark.parametrize(
    "address",
    [
        "bounces@practice.example",
        f"bounces+{ATTEMPT}@elsewhere.example",
        f"other+{ATTEMPT}@practice.example",
        "bounces+",
        "",
    ],
)
def test_no_other_address_names_an_attempt(address: str) -> None:
    assert PATH.attempt_in(address) == ""


@given(st.data())
def test_a_mangled_report_never_raises_anything_but_a_refusal(data: st.DataObject) -> None:
    raw = bytearray(
        sample(data.draw(st.sampled_from(["postfix_failed", "gmail_failed", "exchange_failed", "complaint"])))
    )
    for _ in range(data.draw(st.integers(0, 6))):
        start = data.draw(st.integers(0, len(raw)))
        end = data.draw(st.integers(start, min(len(raw), start + 200)))
        raw[start:end] = data.draw(st.binary(max_size=20))

    try:
        found = told(bytes(raw))
    except UnreadableMailError:
        return

    assert all(receipt.provider_message_id for receipt in found)


@given(st.binary(max_size=400))
def test_what_is_no_mail_at_all_says_nothing(raw: bytes) -> None:
    assert told(raw) == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"a" * (MOST_BYTES + 1),
        b"Content-Type: message/rfc822\n\n" * (MOST_PARTS + 1),
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(MOST_PARTS + 1)),
    ],
    ids=["long", "nested", "parts"],
)
def test_refuses_what_would_cost_too_much(raw: bytes) -> None:
    with pytest.raises(UnreadableMailError):
        incoming_mail(raw)


def test_the_deepest_mail_that_is_read_is_read() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (n, n) for n in range(MOST_PARTS))

    assert told(deep) == ()
