"""What we ask of time: what time is it, and wake me."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """
    Tells the time.

    1. ``now`` is an aware UTC instant.
    2. One decision reads the clock once and hands the value on.
    """

    def now(self) -> datetime:
        """Return this instant, in UTC."""
