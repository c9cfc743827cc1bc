from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from kept.adapters.twilio import TwilioSettings
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from tests.adapters.aws_fakes import FakeService
from tests.adapters.twilio_fakes import ACCOUNT, SECRET, TWILIO, sid, twilio_at
from tests.contracts.channels import NOW, StoppedClock, outgoing

CLOCK = StoppedClock()
MESSAGE = outgoing(ChannelName.SMS, "+12065550100", text="Ω & 10:00 + 5%")
SERVICE = "MG" + "0123456789abcdef" * 2


def test_says_everything_that_a_reminder_needs(tmp_path: Path) -> None:
    with FakeService(TWILIO) as fake:
        outcome = twilio_at(fake, tmp_path, CLOCK).send(MESSAGE)

    assert outcome == SendOutcome(state=AttemptState.ACCEPTED, provider_message_id=sid("m-1"))
    assert fake.taken == [
        {
            "From": "+12065550199",
            "To": "+12065550100",
            "Body": "Ω & 10:00 + 5%",
            "ValidityPeriod": "7200",
            "StatusCallback": "https://kept.example/webhooks/twilio?attempt=ntf_1.sms.1",
        }
    ]


def test_a_messaging_service_picks_the_number_and_without_an_address_nobody_calls_back(tmp_path: Path) -> None:
    with FakeService(TWILIO) as fake:
        channel = twilio_at(fake, tmp_path, CLOCK, sender=SERVICE, status_callback="")
        channel.send(MESSAGE)

    assert fake.taken[0]["MessagingServiceSid"] == SERVICE
    assert fake.taken[0].keys().isdisjoint({"From", "StatusCallback"})
    assert not channel.capabilities.receipts


@pytest.mark.parametrize(
    ("left", "lives"),
    [
        (timedelta(milliseconds=999), None),
        (timedelta(seconds=1), "1"),
        (timedelta(seconds=90, milliseconds=900), "90"),
        (timedelta(hours=10), "36000"),
        (timedelta(days=30), "36000"),
    ],
)
def test_a_text_never_lives_longer_than_it_is_of_use(tmp_path: Path, left: timedelta, lives: str | None) -> None:
    with FakeService(TWILIO) as fake:
        outcome = twilio_at(fake, tmp_path, CLOCK).send(msgspec.structs.replace(MESSAGE, expires_at=NOW + left))

    assert [text["ValidityPeriod"] for text in fake.taken] == ([lives] if lives else [])
    assert outcome.code == ("" if lives else "expired")


@pytest.mark.parametrize(
    ("field", "value"), [("to", "12065550100"), ("to", "+12065550100\r\nX: y"), ("text", ""), ("text", "x" * 1601)]
)
def test_makes_no_call_for_what_is_no_text_message(tmp_path: Path, field: str, value: str) -> None:
    with FakeService(TWILIO) as fake:
        outcome = twilio_at(fake, tmp_path, CLOCK).send(msgspec.structs.replace(MESSAGE, **{field: value}))

    assert outcome.code == "invalid_message"
    assert fake.requests == []


GOOD = {"account_sid": ACCOUNT, "secret": SECRET, "sender": "+12065550199"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account_sid", "AC12"),
        ("account_sid", ACCOUNT + "\r\nX: y"),
        ("api_key_sid", "AC12"),
        ("secret", ""),
        ("secret", "two\nlines"),
        ("sender", ""),
        ("sender", "more than eleven"),
        ("status_callback", "http://kept.example/webhooks/twilio"),
        ("status_callback", "https://user:word@kept.example/"),
        ("status_callback", "https://kept.example/?a=b"),
        ("status_callback", "https://under_score.example/"),
        ("endpoint", "http://api.twilio.com"),
        ("endpoint", "https://api.twilio.com/path"),
        ("endpoint", "https://api.twilio.com:0"),
        ("endpoint", "https://api.twilio.com:99999"),
        ("connect_s", 0.0),
        ("answer_s", float("nan")),
    ],
)
def test_refuses_settings_that_cannot_work(field: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        msgspec.convert({**GOOD, field: value}, TwilioSettings)

    assert [problem.field for problem in caught.value.problems] == [field]


@pytest.mark.parametrize("sender", ["+12065550199", "24680", "Praxis Lee", SERVICE])
def test_takes_every_kind_of_sender(sender: str) -> None:
    assert msgspec.convert({**GOOD, "sender": sender}, TwilioSettings).sender == sender


def test_never_shows_the_secret() -> None:
    settings = msgspec.convert(GOOD, TwilioSettings)

    assert SECRET not in repr(settings)
    assert "secret='***'" in repr(settings)


def test_an_api_key_stands_for_the_account(tmp_path: Path) -> None:
    key = "SK" + "0123456789abcdef" * 2

    with FakeService(TWILIO) as fake:
        outcome = twilio_at(fake, tmp_path, CLOCK, api_key_sid=key).send(MESSAGE)

    assert outcome.state is AttemptState.ACCEPTED
