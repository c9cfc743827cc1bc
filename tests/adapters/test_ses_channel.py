from __future__ import annotations

import base64
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from kept.adapters.aws import AwsApi
from kept.adapters.ses import SesChannel, SesSettings
from kept.core.calendar import CalendarEntry, CalendarMethod
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from tests.adapters.aws_channels import CASES, QUICK, opened
from tests.adapters.aws_fakes import SES, Act, FakeService, aws_environment
from tests.contracts.channels import NOW, StoppedClock, outgoing

CASE = CASES["ses"]
CLOCK = StoppedClock()
MESSAGE = outgoing(
    ChannelName.EMAIL,
    "ann@example.com",
    html="<p>Größe</p>",
    unsubscribe_url="https://practice.example/u/abc",
    calendar=CalendarEntry(
        uid="b5a2c9d4-1f5e-5a0e-8f6e-5d3a1d3c0c11",
        sequence=0,
        method=CalendarMethod.REQUEST,
        start=NOW + timedelta(days=1),
        end=NOW + timedelta(days=1, minutes=30),
        summary="Practice Dr. Lee",
        attendee="ann@example.com",
    ),
)


def taken(settings: SesSettings, folder: Path) -> tuple[dict[str, object], EmailMessage]:
    with FakeService(SES) as fake, aws_environment(folder, fake):
        api = AwsApi(CASE.service, region="us-west-2", clock=CLOCK, patience=QUICK)
        SesChannel(settings, api=api, clock=CLOCK).send(MESSAGE)
    (found,) = fake.taken
    content = cast("dict[str, dict[str, str]]", found.pop("Content"))
    return found, message_from_bytes(base64.b64decode(content["Raw"]["Data"]), policy=policy.SMTP)


def test_says_who_to_whom_and_for_which_attempt(tmp_path: Path) -> None:
    said, _ = taken(SesSettings(sender="reminders@practice.example", configuration_set="kept"), tmp_path)

    assert said == {
        "FromEmailAddress": "reminders@practice.example",
        "Destination": {"ToAddresses": ["ann@example.com"]},
        "ConfigurationSetName": "kept",
        "EmailTags": [
            {"Name": "kept-attempt", "Value": "ntf_1-2Eemail-2E1"},
            {"Name": "kept-dedupe", "Value": "ntf_1-2Eemail"},
        ],
    }


def test_hands_the_whole_mail_over(tmp_path: Path) -> None:
    settings = SesSettings(
        sender="reminders@practice.example", sender_name="Practice Dr. Lee", reply_to="desk@practice.example"
    )

    said, mail = taken(settings, tmp_path)

    assert "ConfigurationSetName" not in said
    assert str(mail["From"]) == '"Practice Dr. Lee" <reminders@practice.example>'
    assert str(mail["Reply-To"]) == "desk@practice.example"
    assert mail["Message-ID"] == "<ntf_1.email@practice.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Unsubscribe"] == "<https://practice.example/u/abc>"
    parts = [part.get_content_type() for part in mail.iter_parts()]
    assert parts == ["text/plain", "text/html", "text/calendar"]


def test_reports_nothing_without_a_configuration_set(tmp_path: Path) -> None:
    with FakeService(SES) as fake, aws_environment(tmp_path, fake):
        api = AwsApi(CASE.service, region="us-west-2", clock=CLOCK)
        channel = SesChannel(SesSettings(sender="reminders@practice.example"), api=api, clock=CLOCK)

    assert not channel.capabilities.receipts
    assert channel.timeout_s == 14.0


REFUSALS = [
    ("MessageRejected", AttemptState.REFUSED, "MessageRejected"),
    ("MailFromDomainNotVerifiedException", AttemptState.REFUSED, "MailFromDomainNotVerifiedException"),
    ("BadRequestException", AttemptState.REFUSED, "BadRequestException"),
    ("LimitExceededException", AttemptState.NOT_SENT, "quota"),
    ("SendingPausedException", AttemptState.NOT_SENT, "paused"),
    ("AccountSuspendedException", AttemptState.NOT_SENT, "paused"),
]


@pytest.mark.parametrize(("code", "state", "told"), REFUSALS)
def test_says_in_our_words_why_not(tmp_path: Path, code: str, state: AttemptState, told: str) -> None:
    act = Act(status=400, body=SES.refusal(code, ""))

    with FakeService(SES, always=act) as fake, opened(CASE, fake, tmp_path, CLOCK) as channel:
        outcome = channel.send(MESSAGE)

    assert outcome == SendOutcome(state=state, code=told)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender", ""),
        ("sender", "Ann <ann@example.com>"),
        ("sender_name", "Practice\r\nBcc: eve@example.com"),
        ("reply_to", "a@example.com, b@example.com"),
        ("configuration_set", "two words"),
    ],
)
def test_refuses_settings_that_cannot_work(field: str, value: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        SesSettings(**{"sender": "reminders@practice.example", field: value})

    assert [problem.field for problem in caught.value.problems] == [field]
