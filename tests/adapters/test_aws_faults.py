"""
What every failure of a service of AWS means for the message, judged by what the service really took.

An accepted message is in the service's hands once; one not sent or refused, never; only an unknown may be either.
"""

from __future__ import annotations

import contextlib
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kept.adapters.aws import AwsApi, AwsService, Patience
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.ports.channel import OutgoingMessage
from kept.ports.provider_api import BUSY_PAUSE_S, ApiAnswer, ApiFailure, ApiFailureKind
from tests.adapters.aws_channels import CASES, HASTY, QUICK, AwsCase, opened
from tests.adapters.aws_fakes import EUM, SES, SNS, STRANGER, TAKEN, Act, FakeService, aws_environment
from tests.contracts.channels import NOW, StoppedClock, outgoing

ACCEPTED = AttemptState.ACCEPTED
REFUSED = AttemptState.REFUSED
NOT_SENT = AttemptState.NOT_SENT
UNKNOWN = AttemptState.UNKNOWN

CLOCK = StoppedClock()
REGION = "us-west-2"
SEEDS = 20
SLOW_SEEDS = 2  # each waits for a time limit
ALPHABET = "abc ABC 0123 éñß ¿@£ 你好 🙂\n"


class Stand:
    """One service, which serves a whole file of tests, and the channels to it: opening one takes the SDK a while."""

    def __init__(self, case: AwsCase, fake: FakeService, folder: Path) -> None:
        self.case = case
        self.fake = fake
        with aws_environment(folder, fake):
            self.channels = {
                waits: case.over(AwsApi(case.service, region=REGION, clock=CLOCK, patience=waits), CLOCK)
                for waits in (QUICK, HASTY)
            }

    def does(self, act: Act) -> FakeService:
        """Give every call this answer, and start the ledger anew."""
        self.fake.always = act
        self.fake.requests, self.fake.taken = [], []
        return self.fake

    def send(self, *, patience: Patience = QUICK, seeds: int = 1, **changes: object) -> list[SendOutcome]:
        return [self.channels[patience].send(message(self.case, seed, **changes)) for seed in range(seeds)]


@pytest.fixture(scope="module", params=list(CASES.values()), ids=list(CASES))
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    case: AwsCase = request.param
    with FakeService(case.dialect) as fake:
        found = Stand(case, fake, tmp_path_factory.mktemp(case.id))
        yield found
        for channel in found.channels.values():
            channel.close()


def message(case: AwsCase, seed: int = 0, **changes: object) -> OutgoingMessage:
    chance = random.Random(seed)
    channel = ChannelName.EMAIL if "@" in case.address else ChannelName.SMS
    text = "canary " + "".join(chance.choices(ALPHABET, k=chance.randint(1, 700)))
    return outgoing(channel, case.address, **{"text": text, **changes})


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
    pytest.param(Act(status=502, body=b"<html>"), UNKNOWN, "http_502", id="502, not taken"),
    pytest.param(Act(status=502, body=b"<html>", takes=True), UNKNOWN, "http_502", id="502, taken"),
    pytest.param(Act(status=504, body=b""), UNKNOWN, "http_504", id="504 without a word"),
    # the rest
    pytest.param(TAKEN, ACCEPTED, "", id="nothing"),
]


@pytest.mark.parametrize(("act", "state", "code"), FAULTS)
def test_says_by_where_it_failed_whether_a_second_copy_may_be_sent(
    stand: Stand, act: Act, state: AttemptState, code: str
) -> None:
    fake = stand.does(act)
    seeds, patience = (SLOW_SEEDS, HASTY) if code == "timeout" else (SEEDS, QUICK)

    outcomes = stand.send(patience=patience, seeds=seeds)

    assert {(outcome.state, outcome.code) for outcome in outcomes} == {(state, code)}
    assert len(fake.taken) in {ACCEPTED: {seeds}, REFUSED: {0}, NOT_SENT: {0}, UNKNOWN: {0, seeds}}[state]
    assert len(fake.requests) <= seeds
    assert not any(word in repr(outcomes) for word in ("canary", stand.case.address))


WORDLESS = [
    pytest.param(Act(takes=True, body=b"{<"), {(UNKNOWN, "garbled_answer"), (UNKNOWN, "no_id")}, id="half an answer"),
    pytest.param(Act(takes=True, body=b"\xff\x00"), {(UNKNOWN, "garbled_answer"), (UNKNOWN, "no_id")}, id="bytes"),
    pytest.param(Act(status=418, body=b"tea"), {(UNKNOWN, "garbled_answer"), (UNKNOWN, "http_418")}, id="418"),
    pytest.param(
        Act(status=302, body=b"", headers={"Location": "https://x.invalid/"}),
        {(UNKNOWN, "garbled_answer"), (UNKNOWN, "http_302")},
        id="302",
    ),
    pytest.param(Act(status=401, body=b""), {(UNKNOWN, "garbled_answer"), (NOT_SENT, "auth")}, id="401"),
    pytest.param(Act(status=403, body=b"<html>"), {(UNKNOWN, "garbled_answer"), (NOT_SENT, "auth")}, id="403"),
]


@pytest.mark.parametrize(("act", "either"), WORDLESS)
def test_an_answer_that_is_not_in_the_services_form_is_no_refusal(
    stand: Stand, act: Act, either: set[tuple[AttemptState, str]]
) -> None:
    """The SDK reads JSON more kindly than XML, so the services differ; none takes it for the service's own word."""
    fake = stand.does(act)

    outcomes = stand.send(seeds=SEEDS)

    assert {(outcome.state, outcome.code) for outcome in outcomes} < either
    assert len(fake.requests) == SEEDS


LEAVES = Act()

ANSWERS = [
    pytest.param(500, "InternalServerException", LEAVES, UNKNOWN, "InternalServerException", id="500, not taken"),
    pytest.param(500, "InternalServerException", TAKEN, UNKNOWN, "InternalServerException", id="500, taken"),
    pytest.param(503, "ServiceUnavailable", LEAVES, UNKNOWN, "ServiceUnavailable", id="503, not taken"),
    pytest.param(503, "ServiceUnavailable", TAKEN, UNKNOWN, "ServiceUnavailable", id="503, taken"),
    pytest.param(400, "ValidationException", LEAVES, REFUSED, "ValidationException", id="a bad number"),
    pytest.param(400, "ThrottlingException", LEAVES, NOT_SENT, "ThrottlingException", id="throttled"),
    pytest.param(429, "TooManyRequestsException", LEAVES, NOT_SENT, "TooManyRequestsException", id="429"),
    pytest.param(403, "ExpiredTokenException", LEAVES, NOT_SENT, "auth", id="a token that has expired"),
    pytest.param(400, "UnrecognizedClientException", LEAVES, NOT_SENT, "auth", id="a key that is gone"),
    pytest.param(400, "AccessDeniedException", LEAVES, NOT_SENT, "auth", id="a role that may not"),
]


@pytest.mark.parametrize(("status", "word", "act", "state", "code"), ANSWERS)
def test_says_what_an_answer_means(
    stand: Stand, status: int, word: str, act: Act, state: AttemptState, code: str
) -> None:
    fake = stand.does(Act(status=status, body=stand.case.dialect.refusal(word, ""), takes=act.takes))

    outcomes = stand.send(seeds=SEEDS)

    assert {(outcome.state, outcome.code) for outcome in outcomes} == {(state, code)}
    assert len(fake.taken) == (SEEDS if act.takes else 0)
    assert len(fake.requests) == SEEDS
    assert not any(word in repr(outcomes) for word in ("canary", stand.case.address))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Mon, 04 May 2026 13:00:30 GMT", 30.0),
        ("Mon, 04 May 2026 12:59:30 GMT", BUSY_PAUSE_S),
        ("999999999", 3600.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600.0),
        ("-5", BUSY_PAUSE_S),
        ("nan", BUSY_PAUSE_S),
        ("inf", BUSY_PAUSE_S),
        ("soon", BUSY_PAUSE_S),
        ("", BUSY_PAUSE_S),
    ],
)
def test_passes_on_how_long_to_wait_within_reason(stand: Stand, header: str, seconds: float) -> None:
    stand.does(stand.fake.refusing(429, "ThrottlingException", Retry_After=header))

    (outcome,) = stand.send()

    assert (outcome.state, outcome.retry_after_s) == (NOT_SENT, seconds)


def test_throttled_without_a_word_on_how_long(stand: Stand) -> None:
    stand.does(stand.fake.refusing(400, "Throttling"))

    (outcome,) = stand.send()

    assert outcome == SendOutcome(state=NOT_SENT, code="Throttling", retry_after_s=BUSY_PAUSE_S)


NO_ID = {"SNS": b"<PublishResponse><PublishResult/></PublishResponse>"}


def test_an_answer_without_an_id_may_be_either(stand: Stand) -> None:
    stand.does(Act(takes=True, body=NO_ID.get(stand.case.dialect.service, b"{}")))

    (outcome,) = stand.send()

    assert outcome == SendOutcome(state=UNKNOWN, code="no_id")


def test_a_service_that_never_answers_sees_one_request_whatever_the_environment_asks_for(
    stand: Stand, tmp_path: Path
) -> None:
    """By default the SDK would send five."""
    case, fake = stand.case, stand.does(Act(takes=True, then="hang"))
    with aws_environment(tmp_path, fake, AWS_MAX_ATTEMPTS="5", AWS_RETRY_MODE="standard"):
        api = AwsApi(case.service, region=REGION, clock=CLOCK, patience=HASTY)

    outcome = case.over(api, CLOCK).send(message(case))

    assert outcome == SendOutcome(state=UNKNOWN, code="timeout")
    assert len(fake.requests) == len(fake.taken) == 1


def test_a_service_that_drips_cannot_hold_us_longer_than_the_limit(stand: Stand) -> None:
    stand.does(Act(takes=True, then="drip"))
    started = time.monotonic()

    stand.send(patience=HASTY)

    assert time.monotonic() - started < 3  # the answer alone would take more than six


def test_an_answer_that_comes_too_late_changes_nothing(stand: Stand) -> None:
    fake = stand.does(TAKEN)
    fake.once.append(Act(takes=True, then="drip", body=b""))

    outcomes = stand.send(patience=HASTY, seeds=2)

    assert [outcome.state for outcome in outcomes] == [UNKNOWN, ACCEPTED]
    assert len(fake.taken) == 2


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    with FakeService(SNS, authority=STRANGER) as fake:
        failure = called(AwsService.SNS, tmp_path, fake.url, QUICK)

    assert failure == ApiFailure(kind=ApiFailureKind.UNREACHED, code="tls_certificate")
    assert fake.requests == []


def test_a_name_that_does_not_resolve(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    (outcome,) = stand.send()

    assert outcome == SendOutcome(state=NOT_SENT, code="dns")


def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    with FakeService(SNS) as gone:
        pass

    failure = called(AwsService.SNS, tmp_path, gone.url)

    assert failure == ApiFailure(kind=ApiFailureKind.UNREACHED, code="connection_refused")


@pytest.fixture
def deaf_url() -> Iterator[str]:
    """Yield an address whose queue of connections is full, so that nobody answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)  # noqa: FBT003 the only way to say it
            client.connect_ex(listener.getsockname())
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"


def called(service: AwsService, folder: Path, url: str, patience: Patience = HASTY) -> ApiAnswer | ApiFailure:
    with aws_environment(folder, AWS_ENDPOINT_URL=url):
        api = AwsApi(service, region=REGION, clock=CLOCK, patience=patience)
        result = api.call("publish", {"PhoneNumber": "+12065550100", "Message": "canary"})
        api.close()
    return result


def test_a_service_that_does_not_answer_the_call(tmp_path: Path, deaf_url: str) -> None:
    failure = called(AwsService.SNS, tmp_path, deaf_url)

    assert failure == ApiFailure(kind=ApiFailureKind.UNREACHED, code="timeout")


def test_a_proxy_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeService(SNS) as gone:
        pass

    with aws_environment(tmp_path, HTTPS_PROXY=gone.url.replace("https", "http"), no_proxy=""):
        api = AwsApi(AwsService.SNS, region=REGION, clock=CLOCK, patience=QUICK)
        failure = api.call("publish", {"PhoneNumber": "+12065550100", "Message": "canary"})

    assert failure == ApiFailure(kind=ApiFailureKind.UNREACHED, code="proxy")


def test_a_long_mail_of_which_the_end_never_left_was_not_sent(tmp_path: Path) -> None:
    text = "0123456789 " * 1_500_000  # more than the sockets of both sides hold

    with FakeService(SES, always=Act(reads="half")) as fake, opened(CASES["ses"], fake, tmp_path, CLOCK) as channel:
        outcome = channel.send(message(CASES["ses"], text=text))

    assert outcome.state is NOT_SENT
    assert fake.taken == []


def test_what_we_have_given_up_does_not_leave_us_later(tmp_path: Path) -> None:
    """A name that takes long to resolve must not become a message that nobody waits for."""
    real, resolved = socket.getaddrinfo, threading.Event()

    def slow(*values: object, **named: object) -> object:
        resolved.wait(5)
        return real(*values, **named)  # type: ignore[arg-type]

    with FakeService(SNS) as fake, pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", slow)
        with opened(CASES["sns"], fake, tmp_path, CLOCK, patience=HASTY) as channel:
            outcome = channel.send(message(CASES["sns"]))
        resolved.set()
        for thread in threading.enumerate():
            if thread.name == "aws-call":
                thread.join(5)

    assert outcome == SendOutcome(state=NOT_SENT, code="timeout")
    assert fake.taken == []


def test_without_credentials_nothing_is_sent(stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, fake = stand.case, stand.does(TAKEN)
    with aws_environment(tmp_path, fake):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        api = AwsApi(case.service, region=REGION, clock=CLOCK, patience=QUICK)
        outcome = case.over(api, CLOCK).send(message(case))

    assert outcome == SendOutcome(state=NOT_SENT, code="auth")
    assert fake.requests == []


def test_a_message_that_the_sdk_itself_will_not_send_is_refused(tmp_path: Path) -> None:
    with FakeService(EUM) as fake, aws_environment(tmp_path, fake):
        api = AwsApi(AwsService.END_USER_MESSAGING, region=REGION, clock=CLOCK, patience=QUICK)
        failure = api.call("send_text_message", {"DestinationPhoneNumber": ""})

    assert failure == ApiFailure(kind=ApiFailureKind.REFUSED, code="invalid_message")


def test_a_call_that_the_sdk_does_not_know_is_ours_to_mend(tmp_path: Path) -> None:
    with FakeService(EUM) as fake, aws_environment(tmp_path, fake):
        api = AwsApi(AwsService.END_USER_MESSAGING, region=REGION, clock=CLOCK, patience=QUICK)
        failure = api.call("send_pigeon", {})

    assert failure == ApiFailure(kind=ApiFailureKind.UNREACHED, code="internal")


def test_a_message_past_its_use_makes_no_call(stand: Stand) -> None:
    fake = stand.does(TAKEN)

    outcomes = stand.send(expires_at=NOW) + stand.send(expires_at=NOW - timedelta(hours=1))

    assert outcomes == [SendOutcome(state=NOT_SENT, code="expired")] * 2
    assert fake.requests == []


def test_says_how_to_install_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    with pytest.raises(InvalidInputError, match=r"pip install 'kept\[aws\]'"):
        AwsApi(AwsService.SNS, region=REGION, clock=CLOCK)


def test_says_what_to_look_at_when_the_sdk_cannot_work(tmp_path: Path) -> None:
    with (
        aws_environment(tmp_path, AWS_PROFILE="canary"),
        pytest.raises(InvalidInputError, match="ProfileNotFound") as caught,
    ):
        AwsApi(AwsService.SNS, region=REGION, clock=CLOCK)

    assert "canary" not in str(caught.value)
