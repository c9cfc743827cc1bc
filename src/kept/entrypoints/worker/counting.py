"""Count what ends, under the names that the reports use."""

from __future__ import annotations

from collections import Counter

from kept.core.notifications import Notification
from kept.core.reports import Metric, counts_of, success_rate
from kept.ports.meter import Meter


class EndCounter:
    """Counts each notification once, when it ends; and what part of all was taken, since the start."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._ends: Counter[Metric] = Counter()

    def ended(self, notification: Notification) -> None:
        """Count one that has ended just now."""
        for count in counts_of(notification):
            self._meter.count(count.metric, count.amount, **count.labels)
            self._ends[count.metric] += count.amount
        rate = success_rate(
            success=self._ends[Metric.SUCCESSFUL_NOTIFICATIONS],
            fallback=self._ends[Metric.FALLBACK_NOTIFICATIONS],
            failed=self._ends[Metric.FAILED_NOTIFICATIONS],
        )
        self._meter.gauge(Metric.DELIVERY_SUCCESS_RATE, rate)
