"""
A visit as an entry of the patient's own calendar, without a word of why they come.

One visit is one entry for life: a move changes it, a cancellation takes it out.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

import msgspec

from kept.core.booking import Appointment

_ENTRIES: Final = UUID("6f0b7d5e-2c0c-5d7b-9a53-0f8c1f0a4b61")
"""Namespace of the ids of our entries; ours, drawn once. Another one would put every visit in calendars twice."""


class CalendarMethod(StrEnum):
    """
    What a calendar is asked to do.

    Source:
        RFC 5546 §3.2.2 (REQUEST), §3.2.5 (CANCEL).
    """

    REQUEST = "REQUEST"
    """Put it in, or change what is there."""
    CANCEL = "CANCEL"
    """Take it out."""


class CalendarEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as a calendar is told of it."""

    uid: str
    """The same for the life of the appointment."""
    sequence: int
    """Rises with every change of time and with the cancellation; calendars ignore what is older than what they have."""
    method: CalendarMethod
    start: datetime
    """UTC."""
    end: datetime
    """UTC, exclusive."""
    summary: str
    """What stands in the calendar: the practice's name, because others may look at it too."""
    place: str = ""
    organizer_name: str = ""
    organizer_address: str = ""
    """Empty: the address that the mail comes from."""
    attendee: str
    """E-mail address of the patient."""


def calendar_entry(
    appointment: Appointment, practice_name: str, place_name: str, attendee: str, *, method: CalendarMethod
) -> CalendarEntry:
    """
    Return the entry for an appointment as it is now.

    Args:
        appointment: As stored after the change; its sequence is the entry's.
        practice_name: What stands in the calendar.
        place_name: Where; empty when there is nothing to say.
        attendee: E-mail address of the patient.
        method: REQUEST for a new or moved visit, CANCEL for one that does not take place.

    Source:
        RFC 5545 §3.8.4.7 (UID), §3.8.7.4 (SEQUENCE); RFC 7986 §5.3 (a UID is a UUID and tells nothing).
    """
    return CalendarEntry(
        uid=calendar_uid(appointment.id),
        sequence=appointment.sequence,
        method=method,
        start=appointment.start,
        end=appointment.end,
        summary=practice_name,
        place=place_name,
        organizer_name=practice_name,
        attendee=attendee,
    )


def calendar_uid(appointment_id: str) -> str:
    """
    Return the id of an appointment's entry.

    >>> calendar_uid("apt_1") == calendar_uid("apt_1"), calendar_uid("apt_1") == calendar_uid("apt_2")
    (True, False)
    """
    return str(uuid5(_ENTRIES, appointment_id))
