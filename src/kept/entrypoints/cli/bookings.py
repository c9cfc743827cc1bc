"""What ``kept book`` and ``kept move`` ask for: options become the API's own documents, files may be any of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec

from kept.core.booking import Appointment
from kept.core.errors import InvalidInputError, NotFoundError
from kept.core.practice import Practice
from kept.entrypoints.cli.files import bytes_of
from kept.entrypoints.cli.parts import Parts
from kept.entrypoints.http_api.booking_forms import Form, booking_of, form_of, in_their_names, wanted_change
from kept.entrypoints.http_api.views import appointment_view
from kept.flow.booking import Change, book, move
from kept.flow.practice import load_practice
from kept.formats.seed_events import user_booking_answer
from kept.formats.strict_json import parsed

CALLER: Final = "command line"
OPTIONS: Final[Mapping[str, str]] = {
    "patientId": "patient",
    "practitionerId": "practitioner",
    "roomId": "room",
    "placeId": "place",
    "visitType": "visit-type",
    "durationMinutes": "minutes",
    "timeZone": "zone",
    "details/description": "description",
    "details/location": "location",
}
"""Members of the API's document that are options of another name."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A booking as it was asked for."""

    document: object
    register: bool = False
    """Register an unknown patient."""
    by_options: bool = False


def booked(parts: Parts, asked: Asked) -> tuple[dict[str, object], Appointment]:
    """
    Return the answer to a booking, and the appointment.

    Raises:
        KeptError: it was not booked, and why.
    """
    now = parts.clock.now()
    practice = load_practice(parts.store).practice
    form = form_of(asked.document)
    new_id = parts.ids.new("apt")
    with _in_names_of(asked, form):
        request = booking_of(form, _with_zone(asked, practice), practice)
        request = msgspec.structs.replace(
            request, by=CALLER, register_patient=request.register_patient or asked.register
        )
        appointment = parts.store.submit(lambda tx: book(tx, request, appointment_id=new_id, now=now)).result()
    answer = user_booking_answer(appointment.id)
    if form is Form.USER:
        return answer, appointment
    shown: dict[str, object] = msgspec.to_builtins(appointment_view(appointment))
    return {**answer, **shown}, appointment


def document_in(name: str) -> object:
    """
    Return the document in a file.

    Raises:
        InvalidInputError: it cannot be read, or is no JSON.
    """
    return parsed(bytes_of(name))


def moved(parts: Parts, change: Change, document: Mapping[str, object]) -> Appointment:
    """
    Return an appointment at its new time.

    Raises:
        KeptError: it was not moved, and why.
    """
    now = parts.clock.now()
    current = next(iter(parts.store.load(Appointment, [change.appointment_id])), None)
    if current is None:
        raise NotFoundError("appointment")
    with _in_names_of(Asked(document=document, by_options=True), Form.OURS):
        to, zone, _ = wanted_change(_given(document), current)
        if to is None:
            raise AssertionError("a change without notes is a change of time")
        return parts.store.submit(lambda tx: move(tx, change, to, zone=zone, now=now)).result()


def _given(document: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in document.items() if value is not None}


def _with_zone(asked: Asked, practice: Practice) -> object:
    """Return the document; on the command line a time without an offset is one on the clocks of the place."""
    if not asked.by_options or not isinstance(asked.document, dict):
        return asked.document
    document = _given(asked.document)
    start = str(document.get("start", ""))
    is_wall = start[-1:] not in {"Z", "z"} and not any(sign in start[11:] for sign in "+-")
    if is_wall and "timeZone" not in document:
        place = practice.place(str(document.get("placeId", "")))
        document["timeZone"] = place.zone if place else practice.zone
    return document


@contextmanager
def _in_names_of(asked: Asked, form: Form) -> Iterator[None]:
    """Let errors name the fields as they were given: members of the file's own form, or options."""
    try:
        yield
    except InvalidInputError as error:
        if not asked.by_options:
            raise in_their_names(error, form) from None
        renamed = (msgspec.structs.replace(p, field=OPTIONS.get(p.field, p.field)) for p in error.problems)
        raise InvalidInputError(*renamed) from None
