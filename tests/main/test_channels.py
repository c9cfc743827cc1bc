"""Channels of providers, as the settings choose them, and who reads what comes back."""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from kept.adapters.clock import SimulatedClock
from kept.adapters.twilio.signature import signature
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, IncomingReply
from kept.main.channels import Outside, open_outside, read_event
from kept.main.doctor import _of_channels
from kept.main.settings import Settings, SettingsError, changed, public_url
from kept.ports.webhook import ForgedError, WebhookRequest
from tests.adapters.smtp_server import Act, ScriptedServer
from tests.adapters.sns_certificates import ROOT
from tests.entrypoints.http_api.world import Asked, sent

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-west-2:123456789012:kept-events"
REGION = {"aws_region": "us-west-2"}
EUM = {"sms": "end_user_messaging", "sms_origination": "+12065550199", **REGION}
SES = {"email": "ses", "ses_sender": "reminders@practice.example", **REGION}
TWILIO = {
    "sms": "twilio",
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "t0ken",
    "twilio_sender": "+12065550199",
}
REACHABLE = {"public_url": "https://kept.example/"}


@pytest.fixture(autouse=True)
def no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep whatever this machine is signed in with out of the tests."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def opened(tmp_path: Path, **choice: object) -> Outside:
    settings = changed(Settings(data=tmp_path), **choice)
    with ExitStack() as stack:
        return open_outside(settings, clock=SimulatedClock(NOW), stack=stack)


def refused(tmp_path: Path, **choice: object) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        opened(tmp_path, **choice)
    return {problem.field: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("choice", "channel", "provider", "has_receipts"),
    [
        ({"sms": "sns", **REGION}, ChannelName.SMS, "sns", False),
        (EUM, ChannelName.SMS, "end_user_messaging", False),
        ({**EUM, "sms_configuration_set": "kept"}, ChannelName.SMS, "end_user_messaging", True),
        (TWILIO, ChannelName.SMS, "twilio", False),
        ({**TWILIO, **REACHABLE}, ChannelName.SMS, "twilio", True),
        (SES, ChannelName.EMAIL, "ses", False),
        ({**SES, "ses_configuration_set": "kept"}, ChannelName.EMAIL, "ses", True),
    ],
)
def test_a_provider_is_opened_with_what_was_set(
    tmp_path: Path,
    choice: dict[str, object],
    channel: ChannelName,
    provider: str,
    has_receipts: bool,  # noqa: FBT001
) -> None:
    found = opened(tmp_path, **choice)

    assert [(name, c.provider) for name, c in found.channels.items()] == [(channel, provider)]
    assert found.channels[channel].capabilities.receipts is has_receipts
    assert list(found.readers) == (["twilio"] if provider == "twilio" else [])


@pytest.mark.parametrize(
    ("choice", "field", "said"),
    [
        ({"sms": "sns"}, "aws_region", "give a region such as us-west-2"),
        ({"sms": "end_user_messaging", **REGION}, "sms_origination", "must be a number such as"),
        ({**EUM, "sms_max_price": "1000"}, "sms_max_price", "must be US dollars"),
        ({**TWILIO, "twilio_account_sid": "AC1"}, "twilio_account_sid", "must be AC and 32"),
        ({**TWILIO, "twilio_auth_token": ""}, "twilio_auth_token", "must be"),
        ({**TWILIO, "twilio_sender": "?"}, "twilio_sender", "must be"),
        ({**TWILIO, "public_url": "https://a b"}, "public_url", "must be"),
        ({**TWILIO, "twilio_previous_auth_token": " "}, "twilio_previous_auth_token", "must be"),
        ({"email": "ses", **REGION}, "ses_sender", "must be one plain e-mail address"),
        ({**REGION, "sns_topics": ["my-topic"]}, "sns_topics", "must be ARNs such as"),
        ({**REGION, "sns_topics": [TOPIC], "sns_ca_file": "/none.pem"}, "sns_ca_file", "cannot be read"),
        ({**REGION, "sns_topics": [TOPIC], "sns_ca_file": "/dev/null"}, "sns_ca_file", "holds no certificate"),
    ],
)
def test_what_is_missing_is_said_under_the_name_of_its_setting(
    tmp_path: Path, choice: dict[str, object], field: str, said: str
) -> None:
    found = refused(tmp_path, **choice)

    assert list(found) == [field]
    assert said in found[field]


@pytest.mark.parametrize("choice", [EUM, SES, {"sms": "sns", **REGION}])
def test_without_the_sdk_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: dict[str, object]
) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    assert refused(tmp_path, **choice) == {
        "aws": "needs the extra for AWS; install it with: pip install 'kept[aws]'",
    }


def test_without_the_library_for_certificates_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.x509", None)

    found = refused(tmp_path, **REGION, sns_topics=[TOPIC], sns_ca_file=str(_root(tmp_path)))

    assert list(found) == ["sns_topics"]
    assert "kept[aws]" in found["sns_topics"]


def test_topics_that_are_named_have_a_reader_and_others_have_none(tmp_path: Path) -> None:
    with_topic = opened(tmp_path, **REGION, sns_topics=[TOPIC], sns_ca_file=str(_root(tmp_path)))

    assert list(with_topic.readers) == ["sns"]
    assert opened(tmp_path).readers == {}


SMTP = {"email": "smtp", "smtp_host": "127.0.0.1", "smtp_security": "none", "smtp_sender": "reminders@practice.example"}
BOUNCES = {"smtp_bounce_address": "bounces@practice.example"}
SECRET = "a secret that nobody guesses"
ANSWER = b"From: ann@example.com\nTo: desk@practice.example\n\nYes\n"


@pytest.mark.parametrize(("choice", "is_awaited"), [(SMTP, False), ({**SMTP, **BOUNCES}, True)])
def test_what_comes_back_by_mail_has_a_reader(tmp_path: Path, choice: dict[str, object], is_awaited: bool) -> None:  # noqa: FBT001
    found = opened(tmp_path, **choice, smtp_inbound_secret=SECRET)

    assert list(found.readers) == ["smtp"]
    assert found.channels[ChannelName.EMAIL].capabilities.receipts is is_awaited
    call = WebhookRequest(
        url="https://kept.example/webhooks/smtp",
        headers={"authorization": f"Bearer {SECRET}"},
        body=ANSWER,
        received_at=NOW,
    )
    found.readers["smtp"].verify(call)
    assert [type(event) for event in found.readers["smtp"].read(call)] == [IncomingReply]


def test_a_secret_that_is_guessed_is_said_under_the_name_of_its_setting(tmp_path: Path) -> None:
    assert "openssl rand" in refused(tmp_path, **SMTP, smtp_inbound_secret="short")["smtp_inbound_secret"]


@pytest.mark.parametrize(
    ("extensions", "choice", "state", "said"),
    [
        ("250-DSN\n", {}, "warn", "set smtp_bounce_address"),
        ("", BOUNCES, "warn", "offers no reports of delivery"),
        ("250-DSN\n", BOUNCES, "ok", "come to bounces@practice.example, and from there by kept receive-mail"),
        ("250-DSN\n", {**BOUNCES, "smtp_inbound_secret": SECRET}, "ok", "or /webhooks/smtp"),
    ],
)
def test_the_doctor_says_whether_mail_can_come_back(
    tmp_path: Path, extensions: str, choice: dict[str, object], state: str, said: str
) -> None:
    from kept.main.assembly import open_parts

    with ScriptedServer({"ehlo": Act(says=f"250-scripted\n{extensions}250 SIZE")}) as server:
        settings = changed(Settings(data=tmp_path / "var"), **SMTP, smtp_port=server.port, **choice)
        with open_parts(settings, checkpoints=False) as parts:
            checks = {check.name: check for check in _of_channels(parts, settings)}

    assert checks["channel email"].state == "ok"
    assert checks["receipts of smtp"].state == state
    assert said in checks["receipts of smtp"].found + checks["receipts of smtp"].remedy


def _root(folder: Path) -> Path:
    path = folder / "root.pem"
    path.write_bytes(ROOT.pem)
    return path


@pytest.mark.parametrize(
    ("body", "provider"),
    [
        (b'{"eventType":"TEXT_DELIVERED","messageId":"m1","isFinal":true}', ["end_user_messaging"]),
        (b'{"eventType":"Delivery","mail":{"messageId":"m1"},"delivery":{}}', ["ses"]),
        (b'{"eventType":"Open","mail":{"messageId":"m1"}}', []),
        (b"Successfully validated SNS topic for Amazon SES event publishing.", []),
    ],
    ids=["text", "mail", "opened", "trial"],
)
def test_a_topic_may_bring_events_of_texts_and_of_mails(body: bytes, provider: list[str]) -> None:
    found = read_event(body, at=NOW)

    assert [event.provider for event in found if isinstance(event, DeliveryReceipt)] == provider


@pytest.mark.parametrize(
    ("choice", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::1", "port": 1}, "http://[::1]:1"),
        ({"public_url": "https://kept.example/at/"}, "https://kept.example/at"),
    ],
)
def test_the_public_address_is_the_one_that_was_set(choice: dict[str, object], url: str) -> None:
    assert public_url(changed(Settings(), **choice)) == url


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({}, "set sns_topics"),
        ({"sns_topics": [TOPIC]}, "set public_url to the https address"),
        ({"sns_topics": [TOPIC], "public_url": "https://kept.example"}, "https://kept.example/webhooks/sns"),
    ],
)
def test_the_doctor_says_whether_word_can_come_back(tmp_path: Path, choice: dict[str, object], said: str) -> None:
    from kept.main.assembly import open_parts

    wanted = {**EUM, "sms_configuration_set": "kept", "sns_ca_file": str(_root(tmp_path)), **choice}
    settings = changed(Settings(data=tmp_path / "var"), **wanted)

    with open_parts(settings, checkpoints=False) as parts:
        checks = list(_of_channels(parts, settings))

    (check,) = (c for c in checks if c.name == "receipts of end_user_messaging")
    assert said in check.found + check.remedy


def test_what_either_token_signed_counts_and_nothing_else(tmp_path: Path) -> None:
    both = {**TWILIO, **REACHABLE, "twilio_previous_auth_token": "older"}
    reader = opened(tmp_path, **both).readers["twilio"]
    url = "https://kept.example/webhooks/twilio?attempt=ntf_1.sms.1"
    form = [("AccountSid", TWILIO["twilio_account_sid"]), ("MessageSid", "SM1"), ("MessageStatus", "sent")]

    def said(token: str) -> WebhookRequest:
        headers = {"x-twilio-signature": signature(url, form, key=token.encode())}
        return WebhookRequest(url=url, headers=headers, body=urlencode(form).encode(), received_at=NOW)

    for token in ("t0ken", "older"):
        reader.verify(said(token))
    with pytest.raises(ForgedError):
        reader.verify(said("other"))


@pytest.mark.parametrize(
    ("choice", "said"),
    [({}, "set public_url to the https address"), (REACHABLE, "https://kept.example/webhooks/twilio")],
)
def test_the_doctor_says_where_twilio_calls(tmp_path: Path, choice: dict[str, object], said: str) -> None:
    from kept.main.assembly import open_parts

    settings = changed(Settings(data=tmp_path / "var"), **TWILIO, **choice)

    with open_parts(settings, checkpoints=False) as parts:
        (check,) = (c for c in _of_channels(parts, settings) if c.name == "receipts of twilio")

    assert said in check.found + check.remedy


@pytest.mark.parametrize(
    ("path", "status"), [("/webhooks/twilio", 403), ("/webhooks/twilio/replies", 403), ("/webhooks/sns", 404)]
)
def test_the_whole_application_hears_those_who_were_chosen(tmp_path: Path, path: str, status: int) -> None:
    from kept.main.application import application
    from kept.main.assembly import open_parts

    settings = changed(Settings(data=tmp_path / "var"), **TWILIO, **REACHABLE)

    with open_parts(settings, checkpoints=False) as parts:
        asked = Asked(body=b"MessageSid=SM1", headers={"host": "kept.example"}, scope=None)
        reply = asyncio.run(sent(application(parts, None), "POST", path, asked))

    assert (reply.status, reply.header("content-type")) == (status, "application/problem+json")
