"""Our channels to AWS, each at its fake service, with less patience than for the world."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from kept.adapters.aws import AwsApi, AwsService, Patience
from kept.adapters.end_user_messaging import EndUserMessagingChannel, EndUserMessagingSettings
from kept.adapters.ses import SesChannel, SesSettings
from kept.adapters.sns import SnsChannel, SnsSettings
from kept.ports.channel import Channel
from kept.ports.clock import Clock
from tests.adapters.aws_fakes import EUM, SES, SNS, Dialect, FakeService, aws_environment

QUICK: Final = Patience(connect_s=5.0, answer_s=5.0)
HASTY: Final = Patience(connect_s=0.3, answer_s=0.3)


class AwsCase(msgspec.Struct, frozen=True, kw_only=True):
    """One of the channels, and how to open it."""

    id: str
    dialect: Dialect
    service: AwsService
    over: Callable[[AwsApi, Clock], Channel]
    address: str


def _sns(api: AwsApi, clock: Clock) -> Channel:
    return SnsChannel(SnsSettings(origination="+12065550199"), api=api, clock=clock)


def _end_user_messaging(api: AwsApi, clock: Clock) -> Channel:
    settings = EndUserMessagingSettings(origination="pool-1", configuration_set="kept")
    return EndUserMessagingChannel(settings, api=api, clock=clock)


def _ses(api: AwsApi, clock: Clock) -> Channel:
    settings = SesSettings(sender="reminders@practice.example", configuration_set="kept")
    return SesChannel(settings, api=api, clock=clock)


CASES: Final = {
    "sns": AwsCase(id="sns", dialect=SNS, service=AwsService.SNS, over=_sns, address="+12065550100"),
    "end_user_messaging": AwsCase(
        id="end_user_messaging",
        dialect=EUM,
        service=AwsService.END_USER_MESSAGING,
        over=_end_user_messaging,
        address="+12065550100",
    ),
    "ses": AwsCase(id="ses", dialect=SES, service=AwsService.SES, over=_ses, address="ann@example.com"),
}


@contextlib.contextmanager
def opened(
    case: AwsCase, fake: FakeService, folder: Path, clock: Clock, *, patience: Patience = QUICK
) -> Iterator[Channel]:
    """Yield the channel, set up as an operator would; the SDK itself is as it was installed."""
    with aws_environment(folder, fake):
        channel = case.over(AwsApi(case.service, region="us-west-2", clock=clock, patience=patience), clock)
    try:
        yield channel
    finally:
        channel.close()
