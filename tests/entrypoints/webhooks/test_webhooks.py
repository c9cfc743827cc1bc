"""What providers may say at the door, and what is answered."""

from __future__ import annotations

import hashlib

import pytest

from kept.core.errors import OutsideError, StorageUnavailableError
from kept.core.reports import Metric
from kept.entrypoints.http_api import Limits
from kept.entrypoints.webhooks.endpoint import MOST_BYTES
from kept.ports.webhook import WebhookRequest
from tests.entrypoints.webhooks.world import BODY, NOW, PATH, PUBLIC, Loft, PigeonReader, ring

FORGED = {"type": "problems/bad-signature", "title": "Webhook signature invalid", "status": 403}


@pytest.mark.parametrize("path", [PATH, PATH + "/replies"])
def test_a_true_call_is_on_record_before_it_is_answered(path: str) -> None:
    loft = Loft()

    reply = loft.call(path, query="attempt=ntf_1.sms.1&x=%20")

    (call,) = loft.kept()
    assert (reply.status, reply.body, reply.header("content-length")) == (204, b"", None)
    assert (call.provider, call.body, call.received_at) == ("pigeon", BODY.decode(), NOW)
    assert call.url == f"{PUBLIC}{path}?attempt=ntf_1.sms.1&x=%20"
    assert call.headers == {"content-type": "application/json"}
    assert loft.woken == [1]


def test_the_same_call_again_is_the_same_record() -> None:
    loft = Loft()

    answers = [loft.call().status for _ in range(3)]

    assert answers == [204, 204, 204]
    assert len(loft.kept()) == 1


@pytest.mark.parametrize(
    ("signed", "body"),
    [
        ("0" * 64, BODY),
        (ring(PUBLIC + PATH, BODY), BODY[:-1] + b"\n"),
        (ring("https://evil.example" + PATH, BODY), BODY),
        (ring(PUBLIC + PATH + "?more", BODY), BODY),
    ],
    ids=["made up", "one byte changed", "signed for the Host header", "another address"],
)
def test_a_forged_call_changes_nothing(signed: str, body: bytes) -> None:
    loft = Loft()

    reply = loft.call(signed=signed, body=body)

    assert reply.status == 403
    assert reply.header("content-type") == "application/problem+json"
    assert FORGED.items() <= reply.json.items()
    assert (loft.kept(), loft.woken) == ([], [])


def test_the_longest_call_is_read_and_a_longer_one_is_not() -> None:
    loft = Loft()

    fits, too_long = loft.call(body=b"a" * MOST_BYTES), loft.call(body=b"a" * (MOST_BYTES + 1))

    assert (fits.status, too_long.status) == (204, 413)
    assert len(loft.kept()) == 1


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/webhooks/hawk", "POST", 404),
        ("/webhooks/hawk", "GET", 404),
        (PATH, "GET", 405),
        (PATH, "DELETE", 405),
    ],
)
def test_other_providers_and_other_methods_are_turned_away(path: str, method: str, status: int) -> None:
    loft = Loft()

    reply = loft.call(path, method=method)

    assert reply.status == status
    assert reply.header("allow") == ("POST" if status == 405 else None)
    assert loft.kept() == []


def test_too_many_calls_are_told_to_come_back() -> None:
    loft = Loft(limits=Limits(requests_per_s=0.001, burst=2))

    forged = [loft.call(signed="0" * 64).status for _ in range(3)]
    true = [loft.call().status for _ in range(3)]

    assert (forged, true) == ([403] * 3, [204, 204, 429])
    assert loft.meter.counts == {
        f"{Metric.WEBHOOK_CALLS}/pigeon/refused": 3,
        f"{Metric.WEBHOOK_CALLS}/pigeon/kept": 2,
        f"{Metric.WEBHOOK_CALLS}/pigeon/not_now": 1,
    }


def test_a_store_that_refuses_lets_the_provider_call_again() -> None:
    loft = Loft()
    loft.store.refuse = StorageUnavailableError("full", retry_after_s=3)

    reply = loft.call()

    assert (reply.status, reply.header("retry-after")) == (503, "3")
    assert loft.woken == []


class FarReader(PigeonReader):
    """Needs something from elsewhere, and cannot have it."""

    def verify(self, request: WebhookRequest) -> None:
        raise OutsideError("no certificate", retry_after_s=60)


def test_a_call_that_cannot_be_verified_now_may_come_again() -> None:
    loft = Loft(reader=FarReader())

    assert loft.call().status == 503
    assert loft.kept() == []


def test_whoever_hangs_up_gets_no_answer_and_leaves_nothing() -> None:
    loft = Loft()

    assert loft.call(gone=True).status == 0
    assert loft.kept() == []


def test_the_record_is_named_by_what_came() -> None:
    loft = Loft()
    loft.call()

    (call,) = loft.kept()
    assert call.id == "pigeon/" + hashlib.sha256(f"{PUBLIC}{PATH}\n".encode() + BODY).hexdigest()
