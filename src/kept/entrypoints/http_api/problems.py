"""
What went wrong, as RFC 9457 problem details, and which status each kind of error has.

No answer here repeats a value that was sent: it names the member, the rule and the remedy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import msgspec

from kept.core.errors import (
    ConflictError,
    ExpiredError,
    FieldProblem,
    InvalidInputError,
    KeptError,
    KeyReusedError,
    NotFoundError,
    OutsideError,
    RefusedError,
    SlotTakenError,
    StaleVersionError,
    StateConflictError,
)
from kept.formats.seed_events import NoAppointmentsError, conflict_answer
from kept.formats.strict_json import MalformedJsonError

MEDIA_TYPE: Final = "application/problem+json"
MOST_NAMED: Final = 3
"""Fields that the one-sentence detail names; all are in ``errors``."""
IDEMPOTENCY_KEY: Final = "Idempotency-Key"

Headers = tuple[tuple[str, str], ...]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of problem."""

    title: str
    status: int


KINDS: Final[Mapping[str, Kind]] = {
    "bad-request": Kind(title="Bad request", status=400),
    "malformed-json": Kind(title="Body is not valid JSON", status=400),
    "idempotency-key-invalid": Kind(title="Idempotency key invalid", status=400),
    "unauthenticated": Kind(title="Sign-in or API key required", status=401),
    "forbidden": Kind(title="Not allowed", status=403),
    "bad-signature": Kind(title="Webhook signature invalid", status=403),
    "not-found": Kind(title="Not found", status=404),
    "method-not-allowed": Kind(title="Method not allowed", status=405),
    "not-acceptable": Kind(title="No acceptable representation", status=406),
    "request-timeout": Kind(title="Bad request", status=408),
    "slot-taken": Kind(title="The time is already booked", status=409),
    "state-conflict": Kind(title="Not possible in the current state", status=409),
    "idempotency-in-progress": Kind(title="A request with this key is still running", status=409),
    "link-expired": Kind(title="Link expired", status=410),
    "stale-version": Kind(title="The record changed since you read it", status=412),
    "payload-too-large": Kind(title="Body too large", status=413),
    "uri-too-long": Kind(title="URI too long", status=414),
    "unsupported-media-type": Kind(title="Content type not supported", status=415),
    "validation": Kind(title="One or more fields are invalid", status=422),
    "idempotency-key-reused": Kind(title="Idempotency key used with another body", status=422),
    "precondition-required": Kind(title="If-Match required", status=428),
    "rate-limited": Kind(title="Too many requests", status=429),
    "headers-too-large": Kind(title="Request headers too large", status=431),
    "internal-error": Kind(title="Unexpected error", status=500),
    "storage-unavailable": Kind(title="Storage temporarily unavailable", status=503),
}
"""Every problem that this door answers with."""

_TYPES: Final = {"request-timeout": "bad-request"}
"""Kinds that share another one's type, because only their status differs."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One answer that says what went wrong."""

    kind: str
    detail: str
    code: str = ""
    errors: tuple[dict[str, object], ...] = ()
    extra: Mapping[str, object] = {}
    headers: Headers = ()

    @property
    def status(self) -> int:
        """Status of the answer."""
        return KINDS[self.kind].status

    def body(self, trace_id: str) -> bytes:
        """Return the document."""
        document: dict[str, object] = {
            "type": f"problems/{_TYPES.get(self.kind, self.kind)}",
            "title": KINDS[self.kind].title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.code:
            document["code"] = self.code
        if self.errors:
            document["errors"] = self.errors
        return msgspec.json.encode(document | {**self.extra} | {"traceId": trace_id})


class DoorError(KeptError):
    """The request itself cannot be served, whatever it asks for."""

    def __init__(self, kind: str, detail: str, *, code: str = "", headers: Headers = ()) -> None:
        super().__init__(detail)
        self.problem = Problem(kind=kind, detail=detail, code=code, headers=headers)


def problem_of(error: KeptError, *, in_query: bool = False) -> Problem:
    """Return how an error is told; *in_query*: its fields are parameters of the query."""
    if isinstance(error, DoorError):
        return error.problem
    if isinstance(error, InvalidInputError):
        return _of_input(error, in_query=in_query)
    if isinstance(error, RefusedError):
        return Problem(kind="validation", detail=_sentence(str(error)), code=error.code, extra=error.extra)
    if isinstance(error, ConflictError):
        return _of_conflict(error)
    if isinstance(error, ExpiredError):
        return Problem(kind="link-expired", detail="This link was good once; ask for a new one.")
    if isinstance(error, NotFoundError):
        return Problem(kind="not-found", detail=f"There is no such {error.thing}; check its id.")
    if isinstance(error, OutsideError):
        wait = str(max(1, math.ceil(error.retry_after_s or 1)))
        detail = "Nothing of this request was kept; send it again after a pause."
        return Problem(kind="storage-unavailable", detail=detail, headers=(("Retry-After", wait),))
    return Problem(kind="internal-error", detail="Something went wrong here; tell us the traceId.")


def pointer_to(field: str) -> str:
    """
    Return a JSON Pointer in URI fragment form for a path whose parts are already escaped.

    >>> pointer_to("details/location"), pointer_to("")
    ('#/details/location', '#')

    Source:
        RFC 6901 §6.
    """
    return f"#/{quote(field, safe='/~', errors='replace')}" if field else "#"


def told(problem: FieldProblem, *, in_query: bool = False) -> dict[str, object]:
    """Return one wrong field as the answer lists it."""
    place: dict[str, object]
    if problem.field == IDEMPOTENCY_KEY:
        place = {"header": IDEMPOTENCY_KEY}
    elif in_query:
        place = {"parameter": problem.field}
    else:
        place = {"pointer": pointer_to(problem.field)}
    return {**place, "code": problem.code, "detail": _sentence(problem.message), **problem.extra}


def _of_input(error: InvalidInputError, *, in_query: bool) -> Problem:
    if isinstance(error, MalformedJsonError):
        return Problem(kind="malformed-json", detail=f"The body {error.problems[0].message}.", code=error.code)
    if isinstance(error, NoAppointmentsError):
        detail = "The batch holds no appointment; send at least one."
        return Problem(kind="bad-request", detail=detail, code="required", extra={"error": "No appointments provided"})
    kind = "idempotency-key-invalid" if error.problems[0].field == IDEMPOTENCY_KEY else "validation"
    lines = [f"{p.field or 'The document'} {p.message}." for p in error.problems[:MOST_NAMED]]
    rest = len(error.problems) - MOST_NAMED
    if rest > 0:
        lines.append(f"And {rest} more; see errors.")
    errors = tuple(told(p, in_query=in_query) for p in error.problems)
    code = error.problems[0].code if len(error.problems) == 1 else ""
    return Problem(kind=kind, detail=_encodable(" ".join(lines)), code=code, errors=errors)


def _of_conflict(error: ConflictError) -> Problem:
    if isinstance(error, SlotTakenError):
        taken = error.taken[0]
        extra = {**conflict_answer(taken.start, taken.end), "owner": error.owner}
        return Problem(kind="slot-taken", detail=_sentence(str(error)), extra=extra)
    if isinstance(error, StaleVersionError):
        return Problem(kind="stale-version", detail=_sentence(str(error)), extra={"currentVersion": error.current})
    if isinstance(error, KeyReusedError):
        return Problem(kind="idempotency-key-reused", detail=_sentence(str(error)))
    if isinstance(error, StateConflictError):
        return Problem(kind="state-conflict", detail=_sentence(str(error)), code=error.code)
    detail = "Others changed the same records at the same time; read again, then retry."
    return Problem(kind="state-conflict", detail=detail, code="changed_meanwhile", headers=(("Retry-After", "1"),))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].removesuffix(".") + "."


def _encodable(text: str) -> str:
    """Return the text without halves of surrogate pairs: a member's name may hold some."""
    return text.encode("utf-8", "replace").decode("utf-8")
