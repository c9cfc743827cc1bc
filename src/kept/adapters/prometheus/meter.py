"""The meter on prometheus-client, with a registry of its own."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from kept.core.reports import METRICS, MetricKind

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4


class PrometheusMeter:
    """
    Counts and measures what :mod:`kept.core.reports` declares; other names are ignored.

    Metrics without labels stand at 0 from the start, so that an alarm on them sees a first failure as a change.
    """

    content_type = CONTENT_TYPE

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the page
        self._registry = CollectorRegistry(auto_describe=False)
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._lines: dict[tuple[str | tuple[str, str], ...], Counter] = {}
        """What was counted before, because finding a line by its labels takes longer than adding to it."""
        for metric, spec in METRICS.items():
            if spec.kind is MetricKind.COUNTER:
                self._counters[metric.value] = Counter(metric.value, spec.help, spec.labels, registry=self._registry)
            else:
                self._gauges[metric.value] = Gauge(metric.value, spec.help, spec.labels, registry=self._registry)

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter; a name, label or amount that does not fit is ignored."""
        key: tuple[str | tuple[str, str], ...] = (name, *labels.items())
        line = self._lines.get(key) or self._line(name, labels)
        if line is not None:
            with suppress(ValueError):
                line.inc(amount)
                self._lines[key] = line

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge; a name or label that does not fit is ignored."""
        gauge = self._gauges.get(name)
        if gauge is not None:
            with suppress(ValueError):
                (gauge.labels(**labels) if labels else gauge).set(value)

    def page(self) -> bytes:
        """Return all metrics as text."""
        return generate_latest(self._registry)

    def _line(self, name: str, labels: dict[str, str]) -> Counter | None:
        """Return the counter under its labels, or None when they do not fit."""
        counter = self._counters.get(name)
        with suppress(ValueError):
            return counter.labels(**labels) if counter and labels else counter
        return None
