"""
The documents that four existing systems exchange, read into our own values, and the answers that they expect.

Member names, nesting and answers are theirs, to the letter; the values are checked as everywhere else here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

import msgspec

from kept.core.batches import BatchItem
from kept.core.booking import BookingRequest
from kept.core.contacts import parse_email, parse_phone
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.intervals import in_utc
from kept.core.notifications import BOTH_AT_ONCE, SMS_THEN_EMAIL, Notification
from kept.core.reports import is_fallback, is_sent
from kept.core.zones import instant_of, parse_clock, parse_date, parse_instant, zone_named
from kept.formats.shapes import Member, Problems, Shape, Type, Values, object_of, read, text_of

MOST_ITEMS: Final = 10_000
"""Items of one batch; four days of the busiest of these systems."""
LATEST_EPOCH_S: Final = 253_370_764_800
"""The first second of 9999, in seconds since 1970."""

_MIDNIGHT: Final = re.compile(r"T00:00(?::00(?:\.0{1,6})?)?(?:Z|[+-]00:00)?\Z")
_HAS_OFFSET: Final = re.compile(r"(?:[Zz]|[+-][0-9]{2}:[0-9]{2})\Z")

DETAILS: Final = Shape(
    name="Details",
    about="What the visit is about; shown at the desk, never in a message.",
    members={
        "description": Member(types=(Type.TEXT,), about="What the visit is for.", limit=1_000, multiline=True),
        "location": Member(types=(Type.TEXT,), about="Where it takes place, if no place is named; goes into messages."),
    },
    example={"description": "Annual checkup", "location": "Clinic Room 5"},
)

USER_BOOKING: Final = Shape(
    name="UserBooking",
    about="A booking by user and instants. An unknown user is registered without contact points.",
    members={
        "userId": Member(types=(Type.ID,), about="Who comes.", required=True),
        "startTime": Member(types=(Type.NOTATION,), about="RFC 3339 with an offset or Z.", required=True),
        "endTime": Member(types=(Type.NOTATION,), about="RFC 3339 with an offset or Z; later.", required=True),
        "details": Member(types=(Type.OBJECT,), about="What the visit is about.", shape=DETAILS),
    },
    example={
        "userId": "user-123",
        "startTime": "2030-01-18T14:00:00Z",
        "endTime": "2030-01-18T15:00:00Z",
        "details": {"description": "Annual checkup", "location": "Clinic Room 5"},
    },
)

PATIENT_REQUEST: Final = Shape(
    name="PatientRequest",
    about="A request for a time of day in the practice's zone; it stays REQUESTED until the practice confirms it.",
    members={
        "patientId": Member(types=(Type.ID,), about="Who comes; registered if unknown.", required=True),
        "appointmentDate": Member(types=(Type.NOTATION,), about="ISO 8601 date.", required=True),
        "startTime": Member(types=(Type.NOTATION,), about="HH:MM on the practice's clocks.", required=True),
        "endTime": Member(types=(Type.NOTATION,), about="HH:MM, later on the same day.", required=True),
        "notes": Member(types=(Type.TEXT,), about="For the desk.", limit=4_000, multiline=True),
    },
    example={
        "patientId": "patient-1",
        "appointmentDate": "2030-01-18",
        "startTime": "09:00",
        "endTime": "09:30",
        "notes": "First visit",
    },
)

_TIME: Final = Member(
    types=(Type.NOTATION, Type.INTEGER),
    about="ISO 8601, in the practice's zone where it has no offset; or seconds since 1970.",
    required=True,
    most=LATEST_EPOCH_S,
)

SMS_ITEM: Final = Shape(
    name="SmsThenEmailItem",
    about="One reminder: by SMS, and by e-mail if that is not taken.",
    members={
        "patientId": Member(types=(Type.ID,), about="Who comes; registered if unknown.", required=True),
        "phoneNumber": Member(types=(Type.NOTATION,), about="Where the SMS goes."),
        "email": Member(types=(Type.NOTATION,), about="Where the e-mail goes."),
        "appointmentTime": _TIME,
        "doctorName": Member(
            types=(Type.TEXT,), about="Not part of a message: it may tell what a person suffers from."
        ),
        "location": Member(types=(Type.TEXT,), about="Goes into the message."),
        "appointmentId": Member(types=(Type.ID,), about="The sender's own id."),
    },
    example={
        "patientId": "patient-1",
        "phoneNumber": "+12065550100",
        "email": "ann@example.com",
        "appointmentTime": "2030-01-18T14:00:00Z",
        "doctorName": "Smith",
        "location": "Main Clinic",
        "appointmentId": "apt-001",
    },
)

BOTH_ITEM: Final = Shape(
    name="BothAtOnceItem",
    about="One reminder: by SMS and by e-mail, both at once.",
    members={
        "appointmentId": Member(types=(Type.ID,), about="The sender's own id.", required=True),
        "appointmentTime": _TIME,
        "customerEmail": Member(types=(Type.NOTATION,), about="Where the e-mail goes."),
        "customerPhone": Member(types=(Type.NOTATION,), about="Where the SMS goes."),
        "patientId": Member(types=(Type.ID,), about="Who comes, if known; else one is made from the address."),
        "location": Member(types=(Type.TEXT,), about="Goes into the message."),
    },
    example={
        "appointmentId": "apt-001",
        "appointmentTime": 1_894_975_200,
        "customerEmail": "ann@example.com",
        "customerPhone": "+12065550100",
    },
)

BATCH: Final = Shape(
    name="BatchEvent",
    about="Reminders to send now.",
    members={"appointments": Member(types=(Type.LIST,), about="The reminders, of either form.", limit=MOST_ITEMS)},
    example={"appointments": [SMS_ITEM.example, BOTH_ITEM.example]},
)


_ONLY_IN_BOTH: Final = frozenset({"customerEmail", "customerPhone"})
_ADDRESSES: Final = (("phoneNumber", "customerPhone"), ("email", "customerEmail"))


class NoAppointmentsError(InvalidInputError):
    """A batch came without a single item."""


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken for granted where a document says nothing."""

    zone: str = "UTC"
    """IANA zone of wall times."""
    region: str = "US"
    """Country of numbers without a prefix."""


class RefusedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a batch that cannot be sent, and why."""

    index: int
    """Its place in the batch, from 0."""
    problems: tuple[FieldProblem, ...]


class BatchReading(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as understood: every item is in one of the two."""

    items: tuple[BatchItem, ...]
    refused: tuple[RefusedItem, ...]

    @property
    def processed(self) -> int:
        """How many items there were."""
        return len(self.items) + len(self.refused)


class BatchResults(msgspec.Struct, frozen=True, kw_only=True):
    """How the items of a batch ended."""

    success: int
    failed: int
    fallback: int


class BatchAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the sender of a batch is told; the members and their order are the seed's."""

    batch_id: str
    processed: int
    results: BatchResults
    success_rate: str
    """Share of items that were taken on any channel: ``97.50%``."""


def booking_by_user(document: object, home: Home) -> BookingRequest:
    """
    Return the booking that a user's document asks for: ``userId``, ``startTime``, ``endTime``, ``details``.

    The user is a patient here; one that nobody knows is registered, as that system did.

    Raises:
        InvalidInputError: with everything that is wrong.
    """
    problems = Problems()
    values = read(USER_BOOKING, document, problems)
    start = _instant(values, "startTime", problems)
    end = _instant(values, "endTime", problems)
    _check_order(start, end, problems)
    problems.check()
    details = object_of(values, "details")
    return BookingRequest(
        patient_id=text_of(values, "userId"),
        start=cast("datetime", start),
        end=cast("datetime", end),
        zone=home.zone,
        description=text_of(details, "description"),
        location=text_of(details, "location"),
        register_patient=True,
    )


def booking_by_request(document: object, home: Home) -> BookingRequest:
    """
    Return what a patient's request asks for: ``patientId``, ``appointmentDate``, ``startTime``, ``endTime``, ``notes``.

    Its times are read on the practice's clocks. It is held as REQUESTED until the practice confirms it, as there.

    Raises:
        InvalidInputError: with everything that is wrong; a time that clocks skip or show twice is asked about.
    """
    problems = Problems()
    values = read(PATIENT_REQUEST, document, problems)
    day = problems.tried(_day, text_of(values, "appointmentDate")) if "appointmentDate" in values else None
    zone = zone_named(home.zone)
    start = _on(day, values, "startTime", zone, problems)
    end = _on(day, values, "endTime", zone, problems)
    _check_order(start, end, problems)
    problems.check()
    return BookingRequest(
        patient_id=text_of(values, "patientId"),
        start=cast("datetime", start),
        end=cast("datetime", end),
        zone=home.zone,
        notes=text_of(values, "notes"),
        as_request=True,
        register_patient=True,
    )


def batch(document: object, home: Home) -> BatchReading:
    """
    Return the items of a batch event; one that is wrong never stops the others.

    Args:
        document: ``{"appointments": [...]}``; items of both forms may stand side by side.
        home: Zone and country where an item names none.

    Raises:
        NoAppointmentsError: there is no item at all.
        InvalidInputError: it is no such event.
    """
    problems = Problems()
    values = read(BATCH, document, problems)
    problems.check()
    given = cast("list[object]", values.get("appointments", []))
    if not given:
        raise NoAppointmentsError.of("appointments", "required", "No appointments provided")
    items: list[BatchItem] = []
    refused: list[RefusedItem] = []
    for index, document_ in enumerate(given):
        try:
            items.append(batch_item(document_, home))
        except InvalidInputError as error:
            refused.append(RefusedItem(index=index, problems=error.problems))
    return BatchReading(items=tuple(items), refused=tuple(refused))


def batch_item(document: object, home: Home) -> BatchItem:
    """
    Return one item: with ``customerEmail`` or ``customerPhone`` for both channels at once, else SMS, then e-mail.

    An address that cannot be written to counts as not given, so that the other one is used; an item with none at all is
    taken, and its notification will say why nothing was sent.

    Raises:
        InvalidInputError: with everything that is wrong.
    """
    is_both = isinstance(document, dict) and bool(_ONLY_IN_BOTH.intersection(document))
    shape, plan = (BOTH_ITEM, BOTH_AT_ONCE) if is_both else (SMS_ITEM, SMS_THEN_EMAIL)
    problems = Problems()
    values = read(shape, document, problems)
    start = problems.tried(_item_time, values["appointmentTime"], home) if "appointmentTime" in values else None
    problems.check()
    phone, email = (text_of(values, names[is_both]) for names in _ADDRESSES)
    read_phone = _usable(lambda: parse_phone(phone, region=home.region)) if phone else None
    read_email = _usable(lambda: parse_email(email)) if email else None
    return BatchItem(
        patient_id=text_of(values, "patientId")
        or _customer_id(read_phone or read_email or text_of(values, "appointmentId")),
        appointment_id=text_of(values, "appointmentId"),
        start=cast("datetime", start),
        zone=home.zone,
        place=text_of(values, "location"),
        phone=read_phone,
        email=read_email,
        plan=plan,
    )


def batch_results(notifications: Iterable[Notification], *, refused: int) -> tuple[BatchResults, int]:
    """
    Return how the items of a batch stand, and how many are pending: neither ended nor with a provider.

    Args:
        notifications: One for each item that was planned.
        refused: How many items could not be planned; they count as failed, and so does what a rule kept back, because
            that system had no rules.
    """
    known = tuple(notifications)
    sent = [n for n in known if is_sent(n)]
    fallback = sum(is_fallback(n) for n in sent)
    failed = sum(n.is_done and not is_sent(n) for n in known)
    results = BatchResults(success=len(sent) - fallback, failed=failed + refused, fallback=fallback)
    return results, len(known) - len(sent) - failed


def batch_answer(batch_id: str, results: BatchResults) -> BatchAnswer:
    """
    Return the answer to a batch.

    >>> batch_answer("bat_1", BatchResults(success=2, failed=1, fallback=1)).success_rate
    '75.00%'
    """
    processed = results.success + results.failed + results.fallback
    rate = (results.success + results.fallback) / processed * 100 if processed else 0
    return BatchAnswer(batch_id=batch_id, processed=processed, results=results, success_rate=f"{rate:.2f}%")


def user_booking_answer(appointment_id: str) -> dict[str, object]:
    """Return what a user is told whose booking was kept."""
    return {"appointmentId": appointment_id, "message": "Appointment scheduled successfully"}


def conflict_answer(start: datetime, end: datetime) -> dict[str, object]:
    """Return what a user is told whose time is taken: the other booking's times, and nothing else of it."""
    times = {"startTime": start.isoformat(), "endTime": end.isoformat()}
    return {"error": "Appointment conflict detected", "conflictingAppointment": times}


def _instant(values: Values, name: str, problems: Problems) -> datetime | None:
    if name not in values:
        return None
    return problems.tried(lambda: in_utc(parse_instant(text_of(values, name), field=name), field=name))


def _day(text: str) -> date:
    """Return a date that may be written as midnight of that date."""
    return parse_date(_MIDNIGHT.sub("", text), field="appointmentDate")


def _on(day: date | None, values: Values, name: str, zone: ZoneInfo, problems: Problems) -> datetime | None:
    """Return the instant of a time of day, if both can be read."""
    clock = problems.tried(parse_clock, text_of(values, name), field=name) if name in values else None
    if day is None or clock is None:
        return None
    return problems.tried(instant_of, datetime.combine(day, clock), zone, field=name)


def _check_order(start: datetime | None, end: datetime | None, problems: Problems) -> None:
    if start and end and end <= start:
        problems.add("endTime", "before_start", "is not after the start; give a later end")


def _item_time(given: object, home: Home) -> datetime:
    """Return the instant of an item's time: seconds since 1970, or text with or without an offset."""
    field = "appointmentTime"
    if isinstance(given, int):
        return datetime.fromtimestamp(given, tz=UTC)
    text = cast("str", given)
    if _HAS_OFFSET.search(text):
        return in_utc(parse_instant(text, field=field), field=field)
    wall = parse_instant(f"{text}Z", field=field).replace(tzinfo=None)
    return instant_of(wall, zone_named(home.zone), field=field)


def _usable(read_address: Callable[[], str]) -> str | None:
    try:
        return read_address()
    except InvalidInputError:
        return None


def _customer_id(known_by: str) -> str:
    """Return an id for someone of whom only an address is known: the same for the same address."""
    return "customer_" + hashlib.sha256(known_by.casefold().encode()).hexdigest()[:24]
