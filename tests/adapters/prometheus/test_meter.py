"""Counting in the form that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kept.adapters.prometheus import PrometheusMeter
from kept.core.reports import METRICS, Metric, MetricKind


def samples(meter: PrometheusMeter) -> dict[tuple[str, tuple[str, ...]], float]:
    families: Iterable[object] = text_string_to_metric_families(meter.page().decode())
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples  # type: ignore[attr-defined]
    }


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_is_on_the_page_with_its_help_and_kind(metric: Metric) -> None:
    page = PrometheusMeter().page().decode()

    assert f"# HELP {metric.value} {METRICS[metric].help}" in page
    assert f"# TYPE {metric.value} {METRICS[metric].kind.value}" in page


def test_counts_add_up_and_gauges_stand_where_they_were_set() -> None:
    meter = PrometheusMeter()

    meter.count(Metric.BOOKING_SUCCESS)
    meter.count(Metric.BOOKING_SUCCESS, 2)
    meter.count(Metric.REMINDERS_SENT, reminder_type="24_hour")
    meter.gauge(Metric.NOTIFICATIONS_DUE, 7)
    meter.gauge(Metric.NOTIFICATIONS_DUE, 3)

    found = samples(meter)
    assert found["kept_booking_success_total", ()] == 3
    assert found["kept_reminders_sent_total", ("24_hour",)] == 1
    assert found["kept_notifications_due", ()] == 3


def test_what_has_no_labels_stands_at_zero_from_the_start() -> None:
    found = samples(PrometheusMeter())

    plain = {metric.value for metric in Metric if not METRICS[metric].labels}
    assert {name for (name, _), value in found.items() if value == 0} == plain


def test_a_mistake_in_counting_stops_nothing() -> None:
    meter = PrometheusMeter()
    before = meter.page()

    meter.count("no_such_metric")
    meter.gauge("no_such_metric", 1)
    meter.count(Metric.BOOKING_SUCCESS, -1)
    meter.count(Metric.BOOKING_SUCCESS, colour="red")
    meter.count(Metric.REMINDERS_SENT)
    meter.gauge(Metric.NOTIFICATIONS_DUE, 1, colour="red")
    meter.gauge(Metric.BOOKING_SUCCESS, 1)

    assert meter.page() == before


def test_two_meters_share_nothing() -> None:
    one, other = PrometheusMeter(), PrometheusMeter()

    one.count(Metric.BOOKING_SUCCESS)

    assert samples(other)["kept_booking_success_total", ()] == 0


def test_when_a_counter_was_made_is_not_told() -> None:
    meter = PrometheusMeter()
    meter.count(Metric.REMINDERS_SENT, reminder_type="24_hour")

    assert "_created" not in meter.page().decode()
    assert all(spec.kind in MetricKind for spec in METRICS.values())
