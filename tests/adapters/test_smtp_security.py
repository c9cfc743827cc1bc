from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import pytest

from kept.adapters.smtp import Security, SmtpChannel
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from tests.adapters.smtp_certificates import Certificates
from tests.adapters.smtp_server import Act, ScriptedServer
from tests.contracts.channels import StoppedClock, outgoing, quick_settings

MAIL = outgoing(ChannelName.EMAIL, "ann@example.com")
OFFERS_TLS = {"ehlo": Act(says="250-scripted\n250-STARTTLS\n250 AUTH PLAIN")}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def send(port: int, **settings: object) -> SendOutcome:
    channel = SmtpChannel(quick_settings(port, **settings), clock=StoppedClock())
    try:
        return channel.send(MAIL)
    finally:
        channel.close()


def not_sent(code: str) -> SendOutcome:
    return SendOutcome(state=AttemptState.NOT_SENT, code=code)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_hands_over_and_logs_in_only_behind_tls(certificates: Certificates, security: Security) -> None:
    tls_first = security is Security.TLS
    server = ScriptedServer(OFFERS_TLS, tls=certificates.server("127.0.0.1"), tls_first=tls_first)

    with server:
        outcome = send(server.port, security=security, ca_file=certificates.ca_file, username="kept", password="secret")

    assert outcome.state is AttemptState.ACCEPTED
    opening = [] if tls_first else ["EHLO", "STARTTLS"]
    assert server.verbs() == [*opening, "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize("name", ["127.0.0.1", "mail.example.com"], ids=["unknown authority", "another name"])
def test_says_nothing_to_a_server_that_cannot_prove_who_it_is(
    certificates: Certificates, tmp_path: Path, security: Security, name: str
) -> None:
    others = Certificates(tmp_path)
    trusted = others if name == "127.0.0.1" else certificates
    server = ScriptedServer(OFFERS_TLS, tls=certificates.server(name), tls_first=security is Security.TLS)

    with server:
        outcome = send(server.port, security=security, ca_file=trusted.ca_file)

    assert outcome == not_sent("tls_certificate")
    assert "MAIL" not in server.verbs()


def test_does_not_trust_an_unknown_authority_by_default(certificates: Certificates) -> None:
    with ScriptedServer(tls=certificates.server("127.0.0.1"), tls_first=True) as server:
        outcome = send(server.port, security=Security.TLS)

    assert outcome == not_sent("tls_certificate")


def test_refuses_tls_before_1_2(certificates: Certificates) -> None:
    old = certificates.server("127.0.0.1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that it is old is the point
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")

    with ScriptedServer(tls=old, tls_first=True) as server:
        outcome = send(server.port, security=Security.TLS, ca_file=certificates.ca_file)

    assert outcome == not_sent("tls")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        pytest.param({}, "starttls_missing", id="taken out by someone between"),
        pytest.param({**OFFERS_TLS, "starttls": Act(says="454 4.7.0 not now")}, "smtp_454 4.7.0", id="not now"),
        pytest.param({**OFFERS_TLS, "starttls": Act(says="220 go", then="hang up")}, "connection_lost", id="hangs up"),
        pytest.param({**OFFERS_TLS, "starttls": Act(says="220 go\n250 x")}, "garbled_answer", id="says too much"),
    ],
)
def test_without_tls_not_a_word_of_the_message_leaves(script: dict[str, Act], code: str) -> None:
    with ScriptedServer(script) as server:
        outcome = send(server.port, security=Security.STARTTLS, username="kept", password="secret")

    assert outcome == not_sent(code)
    assert {"AUTH", "MAIL"}.isdisjoint(server.verbs())


def test_a_plain_server_where_tls_was_expected() -> None:
    with ScriptedServer() as server:
        outcome = send(server.port, security=Security.TLS)

    assert outcome == not_sent("tls")


def test_what_somebody_slips_in_before_tls_is_never_believed(certificates: Certificates) -> None:
    injected = Act(says="220 go ahead\n250-evil\n250 DELIVERBY", then="start tls")
    script = {**OFFERS_TLS, "starttls": injected}

    with ScriptedServer(script, tls=certificates.server("127.0.0.1")) as server:
        outcome = send(server.port, security=Security.STARTTLS, ca_file=certificates.ca_file)

    assert outcome == not_sent("garbled_answer")


def test_names_the_setting_when_the_certificates_cannot_be_read(tmp_path: Path) -> None:
    settings = quick_settings(587, security=Security.TLS, ca_file=tmp_path / "missing.pem")

    with pytest.raises(InvalidInputError, match=r"ca_file: cannot be read .* name a file"):
        SmtpChannel(settings, clock=StoppedClock())
