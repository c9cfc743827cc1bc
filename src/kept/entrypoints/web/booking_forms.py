"""What the form for a visit says, understood; everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from kept.core.booking import BookingRequest
from kept.core.contacts import parse_email, parse_phone
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.intervals import interval
from kept.core.people import ChannelName, Patient, checked_id, checked_text
from kept.core.schedules import Schedule
from kept.entrypoints.web.calls import CALLER, Call
from kept.entrypoints.web.wishes import chosen_start, length
from kept.entrypoints.web.words import LANGUAGES
from kept.flow.people import ConsentWish

T = TypeVar("T")

NEW: Final = "new"
"""Chosen instead of a patient: register one."""
_NOTES: Final = 1_000


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """A patient to be registered with the booking."""

    patient: Patient
    wishes: tuple[ConsentWish, ...]


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a form asks for."""

    request: BookingRequest
    newcomer: Newcomer | None


def practitioner_of(call: Call, fields: dict[str, str]) -> Schedule | None:
    """Return the practitioner that a form names, or the first, or None when there is none at all."""
    return call.practitioner(fields.get("practitioner")) or next(iter(call.practitioners), None)


def wish_of(call: Call) -> Wish:
    """
    Return what a form asks for.

    Raises:
        InvalidInputError: with everything that is wrong.
    """
    form, problems = call.form, list[FieldProblem]()
    practitioner = practitioner_of(call, form)
    place, zone = call.place_of(practitioner), call.zone_of(practitioner)
    start = _tried(problems, lambda: chosen_start(form, zone))
    if start is None and not problems:
        problems.append(FieldProblem(field="start", code="no_time", message="must be chosen"))
    lasts = _tried(problems, lambda: length(call, form))
    who, newcomer = _patient(call, problems)
    notes = _tried(problems, lambda: checked_text(form.get("notes", ""), field="notes", limit=_NOTES, multiline=True))
    if problems or start is None or lasts is None or who is None:
        raise InvalidInputError(*problems)
    visit_type, times = call.visit_type(form.get("visit")), interval(start, start + lasts)
    request = BookingRequest(
        patient_id=who,
        start=times.start,
        end=times.end,
        zone=zone,
        practitioner_id=practitioner.id if practitioner else None,
        place_id=place.id if place else None,
        visit_type_id=visit_type.id if visit_type else None,
        notes=notes or "",
        by=CALLER,
    )
    return Wish(request=request, newcomer=newcomer)


def _patient(call: Call, problems: list[FieldProblem]) -> tuple[str | None, Newcomer | None]:
    """Return whose visit it is, and what to register of a newcomer."""
    given = call.form.get("patient", "")
    if not given:
        problems.append(FieldProblem(field="patient", code="no_patient", message="must be chosen"))
        return None, None
    if given != NEW:
        return _tried(problems, lambda: checked_id(given, field="patient")), None
    newcomer = _tried(problems, lambda: _newcomer(call))
    return (newcomer.patient.id if newcomer else None), newcomer


def _newcomer(call: Call) -> Newcomer:
    """
    Return the patient that the form describes.

    A box that is not ticked is a no. One that is ticked says nothing new: an earlier opt-out of the number stays.
    """
    form, problems = call.form, list[FieldProblem]()
    first = _tried(problems, lambda: checked_text(form.get("first_name", ""), field="first_name"))
    last = _tried(problems, lambda: checked_text(form.get("last_name", ""), field="last_name"))
    region = call.practice.region
    phone = _tried(problems, lambda: parse_phone(form["phone"], region=region)) if form.get("phone") else None
    email = _tried(problems, lambda: parse_email(form["email"])) if form.get("email") else None
    if not (form.get("first_name") or form.get("last_name")):
        problems.append(FieldProblem(field="first_name", code="no_name", message="must not be empty"))
    if problems:
        raise InvalidInputError(*problems)
    language = form.get("language", "")
    patient = Patient(
        id=call.parts.ids.new("pat"),
        first_name=first or "",
        last_name=last or "",
        phone=phone,
        email=email,
        language=language if language in LANGUAGES else None,
        created_at=call.now,
        updated_at=call.now,
    )
    unwanted = (channel for channel in ChannelName if form.get(f"allow_{channel.value}") != "yes")
    return Newcomer(patient=patient, wishes=tuple(ConsentWish(channel=c, granted=False) for c in unwanted))


def _tried(problems: list[FieldProblem], read: Callable[[], T]) -> T | None:
    """Return what is read, or None after noting what is wrong with it."""
    try:
        return read()
    except InvalidInputError as error:
        problems.extend(error.problems)
        return None
