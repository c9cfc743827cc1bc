from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from kept.core.booking import Appointment, AppointmentEvent, BookingRequest, appointment_from, changed, moved
from kept.core.calendar import CalendarEntry, CalendarMethod, calendar_entry, calendar_uid
from kept.core.intervals import Interval

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
START = datetime(2026, 3, 6, 15, tzinfo=UTC)
REQUEST = BookingRequest(
    patient_id="pat_1",
    start=START,
    end=START + timedelta(minutes=30),
    zone="America/New_York",
    description="Root canal",
    notes="fears needles",
)


def booked() -> Appointment:
    return appointment_from(REQUEST, None, appointment_id="apt_1", hold=None, booked_at=NOW)


def entry(appointment: Appointment, method: CalendarMethod = CalendarMethod.REQUEST) -> CalendarEntry:
    return calendar_entry(appointment, "Practice Dr. Lee", "1 Main Street", "ann@example.com", method=method)


def test_tells_when_where_and_with_whom() -> None:
    told = entry(booked())

    assert (told.start, told.end) == (START, START + timedelta(minutes=30))
    assert (told.summary, told.place, told.organizer_name) == ("Practice Dr. Lee", "1 Main Street", "Practice Dr. Lee")
    assert told.attendee == "ann@example.com"


def test_tells_nothing_of_why_they_come() -> None:
    told = msgspec.json.encode(entry(booked()))

    assert b"canal" not in told
    assert b"needles" not in told


def test_a_visit_is_one_entry_for_life_and_each_change_is_newer() -> None:
    first = booked()
    second = moved(
        first,
        Interval(start=START + timedelta(days=3), end=START + timedelta(days=3, minutes=30)),
        zone=first.zone,
        by="key",
        now=NOW,
    )
    last = changed(second, AppointmentEvent.CANCEL, by="key", now=NOW)

    told = [entry(first), entry(second), entry(last, CalendarMethod.CANCEL)]

    assert len({one.uid for one in told}) == 1
    assert [one.sequence for one in told] == [0, 1, 2]


def test_the_id_of_an_entry_is_a_uuid_that_never_changes_between_versions() -> None:
    assert calendar_uid("apt_1") == str(UUID("70b59070-3ef2-5fa1-a161-b7a7349815a3"))
