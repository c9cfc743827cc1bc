"""
A visit as an iCalendar document, for the calendar of who reads the mail.

Times are written in UTC: every calendar shows them on its reader's own clock, none has to know a zone by its name, and
the hour that a clock change repeats is told apart. Written by hand: one event without repetitions needs little, and
this little is then checked to the letter; in the tests another program reads it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from kept.core.calendar import CalendarEntry, CalendarMethod

PRODUCT: Final = "-//Kept//Appointments//EN"
_LONGEST_LINE: Final = 75  # RFC 5545 §3.1: octets, without the line break

_STATUSES: Final = {CalendarMethod.REQUEST: "CONFIRMED", CalendarMethod.CANCEL: "CANCELLED"}
_ESCAPED: Final = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"})
_QUOTED: Final = str.maketrans({"^": "^^", '"': "^'", "\n": "^n"})
_LINE_BREAK: Final = re.compile(r"\r\n?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_ADDRESS: Final = re.compile(r"[\x21-\x7e]+")


def calendar_document(entry: CalendarEntry, *, organizer: str, now: datetime) -> str:
    """
    Return the document, lines ending in CRLF.

    It asks for no answer (RSVP), because a reply to the mail is one already.

    Args:
        entry: The visit.
        organizer: E-mail address of the practice, unless the entry has one.
        now: When it is written: of two documents with the same SEQUENCE the later one counts.

    Raises:
        ValueError: a text holds a control character or half a character, or an address is none.

    Source:
        RFC 5545 §3.6.1, §3.3.5 (UTC), §3.8.7.2 (DTSTAMP); RFC 5546 §3.2.2 and §3.2.5 (what a request and a
        cancellation must say); RFC 6047 §2.2.1 (who asks).
    """
    name = f";CN={_quoted(entry.organizer_name)}" if entry.organizer_name else ""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        f"METHOD:{entry.method.value}",
        "BEGIN:VEVENT",
        f"UID:{_escaped(entry.uid)}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(entry.start)}",
        f"DTEND:{_instant(entry.end)}",
        f"SUMMARY:{_escaped(entry.summary)}",
        *([f"LOCATION:{_escaped(entry.place)}"] if entry.place else []),
        f"ORGANIZER{name}:{_mailto(entry.organizer_address or organizer)}",
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=FALSE:{_mailto(entry.attendee)}",
        f"STATUS:{_STATUSES[entry.method]}",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(_folded(line) for line in lines)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    """Return a text as a value (RFC 5545 §3.3.11)."""
    return _checked(text).translate(_ESCAPED)


def _quoted(text: str) -> str:
    """Return a text as the value of a parameter (RFC 6868 §3.1)."""
    return f'"{_checked(text).translate(_QUOTED)}"'


def _checked(text: str) -> str:
    plain = _LINE_BREAK.sub("\n", text)
    if _CONTROL.search(plain):
        raise ValueError("a text for a calendar holds a control character; remove it")
    return plain


def _mailto(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise ValueError("an address for a calendar is none; give one plain e-mail address")
    return f"mailto:{address}"


def _folded(line: str) -> str:
    """
    Return a line broken into pieces of at most 75 octets, with the line break after each, and no character cut in two.

    Source:
        RFC 5545 §3.1.
    """
    pieces, room = [""], _LONGEST_LINE
    for character in line:
        size = len(character.encode())
        if size > room:
            pieces.append(" ")
            room = _LONGEST_LINE - 1
        pieces[-1] += character
        room -= size
    return "".join(f"{piece}\r\n" for piece in pieces)
