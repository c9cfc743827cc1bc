from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from kept.adapters.smtp import SmtpChannel
from kept.adapters.smtp import connections as smtp_connections
from kept.core.notifications import AttemptState
from kept.core.people import ChannelName
from kept.ports.channel import OutgoingMessage
from tests.adapters.smtp_server import Act, ScriptedServer
from tests.contracts.channels import NOW, StoppedClock, outgoing, quick_settings

ADDRESS = "ann@example.com"


def mail(**changes: object) -> OutgoingMessage:
    return outgoing(ChannelName.EMAIL, ADDRESS, **changes)


def channel_to(port: int, **settings: object) -> SmtpChannel:
    return SmtpChannel(quick_settings(port, **settings), clock=StoppedClock())


class Postbox:
    """Keeps what an ordinary mail server receives."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        self.envelopes.append(envelope)
        return "250 2.0.0 accepted"


class FreePortController(Controller):
    """Listens where nobody else does."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def server(postbox: Postbox) -> Iterator[Controller]:
    controller = FreePortController(postbox, hostname="127.0.0.1", port=0)
    controller.start()
    yield controller
    controller.stop()


@pytest.mark.parametrize("text", ["See you.", ".\n..\nlast line", "é" * 3_000, ""])
def test_an_ordinary_server_receives_the_mail_whole(server: Controller, postbox: Postbox, text: str) -> None:
    channel = channel_to(server.port)

    outcome = channel.send(mail(text=text))
    channel.close()

    [envelope] = postbox.envelopes
    assert outcome.state is AttemptState.ACCEPTED
    assert outcome.provider_message_id == "ntf_1.email@practice.example"
    assert (envelope.mail_from, envelope.rcpt_tos) == ("reminders@practice.example", [ADDRESS])
    assert isinstance(envelope.content, bytes)
    assert f"To: {ADDRESS}\r\n".encode() in envelope.content


def test_many_threads_share_the_channel(server: Controller, postbox: Postbox) -> None:
    channel = channel_to(server.port, idle_connections=4)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: channel.send(mail(dedupe_key=f"ntf_{n}")), range(80)))
    channel.close()

    assert {outcome.state for outcome in outcomes} == {AttemptState.ACCEPTED}
    assert {outcome.provider_message_id for outcome in outcomes} == {f"ntf_{n}@practice.example" for n in range(80)}
    assert len(postbox.envelopes) == 80


@pytest.mark.parametrize(
    "answer",
    ["250 2.0.0 Ok: queued as 4XyZ12", "250 OK id=1tAbCd-000000-2x", "250 2.6.0 <x> [InternalId=123] Queued", "250 Ok"],
)
def test_a_mail_is_known_by_the_id_that_answers_and_reports_name(answer: str) -> None:
    with ScriptedServer({"dot": Act(says=answer, takes=True)}) as server:
        outcome = channel_to(server.port, idle_connections=0).send(mail())

    assert outcome.provider_message_id == "ntf_1.email@practice.example"


REPORTING = {"ehlo": Act(says="250-scripted\n250-DSN\n250 ENHANCEDSTATUSCODES")}
BOUNCES = "bounces@practice.example"


def test_asks_for_a_report_of_whatever_happens_and_gives_each_attempt_a_return_path() -> None:
    with ScriptedServer(REPORTING) as server:
        channel = channel_to(server.port, bounce_address=BOUNCES)
        outcome = channel.send(mail())
        channel.close()

    assert outcome.state is AttemptState.ACCEPTED
    assert server.commands[1:3] == [
        "MAIL FROM:<bounces+ntf_1.email.1@practice.example> RET=HDRS ENVID=ntf_1.email.1",
        "RCPT TO:<ann@example.com> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;ann@example.com",
    ]
    assert channel.capabilities.receipts


def test_a_recipient_stands_in_the_report_as_a_parameter_can_hold_it() -> None:
    with ScriptedServer(REPORTING) as server:
        channel = channel_to(server.port, bounce_address=BOUNCES)
        channel.send(mail(to="ann+visits=x@example.com"))
        channel.close()

    assert server.commands[2].endswith("ORCPT=rfc822;ann+2Bvisits+3Dx@example.com")


def test_where_no_reports_are_offered_none_are_promised_but_failures_still_find_the_attempt() -> None:
    with ScriptedServer() as server:
        channel = channel_to(server.port, bounce_address=BOUNCES)
        promised = channel.capabilities.receipts
        channel.send(mail())
        channel.close()

    assert server.commands[1:3] == ["MAIL FROM:<bounces+ntf_1.email.1@practice.example>", "RCPT TO:<ann@example.com>"]
    assert promised
    assert not channel.capabilities.receipts
    assert channel.capabilities.replies


def test_where_nobody_reads_reports_none_are_asked_for() -> None:
    with ScriptedServer(REPORTING) as server:
        channel = channel_to(server.port)
        channel.send(mail())
        channel.close()

    assert server.commands[1:3] == ["MAIL FROM:<reminders@practice.example>", "RCPT TO:<ann@example.com>"]
    assert not channel.capabilities.receipts
    assert not channel.capabilities.replies


def test_uses_a_connection_again_from_a_clean_start() -> None:
    with ScriptedServer() as server:
        channel = channel_to(server.port)
        for _ in range(3):
            channel.send(mail())
        channel.close()

    assert server.connections == 1
    assert server.verbs() == ["EHLO", *["MAIL", "RCPT", "DATA", "RSET"] * 2, "MAIL", "RCPT", "DATA", "QUIT"]


def test_a_refusal_does_not_cost_the_connection() -> None:
    with ScriptedServer(once={"rcpt": Act(says="550 5.1.1 no")}) as server:
        channel = channel_to(server.port)
        outcomes = [channel.send(mail()).state.value for _ in range(2)]
        channel.close()

    assert outcomes == ["refused", "accepted"]
    assert server.connections == 1


@pytest.mark.parametrize("then", ["hang up", "reset", "hang"])
def test_a_kept_connection_that_died_is_replaced_and_the_mail_goes_once(then: str) -> None:
    with ScriptedServer(once={"rset": Act(then=then)}) as server:  # type: ignore[arg-type]
        channel = channel_to(server.port, command_timeout_s=0.3)
        outcomes = [channel.send(mail()).state.value for _ in range(2)]
        channel.close()

    assert outcomes == ["accepted", "accepted"]
    assert (server.connections, len(server.taken)) == (2, 2)


def test_a_server_that_said_goodbye_while_we_were_idle_is_called_again() -> None:
    goodbye = Act(says="250 2.0.0 Ok\n421 4.4.2 idle too long", takes=True, then="hang up")
    with ScriptedServer(once={"dot": goodbye}) as server:
        channel = channel_to(server.port)
        outcomes = [channel.send(mail()).state.value for _ in range(2)]
        channel.close()

    assert outcomes == ["accepted", "accepted"]
    assert (server.connections, len(server.taken)) == (2, 2)


def test_an_old_connection_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_connections, "MOST_IDLE_S", 0.0)

    with ScriptedServer() as server:
        channel = channel_to(server.port)
        for _ in range(2):
            channel.send(mail())
        channel.close()

    assert server.connections == 2
    assert "RSET" not in server.verbs()


def test_keeps_no_connection_when_told_so() -> None:
    with ScriptedServer() as server:
        channel = channel_to(server.port, idle_connections=0)
        for _ in range(2):
            channel.send(mail())

    assert server.connections == 2
    assert server.verbs().count("QUIT") == 2


def test_hangs_up_after_421_even_when_it_is_the_answer_to_a_mail() -> None:
    with ScriptedServer(once={"dot": Act(says="421 4.3.2 shutting down")}) as server:
        channel = channel_to(server.port)
        outcomes = [channel.send(mail()).state.value for _ in range(2)]
        channel.close()

    assert outcomes == ["not_sent", "accepted"]
    assert server.connections == 2


def test_a_server_that_does_not_say_goodbye_does_not_keep_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_connections, "FAREWELL_S", 0.1)
    with ScriptedServer({"quit": Act(then="hang")}) as server:
        channel = channel_to(server.port)
        channel.send(mail())
        started = time.monotonic()
        channel.close()
        took = time.monotonic() - started

    assert took < 1


def test_what_comes_back_after_closing_is_hung_up() -> None:
    with ScriptedServer() as server:
        channel = channel_to(server.port)
        channel.close()
        outcome = channel.send(mail())

    assert outcome.state is AttemptState.ACCEPTED
    assert server.verbs()[-1] == "QUIT"


@pytest.mark.parametrize(
    ("offer", "expires_in", "parameter"),
    [
        ("DELIVERBY", timedelta(hours=2), " BY=7200;R"),
        ("DELIVERBY 60", timedelta(seconds=60.9), " BY=60;R"),
        ("DELIVERBY 120", timedelta(seconds=119), ""),
        ("DELIVERBY", timedelta(days=40_000), " BY=999999999;R"),
        ("SIZE", timedelta(hours=2), ""),
    ],
)
def test_asks_for_the_mail_back_instead_of_a_late_delivery_where_offered(
    offer: str, expires_in: timedelta, parameter: str
) -> None:
    with ScriptedServer({"ehlo": Act(says=f"250-scripted\n250 {offer}")}) as server:
        channel = channel_to(server.port)
        channel.send(mail(expires_at=NOW + expires_in))
        channel.close()

    assert server.commands[1] == f"MAIL FROM:<reminders@practice.example>{parameter}"


def test_its_time_limit_holds_all_of_its_waits() -> None:
    channel = channel_to(25, sending_limit_s=120.0, after_data_timeout_s=600.0)

    assert channel.timeout_s == 720.0


def test_nobody_can_ask_a_mail_server_later() -> None:
    assert channel_to(25).lookup("ntf_1.email") is None
