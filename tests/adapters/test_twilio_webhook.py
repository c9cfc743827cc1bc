from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.adapters.twilio import TwilioReader
from kept.adapters.twilio.signature import is_signed, signature
from kept.core.errors import InvalidInputError
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, FailureClass, IncomingReply, ReceiptState
from kept.ports.webhook import ForgedError, WebhookRequest
from tests.adapters.twilio_fakes import ACCOUNT, CALLBACK
from tests.contracts.channels import NOW

TOKEN = "0123456789abcdef0123456789abcdef"
OLD_TOKEN = "fedcba9876543210fedcba9876543210"
STATUS_URL = f"{CALLBACK}?attempt=ntf_1.sms.1"
REPLY_URL = f"{CALLBACK}/replies"
SID = "SM" + "0" * 31 + "1"
STATUS = {
    "SmsSid": SID,
    "SmsStatus": "delivered",
    "MessageStatus": "delivered",
    "To": "+12065550100",
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": "+12065550199",
    "ApiVersion": "2010-04-01",
}
REPLY = {
    "ToCountry": "US",
    "ToState": "WA",
    "SmsMessageSid": SID,
    "NumMedia": "0",
    "SmsSid": SID,
    "SmsStatus": "received",
    "Body": "Yes & thänks + 👍",
    "To": "+12065550199",
    "NumSegments": "1",
    "MessageSid": SID,
    "AccountSid": ACCOUNT,
    "From": "+12065550100",
    "ApiVersion": "2010-04-01",
}
READER = TwilioReader(ACCOUNT, [TOKEN, OLD_TOKEN])


def signed(fields: dict[str, str], url: str, *, token: str = TOKEN, signed_url: str = "") -> WebhookRequest:
    """Return a call as Twilio makes it; the signature is computed here in another way than in the reader."""
    text = signed_url or url
    for name in sorted(fields):
        text += name + fields[name]
    mac = hmac.digest(token.encode(), text.encode(), hashlib.sha1)
    return WebhookRequest(
        url=url,
        headers={"x-twilio-signature": base64.b64encode(mac).decode(), "i-twilio-idempotency-token": "x"},
        body=urlencode(fields).encode(),
        received_at=NOW,
    )


def said(fields: dict[str, str], url: str = STATUS_URL) -> tuple[DeliveryReceipt | IncomingReply, ...]:
    request = signed(fields, url)
    READER.verify(request)
    return READER.read(request)


def receipt(**fields: str) -> DeliveryReceipt:
    (found,) = said({**STATUS, **fields})
    assert isinstance(found, DeliveryReceipt)
    return found


def test_says_what_became_of_a_text() -> None:
    assert said(STATUS) == (
        DeliveryReceipt(
            id=receipt().id,
            provider="twilio",
            provider_message_id=SID,
            attempt_id="ntf_1.sms.1",
            state=ReceiptState.DELIVERED,
            code="delivered",
            at=NOW,
            is_final=True,
        ),
    )


def test_says_what_a_person_answers() -> None:
    assert said(REPLY, REPLY_URL) == (
        IncomingReply(
            id=SID,
            provider="twilio",
            channel=ChannelName.SMS,
            sender="+12065550100",
            recipient="+12065550199",
            text="Yes & thänks + 👍",
            at=NOW,
        ),
    )


STATES = [
    ("queued", ReceiptState.DELAYED, False),
    ("accepted", ReceiptState.DELAYED, False),
    ("scheduled", ReceiptState.DELAYED, False),
    ("sending", ReceiptState.DELAYED, False),
    ("sent", ReceiptState.SENT, False),
    ("partially_delivered", ReceiptState.SENT, False),
    ("delivered", ReceiptState.DELIVERED, True),
    ("read", ReceiptState.DELIVERED, True),
    ("undelivered", ReceiptState.FAILED, True),
    ("failed", ReceiptState.FAILED, True),
    ("canceled", ReceiptState.FAILED, True),
]


@pytest.mark.parametrize(("status", "state", "is_final"), STATES)
def test_knows_every_status(status: str, state: ReceiptState, is_final: bool) -> None:  # noqa: FBT001 a column
    found = receipt(MessageStatus=status, SmsStatus=status)

    assert (found.state, found.is_final) == (state, is_final)
    assert (found.failure is not None) == (state is ReceiptState.FAILED)


@pytest.mark.parametrize(
    ("number", "failure"),
    [
        ("21211", FailureClass.PERMANENT),
        ("30004", FailureClass.PERMANENT),
        ("30005", FailureClass.PERMANENT),
        ("21614", FailureClass.LANDLINE),
        ("30006", FailureClass.LANDLINE),
        ("21610", FailureClass.OPTED_OUT),
        ("30001", FailureClass.TRANSIENT),
        ("30003", FailureClass.TRANSIENT),
        ("30036", FailureClass.EXPIRED),
        ("30002", FailureClass.OURS),
        ("30007", FailureClass.OURS),
        ("30034", FailureClass.OURS),
        ("30008", FailureClass.UNKNOWN),
        ("99999", FailureClass.UNKNOWN),
    ],
)
def test_says_why_a_text_will_not_arrive(number: str, failure: FailureClass) -> None:
    found = receipt(MessageStatus="undelivered", ErrorCode=number)

    assert (found.failure, found.code) == (failure, f"undelivered_{number}")


def test_a_text_that_was_called_back_is_our_doing() -> None:
    assert receipt(MessageStatus="canceled").failure is FailureClass.OURS


@pytest.mark.parametrize(
    "fields",
    [
        {**STATUS, "MessageStatus": "teleported"},
        {**STATUS, "MessageSid": "", "SmsSid": ""},
        {**REPLY, "From": ""},
        {**REPLY, "MessageSid": ""},
        {name: value for name, value in REPLY.items() if name != "Body"},
        {"AccountSid": ACCOUNT},
    ],
    ids=["status", "no id", "nobody", "reply without id", "no text", "nothing"],
)
def test_leaves_out_what_it_does_not_know(fields: dict[str, str]) -> None:
    assert said(fields) == ()


@pytest.mark.parametrize("name", ["RawDlrDoneDate", "Zzz", "attempt", "Ünbekannt"])
def test_a_new_field_changes_nothing(name: str) -> None:
    assert said({**STATUS, name: "new"}) == said(STATUS)
    assert said({**REPLY, name: "new"}, REPLY_URL) == said(REPLY, REPLY_URL)


def test_a_callback_without_our_attempt_still_counts() -> None:
    (found,) = said(STATUS, CALLBACK)

    assert isinstance(found, DeliveryReceipt)
    assert (found.attempt_id, found.provider_message_id) == ("", SID)


@pytest.mark.parametrize(
    ("text", "kind", "understood"),
    [
        ("Basta!", "STOP", "STOP"),
        ("stop", "STOP", "stop"),
        ("Cancel", "STOP", "Cancel"),
        ("START", "START", "START"),
        ("HELP", "HELP", "HELP"),
    ],
)
def test_a_stop_word_of_the_practices_own_list_is_no_missed_stop(text: str, kind: str, understood: str) -> None:
    (found,) = said({**REPLY, "Body": text, "OptOutType": kind}, REPLY_URL)

    assert isinstance(found, IncomingReply)
    assert found.text == understood


def test_a_picture_without_a_word_is_an_answer_without_text() -> None:
    (found,) = said({**REPLY, "Body": "", "NumMedia": "1", "MediaUrl0": "https://x.invalid/1"}, REPLY_URL)

    assert isinstance(found, IncomingReply)
    assert found.text == ""


def test_a_replay_has_the_same_id_and_each_status_its_own() -> None:
    later = msgspec.structs.replace(signed(STATUS, STATUS_URL), received_at=NOW + timedelta(days=3))

    assert READER.read(later)[0].id == receipt().id
    assert len({receipt(MessageStatus=status).id for status, _, _ in STATES}) == len(STATES)
    assert receipt(MessageStatus="failed", ErrorCode="30003").id != receipt(MessageStatus="failed").id


def test_the_order_in_which_calls_come_changes_nothing() -> None:
    calls = [signed({**STATUS, "MessageStatus": status}, STATUS_URL) for status in ("sending", "sent", "delivered")]

    read = {frozenset(READER.read(call)[0].id for call in order) for order in itertools.permutations(calls)}

    assert len(read) == 1


@pytest.mark.parametrize("token", [TOKEN, OLD_TOKEN])
def test_either_token_counts_while_one_replaces_the_other(token: str) -> None:
    READER.verify(signed(STATUS, STATUS_URL, token=token))


def test_a_token_that_was_replaced_counts_no_more() -> None:
    with pytest.raises(ForgedError):
        TwilioReader(ACCOUNT, [TOKEN]).verify(signed(STATUS, STATUS_URL, token=OLD_TOKEN))


@pytest.mark.parametrize(
    "signed_url",
    [STATUS_URL, STATUS_URL.replace(".example", ".example:443")],
    ids=["as it is", "with the usual port"],
)
def test_the_usual_port_may_be_named_or_not(signed_url: str) -> None:
    READER.verify(signed(STATUS, STATUS_URL, signed_url=signed_url))


def test_another_port_may_be_left_out() -> None:
    url = STATUS_URL.replace(".example", ".example:8443")

    READER.verify(signed(STATUS, url, signed_url=STATUS_URL))


GOOD = signed(STATUS, STATUS_URL)
FORGED = {
    "http": signed(STATUS, STATUS_URL, signed_url=STATUS_URL.replace("https", "http")),
    "another host": signed(STATUS, STATUS_URL, signed_url=STATUS_URL.replace("kept", "eve")),
    "another attempt": msgspec.structs.replace(GOOD, url=STATUS_URL.replace("ntf_1", "ntf_2")),
    "another path": msgspec.structs.replace(GOOD, url=STATUS_URL.replace("twilio", "twilio/replies")),
    "another token": signed(STATUS, STATUS_URL, token="x"),
    "no signature": msgspec.structs.replace(GOOD, headers={}),
    "an empty one": msgspec.structs.replace(GOOD, headers={"x-twilio-signature": ""}),
    "no letters": msgspec.structs.replace(GOOD, headers={"x-twilio-signature": "ünï\udcff"}),
    "another account": signed({**STATUS, "AccountSid": "AC" + "f" * 32}, STATUS_URL),
    "a field more": msgspec.structs.replace(GOOD, body=GOOD.body + b"&ErrorCode=30003"),
    "a field less": msgspec.structs.replace(GOOD, body=GOOD.body.partition(b"&")[2]),
    "a field twice": msgspec.structs.replace(GOOD, body=b"MessageStatus=failed&" + GOOD.body),
    "nothing": msgspec.structs.replace(GOOD, body=b""),
    "too long": msgspec.structs.replace(GOOD, body=b"a=" + b"b" * 65_536),
    "too many fields": msgspec.structs.replace(GOOD, body=b"a=b&" * 501 + b"a=b"),
    "bytes": msgspec.structs.replace(GOOD, body=b"\xff"),
    "no UTF-8": msgspec.structs.replace(GOOD, body=b"a=%ff"),
    "JSON": msgspec.structs.replace(GOOD, body=b'{"MessageStatus": "delivered"}'),
}


@pytest.mark.parametrize("request_", FORGED.values(), ids=list(FORGED))
def test_believes_nothing_forged(request_: WebhookRequest) -> None:
    READER.verify(GOOD)

    with pytest.raises(ForgedError) as caught:
        READER.verify(request_)

    assert not any(word in str(caught.value) for word in (TOKEN, "+1206", SID))


@given(st.integers(0, len(GOOD.body) - 1), st.integers(1, 255))
def test_a_body_with_one_byte_changed_is_forged_unless_it_spells_the_same_fields(at: int, change: int) -> None:
    changed = bytearray(GOOD.body)
    changed[at] ^= change
    request = msgspec.structs.replace(GOOD, body=bytes(changed))

    try:
        READER.verify(request)
    except ForgedError:
        return

    assert sorted(parse_qsl(request.body.decode())) == sorted(STATUS.items())


@given(st.dictionaries(st.text(min_size=1, max_size=9), st.text(max_size=30), max_size=12))
def test_whatever_twilio_signs_is_believed(fields: dict[str, str]) -> None:
    READER.verify(signed({**fields, "AccountSid": ACCOUNT}, STATUS_URL))


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_body_and_no_signature_breaks_the_reader(body: bytes, told: str) -> None:
    request = msgspec.structs.replace(GOOD, body=body, headers={"x-twilio-signature": told})

    with pytest.raises(ForgedError):
        READER.verify(request)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            [
                ("CallSid", "CA1234567890ABCDE"),
                ("Digits", "1234"),
                ("From", "+14158675309"),
                ("To", "+18005551212"),
                ("Caller", "+14158675309"),
            ],
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")],
            "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
        ),
    ],
    ids=["the example of its documentation", "a field with two values"],
)
def test_signs_as_twilios_own_library_does(fields: list[tuple[str, str]], expected: str) -> None:
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"

    assert signature(url, fields, key=b"12345") == expected
    assert is_signed(url, fields, expected, keys=[b"12345"])


@pytest.mark.parametrize(
    ("account", "tokens", "fields"),
    [
        ("AC1", [TOKEN], ["account_sid"]),
        (ACCOUNT, [], ["auth_tokens"]),
        (ACCOUNT, [TOKEN, " "], ["auth_tokens"]),
        ("", ["é"], ["account_sid", "auth_tokens"]),
    ],
)
def test_refuses_settings_that_cannot_work(account: str, tokens: list[str], fields: list[str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        TwilioReader(account, tokens)

    assert [problem.field for problem in caught.value.problems] == fields
