"""What a page says when something is refused: one table from families of errors to statuses."""

from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import Final

import structlog
from starlette.responses import Response

from kept.core.errors import (
    ConflictError,
    InvalidInputError,
    KeptError,
    NotFoundError,
    OutsideError,
    RefusedError,
    SlotTakenError,
    StaleVersionError,
    StateConflictError,
)
from kept.entrypoints.web.calls import Call
from kept.entrypoints.web.rendering import error_page

_MOST_FRAMES: Final = 12

log = structlog.get_logger("kept.pages")

FAMILIES: Final[tuple[tuple[type[KeptError], int, str], ...]] = (
    (NotFoundError, HTTPStatus.NOT_FOUND, "not_found"),
    (StaleVersionError, HTTPStatus.PRECONDITION_FAILED, "stale"),
    (SlotTakenError, HTTPStatus.CONFLICT, "taken"),
    (StateConflictError, HTTPStatus.CONFLICT, "state"),
    (ConflictError, HTTPStatus.CONFLICT, "conflict"),
    (InvalidInputError, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid"),
    (RefusedError, HTTPStatus.UNPROCESSABLE_ENTITY, "refused"),
    (OutsideError, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    (KeptError, HTTPStatus.INTERNAL_SERVER_ERROR, "broken"),
)
"""Family, status and the texts ``failed.….title`` and ``failed.….text``; the first that fits counts."""


def failure_page(call: Call, error: KeptError) -> Response:
    """Return the page for an error that the page itself did not handle."""
    status, word = next((s, w) for family, s, w in FAMILIES if isinstance(error, family))
    appointment = call.args.get("appointment_id", "")
    again = f"/appointments/{appointment}" if appointment and word != "not_found" else ""
    return error_page(
        call,
        status=status,
        title=call.say(f"failed.{word}.title"),
        detail=_detail(call, error, word),
        again="/worklist" if "item_id" in call.args else again,
    )


def broken_page(call: Call, error: Exception) -> Response:
    """Return the page for what nobody foresaw; the log says where, and not the text, which may repeat a person's."""
    where = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]]
    log.error("page failed", error=type(error).__name__, where=where)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return error_page(call, status=status, title=call.say("failed.broken.title"), detail=call.say("failed.broken.text"))


def _detail(call: Call, error: KeptError, word: str) -> str:
    """Return the text for a family; what a rule says is added, because only it knows what is possible."""
    text = call.say(f"failed.{word}.text")
    if isinstance(error, InvalidInputError):
        return " ".join([text, *(f"{p.field}: {call.say.problem(p)}." for p in error.problems)])
    return f"{text} ({error})" if isinstance(error, StateConflictError | RefusedError) else text
