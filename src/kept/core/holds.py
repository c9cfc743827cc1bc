"""A free time that is kept for one visit while a person makes up their mind about moving it there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final

import msgspec

from kept.core.booking import Appointment, sort_instant
from kept.core.errors import StateConflictError
from kept.core.intervals import Interval
from kept.core.records import IndexEntry

HOLD_LASTS: Final = timedelta(minutes=10)
"""
How long a time is kept, and how much longer once if asked.

Source: WCAG 2.2 §2.2.1 (a time limit can be extended); the figure is ours.
"""


class SlotHold(msgspec.Struct, frozen=True, kw_only=True):
    """A time that nobody else can book for a while."""

    kind: ClassVar[str] = "slot_hold"

    id: str
    """See :func:`hold_id`."""
    version: int = 0
    appointment_id: str
    """The visit that may move there."""
    start: datetime
    """UTC."""
    end: datetime
    """UTC, exclusive."""
    zone: str
    """IANA zone in which the wall time holds."""
    ends_at: datetime
    """When the time is given back."""
    is_extended: bool = False
    """Whether it was asked for once more."""
    days: tuple[str, ...] = ()
    """Ids of the schedule days on which the time is taken."""

    @property
    def interval(self) -> Interval:
        """From start to end."""
        return Interval(start=self.start, end=self.end)

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return where it is found: by its end."""
        return (IndexEntry(index="slot_holds_by_end", partition="all", sort=sort_instant(self.ends_at)),)


def hold_id(appointment_id: str) -> str:
    """
    Return the id of the one hold that a visit can have; under it the time stands on the schedule days.

    >>> hold_id("apt_1")
    'apt_1.hold'
    """
    return f"{appointment_id}.hold"


def held(after: Appointment, days: tuple[str, ...], *, now: datetime) -> SlotHold:
    """
    Return the hold for a visit as it would be after its move.

    Args:
        after: The visit at the time that is to be kept.
        days: Ids of the schedule days on which that time has been taken.
        now: When it begins.
    """
    return SlotHold(
        id=hold_id(after.id),
        appointment_id=after.id,
        start=after.start,
        end=after.end,
        zone=after.zone,
        ends_at=now + HOLD_LASTS,
        days=days,
    )


def extended(hold: SlotHold, *, now: datetime) -> SlotHold:
    """
    Return the hold with ten minutes from now.

    Raises:
        StateConflictError: it was extended before, or is over.
    """
    if now >= hold.ends_at:
        raise StateConflictError("this time is kept no longer; choose it again", code="hold_ended")
    if hold.is_extended:
        raise StateConflictError("this time was kept longer once already; decide now", code="hold_extended")
    return msgspec.structs.replace(hold, ends_at=now + HOLD_LASTS, is_extended=True)
