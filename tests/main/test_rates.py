"""How fast each provider is sent to."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import structlog

from kept.core.people import ChannelName
from kept.main.rates import USUAL, rates_of, shares_of, warn_of_thin
from kept.main.settings import Settings, SettingsError, changed
from tests.architecture.sources import ROOT
from tests.entrypoints.worker.world import MAIL, SMS, RecordingChannel


def channel(name: ChannelName, provider: str) -> RecordingChannel:
    made = RecordingChannel(name)
    made.provider = provider
    return made


@pytest.mark.parametrize(
    ("provider", "choice", "rate"),
    [("twilio", {}, 1.0), ("twilio", {"sms_rate": 30}, 30.0), ("outbox", {}, None), ("outbox", {"sms_rate": 2}, 2.0)],
)
def test_a_setting_counts_before_what_is_usual(
    tmp_path: Path, provider: str, choice: dict[str, object], rate: float | None
) -> None:
    settings = changed(Settings(data=tmp_path), **choice)

    found = rates_of(settings, {SMS: channel(SMS, provider), MAIL: channel(MAIL, "outbox")})

    assert found == ({SMS: rate} if rate else {})


@pytest.mark.parametrize("rate", [0, -1, "fast", 1_001])
def test_a_rate_that_makes_no_sense_is_refused(tmp_path: Path, rate: object) -> None:
    with pytest.raises(SettingsError):
        changed(Settings(data=tmp_path), email_rate=rate)


def test_senders_share_a_rate_evenly_and_never_exceed_it_together(tmp_path: Path) -> None:
    settings = changed(Settings(data=tmp_path), senders=5, sms_rate=30)

    found = shares_of(settings, {SMS: channel(SMS, "sns"), MAIL: channel(MAIL, "ses")})

    assert found == {SMS: 6.0, MAIL: 14.0 / 5}


@pytest.mark.parametrize(("senders", "said"), [(2, []), (10, [("sms", 10.0)])])
def test_a_share_that_is_too_thin_to_work_with_is_told(
    tmp_path: Path, senders: int, said: list[tuple[str, float]]
) -> None:
    settings = changed(Settings(data=tmp_path), senders=senders)

    with structlog.testing.capture_logs() as lines:
        warn_of_thin(shares_of(settings, {SMS: channel(SMS, "end_user_messaging"), MAIL: channel(MAIL, "ses")}))

    assert [(line["channel"], line["seconds"]) for line in lines if line["event"] == "share_is_thin"] == said


def test_what_is_usual_is_said_of_providers_that_there_are() -> None:
    with (ROOT / "docs" / "reference" / "providers.csv").open(encoding="utf-8", newline="") as lines:
        providers = {row["provider"] for row in csv.DictReader(lines)}

    assert set(USUAL) <= providers - {"outbox"}
