"""Whatever the five systems deploy that Kept replaces has its counterpart in the template, of the right kind."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.reading import template

KINDS: Final = {
    "alarm": {"AWS::CloudWatch::Alarm"},
    "dashboard": {"AWS::CloudWatch::Dashboard"},
    "door": {"AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Integration"},
    "function": {"AWS::Serverless::Function"},
    "log": {"AWS::Logs::LogGroup"},
    "mail template": {"AWS::SES::Template"},
    "permission": {"AWS::Lambda::Permission"},
    "pipe": {"AWS::Pipes::Pipe"},
    "queue": {"AWS::SQS::Queue"},
    "role": {"AWS::IAM::Role"},
    "rule": {"AWS::Events::Rule"},
    "rule role": {"AWS::IAM::Role"},
    "stage": {"AWS::ApiGatewayV2::Stage"},
    "table": {"AWS::DynamoDB::Table"},
    "texts": {"AWS::SMSVOICE::ConfigurationSet"},
    "topic": {"AWS::SNS::Topic"},
    "topic policy": {"AWS::SNS::TopicPolicy"},
    "workflow": {"AWS::Serverless::StateMachine"},
}
"""What each kind in the list is called in a template."""

ASKED: Final = tuple(csv.DictReader(Path(__file__).with_name("asked.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", ASKED, ids=lambda row: f"{row['system']}-{row['kind']}-{row['job']}")
def test_has_its_counterpart(row: dict[str, str]) -> None:
    resources = template()["Resources"]

    assert row["here"] in resources
    assert resources[row["here"]]["Type"] in KINDS[row["kind"]]


def test_the_list_is_whole() -> None:
    assert Counter(row["system"] for row in ASKED) == {
        "reminders": 9,
        "notifications": 10,
        "booking": 16,
        "scheduling": 12,
        "workflow": 17,
    }
