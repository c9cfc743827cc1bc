"""
What can be booked: places, schedules, visit types, opening hours, and the busy times of one day.

A :class:`ScheduleDay` is the guard against double booking. Every booking puts back, changed, the days it read, so the
store's version check refuses whoever decided on an older one.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.errors import SlotTakenError
from kept.core.intervals import Interval, overlaps, subtract, utc_days
from kept.core.records import IndexEntry
from kept.core.zones import end_of_gap, instants_of

DAY: Final = timedelta(days=1)


class Role(StrEnum):
    """Whose time a schedule is."""

    PRACTITIONER = "practitioner"
    ROOM = "room"
    DEVICE = "device"
    PATIENT = "patient"


class OpenHours(msgspec.Struct, frozen=True, kw_only=True):
    """One weekly stretch of wall time in which visits may take place."""

    weekday: int
    """0 is Monday, 6 is Sunday."""
    opens: time
    closes: time
    """Later than *opens*; 00:00 means the end of the day."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """The bookable time of a practitioner, a room or a device."""

    kind: ClassVar[str] = "schedule"

    id: str
    version: int = 0
    role: Role
    name: str
    """Shown at the desk; never in a message."""
    place_id: str
    hours: tuple[OpenHours, ...] = ()
    """Empty: always open."""
    away: tuple[Interval, ...] = ()
    """Times off."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return where the schedule is found: in the list of its role."""
        return (
            IndexEntry(index="schedules_by_role", partition=self.role.value, sort=f"{self.name.casefold()}|{self.id}"),
        )


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where visits take place. Its zone is the zone of their wall times."""

    id: str
    name: str
    """Short: it goes into messages."""
    zone: str
    phone: str = ""
    """As it should be read, for messages; empty: the practice's."""


class VisitType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of visit."""

    id: str
    name: str
    """Shown at the desk; never in a message, because it may tell what a person suffers from."""
    duration: timedelta
    buffer_before: timedelta = timedelta(0)
    """Kept free before the visit on the practitioner's and the room's schedule."""
    buffer_after: timedelta = timedelta(0)
    notice: timedelta = timedelta(0)
    """How long before its start a visit can last be booked."""
    capacity: int = 1
    """How many patients share one visit of this type at the same time."""
    by_request: bool = False
    """Whether a booking stays REQUESTED until the practice confirms it."""
    reminder_policy: str = "default"


class Busy(msgspec.Struct, frozen=True, kw_only=True):
    """One taken stretch of a day."""

    start: datetime
    end: datetime
    appointment_id: str
    group: str = ""
    """Visit type of a group visit; bookings of one group with the same times share them up to the capacity."""

    @property
    def interval(self) -> Interval:
        """The stretch without its reason."""
        return Interval(start=self.start, end=self.end)


class ScheduleDay(msgspec.Struct, frozen=True, kw_only=True):
    """The busy times of one practitioner, room, device or patient on one UTC day."""

    kind: ClassVar[str] = "schedule_day"

    id: str
    """See :func:`schedule_day_id`."""
    version: int = 0
    busy: tuple[Busy, ...] = ()
    """Ordered by start. An appointment over midnight stands, whole, in both days."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return nothing: a day is read by its id."""
        return ()

    def reserve(self, wanted: Busy, *, owner: str, capacity: int = 1) -> ScheduleDay:
        """
        Return the day with the stretch taken.

        Args:
            wanted: What to take; half-open, so it may begin where another ends.
            owner: Word for whose time it is, for the error.
            capacity: How many bookings of the same group may hold exactly these times.

        Raises:
            SlotTakenError: another appointment holds a part of it.
        """
        others = tuple(b for b in self.busy if b.appointment_id != wanted.appointment_id)
        clashes = tuple(b for b in others if overlaps(b.interval, wanted.interval))
        shared = [b for b in clashes if _same_group(b, wanted)]
        if clashes and (len(shared) < len(clashes) or len(shared) >= capacity):
            raise SlotTakenError(tuple(b.interval for b in clashes), owner=owner)
        busy = sorted((*others, wanted), key=lambda b: (b.start, b.end, b.appointment_id))
        return msgspec.structs.replace(self, busy=tuple(busy))

    def release(self, appointment_id: str) -> ScheduleDay:
        """Return the day without this appointment; the same when it was not there."""
        return msgspec.structs.replace(self, busy=tuple(b for b in self.busy if b.appointment_id != appointment_id))


def schedule_day_id(role: Role, owner_id: str, day: date) -> str:
    """
    Return the id of a schedule's day.

    >>> schedule_day_id(Role.ROOM, "r1", date(2026, 5, 4))
    'room/r1/2026-05-04'
    """
    return f"{role.value}/{owner_id}/{day.isoformat()}"


def days_of(role: Role, owner_id: str, taken: Interval) -> tuple[str, ...]:
    """Return the ids of the days that a stretch touches, in order."""
    return tuple(schedule_day_id(role, owner_id, day) for day in utc_days(taken))


def open_intervals(hours: tuple[OpenHours, ...], zone: ZoneInfo, within: Interval) -> tuple[Interval, ...]:
    """
    Return when a weekly schedule is open, clipped to a range.

    Args:
        hours: Weekly wall times; none means always open.
        zone: Zone of the place.
        within: The range asked about.

    Returns:
        UTC intervals in order. A window that begins in a gap begins when the clock has jumped; one that begins or ends
        at a time that occurs twice takes the first for its start and the first for its end.
    """
    if not hours:
        return (within,)
    first = within.start.astimezone(zone).date() - DAY
    last = within.end.astimezone(zone).date()
    found = []
    day = first
    while day <= last:
        for stretch in (h for h in hours if h.weekday == day.weekday()):
            closing_day = day + DAY if stretch.closes <= stretch.opens else day
            start = max(_wall_instant(datetime.combine(day, stretch.opens), zone), within.start)
            end = min(_wall_instant(datetime.combine(closing_day, stretch.closes), zone), within.end)
            if start < end:
                found.append(Interval(start=start, end=end))
        day += DAY
    return tuple(sorted(found, key=lambda i: i.start))


def is_open(schedule: Schedule, zone: ZoneInfo, wanted: Interval) -> bool:
    """Tell whether a stretch lies in one open window of a schedule and in no time off."""
    inside = any(w.start <= wanted.start and wanted.end <= w.end for w in open_intervals(schedule.hours, zone, wanted))
    return inside and not any(overlaps(a, wanted) for a in schedule.away)


def free_slots(
    window: Interval, busy: tuple[Interval, ...], *, length: timedelta, step: timedelta, zone: ZoneInfo
) -> tuple[Interval, ...]:
    """
    Return the slots of one length that fit between the busy times of an open window.

    Args:
        window: An open stretch.
        busy: What is taken; in any order.
        length: Length of each slot, buffers included.
        step: Distance of the offered starts, counted on the wall clock from the start of the window.
        zone: Zone of the place. A wall time that occurs twice is offered once, as its first occurrence; one that does
            not occur is not offered.

    Returns:
        Slots in order of their start; they may overlap each other when *step* is shorter than *length*.
    """
    free = subtract(window, busy)
    wall = window.start.astimezone(zone).replace(tzinfo=None, fold=0)
    last = window.end.astimezone(zone).replace(tzinfo=None, fold=0)
    walls = [wall + n * step for n in range((last - wall) // step + 1)]
    starts = [start for w in walls for start in instants_of(w, zone)[:1]]
    wanted = [Interval(start=start, end=start + length) for start in starts]
    return tuple(slot for slot in wanted if any(f.start <= slot.start and slot.end <= f.end for f in free))


def _same_group(one: Busy, other: Busy) -> bool:
    return bool(one.group) and (one.group, one.start, one.end) == (other.group, other.start, other.end)


def _wall_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant of a wall time, or the end of the gap it falls into."""
    instants = instants_of(wall, zone)
    return instants[0] if instants else end_of_gap(wall, zone)
