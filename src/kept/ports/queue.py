"""What we ask of a queue: take ids of things to look at, for somebody else to look at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One message for a queue: ids, and nothing of a person."""

    body: str
    delay_s: int = 0
    """Nobody sees it before."""


class Queue(Protocol):
    """
    Hands notes on, each at least once, in any order.

    1. ``put`` raises nothing; it answers how many were taken for certain. What was not taken may be put again.
    2. It returns within a bounded time.
    """

    def put(self, notes: Sequence[Note]) -> int:
        """Put notes into the queue."""
