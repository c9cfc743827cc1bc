"""What we ask of the sender's seat: that one process at most sends from one store."""

from __future__ import annotations

from typing import Protocol


class Seat(Protocol):
    """
    The right to send.

    1. ``take`` answers True to one process at a time, False at once to every other.
    2. The seat is free again as soon as its holder has ended, however it ended.
    """

    def take(self) -> bool:
        """Try to sit down."""

    def leave(self) -> None:
        """Give the seat up; harmless when it was never taken."""
