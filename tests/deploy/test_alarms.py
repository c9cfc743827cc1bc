"""Alarms watch figures that the program really tells, and each says what to do."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any, Final

import pytest

from kept.adapters.clock import SystemClock
from kept.adapters.cloudwatch_logs import EmfMeter
from kept.core.reports import METRICS, MetricKind
from kept.main.nightly_words import STALE
from tests.architecture.sources import ROOT
from tests.deploy.reading import of_type, template, text

RUNBOOK: Final = ROOT / "docs" / "how-to" / "aws-runbook.md"
NAMESPACE: Final = "Kept"

OF_AWS: Final = {
    "AWS/Lambda": {"Errors": "FunctionName"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible": "QueueName", "ApproximateAgeOfOldestMessage": "QueueName"},
    "AWS/States": {"ExecutionsFailed": "StateMachineArn"},
    "AWS/SMSVoice": {"TextMessageMonthlySpend": ""},
    "AWS/SNS": {"SMSMonthToDateSpentUSD": ""},
    "AWS/ApiGateway": {"Latency": "ApiId", "5xx": "ApiId", "4xx": "ApiId"},
}
"""Metrics of AWS's own that are used here, each with its dimension."""

SEEDED: Final = (
    "SuccessfulNotifications",
    "FailedNotifications",
    "FallbackNotifications",
    "DeliverySuccessRate",
    "BookingAttempts",
    "BookingSuccess",
    "BookingConflicts",
    "BookingErrors",
    "RemindersSent",
    "ReminderErrors",
)
"""Names that dashboards of older systems of this kind already know."""


def told() -> dict[str, set[tuple[str, ...]]]:
    """Return every metric that the program can tell, by name, with the dimensions under which it does."""
    lines: list[str] = []
    meter = EmfMeter(NAMESPACE, "test", clock=SystemClock(), write=lines.append)
    for metric, spec in METRICS.items():
        labels = dict.fromkeys(spec.labels, "x")
        if spec.kind is MetricKind.COUNTER:
            meter.count(metric.value, 1, **labels)
        else:
            meter.gauge(metric.value, 1.0, **labels)
    meter.flush()
    found: dict[str, set[tuple[str, ...]]] = {}
    for line in lines:
        for directive in json.loads(line)["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                found.setdefault(metric["Name"], set()).update(map(tuple, directive["Dimensions"]))
            assert directive["Namespace"] == NAMESPACE
    return found


def watched(alarm: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return what an alarm watches: namespace, name and dimensions of each metric."""
    plain = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    return [
        (each["Namespace"], each["MetricName"], tuple(d["Name"] for d in each.get("Dimensions", [])))
        for each in (plain or [alarm])
    ]


def alarms() -> dict[str, dict[str, Any]]:
    """Return all alarms, by what they are about."""
    return {name.removesuffix("Alarm"): properties for name, properties in of_type("AWS::CloudWatch::Alarm").items()}


@pytest.mark.parametrize("name", sorted(alarms()))
def test_an_alarm_watches_what_is_told(name: str) -> None:
    for namespace, metric, dimensions in watched(alarms()[name]):
        if namespace == NAMESPACE:
            assert dimensions in told()[metric]
        else:
            dimension = OF_AWS[namespace][metric]
            assert dimensions == ((dimension,) if dimension else ())


@pytest.mark.parametrize("name", SEEDED)
def test_a_name_that_others_know_is_told(name: str) -> None:
    assert ("Environment",) in told()[name]


def test_functions_and_template_agree_on_the_namespace() -> None:
    assert template()["Globals"]["Function"]["Environment"]["Variables"]["KEPT_METRICS_NAMESPACE"] == NAMESPACE


def test_the_failure_alarm_is_about_a_rate_and_not_a_count() -> None:
    alarm = alarms()["FailureRate"]
    (rate,) = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]

    assert alarm["Threshold"] == 5
    assert {metric for _, metric, _ in watched(alarm)} == {
        "FailedNotifications",
        "SuccessfulNotifications",
        "FallbackNotifications",
    }
    assert [_rate(rate, failed, first, later) for failed, first, later in ((6, 94, 0), (5, 90, 5), (0, 0, 0))] == [
        6,
        5,
        0,
    ]


def _rate(expression: str, failed: int, first: int, later: int) -> float:
    """Return what the metric maths of the alarm comes to; only what it uses is understood."""
    filled = re.sub(r"FILL\((\w+), 0\)", r"\1", expression)
    figures = {"failed": failed, "first": first, "later": later}
    condition, value, otherwise = re.fullmatch(r"IF\((.+?), (.+), (\d+)\)", filled).groups()  # type: ignore[union-attr]
    holds = eval(condition, {}, figures)  # noqa: S307 - our own template
    return float(eval(value if holds else otherwise, {}, figures))  # noqa: S307 - our own template


def test_silence_is_an_alarm_only_where_somebody_should_speak() -> None:
    silent = {name for name, alarm in alarms().items() if alarm["TreatMissingData"] == "breaching"}

    assert silent == {"NoBalance", "NoTick"}
    tick = alarms()["NoTick"]
    assert (tick["Period"], tick["EvaluationPeriods"], tick["Statistic"]) == (60, 3, "SampleCount")


def test_a_night_without_a_check_is_an_alarm_after_twenty_six_hours() -> None:
    silent = alarms()["NoBalance"]

    assert (silent["MetricName"], silent["Statistic"]) == ("BalanceCheckedTimestampSeconds", "SampleCount")
    assert (silent["Period"], silent["EvaluationPeriods"]) == (3600, 26)
    assert timedelta(seconds=silent["Period"] * silent["EvaluationPeriods"]) == STALE
    assert silent["EvaluationPeriods"] * silent["Period"] <= 7 * 86_400  # PutMetricAlarm, "EvaluationPeriods"


def test_what_the_night_has_found_stands_until_the_next_one() -> None:
    alarm = alarms()["Balance"]

    assert (alarm["MetricName"], alarm["Threshold"], alarm["TreatMissingData"]) == ("BalanceFindings", 0, "ignore")


def test_five_minutes_is_too_long_to_be_due() -> None:
    alarm = alarms()["OldestDue"]

    assert (alarm["Threshold"], alarm["Statistic"], alarm["Period"]) == (300, "Maximum", 60)


def test_every_queue_function_and_workflow_has_one() -> None:
    dlqs = {name for name in of_type("AWS::SQS::Queue") if name.endswith("Dlq")}
    functions = {name.replace("Function", "Errors") for name in of_type("AWS::Serverless::Function")}

    assert dlqs | functions | {"BatchFailed"} <= alarms().keys()


def test_every_alarm_tells_somebody_when_it_begins_and_when_it_ends() -> None:
    for alarm in alarms().values():
        assert list(map(text, alarm["AlarmActions"])) == list(map(text, alarm["OKActions"])) == ["${AlarmsTopic}"]


def test_every_alarm_has_a_section_in_the_runbook() -> None:
    headings = " ".join(re.findall(r"(?m)^## .+$", RUNBOOK.read_text(encoding="utf-8")))
    titles = {re.sub(r"^(.+?)(Dlq|Errors)$", r"…\2", name) if name != "BookingErrors" else name for name in alarms()}

    assert [title for title in sorted(titles) if f"`{title}`" not in headings] == []


def test_the_dashboard_shows_what_is_told() -> None:
    body = json.loads(text(of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]))
    known = told()

    for widget in body["widgets"]:
        namespace, name = "", ""
        for row in widget["properties"]["metrics"]:
            if row[0] != "...":
                namespace = row[0] if row[0] != "." else namespace
                name = row[1]
            assert name in (known if namespace == NAMESPACE else OF_AWS[namespace])
