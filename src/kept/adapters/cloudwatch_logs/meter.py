"""
The meter whose figures are lines in the log: no call, no permission, no waiting.

Source:
    Amazon CloudWatch User Guide, "Specification: Embedded metric format".
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Final

import msgspec

from kept.core.reports import METRICS, Metric, MetricKind
from kept.ports.clock import Clock

MOST_IN_A_LINE: Final = 100  # metrics of one directive, by the specification

_SHOWN: Final = {Metric.REMINDERS_SENT.value: ("reminder_type", "ReminderType")}
"""Labels that stand as a dimension too; of all others only the whole is told, because every dimension is billed."""

_NAMES: Final = {metric.value: spec.help.partition(":")[0] for metric, spec in METRICS.items()}
_GAUGES: Final = {metric.value for metric, spec in METRICS.items() if spec.kind is MetricKind.GAUGE}
_UNITS: Final = {
    Metric.DELIVERY_SUCCESS_RATE.value: "Percent",
    Metric.OLDEST_DUE_SECONDS.value: "Seconds",
    Metric.LAST_LOOK.value: "None",
    Metric.BALANCE_CHECKED.value: "None",
}

_Key = tuple[str, str]
"""Name of the metric, and the value of its shown label or nothing."""


class EmfMeter:
    """
    Counts and measures until it is flushed, under the names in CamelCase.

    Args:
        namespace: Where CloudWatch puts the metrics.
        environment: Which deployment; a dimension of every metric, or none when empty.
        clock: Says when.
        write: Takes a line.
    """

    def __init__(self, namespace: str, environment: str, *, clock: Clock, write: Callable[[str], object]) -> None:
        self._namespace = namespace
        self._environment = environment
        self._clock = clock
        self._write = write
        self._lock = threading.Lock()
        self._counts: dict[_Key, float] = defaultdict(float)
        self._gauges: dict[_Key, float] = {}

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter; an unknown name is ignored."""
        if name in _NAMES and name not in _GAUGES:
            with self._lock:
                for key in _keys(name, labels):
                    self._counts[key] += amount

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge; among several of one name, which only their labels tell apart, the highest is told."""
        if name in _GAUGES:
            with self._lock:
                for key in _keys(name, labels):
                    known = self._gauges.get(key, value) if labels else value
                    self._gauges[key] = max(known, value)

    def flush(self) -> None:
        """Write what was counted since the last time, if anything was."""
        with self._lock:
            figures = {**self._counts, **self._gauges}
            self._counts.clear()
            self._gauges.clear()
        by_label: dict[str, dict[str, float]] = defaultdict(dict)
        for (name, label), value in figures.items():
            by_label[f"{_SHOWN[name][1]}={label}" if label else ""][name] = value
        for shown, values in sorted(by_label.items()):
            names = sorted(values)
            for first in range(0, len(names), MOST_IN_A_LINE):
                self._write(self._line(shown, {name: values[name] for name in names[first : first + MOST_IN_A_LINE]}))

    def _line(self, shown: str, values: dict[str, float]) -> str:
        label, _, value = shown.partition("=")
        dimensions = {name: text for name, text in (("Environment", self._environment), (label, value)) if text}
        metrics = [{"Name": _NAMES[name], "Unit": _UNITS.get(name, "Count")} for name in values]
        directive = {"Namespace": self._namespace, "Dimensions": [list(dimensions)], "Metrics": metrics}
        at_ms = round(self._clock.now().timestamp() * 1000)
        line = {"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [directive]}, **dimensions}
        return msgspec.json.encode(line | {_NAMES[name]: value for name, value in values.items()}).decode()


def _keys(name: str, labels: dict[str, str]) -> tuple[_Key, ...]:
    """Return under which keys a figure counts: as a whole, and by its shown label."""
    shown = labels.get(_SHOWN[name][0], "") if name in _SHOWN else ""
    return ((name, ""), (name, shown)) if shown else ((name, ""),)
