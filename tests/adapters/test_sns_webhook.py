"""What is not SNS's, for a topic of ours, and lately, changes nothing, and makes nothing be fetched."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1

from kept.adapters.end_user_messaging import read_event
from kept.adapters.ses import read_event as read_mail_event
from kept.adapters.sns import SnsReader, Subscriptions, confirmed_by
from kept.core.errors import InvalidInputError, OutsideError
from kept.core.receipts import DeliveryReceipt, ReceiptState
from kept.ports.provider_api import ApiAnswer, ApiFailure, ApiFailureKind
from kept.ports.webhook import ForgedError
from tests.adapters.aws_samples import sample
from tests.adapters.sns_calls import (
    NAME,
    TOPIC,
    URL,
    Net,
    call,
    fields,
    no_confirmation,
    reader,
    signed,
    sns,
    subscription,
)
from tests.adapters.sns_certificates import DAY, ISSUER, ROOT, Authority, Signer
from tests.contracts.channels import NOW


def test_reads_what_sns_brings() -> None:
    net = Net({URL: sns().pem})
    request = call(signed(fields()))
    ours = reader(net)

    ours.verify(request)
    (found,) = ours.read(request)

    assert isinstance(found, DeliveryReceipt)
    assert found.state is ReceiptState.DELIVERED
    assert ours.provider == "sns"


def test_an_answer_has_the_time_at_which_sns_took_it() -> None:
    request = call(signed(fields(Message=sample("eum_reply").decode())))
    ours = reader(Net({URL: sns().pem}))

    ours.verify(request)
    (found,) = ours.read(request)

    assert found.at == datetime.fromisoformat("2026-05-04T12:59:58.125Z")


def test_a_subject_is_signed_too() -> None:
    ours = reader(Net({URL: sns().pem}))
    body = signed(fields(Subject="Amazon SES Email Event Notification"))

    ours.verify(call(body))
    with pytest.raises(ForgedError):
        ours.verify(call(body.replace(b"Amazon SES", b"Amazon SOS")))


def test_fetches_a_certificate_once() -> None:
    net = Net({URL: sns().pem})
    ours = reader(net)

    for number in range(5):
        ours.verify(call(signed(fields(MessageId=f"m-{number}"))))

    assert net.fetched == [URL]


def test_keeps_only_a_few_certificates() -> None:
    urls = [URL.replace("0123", f"{number:04}") for number in range(10)]
    net = Net(dict.fromkeys(urls, sns().pem))
    ours = reader(net)

    for url in (*urls, urls[0], urls[-1]):
        ours.verify(call(signed(fields(SigningCertURL=url))))

    assert net.fetched == [*urls, urls[0]]


def test_does_not_keep_a_file_that_proved_nothing() -> None:
    net = Net({URL: b"<html>try later</html>"})
    ours = reader(net)

    for _ in range(2):
        with pytest.raises(ForgedError):
            ours.verify(call(signed(fields())))

    assert net.fetched == [URL, URL]


BEFORE_ANYTHING_IS_FETCHED = {
    "another topic": fields(TopicArn="arn:aws:sns:us-west-2:999999999999:kept-events"),
    "another region's topic": fields(TopicArn=TOPIC.replace("us-west-2", "us-east-1")),
    "a topic of ours, with more": fields(TopicArn=TOPIC + "\n"),
    "version 1": fields(SignatureVersion="1"),
    "no version": fields(SignatureVersion=""),
    "plain http": fields(SigningCertURL=URL.replace("https", "http")),
    "upper case": fields(SigningCertURL=URL.replace("https", "HTTPS")),
    "another region": fields(SigningCertURL=URL.replace("us-west-2", "us-east-1")),
    "a bucket": fields(SigningCertURL=URL.replace("sns.us-west-2.amazonaws.com", "sns.s3.us-west-2.amazonaws.com")),
    "a host that begins alike": fields(SigningCertURL=URL.replace(".com/", ".com.evil.example/")),
    "a host that ends alike": fields(SigningCertURL=URL.replace("sns.us", "evil-sns.us")),
    "a dot that is any letter": fields(SigningCertURL=URL.replace("sns.us", "snsxus")),
    "user info": fields(SigningCertURL=URL.replace("https://", "https://sns.us-west-2.amazonaws.com@evil.example/")),
    "a user": fields(SigningCertURL=URL.replace("https://", "https://user@")),
    "a port": fields(SigningCertURL=URL.replace(".com/", ".com:8443/")),
    "the usual port": fields(SigningCertURL=URL.replace(".com/", ".com:443/")),
    "a query": fields(SigningCertURL=URL + "?x=1"),
    "a fragment": fields(SigningCertURL=URL + "#x"),
    "a path above": fields(SigningCertURL=URL.replace(".com/", ".com/a/../")),
    "another path": fields(SigningCertURL=URL.replace("SimpleNotificationService-", "evil-")),
    "an encoded slash": fields(SigningCertURL=URL.replace("Service-", "Service-%2f")),
    "another ending": fields(SigningCertURL=URL.replace(".pem", ".pem.txt")),
    "a line break": fields(SigningCertURL=URL + "\n"),
    "no address": fields(SigningCertURL=""),
    "this machine": fields(SigningCertURL="https://127.0.0.1/SimpleNotificationService-1.pem"),
    "another scheme": fields(SigningCertURL=URL.replace("https", "ftp")),
    "an hour and a second old": fields(Timestamp="2026-05-04T11:59:59Z"),
    "an hour and a second ahead": fields(Timestamp="2026-05-04T14:00:01Z"),
    "a subscription to another topic": subscription(TopicArn=TOPIC + "2"),
}


@pytest.mark.parametrize("said", BEFORE_ANYTHING_IS_FETCHED.values(), ids=BEFORE_ANYTHING_IS_FETCHED.keys())
def test_what_cannot_be_sns_s_makes_nothing_be_fetched(said: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_connection(*_: object, **__: object) -> None:
        raise AssertionError("connected to somewhere")

    monkeypatch.setattr(socket, "create_connection", no_connection)

    with pytest.raises(ForgedError):
        reader(Net({})).verify(call(signed(said)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b"[]",
        b"{}",
        signed(fields()).replace(b'"Type": "Notification"', b'"Type": "Something"'),
        signed(fields()).replace(b'"Type": "Notification"', b'"Type": 5'),
        signed(fields()).replace(b"2026-05-04T12:59:58.125Z", b"yesterday"),
        signed(fields()).replace(b"2026-05-04T12:59:58.125Z", b"2026-05-04T12:59:58"),
        signed(fields()).replace(b'"MessageId"', b'"MessageIdentity"'),
        signed(subscription()).replace(b'"Token"', b'"Tocken"'),
        b" " * 262_145,
    ],
)
def test_what_is_no_message_of_sns_is_forged(body: bytes) -> None:
    with pytest.raises(ForgedError):
        reader(Net({})).verify(call(body))


@pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Subject"])
def test_one_changed_letter_is_enough(name: str) -> None:
    said = fields(Subject="s")
    body = json.loads(signed(said))
    body[name] = "2026-05-04T12:59:59.125Z" if name == "Timestamp" else said[name] + " "

    with pytest.raises(ForgedError, match="signature"):
        reader(Net({URL: sns().pem})).verify(call(json.dumps(body).encode()))


@pytest.mark.parametrize("name", ["Token", "SubscribeURL"])
def test_one_changed_letter_in_a_subscription_is_enough(name: str) -> None:
    body = json.loads(signed(subscription()))
    body[name] += "x"

    with pytest.raises(ForgedError, match="signature"):
        reader(Net({URL: sns().pem})).verify(call(json.dumps(body).encode()))


@pytest.mark.parametrize("signature", ["", "no base64!", "AAAA", "ä"])
def test_a_signature_that_is_none(signature: str) -> None:
    body = json.dumps({**fields(), "Signature": signature}).encode()

    with pytest.raises(ForgedError, match="signature"):
        reader(Net({URL: sns().pem})).verify(call(body))


def test_half_a_letter_is_no_text_that_could_be_signed() -> None:
    body = signed(fields()).replace(b'"Message": "', b'"Message": "\\ud800')

    with pytest.raises(ForgedError):
        reader(Net({URL: sns().pem})).verify(call(body))


def test_the_old_digest_is_not_taken_for_the_new() -> None:
    with pytest.raises(ForgedError, match="signature"):
        reader(Net({URL: sns().pem})).verify(call(signed(fields(), algorithm=SHA1())))  # noqa: S303 that is the point


def _stranger() -> Signer:
    return Signer(NAME, issuer=Authority("Root"))


def _other_name() -> Signer:
    return Signer("sns.amazonaws.com.evil.example")


def _old() -> Signer:
    return Signer(NAME, valid=(NOW - 9 * DAY, NOW - DAY))


def _early() -> Signer:
    return Signer(NAME, valid=(NOW + DAY, NOW + 9 * DAY))


@pytest.mark.parametrize("made", [_stranger, _other_name, _old, _early], ids=lambda made: str(made.__name__))
def test_a_certificate_that_is_not_sns_s(made: Callable[[], Signer]) -> None:
    signer = made()

    with pytest.raises(ForgedError, match="vouches"):
        reader(Net({URL: signer.pem})).verify(call(signed(fields(), signer)))


def test_a_leaf_without_its_issuer_needs_the_issuer_named() -> None:
    net = Net({URL: sns().leaf})

    with pytest.raises(ForgedError, match="vouches"):
        reader(net).verify(call(signed(fields())))
    reader(net, authorities=ISSUER.pem).verify(call(signed(fields())))

    assert net.fetched == [URL, URL]


def test_a_certificate_for_the_region_is_as_good() -> None:
    signer = Signer("sns.us-west-2.amazonaws.com")

    reader(Net({URL: signer.pem})).verify(call(signed(fields(), signer)))


def test_a_key_of_another_kind_did_not_sign() -> None:
    signer = Signer(NAME, key=ec.generate_private_key(ec.SECP256R1()))

    with pytest.raises(ForgedError, match="RSA"):
        reader(Net({URL: signer.pem})).verify(call(signed(fields())))


def test_a_certificate_that_expires_while_we_keep_it_counts_no_longer() -> None:
    signer = Signer(NAME, valid=(NOW - DAY, NOW + timedelta(minutes=20)))
    ours = reader(Net({URL: signer.pem}))

    ours.verify(call(signed(fields(), signer)))
    with pytest.raises(ForgedError, match="vouches"):
        ours.verify(call(signed(fields(), signer), at=NOW + timedelta(minutes=30)))


def test_when_the_certificate_cannot_be_fetched_sns_shall_come_again() -> None:
    def unavailable(_: str) -> bytes:
        raise OutsideError("later", retry_after_s=60)

    subscriptions = Subscriptions(readers={TOPIC: read_event}, confirm=no_confirmation)
    ours = SnsReader(subscriptions, fetch=unavailable, authorities=ROOT.pem)

    with pytest.raises(OutsideError):
        ours.verify(call(signed(fields())))


def test_confirms_a_subscription_by_the_api_and_never_by_its_address() -> None:
    confirmed: list[tuple[str, str]] = []
    net = Net({URL: sns().pem})
    ours = reader(net, confirm=lambda topic_arn, token: confirmed.append((topic_arn, token)))
    request = call(signed(subscription()))

    ours.verify(request)

    assert confirmed == []
    assert ours.read(request) == ()
    assert confirmed == [(TOPIC, "t-1")]
    assert net.fetched == [URL]


def test_a_farewell_says_nothing_and_is_not_undone() -> None:
    request = call(signed(subscription() | {"Type": "UnsubscribeConfirmation"}))
    ours = reader(Net({URL: sns().pem}))

    ours.verify(request)

    assert ours.read(request) == ()


class Api:
    """Records calls, and answers all alike."""

    timeout_s = 1.0

    def __init__(self, result: ApiAnswer | ApiFailure) -> None:
        self._result = result
        self.calls: list[tuple[str, Mapping[str, object]]] = []

    def call(self, operation: str, parameters: Mapping[str, object]) -> ApiAnswer | ApiFailure:
        self.calls.append((operation, parameters))
        return self._result

    def close(self) -> None:
        """Do nothing."""


def test_nobody_but_us_may_end_what_we_confirm() -> None:
    api = Api(ApiAnswer(fields={}))

    confirmed_by(api)(TOPIC, "t-1")

    asked = {"TopicArn": TOPIC, "Token": "t-1", "AuthenticateOnUnsubscribe": "true"}
    assert api.calls == [("confirm_subscription", asked)]


def test_what_could_not_be_confirmed_shall_come_again() -> None:
    api = Api(ApiFailure(kind=ApiFailureKind.DENIED, code="AuthorizationError"))

    with pytest.raises(OutsideError, match="AuthorizationError"):
        confirmed_by(api)(TOPIC, "t-1")


@pytest.mark.parametrize(
    "topics",
    [
        [],
        ["kept-events"],
        [TOPIC, "*"],
        [TOPIC.replace("us-west-2", "us-west-2.evil.example/")],
        [TOPIC.replace("arn:aws:", "arn:aws-cn:")],
        [TOPIC.replace("sns", "sqs")],
    ],
)
def test_refuses_topics_that_are_none(topics: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="ARNs"):
        Subscriptions(readers=dict.fromkeys(topics, read_event), confirm=no_confirmation)


def test_brings_mails_events_as_well_as_texts() -> None:
    subscriptions = Subscriptions(readers={TOPIC: read_mail_event}, confirm=no_confirmation)
    ours = SnsReader(subscriptions, fetch=Net({URL: sns().pem}).fetch, authorities=ROOT.pem)
    trial = "Successfully validated SNS topic for Amazon SES event publishing."

    (found,) = ours.read(call(signed(fields(Message=sample("ses_delivery").decode()))))

    assert found.provider == "ses"
    assert ours.read(call(signed(fields(Message=trial)))) == ()


def test_the_same_event_read_twice_has_the_same_id() -> None:
    ours = reader(Net({URL: sns().pem}))
    first, second = call(signed(fields())), call(signed(fields(MessageId="m-2")), at=NOW + timedelta(minutes=1))

    (once,), (again,) = ours.read(first), ours.read(second)

    assert msgspec.structs.asdict(once) == msgspec.structs.asdict(again)
