"""Find free times to offer."""

from __future__ import annotations

from datetime import timedelta

from kept.core.errors import InvalidInputError
from kept.core.intervals import Interval, overlaps
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.schedules import Role, Schedule, ScheduleDay, VisitType, days_of, free_slots, open_intervals
from kept.core.zones import zone_named
from kept.ports.store import Store


def free_times(store: Store, practitioner_id: str, visit_type_id: str, within: Interval) -> tuple[Interval, ...]:
    """
    Return the times at which a visit of a type could be booked with a practitioner, buffers left out.

    Args:
        store: Where schedules and their days are.
        practitioner_id: Whose time.
        visit_type_id: Which visit.
        within: The range asked about; a slot lies wholly inside it.

    Raises:
        InvalidInputError: unknown practitioner or visit type.
    """
    practice = next(iter(store.load(Practice, (PRACTICE_ID,))), None) or Practice()
    visit_type = practice.visit_type(visit_type_id)
    if visit_type is None:
        raise InvalidInputError.of("visitType", "unknown_visit_type", "names no visit type of this practice")
    schedule = next(iter(store.load(Schedule, (practitioner_id,))), None)
    if schedule is None or schedule.role is not Role.PRACTITIONER:
        raise InvalidInputError.of("practitionerId", "unknown_practitioner", "names no practitioner of this practice")
    place = practice.place(schedule.place_id)
    zone = zone_named(place.zone if place else practice.zone)
    taken = _taken(store, schedule, visit_type, within)
    slots = [
        slot
        for window in open_intervals(schedule.hours, zone, within)
        for slot in free_slots(window, taken, length=visit_type.duration, step=practice.slot_step, zone=zone)
    ]
    return tuple(slots)


def _taken(store: Store, schedule: Schedule, visit_type: VisitType, within: Interval) -> tuple[Interval, ...]:
    """Return what keeps a visit from starting: times off, and busy times widened by the visit's own buffers."""
    around = Interval(start=within.start - timedelta(days=1), end=within.end + timedelta(days=1))
    days = store.load(ScheduleDay, days_of(Role.PRACTITIONER, schedule.id, around))
    busy = {b.interval for day in days for b in day.busy if not _has_seat(day, b.interval, visit_type)}
    before, after = visit_type.buffer_before, visit_type.buffer_after
    widened = [Interval(start=b.start - after, end=b.end + before) for b in busy]
    return tuple(b for b in (*schedule.away, *widened) if overlaps(b, around))


def _has_seat(day: ScheduleDay, taken: Interval, visit_type: VisitType) -> bool:
    """Tell whether a stretch is a group visit of this type with a seat left."""
    held = [b for b in day.busy if b.interval == taken]
    return visit_type.capacity > len(held) and all(b.group == visit_type.id for b in held)
