from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from kept.adapters.aws import AwsApi
from kept.adapters.sns import SnsChannel, SnsSettings
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from tests.adapters.aws_channels import CASES, QUICK, opened
from tests.adapters.aws_fakes import SNS, Act, FakeService, aws_environment
from tests.contracts.channels import NOW, StoppedClock, outgoing

CASE = CASES["sns"]
CLOCK = StoppedClock()
MESSAGE = outgoing(ChannelName.SMS, "+12065550100", text="Größe & mehr = 1+1; see you")


def taken(settings: SnsSettings, folder: Path) -> dict[str, object]:
    with FakeService(SNS) as fake, aws_environment(folder, fake):
        api = AwsApi(CASE.service, region="us-west-2", clock=CLOCK, patience=QUICK)
        SnsChannel(settings, api=api, clock=CLOCK).send(MESSAGE)
    (found,) = fake.taken
    return found


def attribute(number: int, name: str, kind: str, value: str) -> dict[str, str]:
    entry = f"MessageAttributes.entry.{number}"
    return {f"{entry}.Name": name, f"{entry}.Value.DataType": kind, f"{entry}.Value.StringValue": value}


def test_says_everything_that_a_reminder_needs(tmp_path: Path) -> None:
    settings = SnsSettings(origination="+12065550199", max_price=Decimal("0.5"))

    assert taken(settings, tmp_path) == {
        "Action": "Publish",
        "PhoneNumber": "+12065550100",
        "Message": "Größe & mehr = 1+1; see you",
        **attribute(1, "AWS.SNS.SMS.SMSType", "String", "Transactional"),
        **attribute(2, "AWS.SNS.SMS.MaxPrice", "Number", "0.50000"),
        **attribute(3, "AWS.MM.SMS.OriginationNumber", "String", "+12065550199"),
    }


def test_sends_under_a_name_where_there_is_no_number(tmp_path: Path) -> None:
    said = taken(SnsSettings(origination="DrLee"), tmp_path)

    assert attribute(2, "AWS.SNS.SMS.SenderID", "String", "DrLee").items() <= said.items()


def test_leaves_out_what_is_not_set(tmp_path: Path) -> None:
    said = taken(SnsSettings(), tmp_path)

    assert [value for name, value in said.items() if name.endswith(".Name")] == ["AWS.SNS.SMS.SMSType"]


@pytest.mark.parametrize(("minutes", "code"), [(9.99, "expired"), (10, ""), (240, "")])
def test_hands_nothing_over_that_is_of_use_only_for_moments(tmp_path: Path, minutes: float, code: str) -> None:
    with FakeService(SNS) as fake, opened(CASE, fake, tmp_path, CLOCK) as channel:
        outcome = channel.send(outgoing(ChannelName.SMS, "+12065550100", expires_at=NOW + timedelta(minutes=minutes)))

    assert outcome.code == code
    assert len(fake.taken) == (0 if code else 1)


@pytest.mark.parametrize(
    ("code", "told"),
    [("OptedOut", "opted_out"), ("InvalidParameter", "InvalidParameter"), ("EndpointDisabled", "EndpointDisabled")],
)
def test_says_in_our_words_why_not(tmp_path: Path, code: str, told: str) -> None:
    act = Act(status=400, body=SNS.refusal(code, ""))

    with FakeService(SNS, always=act) as fake, opened(CASE, fake, tmp_path, CLOCK) as channel:
        outcome = channel.send(MESSAGE)

    assert outcome == SendOutcome(state=AttemptState.REFUSED, code=told)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origination", "two words"),
        ("origination", "TwelveLetter"),
        ("max_price", Decimal(-1)),
        ("max_price", Decimal(100)),
        ("least_time_left", timedelta(seconds=-1)),
    ],
)
def test_refuses_settings_that_cannot_work(field: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        SnsSettings(**{field: value})  # type: ignore[arg-type]

    assert [problem.field for problem in caught.value.problems] == [field]
