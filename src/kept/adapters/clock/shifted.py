"""A clock that runs beside the machine's: a rehearsal lives through days without waiting for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class ShiftedClock:
    """
    The machine's clock, put forward.

    Args:
        ahead: Says by how much; asked each time.
    """

    def __init__(self, ahead: Callable[[], timedelta]) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """Return this instant as it is taken to be, in UTC."""
        return datetime.now(UTC) + self._ahead()
