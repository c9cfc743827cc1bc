"""What we ask of a meter: count what happened, under the names of :mod:`kept.core.reports`."""

from __future__ import annotations

from typing import Protocol


class Meter(Protocol):
    """
    Counts and measures.

    1. Never raises and never blocks: a broken meter stops no message.
    2. Labels hold no personal data.
    """

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add to a counter."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
