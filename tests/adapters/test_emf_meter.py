"""Metrics as lines of a log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from kept.adapters.clock import SimulatedClock
from kept.adapters.cloudwatch_logs import EmfMeter
from kept.core.reports import METRICS, Metric, MetricKind

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Log:
    """Takes lines."""

    def __init__(self, environment: str = "test") -> None:
        self.lines: list[dict[str, Any]] = []
        self.meter = EmfMeter("Kept", environment, clock=SimulatedClock(NOW), write=self._take)

    def _take(self, line: str) -> None:
        assert "\n" not in line
        self.lines.append(json.loads(line))


def test_a_line_says_what_was_counted_under_the_names_of_cloudwatch() -> None:
    log = Log()

    log.meter.count(Metric.BOOKING_SUCCESS)
    log.meter.count(Metric.BOOKING_SUCCESS, 2)
    log.meter.gauge(Metric.OLDEST_DUE_SECONDS, 61.5)
    log.meter.flush()

    assert log.lines == [
        {
            "_aws": {
                "Timestamp": 1777636800000,
                "CloudWatchMetrics": [
                    {
                        "Namespace": "Kept",
                        "Dimensions": [["Environment"]],
                        "Metrics": [
                            {"Name": "BookingSuccess", "Unit": "Count"},
                            {"Name": "OldestDueSeconds", "Unit": "Seconds"},
                        ],
                    }
                ],
            },
            "Environment": "test",
            "BookingSuccess": 3.0,
            "OldestDueSeconds": 61.5,
        }
    ]


def test_a_line_is_written_once_and_none_when_nothing_was_counted() -> None:
    log = Log()

    log.meter.flush()
    log.meter.count(Metric.BOOKING_SUCCESS)
    log.meter.flush()
    log.meter.flush()

    assert len(log.lines) == 1


def test_reminders_are_told_by_their_type_too_and_other_labels_are_summed_up() -> None:
    log = Log(environment="")

    log.meter.count(Metric.REMINDERS_SENT, reminder_type="24_hour")
    log.meter.count(Metric.REMINDERS_SENT, reminder_type="1_hour")
    log.meter.count(Metric.MESSAGES, channel="sms", provider="ses", outcome="accepted")
    log.meter.count(Metric.MESSAGES, channel="email", provider="ses", outcome="refused")
    log.meter.flush()

    whole, *by_type = log.lines
    assert (whole["RemindersSent"], whole["Messages"]) == (2, 2)
    assert whole["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
    assert [(line["ReminderType"], line["RemindersSent"]) for line in by_type] == [("1_hour", 1), ("24_hour", 1)]


def test_of_gauges_that_only_labels_tell_apart_the_highest_is_told_and_of_one_the_last() -> None:
    log = Log()

    log.meter.gauge(Metric.BREAKER_OPEN, 1, provider="ses", channel="email")
    log.meter.gauge(Metric.BREAKER_OPEN, 0, provider="sns", channel="sms")
    log.meter.gauge(Metric.NOTIFICATIONS_DUE, 9)
    log.meter.gauge(Metric.NOTIFICATIONS_DUE, 2)
    log.meter.flush()

    assert (log.lines[0]["BreakerOpen"], log.lines[0]["NotificationsDue"]) == (1, 2)


def test_what_nobody_declared_or_what_is_of_another_kind_is_ignored() -> None:
    log = Log()

    log.meter.count("kept_unheard_of_total")
    log.meter.count(Metric.NOTIFICATIONS_DUE)
    log.meter.gauge(Metric.BOOKING_SUCCESS, 3)
    log.meter.flush()

    assert log.lines == []


def test_every_metric_has_a_name_of_its_own_for_cloudwatch() -> None:
    log = Log()

    for metric, spec in METRICS.items():
        labels = dict.fromkeys(spec.labels, "x")
        if spec.kind is MetricKind.GAUGE:
            log.meter.gauge(metric, 1, **labels)
        else:
            log.meter.count(metric, 1, **labels)
    log.meter.flush()

    names = [metric["Name"] for metric in log.lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
    assert len(names) == len(set(names)) == len(METRICS)
    assert all(name.isalnum() for name in names)
