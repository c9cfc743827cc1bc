"""
What SNS brings over HTTP.

A queue is the better way: SNS puts messages into it, and nobody else may. Over HTTP anybody may call, and a signature
alone proves little, because anybody can have a topic of his own whose messages Amazon signs. So the topic is compared
first, with a list; then version, address of the certificate and age; only then is anything fetched, and only from SNS.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from kept.adapters.sns.certificates import Authorities, check_signature
from kept.adapters.sns.envelopes import Envelope, MessageKind, NoEnvelopeError, envelope_of
from kept.core.errors import InvalidInputError, OutsideError
from kept.core.receipts import DeliveryReceipt, IncomingReply
from kept.ports.provider_api import ApiFailure, ProviderApi
from kept.ports.webhook import ForgedError, WebhookRequest

MAX_AGE: Final = timedelta(hours=1)
MAX_BYTES: Final = 262_144  # SNS's own limit for a message, Amazon SNS quotas
_MOST_CERTIFICATES: Final = 8

_TOPIC: Final = re.compile(r"arn:(?:aws|aws-us-gov):sns:([a-z]{2}(?:-[a-z]+)+-[0-9]):[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_CERTIFICATE_PATH: Final = r"/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem"


class ReadEvent(Protocol):
    """Reads what a service says in a message; *at* is when SNS took it."""

    def __call__(self, body: bytes, *, at: datetime) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        """Return what it says; nothing for what it does not know."""


class Subscriptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which topics count, who reads what they bring, and what confirms a subscription."""

    readers: Mapping[str, ReadEvent]
    """By the topic's ARN; whatever is not here is forged."""
    confirm: Callable[[str, str], None]
    """Confirms by the API, in the topic's region, with topic and token. Never by the address in the message."""

    def __post_init__(self) -> None:
        """Check the topics."""
        if not self.readers or not all(_TOPIC.fullmatch(arn) for arn in self.readers):
            message = "must be ARNs such as arn:aws:sns:us-west-2:123456789012:kept-events"
            raise InvalidInputError.of("topics", "invalid_setting", message)


class SnsReader:
    """
    The reader of calls to ``/webhooks/sns``. Safe to use from many threads.

    Args:
        subscriptions: What counts.
        fetch: Returns the file at an address, without following redirects. Called with SNS's own addresses only.
        authorities: Who may vouch for SNS's certificates.
    """

    provider = "sns"

    def __init__(self, subscriptions: Subscriptions, *, fetch: Callable[[str], bytes], authorities: bytes) -> None:
        self._subscriptions = subscriptions
        self._fetch = fetch
        self._authorities = Authorities(authorities)
        self._files: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def verify(self, request: WebhookRequest) -> None:
        """Raise ForgedError unless SNS brings it, for a topic of ours, and lately."""
        envelope = _opened(request)
        if envelope.topic_arn not in self._subscriptions.readers:
            raise ForgedError("the topic is none of ours")
        if envelope.signature_version != "2":
            raise ForgedError("the signature is not of version 2; set SignatureVersion 2 on the topic")
        region = _region(envelope.topic_arn)
        address = re.compile(rf"https://sns\.{re.escape(region)}\.amazonaws\.com{_CERTIFICATE_PATH}")
        if not address.fullmatch(envelope.certificate_url):
            raise ForgedError("the certificate is not where SNS keeps its own")
        if abs(request.received_at - envelope.at) > MAX_AGE:
            raise ForgedError("the message is too old, or not yet written; look at this machine's clock")
        names = ("sns.amazonaws.com", f"sns.{region}.amazonaws.com")
        pem = self._certificate_file(envelope.certificate_url)
        certificate = self._authorities.vouched(pem, names=names, at=request.received_at)
        check_signature(certificate, envelope.signature, envelope.signed_text)
        self._keep(envelope.certificate_url, pem)

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        """Return what the message says; a subscription is confirmed, and says nothing."""
        envelope = _opened(request)
        if envelope.kind is MessageKind.SUBSCRIPTION:
            self._subscriptions.confirm(envelope.topic_arn, envelope.token)
        if envelope.kind is not MessageKind.NOTIFICATION:
            return ()
        return self._subscriptions.readers[envelope.topic_arn](envelope.message.encode(), at=envelope.at)

    def _certificate_file(self, url: str) -> bytes:
        with self._lock:
            kept = self._files.get(url)
        return kept if kept is not None else self._fetch(url)

    def _keep(self, url: str, pem: bytes) -> None:
        """Keep a file that has proved good; the oldest makes room."""
        with self._lock:
            self._files[url] = pem
            while len(self._files) > _MOST_CERTIFICATES:
                del self._files[next(iter(self._files))]


def confirmed_by(api: ProviderApi) -> Callable[[str, str], None]:
    """
    Return what confirms subscriptions through the API of SNS, in the region of *api*.

    It raises OutsideError when it cannot, so that SNS asks again; and only we may end what it confirms.
    """

    def confirm(topic_arn: str, token: str) -> None:
        parameters = {"TopicArn": topic_arn, "Token": token, "AuthenticateOnUnsubscribe": "true"}
        result = api.call("confirm_subscription", parameters)
        if isinstance(result, ApiFailure):
            raise OutsideError(f"SNS did not confirm the subscription ({result.code}); it will ask again")

    return confirm


def _opened(request: WebhookRequest) -> Envelope:
    if len(request.body) > MAX_BYTES:
        raise ForgedError("the message is longer than SNS makes them")
    try:
        return envelope_of(request.body)
    except NoEnvelopeError:
        raise ForgedError("the body is no message of SNS") from None


def _region(topic_arn: str) -> str:
    found = _TOPIC.fullmatch(topic_arn)
    return found.group(1) if found else ""
