"""A made-up practice that every fault test stands on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from kept.core.access import AnsweredRequest, ApiKey
from kept.core.balance import Nightly
from kept.core.booking import Appointment, BookingRequest
from kept.core.conversation import Reply
from kept.core.exchanges import Exchange
from kept.core.holds import SlotHold
from kept.core.intervals import Interval, overlaps
from kept.core.limits import DaySpend
from kept.core.notifications import Notification
from kept.core.own_texts import OwnText
from kept.core.people import Consent, Patient
from kept.core.practice import Practice
from kept.core.schedules import Role, Schedule, ScheduleDay, VisitType
from kept.core.watch import Heartbeat
from kept.core.worklist import WorklistItem
from kept.ports.store import Entity, Transaction

KINDS: Final[tuple[type[Entity], ...]] = (
    AnsweredRequest,
    ApiKey,
    Appointment,
    Consent,
    DaySpend,
    Exchange,
    Heartbeat,
    Nightly,
    Notification,
    OwnText,
    Patient,
    Practice,
    Reply,
    Schedule,
    ScheduleDay,
    SlotHold,
    WorklistItem,
)
ZONE: Final = "America/New_York"
NOW: Final = datetime(2026, 5, 4, 8, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

VISIT_TYPES: Final = (
    VisitType(id="visit", name="Visit", duration=HOUR),
    VisitType(id="class", name="Class of three", duration=HOUR, capacity=3),
    VisitType(id="ask", name="On request", duration=HOUR, by_request=True),
)
SCHEDULES: Final = (
    Schedule(id="dr-a", role=Role.PRACTITIONER, name="Dr A", place_id=""),
    Schedule(id="dr-b", role=Role.PRACTITIONER, name="Dr B", place_id=""),
    Schedule(id="room-1", role=Role.ROOM, name="Room 1", place_id=""),
)


def set_up(tx: Transaction) -> None:
    """Write the practice and its schedules."""
    tx.put(Practice(name="Elm Street Clinic", phone="(206) 555-0100", zone=ZONE, visit_types=VISIT_TYPES))
    for schedule in SCHEDULES:
        tx.put(schedule)


def request_for(patient_id: str, start: datetime, **fields: object) -> BookingRequest:
    """Return a request for an hour with Dr A, or what *fields* say."""
    plain = BookingRequest(
        patient_id=patient_id,
        practitioner_id="dr-a",
        start=start,
        end=start + HOUR,
        zone=ZONE,
        register_patient=True,
        by="test",
    )
    return msgspec.structs.replace(plain, **fields)


def double_bookings(appointments: tuple[Appointment, ...]) -> list[str]:
    """
    Return every pair of live appointments that share an owner and an instant, by comparing all with all.

    Knows nothing of schedule days. Bookings of one class share its time up to its seats; one more is found.
    """
    by_owner: dict[tuple[Role, str], list[Appointment]] = {}
    for each in appointments:
        for owner in each.owners() if each.is_live else ():
            by_owner.setdefault(owner, []).append(each)
    return [
        f"{one.id} and {other.id} both have {role.value} {owner}"
        for (role, owner), held in by_owner.items()
        for place, one in enumerate(held)
        for other in held[place + 1 :]
        if overlaps(one.interval, other.interval) and not _may_share(role, one, other)
    ] + _overfull(by_owner)


def _overfull(by_owner: dict[tuple[Role, str], list[Appointment]]) -> list[str]:
    """Return every class that holds more people than it has seats."""
    found = []
    for (role, owner), held in by_owner.items():
        classes = Counter((a.visit_type_id, a.start, a.end, a.seats) for a in held if a.seats > 1)
        found += [f"{role.value} {owner} has {n} in {key[3]} seats" for key, n in classes.items() if n > key[3]]
    return found


def _may_share(role: Role, one: Appointment, other: Appointment) -> bool:
    """Tell whether two bookings are seats of one visit; one person cannot take two of them."""
    keys = [(a.visit_type_id, a.start, a.end) for a in (one, other)]
    return role is not Role.PATIENT and one.seats > 1 and keys[0] == keys[1]


def hours_after(hours: float) -> datetime:
    """Return an instant so many hours after the beginning."""
    return NOW + timedelta(hours=hours)


def hour_from(start: datetime) -> Interval:
    """Return the hour that begins then."""
    return Interval(start=start, end=start + HOUR)
