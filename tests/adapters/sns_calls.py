"""Calls as SNS makes them to a webhook, signed or forged, and what can be fetched while they are read."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm

from kept.adapters.end_user_messaging import read_event
from kept.adapters.sns import SnsReader, Subscriptions
from kept.ports.webhook import WebhookRequest
from tests.adapters.aws_samples import sample
from tests.adapters.sns_certificates import ROOT, Signer
from tests.contracts.channels import NOW

TOPIC = "arn:aws:sns:us-west-2:123456789012:kept-events"
URL = "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
NAME = "sns.amazonaws.com"


@functools.cache
def sns() -> Signer:
    return Signer(NAME)


class Net:
    """What can be fetched; anything else fails the test."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self.fetched: list[str] = []

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        if url not in self._files:
            raise AssertionError(f"fetched {url}")
        return self._files[url]


NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


def fields(**changes: str) -> dict[str, str]:
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Message": sample("eum_delivered").decode(),
        "Timestamp": "2026-05-04T12:59:58.125Z",
        "SignatureVersion": "2",
        "SigningCertURL": URL,
        **changes,
    }


def subscription(**changes: str) -> dict[str, str]:
    return fields(
        Type="SubscriptionConfirmation",
        Token="t-1",
        Message="You have chosen to subscribe",
        SubscribeURL="https://169.254.169.254/latest/meta-data",
        **changes,
    )


def signed(said: dict[str, str], signer: Signer | None = None, algorithm: HashAlgorithm | None = None) -> bytes:
    """Return the body as SNS would send it."""
    names = NOTIFICATION if said["Type"] == "Notification" else CONFIRMATION
    text = "".join(f"{name}\n{said[name]}\n" for name in names if name in said)
    signature = (signer or sns()).sign(text, algorithm or SHA256())
    return json.dumps({**said, "Signature": signature}).encode()


def call(body: bytes, *, at: datetime = NOW) -> WebhookRequest:
    return WebhookRequest(url="https://kept.example/webhooks/sns", headers={}, body=body, received_at=at)


def no_confirmation(topic_arn: str, token: str) -> None:
    raise AssertionError(f"confirmed {topic_arn} with {token}")


def reader(
    net: Net, *, confirm: Callable[[str, str], None] = no_confirmation, authorities: bytes | None = None
) -> SnsReader:
    subscriptions = Subscriptions(readers={TOPIC: read_event}, confirm=confirm)
    return SnsReader(subscriptions, fetch=net.fetch, authorities=authorities or ROOT.pem)
