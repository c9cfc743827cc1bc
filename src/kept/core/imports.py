"""
Visits that another system has kept, on their way in.

Where that system knows only the day of a visit, it is given the next free time of a clinic's desk on that day.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter

import msgspec

from kept.core.booking import AppointmentStatus, BookingRequest
from kept.core.intervals import Interval
from kept.core.people import Patient
from kept.core.schedules import Busy


class NextFree(msgspec.Struct, frozen=True, kw_only=True):
    """A time of day is still to be found."""

    clinic: str
    """Id of its first desk; further ones are ``CLINIC:2``, ``CLINIC:3``."""
    name: str
    """Name of the clinic, for the schedules of its desks."""
    window: Interval
    """When the clinic is open that day."""
    length: timedelta
    not_before: datetime | None = None
    """When the visit was booked, if that was on its very day."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """One visit as another system tells it."""

    appointment_id: str
    """Derived from what the other system calls it, so that it is recognised when it comes again."""
    request: BookingRequest
    """Where a time is still to be found, its times are the window."""
    status: AppointmentStatus
    booked_at: datetime
    patient: Patient
    """Written only where nobody of this id is known."""
    next_free: NextFree | None = None


def arrival_id(source: str, *parts: str) -> str:
    """
    Return the id of an appointment that comes from another system.

    >>> arrival_id("north", "5642903") == arrival_id("north", "5642903") != arrival_id("south", "5642903")
    True
    """
    return "apt_" + hashlib.sha256("\x1f".join((source, *parts)).encode()).hexdigest()[:26]


def desk_id(clinic: str, number: int) -> str:
    """
    Return the practitioner id of a clinic's desk.

    >>> desk_id("centro", 1), desk_id("centro", 2)
    ('centro', 'centro:2')
    """
    return clinic if number == 1 else f"{clinic}:{number}"


def next_free_start(
    window: Interval, busy: Iterable[Interval | Busy], *, length: timedelta, not_before: datetime | None = None
) -> datetime | None:
    """
    Return the first start at which a visit fits, on a grid of its own length from the opening on.

    Args:
        window: When the desk is open.
        busy: What is taken, of the desk and of the patient; in any order.
        length: Of the visit, buffers included.
        not_before: Earlier starts are left alone.

    Returns:
        None when nothing fits any more.

    >>> from datetime import UTC
    >>> morning = Interval(start=datetime(2016, 5, 4, 7, tzinfo=UTC), end=datetime(2016, 5, 4, 8, tzinfo=UTC))
    >>> taken = [Interval(start=morning.start, end=morning.start + timedelta(minutes=20))]
    >>> next_free_start(morning, taken, length=timedelta(minutes=15)).isoformat()
    '2016-05-04T07:30:00+00:00'
    """
    start = window.start
    if not_before and not_before > start:
        start += length * -((start - not_before) // length)
    for taken in sorted(busy, key=attrgetter("start")):
        if taken.start >= start + length:
            break
        while start < taken.end:
            start += length
    return start if start + length <= window.end else None
