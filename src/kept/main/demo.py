"""
The sample practice of ``--demo``: made-up people, whose numbers are kept for fiction and whose addresses reach nobody.

Its visits lie around the moment at which it is planted, so that within a minute messages leave, and one sees why others
do not.

Source:
    NANPA, "555 line numbers" (555-0100 to 555-0199 are for fiction); RFC 2606 §3 (example.com).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import product
from typing import Final

import msgspec

from kept.core.booking import Appointment, AppointmentStatus, BookingRequest, appointment_from
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.intervals import Interval
from kept.core.people import ChannelName, Patient
from kept.core.practice import PRACTICE_ID, Practice, PracticeSetup, careful
from kept.core.schedules import OpenHours, Place, Role, Schedule, VisitType, is_open
from kept.core.zones import instants_of, wall_of, zone_named
from kept.flow.booking import book, record_past
from kept.flow.people import ConsentWish, register
from kept.flow.practice import save_practice
from kept.ports.store import Transaction

ZONE: Final = "America/Los_Angeles"
BY: Final = "demo"
BOOKED_AGO: Final = timedelta(days=3)
"""Visits were booked so long before, so that their reminders were planned in good time."""
_DAY: Final = 24 * 60  # minutes


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A made-up patient."""

    id: str
    first: str
    last: str
    line: int | None = None
    """Last digits of a number, 206-555-01xx; None: no phone."""
    has_email: bool = True
    language: str | None = None
    refuses: ChannelName | None = None


PEOPLE: Final = (
    Person(id="pat-ana", first="Ana", last="Rivera", line=11, language="es"),
    Person(id="pat-ben", first="Ben", last="Okafor", line=12),
    Person(id="pat-chloe", first="Chloe", last="Martin", line=13, has_email=False),
    Person(id="pat-dev", first="Dev", last="Patel", line=14),
    Person(id="pat-emma", first="Emma", last="Larsen"),
    Person(id="pat-farid", first="Farid", last="Haddad", refuses=ChannelName.EMAIL),
    Person(id="pat-grace", first="Grace", last="Kim", has_email=False),
    Person(id="pat-hugo", first="Hugo", last="Silva", line=18, refuses=ChannelName.SMS),
    Person(id="pat-ines", first="Inés", last="Castro", line=19, language="es"),
    Person(id="pat-jonas", first="Jonas", last="Weber", line=20),
    Person(id="pat-kira", first="Kira", last="Novak", line=21),
    Person(id="pat-liam", first="Liam", last="Walsh", line=22),
    Person(id="pat-mei", first="Mei", last="Tanaka", line=23),
    Person(id="pat-noah", first="Noah", last="Berg", line=24),
    Person(id="pat-olga", first="Olga", last="Petrova"),
    Person(id="pat-pablo", first="Pablo", last="Ortega", language="es"),
    Person(id="pat-rosa", first="Rosa", last="Medina", language="es"),
    Person(id="pat-sven", first="Sven", last="Lind"),
    Person(id="pat-tara", first="Tara", last="Quinn"),
    Person(id="pat-ugo", first="Ugo", last="Ferri"),
)

PLACES: Final = (
    Place(id="elm", name="12 Elm St", zone=ZONE, phone="206-555-0100"),
    Place(id="lake", name="3 Lake Ave", zone=ZONE, phone="206-555-0101"),
)

VISIT_TYPES: Final = (
    VisitType(id="check-up", name="Check-up", duration=timedelta(minutes=30), buffer_after=timedelta(minutes=5)),
    VisitType(id="quick-visit", name="Quick visit", duration=timedelta(minutes=10)),
    VisitType(id="first-visit", name="First visit", duration=timedelta(minutes=45), by_request=True),
)

SCHEDULES: Final = (
    Schedule(
        id="dr-lee",
        role=Role.PRACTITIONER,
        name="Dr. Lee",
        place_id="elm",
        hours=tuple(OpenHours(weekday=day, opens=time(8), closes=time(17)) for day in (0, 1, 2, 3, 4)),
    ),
    Schedule(
        id="dr-soto",
        role=Role.PRACTITIONER,
        name="Dr. Soto",
        place_id="lake",
        hours=tuple(OpenHours(weekday=day, opens=time(8), closes=time(17)) for day in (2, 3, 4, 5, 6)),
    ),
    Schedule(id="nurse-brandt", role=Role.PRACTITIONER, name="Nurse Brandt", place_id="elm"),
    Schedule(id="nurse-chavez", role=Role.PRACTITIONER, name="Nurse Chavez", place_id="elm"),
    Schedule(id="room-1", role=Role.ROOM, name="Room 1", place_id="elm"),
    Schedule(id="room-2", role=Role.ROOM, name="Room 2", place_id="elm"),
)
"""The nurses, on call, and the rooms have no hours: they can be booked whenever the sample is looked at."""

SOON: Final = (
    ("pat-tara", "nurse-brandt", 24),
    ("pat-ana", "nurse-brandt", 35),
    ("pat-farid", "nurse-chavez", 36),
    ("pat-emma", "nurse-brandt", 47),
    ("pat-ben", "nurse-brandt", 60),
    ("pat-olga", "nurse-chavez", 60),
    ("pat-chloe", "nurse-chavez", 72),
    ("pat-dev", "nurse-brandt", 75),
    ("pat-pablo", "nurse-chavez", _DAY - 60),
    ("pat-sven", "nurse-brandt", _DAY - 60),
    ("pat-ugo", "nurse-chavez", _DAY - 45),
    ("pat-hugo", "nurse-brandt", _DAY - 30),
    ("pat-grace", "nurse-chavez", _DAY - 15),
    ("pat-ines", "nurse-brandt", _DAY),
    ("pat-rosa", "nurse-chavez", _DAY),
    ("pat-jonas", "nurse-chavez", _DAY + 12),
)
"""
Patient, nurse, and minutes until the visit.

The reminders of some are due at once, and of Ben, Olga, Inés and Rosa within a minute. Whoever has no phone is written
to at any hour, so that something is seen at night too, and before the morning for which texts wait.
"""

TIMES: Final = (time(9), time(10, 30), time(13), time(15, 30))
REGULARS: Final = ("pat-kira", "pat-liam", "pat-mei", "pat-noah")


def plant(tx: Transaction, *, now: datetime) -> bool:
    """
    Write the sample practice if the store holds none yet; tell whether it did.

    Its bookings are three days old, so that the news of them is old as well: it is not told again.
    """
    if tx.get(Practice, PRACTICE_ID) is not None:
        return False
    practice = careful(
        Practice(name="Elm Street Clinic", phone="206-555-0100", zone=ZONE, places=PLACES, visit_types=VISIT_TYPES)
    )
    silent = msgspec.structs.replace(practice, notices=())
    planted = save_practice(tx, PracticeSetup(practice=silent, schedules=SCHEDULES))
    patients = {person.id: _registered(tx, person, now=now - BOOKED_AGO) for person in PEOPLE}
    wishes = (*_soon(now), *_regular(now))
    for number, wish in enumerate(wishes, start=1):
        _plan(tx, wish, patients[wish.patient_id], f"apt_demo_{number:02}", now=now)
    tx.put(msgspec.structs.replace(planted.practice, notices=practice.notices))
    return True


def _registered(tx: Transaction, person: Person, *, now: datetime) -> Patient:
    patient = Patient(
        id=person.id,
        first_name=person.first,
        last_name=person.last,
        phone=PhoneNumber(f"+120655501{person.line:02}") if person.line else None,
        email=EmailAddress(f"{person.id.removeprefix('pat-')}@example.com") if person.has_email else None,
        language=person.language,
        created_at=now,
        updated_at=now,
    )
    refused = (
        [ConsentWish(channel=person.refuses, granted=False, source="said so at the desk")] if person.refuses else ()
    )
    return register(tx, patient, tuple(refused), by=BY, now=now)


def _soon(now: datetime) -> Iterator[BookingRequest]:
    """Yield the visits that are counted from now, on whole minutes."""
    base = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    for patient, nurse, minutes in SOON:
        yield _request(patient, base + timedelta(minutes=minutes), "quick-visit", nurse)


def _regular(now: datetime) -> Iterator[BookingRequest]:
    """Yield the doctors' visits of today and tomorrow, as far as they work then; no patient is at two at once."""
    zone = zone_named(ZONE)
    today = wall_of(now, zone).date()
    days = (today, today + timedelta(days=1))
    for (turn, doctor), day, (number, wall) in product(enumerate(SCHEDULES[:2]), days, enumerate(TIMES)):
        start = instants_of(datetime.combine(day, wall), zone)[0]
        wish = _request(REGULARS[(number + turn) % len(REGULARS)], start, "check-up", doctor.id)
        if is_open(doctor, zone, Interval(start=wish.start, end=wish.end)):
            yield wish


def _request(patient: str, start: datetime, visit_type: str, practitioner: str) -> BookingRequest:
    length = next(v.duration for v in VISIT_TYPES if v.id == visit_type)
    return BookingRequest(
        patient_id=patient,
        practitioner_id=practitioner,
        place_id=next(s.place_id for s in SCHEDULES if s.id == practitioner),
        visit_type_id=visit_type,
        start=start,
        end=start + length,
        zone=ZONE,
        by=BY,
    )


def _plan(tx: Transaction, wish: BookingRequest, patient: Patient, appointment_id: str, *, now: datetime) -> None:
    """Book what lies ahead; write down what has begun or is over, as a practice would find it in its book."""
    booked_at = now - BOOKED_AGO
    if wish.start > now:
        book(tx, wish, appointment_id=appointment_id, now=booked_at)
        return
    visit_type = next(v for v in VISIT_TYPES if v.id == wish.visit_type_id)
    past: Appointment = appointment_from(
        wish, visit_type, appointment_id=appointment_id, hold=None, booked_at=booked_at
    )
    status = AppointmentStatus.COMPLETED if wish.end <= now else AppointmentStatus.CHECKED_IN
    record_past(tx, msgspec.structs.replace(past, status=status), patient)
