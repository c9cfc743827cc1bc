"""What ``kept book`` and ``kept move`` ask for: options and documents, understood."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from kept.core.booking import Appointment, BookingRequest
from kept.core.errors import InvalidInputError
from kept.core.intervals import Interval, in_utc, interval
from kept.core.people import checked_id, checked_text
from kept.core.practice import Practice
from kept.core.zones import check_offset, instant_of, parse_instant, parse_wall, zone_named
from kept.entrypoints.cli.documents import appointment_document
from kept.entrypoints.cli.files import bytes_of
from kept.entrypoints.cli.parts import Parts
from kept.flow.booking import book
from kept.flow.practice import load_practice
from kept.formats.seed_events import Home, booking_by_request, booking_by_user, user_booking_answer
from kept.formats.strict_json import parsed

CALLER = "command line"


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """When, as options say it."""

    start: str | None
    end: str | None = None
    minutes: int | None = None
    zone: str | None = None


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A booking, as options say it."""

    patient: str | None
    times: Times
    practitioner: str | None = None
    room: str | None = None
    place: str | None = None
    visit_type: str | None = None
    description: str = ""
    location: str = ""
    notes: str = ""
    as_request: bool = False
    register: bool = False


def booked(parts: Parts, wish: Wish, *, source: str | None) -> tuple[dict[str, object], Appointment]:
    """
    Return the answer to a booking, and the appointment.

    Args:
        parts: The outside.
        wish: What the options say.
        source: A file that says it instead; ``-`` is standard input.

    Raises:
        KeptError: it was not booked, and why.
    """
    now = parts.clock.now()
    practice = load_practice(parts.store).practice
    wanted = request_in(parsed(bytes_of(source)), practice) if source else request_of(wish, practice)
    new_id = parts.ids.new("apt")
    appointment = parts.store.submit(lambda tx: book(tx, wanted, appointment_id=new_id, now=now)).result()
    answer = user_booking_answer(appointment.id)
    return (answer if source else {**answer, **appointment_document(appointment)}), appointment


def request_of(wish: Wish, practice: Practice) -> BookingRequest:
    """
    Return the booking that options ask for.

    Raises:
        InvalidInputError: an option is missing or wrong.
    """
    if not wish.patient:
        raise InvalidInputError.of("patient", "required", "say whose visit it is with --patient, or name a file")
    zone = _zone(wish, practice)
    taken = interval_of(wish.times, zone, _usual_length(wish, practice))
    return BookingRequest(
        patient_id=checked_id(wish.patient, field="patient"),
        start=taken.start,
        end=taken.end,
        zone=zone,
        practitioner_id=wish.practitioner,
        room_id=wish.room,
        place_id=wish.place,
        visit_type_id=wish.visit_type,
        description=checked_text(wish.description, field="description", limit=1_000, multiline=True),
        location=checked_text(wish.location, field="location"),
        notes=checked_text(wish.notes, field="notes", limit=4_000, multiline=True),
        as_request=wish.as_request,
        register_patient=wish.register,
        by=CALLER,
    )


def request_in(document: object, practice: Practice) -> BookingRequest:
    """
    Return the booking that a document asks for, in whichever of the documented forms it is.

    Raises:
        InvalidInputError: with everything that is wrong.
    """
    home = Home(zone=practice.zone, region=practice.region)
    names = set(document) if isinstance(document, dict) else set()
    if "userId" in names:
        request = booking_by_user(document, home)
    elif "appointmentDate" in names:
        request = booking_by_request(document, home)
    else:
        raise InvalidInputError.of("", "unknown_form", "is none of the documented forms; see the reference")
    return msgspec.structs.replace(request, by=CALLER)


def interval_of(times: Times, zone: str, usual_length: timedelta | None) -> Interval:
    """
    Return the stretch of time that options name.

    Args:
        times: A start, and an end or a length.
        zone: Where wall times are read.
        usual_length: Taken when neither end nor length is given; None: one must be.

    Raises:
        InvalidInputError: missing, unreadable, or a wall time that clocks skip or show twice.
    """
    if not times.start:
        raise InvalidInputError.of("start", "required", "say when it begins with --start, or name a file")
    start = _instant(times.start, zone, field="start")
    if times.end:
        return interval(start, _instant(times.end, zone, field="end"))
    length = timedelta(minutes=times.minutes) if times.minutes else usual_length
    if not length:
        raise InvalidInputError.of("minutes", "required", "say how long it lasts with --minutes or --end")
    return interval(start, start + length)


def _instant(text: str, zone: str, *, field: str) -> datetime:
    """Return the instant that a text names: with an offset, or on the clocks of the zone."""
    is_wall = text[-1:] not in {"Z", "z"} and not any(sign in text[11:] for sign in "+-")
    where = zone_named(zone, field="zone")
    if is_wall:
        return instant_of(parse_wall(text, field=field), where, field=field)
    instant = parse_instant(text, field=field)
    check_offset(instant, where, field=field)
    return in_utc(instant, field=field)


def _zone(wish: Wish, practice: Practice) -> str:
    place = practice.place(wish.place)
    return wish.times.zone or (place.zone if place else practice.zone)


def _usual_length(wish: Wish, practice: Practice) -> timedelta | None:
    visit_type = practice.visit_type(wish.visit_type)
    return visit_type.duration if visit_type else None
