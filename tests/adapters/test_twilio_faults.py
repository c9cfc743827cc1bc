"""
What every failure of Twilio means for the message, judged by what Twilio really took.

An accepted message is in its hands once; one not sent or refused, never; only an unknown may be either.
"""

from __future__ import annotations

import json
import random
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kept.adapters.twilio.settings import host_and_port
from kept.adapters.twilio.wire import BrokenOffError, Limits, exchanged
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.ports.channel import OutgoingMessage
from kept.ports.provider_api import BUSY_PAUSE_S
from tests.adapters.aws_fakes import CA, STRANGER, Act, FakeService
from tests.adapters.twilio_fakes import SECRET, TWILIO, sid, twilio_at
from tests.contracts.channels import StoppedClock, outgoing

ACCEPTED = AttemptState.ACCEPTED
REFUSED = AttemptState.REFUSED
NOT_SENT = AttemptState.NOT_SENT
UNKNOWN = AttemptState.UNKNOWN

CLOCK = StoppedClock()
SEEDS = 20
SLOW_SEEDS = 2  # each waits for a time limit
ALPHABET = "abc ABC 0123 éñß ¿@£ 你好 🙂\n"
HASTY = {"connect_s": 0.3, "answer_s": 0.3}


@pytest.fixture
def fake() -> Iterator[FakeService]:
    with FakeService(TWILIO) as opened:
        yield opened


def message(seed: int) -> OutgoingMessage:
    chance = random.Random(seed)
    text = "canary " + "".join(chance.choices(ALPHABET, k=chance.randint(1, 700)))
    return outgoing(ChannelName.SMS, "+12065550100", text=text)


def refusal(status: int, number: int, **headers: str) -> Act:
    return Act(status=status, body=TWILIO.refusal(str(number), ""), headers=headers)


def born(status: str, number: int | None) -> bytes:
    return json.dumps({"sid": sid("m-1"), "status": status, "error_code": number}).encode()


FAULTS = [
    # before a byte of the message
    pytest.param(Act(connects="hang up"), NOT_SENT, "connection_lost", id="hangs up before TLS"),
    pytest.param(Act(connects="reset"), NOT_SENT, "connection_lost", id="resets before TLS"),
    pytest.param(Act(connects="speak"), NOT_SENT, "tls", id="speaks no TLS"),
    pytest.param(Act(connects="hang"), NOT_SENT, "timeout", id="never begins TLS"),
    # while nobody can know
    pytest.param(Act(reads="half"), UNKNOWN, "connection_lost", id="resets within the request"),
    pytest.param(Act(then="hang up"), UNKNOWN, "connection_lost", id="hangs up after it, not taken"),
    pytest.param(Act(takes=True, then="hang up"), UNKNOWN, "connection_lost", id="hangs up after it, taken"),
    pytest.param(Act(then="reset"), UNKNOWN, "connection_lost", id="resets after it, not taken"),
    pytest.param(Act(takes=True, then="reset"), UNKNOWN, "connection_lost", id="resets after it, taken"),
    pytest.param(Act(then="hang"), UNKNOWN, "timeout", id="never answers, not taken"),
    pytest.param(Act(takes=True, then="hang"), UNKNOWN, "timeout", id="never answers, taken"),
    pytest.param(Act(takes=True, then="drip"), UNKNOWN, "timeout", id="drips its answer"),
    # answers that tell nothing
    pytest.param(Act(takes=True, status=201, body=b'{"sid": '), UNKNOWN, "garbled_answer", id="half an answer"),
    pytest.param(Act(takes=True, status=201, body=b"\xff\x00"), UNKNOWN, "garbled_answer", id="bytes"),
    pytest.param(Act(takes=True, status=201, body=b"[]"), UNKNOWN, "garbled_answer", id="a list"),
    pytest.param(Act(takes=True, status=201, body=b"x" * 70_000), UNKNOWN, "garbled_answer", id="endless"),
    pytest.param(Act(takes=True, status=201, body=b"{}"), UNKNOWN, "no_id", id="no id"),
    pytest.param(Act(takes=True, status=201, body=b'{"sid": "x"}'), UNKNOWN, "no_id", id="a strange id"),
    *(pytest.param(refusal(status, 20500), UNKNOWN, "twilio_20500", id=f"{status}") for status in (500, 503)),
    *(
        pytest.param(Act(status=status, body=b"<html>", takes=taken), UNKNOWN, f"http_{status}", id=f"{status} {taken}")
        for status in (500, 502, 503, 504)
        for taken in (False, True)
    ),
    pytest.param(Act(status=302, body=b"", headers={"Location": "https://x.invalid/"}), UNKNOWN, "http_302", id="302"),
    pytest.param(Act(status=418, body=b"tea"), UNKNOWN, "http_418", id="418 not in its form"),
    # Twilio's own word
    pytest.param(refusal(400, 21211), REFUSED, "invalid_number", id="bad number"),
    pytest.param(refusal(400, 21614), REFUSED, "not_a_mobile", id="no mobile"),
    pytest.param(refusal(400, 21610), REFUSED, "opted_out", id="opted out"),
    pytest.param(refusal(400, 21408), REFUSED, "twilio_21408", id="country not allowed"),
    pytest.param(refusal(400, 21611), NOT_SENT, "queue_full", id="queue full"),
    pytest.param(refusal(429, 63038), NOT_SENT, "quota", id="quota"),
    pytest.param(refusal(429, 20429), NOT_SENT, "twilio_20429", id="too many"),
    pytest.param(Act(status=429, body=b""), NOT_SENT, "http_429", id="429 without a word"),
    pytest.param(refusal(401, 20003), NOT_SENT, "auth", id="401"),
    pytest.param(Act(status=401, body=b""), NOT_SENT, "auth", id="401 without a word"),
    pytest.param(Act(status=403, body=b"<html>"), NOT_SENT, "auth", id="403"),
    pytest.param(refusal(400, 20003), NOT_SENT, "auth", id="20003"),
    pytest.param(refusal(404, 20404), NOT_SENT, "auth", id="no such account"),
    pytest.param(Act(status=201, body=born("failed", 21610)), REFUSED, "opted_out", id="born dead"),
    pytest.param(Act(status=201, body=born("failed", None)), REFUSED, "failed", id="born dead without a word"),
    pytest.param(Act(status=201, takes=True), ACCEPTED, "", id="nothing"),
]


@pytest.mark.parametrize(("act", "state", "code"), FAULTS)
def test_says_by_where_it_failed_whether_a_second_copy_may_be_sent(
    fake: FakeService, tmp_path: Path, act: Act, state: AttemptState, code: str
) -> None:
    fake.always = act
    seeds = SLOW_SEEDS if code == "timeout" else SEEDS
    channel = twilio_at(fake, tmp_path, CLOCK, **(HASTY if code == "timeout" else {}))

    outcomes = [channel.send(message(seed)) for seed in range(seeds)]

    assert {(outcome.state, outcome.code) for outcome in outcomes} == {(state, code)}
    assert len(fake.taken) in {ACCEPTED: {seeds}, REFUSED: {0}, NOT_SENT: {0}, UNKNOWN: {0, seeds}}[state]
    assert len(fake.requests) <= seeds
    assert not any(word in repr(outcomes) for word in ("canary", "+12065550100", SECRET))


PAUSES = [
    ({"Retry-After": "7"}, 7.0),
    ({"Retry-After": " 1.5 "}, 1.5),
    ({"Retry-After": "Mon, 04 May 2026 13:00:30 GMT"}, 30.0),
    ({"Retry-After": "Mon, 04 May 2026 13:00:30 -0000"}, 30.0),
    ({"Retry-After": "Mon, 04 May 2026 12:59:00 GMT"}, BUSY_PAUSE_S),
    ({"Retry-After": "Fri, 04 May 2035 13:00:00 GMT"}, 3_600.0),
    ({"Retry-After": "999999999"}, 3_600.0),
    ({"Retry-After": "9" * 400}, 3_600.0),
    ({"Retry-After": "-5"}, BUSY_PAUSE_S),
    ({"Retry-After": "nan"}, BUSY_PAUSE_S),
    ({"Retry-After": "soon"}, BUSY_PAUSE_S),
    ({}, BUSY_PAUSE_S),
]


@pytest.mark.parametrize(("headers", "pause"), PAUSES)
def test_waits_as_long_as_twilio_asks_and_never_more_than_an_hour(
    fake: FakeService, tmp_path: Path, headers: dict[str, str], pause: float
) -> None:
    fake.always = refusal(429, 20429, **headers)

    outcome = twilio_at(fake, tmp_path, CLOCK).send(message(1))

    assert outcome == SendOutcome(state=NOT_SENT, code="twilio_20429", retry_after_s=pause)


def test_nobody_listens(fake: FakeService, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    outcome = twilio_at(fake, tmp_path, CLOCK, endpoint=f"https://127.0.0.1:{port}").send(message(1))

    assert outcome == SendOutcome(state=NOT_SENT, code="connection_refused")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".invalid"], ids=["unknown", "impossible"])
def test_the_name_is_not_found(fake: FakeService, tmp_path: Path, host: str) -> None:
    outcome = twilio_at(fake, tmp_path, CLOCK, endpoint=f"https://{host}").send(message(1))

    assert outcome == SendOutcome(state=NOT_SENT, code="dns")


def test_a_resolver_that_never_answers_is_given_up(
    fake: FakeService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = twilio_at(fake, tmp_path, CLOCK, **HASTY)
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(5.0))

    outcome = channel.send(message(1))
    ended.set()

    assert outcome == SendOutcome(state=NOT_SENT, code="timeout")


@pytest.mark.parametrize(("connect_s", "answer_s"), [(0.0, 5.0), (5.0, 0.0)])
def test_nothing_leaves_once_the_time_is_over(fake: FakeService, connect_s: float, answer_s: float) -> None:
    place = host_and_port(fake.url)
    context = ssl.create_default_context(cadata=CA.cert_pem.bytes().decode())

    with pytest.raises(BrokenOffError) as caught:
        exchanged(place, context, (b"head", b"body"), Limits(connect_s=connect_s, answer_s=answer_s))

    assert (caught.value.code, caught.value.is_out) == ("timeout", False)
    assert fake.requests == []


def test_a_stranger_who_shows_another_certificate_gets_nothing(tmp_path: Path) -> None:
    with FakeService(TWILIO, authority=STRANGER) as stranger:
        outcome = twilio_at(stranger, tmp_path, CLOCK).send(message(1))

    assert outcome == SendOutcome(state=NOT_SENT, code="tls_certificate")
    assert stranger.requests == []


def test_certificates_that_cannot_be_read_stop_the_start(fake: FakeService, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        twilio_at(fake, tmp_path, CLOCK, ca_file=tmp_path / "none.pem")

    assert caught.value.problems[0].field == "ca_file"
