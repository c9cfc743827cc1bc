"""
So many messages a second, and each that must wait gets a turn of its own.

A token bucket, kept as two instants: until when turns are given away, and until when the bucket is empty by what has
really left. Turns alone would not do, because many that come too late would leave together.

Source:
    ITU-T I.371, Annex A: the virtual scheduling form of the generic cell rate algorithm.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

LOST_AFTER: Final = timedelta(hours=1)
"""How long a turn is kept for somebody who does not come. Ours."""
SWEEP_EVERY: Final = 1_000
"""Turns given before those that nobody came for are thrown away."""

_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """How a pace stood, so that what was given can be taken back."""

    holder: str
    turn: datetime | None
    given: datetime
    used: datetime


class Pace:
    """
    The bucket.

    Args:
        rate: Messages a second, over time.
        burst: How many may leave at once when nothing has left for a while; None: as many as in one second, or two.

    In any stretch of t seconds at most ``rate * t + burst`` leave.
    """

    def __init__(self, rate: float, *, burst: int | None = None) -> None:
        size = max(2, math.ceil(rate)) if burst is None else burst
        self._gap = timedelta(microseconds=math.ceil(1_000_000 / rate))
        self._slack = self._gap * (size - 1)
        self._turns: dict[str, datetime] = {}
        self._given = _NEVER
        self._used = _NEVER
        self._late = _NEVER
        self._count = 0

    def mark(self, holder: str) -> Mark:
        """Return how things stand."""
        return Mark(holder=holder, turn=self._turns.get(holder), given=self._given, used=self._used)

    def take_back(self, mark: Mark, *, comes_again: bool = False) -> None:
        """Let things be as they were; a turn of old stays only with somebody who comes again."""
        self._given, self._used = mark.given, mark.used
        self._turns.pop(mark.holder, None)
        if comes_again and mark.turn is not None:
            self._turns[mark.holder] = mark.turn

    def turn(self, holder: str, *, now: datetime, not_before: datetime | None = None) -> datetime:
        """
        Return when it is somebody's turn; it stays theirs.

        Args:
            holder: Who asks.
            now: Earliest, unless *not_before* is later.
            not_before: Earliest, for a new turn; an older one before it is given up.
        """
        start = max(now, not_before or now)
        own = self._turns.get(holder)
        if own is not None and (own >= start or start == now):
            return own
        own = max(start, self._given - self._slack)
        self._given = max(start, self._given) + self._gap
        self._turns[holder] = own
        self._sweep(now)
        return own

    def leave(self, holder: str, *, now: datetime) -> datetime | None:
        """
        Let somebody leave whose turn has come; return None, or when to come again because too many leave just now.

        Those who come again are told different instants, in the order in which they have asked.
        """
        ready = self._used - self._slack
        if ready > now:
            self._late = max(ready, self._late + self._gap)
            return self._late
        self._used = max(now, self._used) + self._gap
        self._turns.pop(holder, None)
        return None

    def forget(self) -> None:
        """Begin anew with a full bucket: the clock was set, and no instant means anything any more."""
        self._turns.clear()
        self._given = self._used = self._late = _NEVER

    def _sweep(self, now: datetime) -> None:
        self._count += 1
        if self._count % SWEEP_EVERY == 0:
            self._turns = {holder: turn for holder, turn in self._turns.items() if turn > now - LOST_AFTER}
