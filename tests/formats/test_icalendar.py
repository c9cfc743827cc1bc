from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.booking import AppointmentEvent, BookingRequest, appointment_from, changed, moved
from kept.core.calendar import CalendarEntry, CalendarMethod, calendar_entry, calendar_uid
from kept.core.intervals import Interval
from kept.formats.icalendar import calendar_document

NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
START = datetime(2026, 10, 30, 10, tzinfo=NEW_YORK).astimezone(UTC)
ENTRY = CalendarEntry(
    uid="b5a2c9d4-1f5e-5a0e-8f6e-5d3a1d3c0c11",
    sequence=0,
    method=CalendarMethod.REQUEST,
    start=START,
    end=START + timedelta(minutes=30),
    summary="Practice Dr. Lee",
    attendee="ann@example.com",
)

GOLDEN = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Kept//Appointments//EN
METHOD:{method}
BEGIN:VEVENT
UID:{uid}
SEQUENCE:{sequence}
DTSTAMP:20261020T090000Z
DTSTART:{start}
DTEND:{end}
SUMMARY:Practice Dr. Lee
LOCATION:1 Main Street\\, Springfield
ORGANIZER;CN="Practice Dr. Lee":mailto:desk@practice.example
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:mailto:ann@e
 xample.com
STATUS:{status}
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""


def written(**changes: object) -> str:
    return calendar_document(msgspec.structs.replace(ENTRY, **changes), organizer="desk@practice.example", now=NOW)


def read(document: str) -> Any:  # noqa: ANN401  what the library types as any of thirty things
    (event,) = icalendar.Calendar.from_ical(document).walk("VEVENT")
    return event


def test_booked_moved_and_cancelled_is_one_entry_that_appears_moves_and_goes() -> None:
    request = BookingRequest(
        patient_id="pat_1", start=START, end=START + timedelta(minutes=30), zone="America/New_York", notes="a secret"
    )
    booked = appointment_from(request, None, appointment_id="apt_1", hold=None, booked_at=NOW)
    later = START + timedelta(days=3, hours=1)  # over the end of summer time: the same wall time
    shifted = moved(
        booked, Interval(start=later, end=later + timedelta(minutes=30)), zone=booked.zone, by="key", now=NOW
    )
    cancelled = changed(shifted, AppointmentEvent.CANCEL, by="key", now=NOW)
    told = [(booked, CalendarMethod.REQUEST), (shifted, CalendarMethod.REQUEST), (cancelled, CalendarMethod.CANCEL)]

    documents = [
        calendar_document(
            calendar_entry(visit, "Practice Dr. Lee", "1 Main Street, Springfield", "ann@example.com", method=method),
            organizer="desk@practice.example",
            now=NOW,
        )
        for visit, method in told
    ]

    first = {"uid": calendar_uid("apt_1"), "method": "REQUEST", "status": "CONFIRMED"}
    expected = [
        GOLDEN.format(**first, sequence=0, start="20261030T140000Z", end="20261030T143000Z"),
        GOLDEN.format(**first, sequence=1, start="20261102T150000Z", end="20261102T153000Z"),
        GOLDEN.format(
            uid=first["uid"],
            method="CANCEL",
            status="CANCELLED",
            sequence=2,
            start="20261102T150000Z",
            end="20261102T153000Z",
        ),
    ]
    assert documents == [text.replace("\n", "\r\n") for text in expected]


def test_another_program_reads_what_was_written() -> None:
    document = written(place='Suite "B"; 2nd floor, left\\right', organizer_name='Dr. "Ann" Lee^2')

    event = read(document)

    assert (event["UID"], event["SEQUENCE"], event["STATUS"]) == (ENTRY.uid, 0, "CONFIRMED")
    assert (event.start, event.end) == (ENTRY.start, ENTRY.end)
    assert event["DTSTAMP"].dt == NOW
    assert event["LOCATION"] == 'Suite "B"; 2nd floor, left\\right'
    assert event["ORGANIZER"].params["CN"] == 'Dr. "Ann" Lee^2'
    assert event["ORGANIZER"] == "mailto:desk@practice.example"
    assert event["ATTENDEE"] == "mailto:ann@example.com"


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (datetime(2026, 3, 8, 3, 30, tzinfo=NEW_YORK), "20260308T073000Z"),  # just after the hour that is left out
        (datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK), "20261101T053000Z"),
        (datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK, fold=1), "20261101T063000Z"),  # the clock says the same again
    ],
)
def test_an_hour_around_a_clock_change_is_beyond_doubt(start: datetime, expected: str) -> None:
    instant = start.astimezone(UTC)

    document = written(start=instant, end=instant + timedelta(minutes=30))

    assert f"DTSTART:{expected}\r\n" in document
    assert read(document).start == instant


def test_the_organizer_of_the_entry_counts_before_the_sender_of_the_mail() -> None:
    assert read(written(organizer_address="lee@practice.example"))["ORGANIZER"] == "mailto:lee@practice.example"


@given(summary=st.text(max_size=200), name=st.text(max_size=200))
def test_no_text_breaks_out_of_its_line(summary: str, name: str) -> None:
    try:
        document = written(summary=summary, organizer_name=name)
    except ValueError:
        assert any(unicodedata.category(c) in {"Cc", "Cs"} for c in summary + name)
        return

    lines = document.split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    event = read(document)
    assert event["SUMMARY"] == summary.replace("\r\n", "\n").replace("\r", "\n")
    assert event["ORGANIZER"] == "mailto:desk@practice.example"
    assert {line.split(":")[0].split(";")[0] for line in lines if line and line[0] != " "} == {
        *("BEGIN", "END", "VERSION", "PRODID", "METHOD", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND"),
        *("SUMMARY", "ORGANIZER", "ATTENDEE", "STATUS", "TRANSP"),
    }


@pytest.mark.parametrize("character", ["ü", "語", "🦷"])
def test_folds_between_characters_and_never_inside_one(character: str) -> None:
    document = written(summary=character * 150)

    assert all(len(line.encode()) <= 75 for line in document.split("\r\n"))
    assert read(document)["SUMMARY"] == character * 150


@pytest.mark.parametrize("address", ["", "ann@example.com\r\nX-EVIL:1", "änn@example.com", "ann @example.com"])
def test_refuses_an_address_that_could_say_more(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        written(attendee=address)
