"""One request to a page, read and checked, and the form that came with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from kept.core.errors import InvalidInputError
from kept.core.practice import Practice, PracticeSetup
from kept.core.schedules import Place, Role, Schedule, VisitType
from kept.entrypoints.web.clocks import Clocks
from kept.entrypoints.web.parts import WebParts
from kept.entrypoints.web.words import Words

CALLER: Final = "pages"
"""Who a change on the pages is noted as; names come with sign-in."""
MOST_FORM_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 100
FORM_TYPE: Final = "application/x-www-form-urlencoded"


class FormError(Exception):
    """A form that cannot be read."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, with all that answering it needs."""

    parts: WebParts
    say: Words
    now: datetime
    """The one reading of the clock."""
    path: str
    args: dict[str, str]
    """From the path."""
    query: dict[str, str]
    form: dict[str, str]
    """Empty unless something is to change."""
    token: str
    """For the forms of the answer."""
    setup: PracticeSetup = field(default_factory=lambda: PracticeSetup(practice=Practice(name="")))

    @property
    def practice(self) -> Practice:
        """The practice as it is set up."""
        return self.setup.practice

    @property
    def clocks(self) -> Clocks:
        """How this reader is told days and times."""
        return Clocks(self.say.language, self.practice.region)

    @property
    def practitioners(self) -> tuple[Schedule, ...]:
        """Everyone who can be booked, by name."""
        return tuple(s for s in self.setup.schedules if s.role is Role.PRACTITIONER)

    def practitioner(self, practitioner_id: str | None) -> Schedule | None:
        """Return the practitioner of this id, or None."""
        return next((s for s in self.practitioners if s.id == practitioner_id), None)

    def visit_type(self, visit_type_id: str | None) -> VisitType | None:
        """Return the visit type of this id, or the first, or None when there is none at all."""
        first = next(iter(self.practice.visit_types), None)
        return self.practice.visit_type(visit_type_id) or first

    def place_of(self, schedule: Schedule | None) -> Place | None:
        """Return where a practitioner works, or the first place."""
        first = next(iter(self.practice.places), None)
        return (self.practice.place(schedule.place_id) if schedule else None) or first

    def zone_of(self, schedule: Schedule | None) -> str:
        """Return the zone in which a practitioner's times are written."""
        place = self.place_of(schedule)
        return place.zone if place else self.practice.zone


async def read_form(request: Request) -> dict[str, str]:
    """
    Return the fields of a form; of a field that is repeated, the last.

    Raises:
        FormError: too large, another type, or not UTF-8.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise FormError(415, f"Send the form as {FORM_TYPE}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM_BYTES:
            raise FormError(413, f"A form holds at most {MOST_FORM_BYTES} bytes; shorten its texts.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS, separator="&"
        )
    except ValueError:
        raise FormError(400, "The form cannot be read; send fields in UTF-8.") from None
    return {name: value.replace("\r\n", "\n").strip() for name, value in pairs}


def form_version(call: Call) -> int:
    """
    Return the version of the record that a form was made from.

    Raises:
        InvalidInputError: the form does not say.
    """
    text = call.form.get("version", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):  # noqa: PLR2004  what 64 bits hold
        raise InvalidInputError.of("version", "required", "must be the version that was looked at; load the page again")
    return int(text)
