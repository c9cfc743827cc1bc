"""
What can go wrong, by what the caller can do about it.

    KeptError
    ├── InvalidInputError            the values make no sense         -> fix the call; 400 or 422
    ├── RefusedError                 a rule says no; carries a code   -> tell the person; 422
    ├── ConflictError                someone was first, or it moved   -> read again, then retry; 409
    │   ├── SlotTakenError           the time is booked               -> offer another time; 409
    │   ├── StateConflictError       not possible in this state       -> show the state; 409
    │   ├── StaleVersionError        changed since it was read        -> read again; 412
    │   ├── CutOffError              only the first part has landed   -> take that back, then retry; 409
    │   └── KeyReusedError           idempotency key, other request   -> use a new key; 422
    ├── NotFoundError                no such thing, for this caller   -> 404
    │   └── ExpiredError             it was good until a while ago    -> ask for a new one; 410
    └── OutsideError                 the other system failed          -> retry_after_s, or None = never; 503
        └── StorageUnavailableError  the store is busy, full or gone  -> wait and retry; 503

A message names the thing and the remedy. It never holds a name, a number, an address or a person's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import msgspec

if TYPE_CHECKING:
    from kept.core.intervals import Interval


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field of a request."""

    field: str
    """Path of the field, parts joined by a slash: ``start``, ``details/location``; empty for the whole document."""
    code: str
    """Stable machine word, such as ``not_a_datetime``."""
    message: str
    """What is wrong and how to mend it, for a person."""
    extra: dict[str, object] = {}
    """Further members of the answer, such as ``suggestions``."""


class KeptError(Exception):
    """Root of everything that Kept raises on purpose."""


class InvalidInputError(KeptError):
    """One or more fields are wrong; nothing was done."""

    def __init__(self, *problems: FieldProblem) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" if p.field else p.message for p in problems))
        self.problems = problems

    @classmethod
    def of(cls, field: str, code: str, message: str, **extra: object) -> Self:
        """Return the error for a single wrong field."""
        return cls(FieldProblem(field=field, code=code, message=message, extra=extra))


class RefusedError(KeptError):
    """A rule says no."""

    def __init__(self, code: str, message: str, **extra: object) -> None:
        super().__init__(message)
        self.code = code
        self.extra = extra


class ConflictError(KeptError):
    """Someone was first, or the thing moved on."""


class SlotTakenError(ConflictError):
    """The time is already booked; tells the other bookings' times and nothing else of them."""

    def __init__(self, taken: tuple[Interval, ...], *, owner: str) -> None:
        super().__init__(f"the {owner} is already booked at that time; choose another time")
        self.taken = taken
        self.owner = owner


class StateConflictError(ConflictError):
    """The thing is not in a state in which this can be done."""

    def __init__(self, message: str, *, code: str = "wrong_state") -> None:
        super().__init__(message)
        self.code = code


class StaleVersionError(ConflictError):
    """The caller decided on an older version than the stored one."""

    def __init__(self, *, given: int, current: int) -> None:
        super().__init__(f"version {given} was given, but the record is at version {current}; read it again")
        self.given = given
        self.current = current


class CutOffError(ConflictError):
    """The first part of a step has landed, and its last has not, or nobody knows; carries what the step returned."""

    def __init__(self, result: object) -> None:
        super().__init__("the last part of a step did not land with the first; read again, then retry")
        self.result = result


class KeyReusedError(ConflictError):
    """An idempotency key came again with another request."""

    def __init__(self) -> None:
        super().__init__("this idempotency key was used for another request; send a new key with a new request")


class NotFoundError(KeptError):
    """No such thing, for this caller."""

    def __init__(self, thing: str, *, field: str = "") -> None:
        super().__init__(f"no such {thing}")
        self.thing = thing
        self.field = field


class ExpiredError(NotFoundError):
    """It was good once, and is not any more."""


class OutsideError(KeptError):
    """Another system failed; says after how many seconds another try makes sense, or None for never."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StorageUnavailableError(OutsideError):
    """The store is busy, full or gone; nothing of the request was kept."""
