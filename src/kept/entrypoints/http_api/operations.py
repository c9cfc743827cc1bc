"""What the API can be asked to do, as data: one value per method and path, from which routes and documents are made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from kept.core.access import ApiKey, RequestKey, Scope
from kept.core.errors import InvalidInputError, NotFoundError, StaleVersionError
from kept.core.people import checked_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.entrypoints.http_api.answers import Answer
from kept.entrypoints.http_api.bridge import Bridge
from kept.entrypoints.http_api.limits import Buckets
from kept.entrypoints.http_api.parts import ApiParts
from kept.entrypoints.http_api.preconditions import Precondition
from kept.entrypoints.http_api.recent import Recent
from kept.formats.shapes import Shape, Values
from kept.ports.store import E, Transaction

T = TypeVar("T")


class Body(StrEnum):
    """Whether an operation takes a body."""

    NONE = "none"
    """GET: whatever is sent is not read."""
    EMPTY = "empty"
    """Nothing, or an empty object, which some clients always send."""
    JSON = "json"


class Room:
    """What all requests of one process share."""

    def __init__(self, parts: ApiParts) -> None:
        self.parts = parts
        self.bridge = Bridge()
        self.recent = Recent(parts.store, for_s=parts.limits.recent_s)
        self.buckets = Buckets(per_s=parts.limits.requests_per_s, burst=parts.limits.burst)
        self.running_keys: set[str] = set()
        """Idempotency keys whose first request is still running here."""

    def submitted(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Hand a step to the store."""
        return self.parts.store.submit(step)


class Call(msgspec.Struct, kw_only=True):
    """One request, let in and read."""

    room: Room
    now: datetime
    """The one reading of the clock for this request."""
    correlation_id: str
    key: ApiKey | None = None
    """None: the operation is open."""
    path: Mapping[str, str] = {}
    query: Values = {}
    document: object = None
    versions: tuple[int, ...] | None = None
    """What the change was decided on, if the caller said."""
    request_key: RequestKey | None = None

    @property
    def parts(self) -> ApiParts:
        """The outside."""
        return self.room.parts

    @property
    def by(self) -> str:
        """Who asks, for the record."""
        return self.key.id if self.key else ""

    async def done(self, step: Callable[[Transaction], T]) -> T:
        """Return what a step returns, once it is committed and durable."""
        return await self.room.bridge.result(self.room.submitted(step))

    def practice(self) -> Practice:
        """Return the practice as of a moment ago, or the plain defaults of a fresh store; a step reads it again."""
        return self.room.recent.get(Practice, PRACTICE_ID) or Practice()

    def id_in_path(self, thing: str, name: str = "id") -> str:
        """
        Return an id of the path.

        Raises:
            NotFoundError: no id looks like this, so there is no such thing.
        """
        try:
            return checked_id(self.path[name], field=name)
        except InvalidInputError:
            raise NotFoundError(thing) from None

    def loaded(self, kind: type[E], thing: str) -> E:
        """
        Return what the path names, as committed.

        Raises:
            NotFoundError: there is none.
            StaleVersionError: it is at another version than the caller said.
        """
        found = self.parts.store.load(kind, (self.id_in_path(thing),))
        if not found:
            raise NotFoundError(thing)
        self.check_version(found[0].version)
        return found[0]

    def check_version(self, current: int) -> None:
        """
        Let a version pass that the caller knows of.

        Raises:
            StaleVersionError: the caller decided on another one.
        """
        if self.versions is not None and current not in self.versions:
            raise StaleVersionError(given=max(self.versions, default=0), current=current)


Run = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing the API does."""

    name: str
    """Its id in the OpenAPI document."""
    method: str
    path: str
    scope: Scope | None
    """Needed to be let in; None: open to everybody. There is no default, so that nobody forgets."""
    run: Run
    summary: str
    about: str = ""
    tag: str
    query: Shape | None = None
    body: Body = Body.NONE
    shapes: tuple[Shape, ...] = ()
    """What the body may look like."""
    is_long: bool = False
    """Whether the larger limit for bodies holds."""
    precondition: Precondition = Precondition.NONE
    answers: Mapping[int, tuple[type[msgspec.Struct], ...]]
    """Statuses of success, with what they bring, one of these; empty: no JSON."""
    problems: tuple[str, ...] = ()
    """Kinds of problems beyond those that every operation of its sort may have."""
    takes_key: bool = False
    """Whether an Idempotency-Key is honoured."""


NO_QUERY: Final = Shape(name="NoQuery", about="No parameters.", members={})
