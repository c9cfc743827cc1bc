from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from kept.adapters.aws import AwsApi
from kept.adapters.end_user_messaging import EndUserMessagingChannel, EndUserMessagingSettings
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.ports.provider_api import BUSY_PAUSE_S
from tests.adapters.aws_channels import CASES, QUICK, opened
from tests.adapters.aws_fakes import EUM, Act, FakeService, aws_environment
from tests.contracts.channels import NOW, StoppedClock, outgoing

CASE = CASES["end_user_messaging"]
CLOCK = StoppedClock()
MESSAGE = outgoing(ChannelName.SMS, "+12065550100")


def test_says_everything_that_a_reminder_needs(tmp_path: Path) -> None:
    settings = EndUserMessagingSettings(origination="+12065550199", configuration_set="kept", max_price=Decimal("0.2"))

    with FakeService(EUM) as fake, aws_environment(tmp_path, fake):
        api = AwsApi(CASE.service, region="us-west-2", clock=CLOCK, patience=QUICK)
        outcome = EndUserMessagingChannel(settings, api=api, clock=CLOCK).send(MESSAGE)

    assert outcome == SendOutcome(state=AttemptState.ACCEPTED, provider_message_id="m-1")
    assert fake.taken == [
        {
            "DestinationPhoneNumber": "+12065550100",
            "OriginationIdentity": "+12065550199",
            "MessageBody": "See you on Monday at 10:00.",
            "MessageType": "TRANSACTIONAL",
            "ConfigurationSetName": "kept",
            "MaxPrice": "0.20000",
            "TimeToLive": 7200,
            "Context": {"attempt": "ntf_1.sms.1", "dedupe": "ntf_1.sms"},
        }
    ]


def test_leaves_out_what_is_not_set(tmp_path: Path) -> None:
    settings = EndUserMessagingSettings(origination="pool-1")

    with FakeService(EUM) as fake, aws_environment(tmp_path, fake):
        api = AwsApi(CASE.service, region="us-west-2", clock=CLOCK, patience=QUICK)
        channel = EndUserMessagingChannel(settings, api=api, clock=CLOCK)
        channel.send(MESSAGE)

    assert fake.taken[0].keys().isdisjoint({"ConfigurationSetName", "MaxPrice"})
    assert not channel.capabilities.receipts


@pytest.mark.parametrize(
    ("left", "lives"),
    [
        (timedelta(seconds=4, microseconds=999_999), None),
        (timedelta(seconds=5), 5),
        (timedelta(seconds=90, milliseconds=900), 90),
        (timedelta(hours=72), 259_200),
        (timedelta(days=30), 259_200),
    ],
)
def test_a_text_never_lives_longer_than_it_is_of_use(tmp_path: Path, left: timedelta, lives: int | None) -> None:
    with FakeService(EUM) as fake, opened(CASE, fake, tmp_path, CLOCK) as channel:
        outcome = channel.send(outgoing(ChannelName.SMS, "+12065550100", expires_at=NOW + left))

    assert [text["TimeToLive"] for text in fake.taken] == ([lives] if lives else [])
    assert outcome.code == ("" if lives else "expired")


REFUSALS = [
    ("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT", AttemptState.REFUSED, "opted_out"),
    ("ConflictException", "RESOURCE_NOT_ACTIVE", AttemptState.REFUSED, "ConflictException RESOURCE_NOT_ACTIVE"),
    ("ValidationException", "INVALID_PARAMETER", AttemptState.REFUSED, "ValidationException INVALID_PARAMETER"),
    ("ValidationException", "PRICE_OVER_THRESHOLD", AttemptState.REFUSED, "too_expensive"),
    ("ValidationException", "no word, but +12065550100", AttemptState.REFUSED, "ValidationException"),
    ("ResourceNotFoundException", "", AttemptState.REFUSED, "ResourceNotFoundException"),
    ("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", AttemptState.NOT_SENT, "quota"),
    ("AccessDeniedException", "ACCOUNT_DISABLED", AttemptState.NOT_SENT, "auth"),
    ("ThrottlingException", "", AttemptState.NOT_SENT, "ThrottlingException"),
]


@pytest.mark.parametrize(("code", "reason", "state", "told"), REFUSALS)
def test_says_in_our_words_why_not(tmp_path: Path, code: str, reason: str, state: AttemptState, told: str) -> None:
    act = Act(status=400, body=EUM.refusal(code, reason))

    with FakeService(EUM, always=act) as fake, opened(CASE, fake, tmp_path, CLOCK) as channel:
        outcome = channel.send(MESSAGE)

    pause_s = BUSY_PAUSE_S if code == "ThrottlingException" else None
    assert outcome == SendOutcome(state=state, code=told, retry_after_s=pause_s)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("origination", ""),
        ("origination", "two words"),
        ("configuration_set", "two words"),
        ("max_price", Decimal(0)),
        ("max_price", Decimal(100)),
        ("max_price", Decimal("0.000001")),
    ],
)
def test_refuses_settings_that_cannot_work(field: str, value: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        EndUserMessagingSettings(**{"origination": "pool-1", field: value})  # type: ignore[arg-type]

    assert [problem.field for problem in caught.value.problems] == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "12065550100"),
        ("to", "+1 206 555 0100"),
        ("to", "+12065550100\n"),
        ("to", "+1\u0662\u0660\u0666\u0665\u0665\u0665\u0660\u0661\u0660\u0660"),
        ("to", "+1234567890123456"),
        ("text", ""),
        ("text", " \n"),
        ("text", "x" * 1601),
    ],
)
def test_makes_no_call_for_what_is_no_text_message(tmp_path: Path, field: str, value: str) -> None:
    with FakeService(EUM) as fake, opened(CASE, fake, tmp_path, CLOCK) as channel:
        outcome = channel.send(msgspec.structs.replace(MESSAGE, **{field: value}))

    assert outcome.code == "invalid_message"
    assert fake.requests == []
