"""
What every failure of a mail server means for the message, judged by what the server really took.

An accepted message is in the server's hands once; one not sent or refused, never; only an unknown may be either.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from kept.adapters.smtp import SmtpChannel
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from tests.adapters.smtp_server import Act, ScriptedServer
from tests.contracts.channels import StoppedClock, outgoing, quick_settings

ACCEPTED = AttemptState.ACCEPTED
REFUSED = AttemptState.REFUSED
NOT_SENT = AttemptState.NOT_SENT
UNKNOWN = AttemptState.UNKNOWN

ADDRESS = "ann@example.com"
LONG = "0123456789 " * 1_500_000  # more than the sockets of both sides hold


def send(port: int, *, text: str = "canary text", **settings: object) -> SendOutcome:
    channel = SmtpChannel(quick_settings(port, **settings), clock=StoppedClock())
    try:
        return channel.send(outgoing(ChannelName.EMAIL, ADDRESS, subject="canary subject", text=text))
    finally:
        channel.close()


NO_PATIENCE: dict[str, Any] = {"connect_timeout_s": 0.2, "command_timeout_s": 0.2, "after_data_timeout_s": 0.2}
LOGIN = {"username": "kept", "password": "canary password"}
OFFERS_LOGIN = Act(says="250-scripted\n250 AUTH PLAIN LOGIN")

FAULTS = [
    # before a word about the message
    pytest.param({"greeting": Act(then="hang up")}, NOT_SENT, "connection_lost", id="hangs up at once"),
    pytest.param({"greeting": Act(then="reset")}, NOT_SENT, "connection_lost", id="resets at once"),
    pytest.param({"greeting": Act(then="hang")}, NOT_SENT, "timeout", id="never greets"),
    pytest.param({"greeting": Act(says="220 " + "x" * 99, then="drip")}, NOT_SENT, "timeout", id="drips a greeting"),
    pytest.param({"greeting": Act(says="SSH-2.0-OpenSSH_9.2")}, NOT_SENT, "garbled_answer", id="is no mail server"),
    pytest.param({"greeting": Act(raw=b"\xff" * 9_000)}, NOT_SENT, "garbled_answer", id="sends a line without end"),
    pytest.param({"greeting": Act(says="220-x\n" * 300)}, NOT_SENT, "garbled_answer", id="sends lines without end"),
    pytest.param({"greeting": Act(says="554 5.3.2 no service")}, NOT_SENT, "smtp_554 5.3.2", id="greets with 554"),
    pytest.param({"greeting": Act(says="421 later")}, NOT_SENT, "smtp_421", id="greets with 421"),
    pytest.param({"ehlo": Act(says="550 no")}, NOT_SENT, "smtp_550", id="refuses EHLO"),
    pytest.param({"ehlo": Act(then="hang up")}, NOT_SENT, "connection_lost", id="hangs up at EHLO"),
    # about the sender
    pytest.param({"mail": Act(says="451 4.3.0 busy")}, NOT_SENT, "smtp_451 4.3.0", id="MAIL not now"),
    pytest.param({"mail": Act(says="553 5.1.8 no such")}, REFUSED, "smtp_553 5.1.8", id="MAIL never"),
    pytest.param({"mail": Act(says="530 5.7.0 log in")}, NOT_SENT, "auth", id="MAIL wants a login"),
    pytest.param({"mail": Act(says="250 ok\n250 and more")}, NOT_SENT, "garbled_answer", id="answers MAIL twice"),
    pytest.param({"mail": Act(then="reset")}, NOT_SENT, "connection_lost", id="resets at MAIL"),
    pytest.param({"mail": Act(then="hang")}, NOT_SENT, "timeout", id="no answer to MAIL"),
    # about the recipient
    pytest.param({"rcpt": Act(says=f"550 5.1.1 {ADDRESS}: no")}, REFUSED, "smtp_550 5.1.1", id="RCPT never"),
    pytest.param({"rcpt": Act(says=f"450 {ADDRESS}: later")}, NOT_SENT, "smtp_450", id="RCPT not now"),
    pytest.param({"rcpt": Act(says="421 4.3.2 bye", then="hang up")}, NOT_SENT, "smtp_421 4.3.2", id="421 at RCPT"),
    pytest.param({"rcpt": Act(then="hang up")}, NOT_SENT, "connection_lost", id="hangs up at RCPT"),
    # about the mail, before its end
    pytest.param({"data": Act(says="451 4.3.0 busy")}, NOT_SENT, "smtp_451 4.3.0", id="DATA not now"),
    pytest.param({"data": Act(says="554 5.5.1 no")}, REFUSED, "smtp_554 5.5.1", id="DATA never"),
    pytest.param({"data": Act(says="250 what?")}, NOT_SENT, "protocol", id="DATA answered as if done"),
    pytest.param({"data": Act(says="354 go\n452 4.3.1 full")}, NOT_SENT, "smtp_452 4.3.1", id="452 within the mail"),
    pytest.param({"data": Act(says="354 go\n552 5.2.3 big")}, REFUSED, "smtp_552 5.2.3", id="552 within the mail"),
    # from the final dot on
    pytest.param({"dot": Act(says="451 4.3.0 no")}, NOT_SENT, "smtp_451 4.3.0", id="not now, to the dot"),
    pytest.param({"dot": Act(says="554 5.7.1 spam")}, REFUSED, "smtp_554 5.7.1", id="never, to the dot"),
    pytest.param({"dot": Act(says="354 more")}, UNKNOWN, "protocol", id="go on, to the dot"),
    pytest.param({"dot": Act(says="???")}, UNKNOWN, "garbled_answer", id="nonsense to the dot, not taken"),
    pytest.param({"dot": Act(says="ok!", takes=True)}, UNKNOWN, "garbled_answer", id="nonsense to the dot, taken"),
    pytest.param({"dot": Act(then="hang")}, UNKNOWN, "timeout", id="silent after the dot, not taken"),
    pytest.param({"dot": Act(then="hang", takes=True)}, UNKNOWN, "timeout", id="silent after the dot, taken"),
    pytest.param({"dot": Act(then="reset")}, UNKNOWN, "connection_lost", id="resets after the dot, not taken"),
    pytest.param({"dot": Act(then="reset", takes=True)}, UNKNOWN, "connection_lost", id="resets after the dot, taken"),
    pytest.param({"dot": Act(raw=b"250 o", then="hang up", takes=True)}, UNKNOWN, "connection_lost", id="half a 250"),
    pytest.param({"dot": Act(says="250 " + "x" * 99, then="drip", takes=True)}, UNKNOWN, "timeout", id="drips a 250"),
    pytest.param({}, ACCEPTED, "", id="nothing"),
]


@pytest.mark.parametrize(("script", "state", "code"), FAULTS)
def test_says_by_where_it_failed_whether_a_second_copy_may_be_sent(
    script: dict[str, Act], state: AttemptState, code: str
) -> None:
    patience = NO_PATIENCE if code == "timeout" else {}

    with ScriptedServer(script) as server:
        outcome = send(server.port, **patience)

    assert (outcome.state, outcome.code) == (state, code)
    assert len(server.taken) in {ACCEPTED: {1}, REFUSED: {0}, NOT_SENT: {0}, UNKNOWN: {0, 1}}[state]
    assert server.verbs().count("MAIL") <= 1
    assert "canary" not in repr(outcome)
    assert ADDRESS not in repr(outcome)


@pytest.mark.parametrize("then", ["hang up", "reset"])
def test_a_connection_lost_within_a_long_mail_left_nothing_behind(then: str) -> None:
    with ScriptedServer({"data": Act(says="354 go on", then=then)}) as server:  # type: ignore[arg-type]
        outcome = send(server.port, text=LONG)

    assert outcome == SendOutcome(state=NOT_SENT, code="connection_lost")
    assert server.taken == []


def test_a_server_that_stops_reading_within_a_long_mail_took_nothing() -> None:
    with ScriptedServer({"data": Act(says="354 go on", then="stall")}) as server:
        outcome = send(server.port, text=LONG, sending_limit_s=0.7)

    assert outcome == SendOutcome(state=NOT_SENT, code="timeout")
    assert server.taken == []


LOGINS = [
    pytest.param({"ehlo": OFFERS_LOGIN, "auth": Act(says="535 5.7.8 no")}, "auth", id="wrong password"),
    pytest.param({"ehlo": OFFERS_LOGIN, "auth": Act(says="454 4.7.0 later")}, "smtp_454", id="not now"),
    pytest.param({"ehlo": OFFERS_LOGIN, "auth": Act(then="hang up")}, "connection_lost", id="hangs up"),
    pytest.param({}, "auth", id="offers no login"),
    pytest.param({"ehlo": Act(says="250-x\n250 AUTH GSSAPI")}, "auth", id="offers none that we know"),
]


@pytest.mark.parametrize(("script", "code"), LOGINS)
def test_without_a_login_nothing_is_sent(script: dict[str, Act], code: str) -> None:
    with ScriptedServer(script) as server:
        outcome = send(server.port, **LOGIN)

    assert outcome == SendOutcome(state=NOT_SENT, code=code)
    assert "MAIL" not in server.verbs()


def test_a_login_that_works_is_followed_by_the_mail() -> None:
    with ScriptedServer({"ehlo": OFFERS_LOGIN}) as server:
        outcome = send(server.port, **LOGIN)

    assert outcome.state is ACCEPTED
    assert server.verbs()[:3] == ["EHLO", "AUTH", "MAIL"]


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert send(1) == SendOutcome(state=NOT_SENT, code="dns")


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    assert send(port) == SendOutcome(state=NOT_SENT, code="connection_refused")


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Yield a port whose queue of connections is full, so that nobody answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as waiting:
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)  # noqa: FBT003 the only way to say it
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_server_that_does_not_answer_the_call(deaf_port: int) -> None:
    assert send(deaf_port, **NO_PATIENCE) == SendOutcome(state=NOT_SENT, code="timeout")


def test_an_error_that_nobody_foresaw_before_the_dot_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(socket, "create_connection", broken)

    assert send(1) == SendOutcome(state=NOT_SENT, code="internal")


def test_a_server_that_drips_its_answer_cannot_hold_us_longer_than_the_limit() -> None:
    started = time.monotonic()
    with ScriptedServer({"ehlo": Act(says="250 " + "x" * 500, then="drip")}) as server:
        send(server.port, command_timeout_s=10, sending_limit_s=0.3)
        took = time.monotonic() - started

    assert took < 1


def test_a_message_whose_time_has_run_out_does_not_even_open_a_connection() -> None:
    with ScriptedServer() as server:
        channel = SmtpChannel(quick_settings(server.port), clock=StoppedClock())
        outcome = channel.send(outgoing(ChannelName.EMAIL, ADDRESS, expires_at=StoppedClock().now()))

    assert outcome == SendOutcome(state=NOT_SENT, code="expired")
    assert server.connections == 0


class RunningOut:
    """A clock on which the message's time runs out between the first look and the second."""

    def __init__(self) -> None:
        self._times = [datetime(2026, 5, 4, 13, tzinfo=UTC), datetime(2026, 5, 4, 15, tzinfo=UTC)]

    def now(self) -> datetime:
        return self._times.pop(0)


def test_a_message_whose_time_runs_out_while_we_connect_is_not_sent() -> None:
    with ScriptedServer() as server:
        channel = SmtpChannel(quick_settings(server.port), clock=RunningOut())
        outcome = channel.send(outgoing(ChannelName.EMAIL, ADDRESS))

    assert outcome == SendOutcome(state=NOT_SENT, code="expired")
    assert "MAIL" not in server.verbs()
