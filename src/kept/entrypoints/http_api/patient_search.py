"""Find patients by number, address or the beginning of the name."""

from __future__ import annotations

from typing import Final

from kept.core.access import Scope
from kept.core.contacts import parse_email, parse_phone
from kept.core.errors import InvalidInputError
from kept.core.people import Patient, email_key, name_search
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.appointment_search import CURSOR, LIMIT, paged
from kept.entrypoints.http_api.operations import Call, Operation
from kept.entrypoints.http_api.patients import consents_of
from kept.entrypoints.http_api.views import PatientPage, patient_view
from kept.flow.search import Search, search
from kept.formats.shapes import Member, Shape, Type, Values, text_of

_WAYS: Final = ("email", "phone", "name")

QUERY: Final = Shape(
    name="PatientSearch",
    about="Patients by one of three ways.",
    members={
        "email": Member(types=(Type.NOTATION,), about="The whole address."),
        "phone": Member(types=(Type.NOTATION,), about="The whole number; a plus sign is written %2B in an address."),
        "name": Member(types=(Type.TEXT,), about="The beginning of the name, three letters at least."),
        "cursor": CURSOR,
        "limit": LIMIT,
    },
)


async def find(call: Call) -> Answer:
    """Show a page of patients."""
    where = _where(call.query, call.practice().region)
    store = call.parts.store
    found = search(store, Patient, paged(where, call.query), keep=lambda _: True)
    views = tuple(patient_view(patient, consents_of(store, patient)) for patient in found.entities)
    return json_answer(PatientPage(patients=views, next_cursor=found.cursor))


def _where(values: Values, region: str) -> Search:
    ways = [way for way in _WAYS if way in values]
    if not ways:
        raise InvalidInputError.of("email", "required", "is missing; give email, phone or name")
    if len(ways) > 1:
        raise InvalidInputError.of(ways[1], "conflicts_with", f"stands beside {ways[0]}; give only one of them")
    text = text_of(values, ways[0])
    if ways[0] == "email":
        return Search(index="patients_by_email", partitions=(email_key(parse_email(text)),))
    if ways[0] == "phone":
        # a plus sign that nobody encoded arrives as a space
        number = f"+{text[1:]}" if text[:1] == " " and text[1:2].isdecimal() else text
        return Search(index="patients_by_phone", partitions=(parse_phone(number, region=region),))
    keys = name_search(text)
    if keys is None:
        raise InvalidInputError.of("name", "too_short", "has fewer than three letters; give more of the name")
    partition, first, last = keys
    return Search(index="patients_by_name", partitions=(partition,), after=first, before=last)


OPERATIONS: Final = (
    Operation(
        name="findPatients",
        method="GET",
        path="/api/patients",
        scope=Scope.READ,
        run=find,
        summary="Find patients",
        about="By e-mail address, phone number, or the beginning of the name.",
        tag="Patients",
        query=QUERY,
        answers={200: (PatientPage,)},
    ),
)
