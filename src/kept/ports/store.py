"""
What we ask of a store: entities by id, found by index, changed by steps.

A step is a plain function of a transaction. It reads, decides and writes; the store commits all of it durably or
nothing. The same steps run on every engine, so nothing here may assume which one it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import ClassVar, Final, Protocol, TypeVar

import msgspec

from kept.core.records import IndexEntry


class Entity(Protocol):
    """A frozen value with an id and a version, stored whole; a ``msgspec.Struct``."""

    kind: ClassVar[str]
    """Stable name of the kind, part of what is stored."""

    @property
    def id(self) -> str:
        """Unique within the kind."""

    @property
    def version(self) -> int:
        """0 before it was ever stored; raised by one by each commit that puts it."""

    def index_entries(self) -> Iterable[IndexEntry]:
        """Return the index rows under which this version can be found."""


E = TypeVar("E", bound=Entity)
T = TypeVar("T")

Key = tuple[str, str]
"""Kind and id."""
Wish = tuple[type[Entity], str]
"""What is to be read: its class and its id."""

TOO_MANY_RECORDS: Final = "too_many_records"
"""Code of the RefusedError for a step that touches more than this store commits at once; do it in smaller steps."""


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One row found by a query: keys only."""

    id: str
    sort: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Hits in the order of their sort keys, then ids."""

    hits: tuple[Hit, ...]
    cursor: str | None = None
    """Where the next page begins; None when nothing is left. Opaque to callers."""


class Transaction(Protocol):
    """
    What a step may do.

    1. ``get`` answers the entity as of this transaction's own writes, else as committed, strongly consistent; or None.
    2. ``put`` lands only if the stored version is still the one that the entity carries (0: not stored at all). It
       answers the entity as it will be stored, one version higher; putting that again in the same step is one write.
    3. ``delete`` lands only under the same condition.
    4. ``guard`` makes the commit fail if this entity, which was only read, has changed.
    5. A step that raises leaves nothing behind.
    6. ``place`` lands only where nothing is stored, and keeps the version that the entity carries: for what comes from
       another store.
    7. ``put_last`` lands as ``put`` does, and never before anything else that the step writes. An engine may land it by
       itself, which is cheaper; if it then cannot land, the rest stays, and the step ends as CutOffError.
    8. ``read_ahead`` changes nothing that the step sees. An engine behind a network reads all of it with one call, so
       that no ``get`` of it waits by itself.
    """

    def get(self, kind: type[E], entity_id: str) -> E | None:
        """Return the entity, or None."""

    def read_ahead(self, *wishes: Wish) -> None:
        """Tell what the step is about to get, where it is known beforehand."""

    def put(self, entity: E) -> E:
        """Write the entity; return it with its new version."""

    def put_last(self, entity: E) -> E:
        """Write the entity after everything else; return it with its new version."""

    def place(self, entity: Entity) -> None:
        """Write the entity as it is, where nothing is stored."""

    def delete(self, entity: Entity) -> None:
        """Remove the entity and its index rows."""

    def guard(self, entity: Entity) -> None:
        """Fail the commit if this entity is changed by someone else first."""


class Store(Protocol):
    """
    Keeps entities.

    1. A resolved future of ``submit`` means committed and durable: it survives kill -9 and power loss.
    2. A step that lost a race is run again, with fresh reads, a bounded number of times; then ConflictError.
    3. A step's own exception reaches the future as it is, and nothing of the step is kept.
    4. One step's failure never touches another's.
    5. Steps may run more than once and must therefore be free of effects outside their transaction.
    6. ``load`` answers committed entities, strongly consistent, in the order asked, missing ones left out.
    7. ``query`` answers keys in order; it may lag behind commits, so a step reads again what it decides on.
       *after* is inclusive, *before* exclusive; ``cursor`` continues where a page ended, whatever was written since.
    8. A store that cannot write answers StorageUnavailableError, and reads go on where they can.
    9. ``close`` waits for what was submitted, then refuses more with StorageUnavailableError.
    """

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        """Run the step in a transaction and commit it."""

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        """Return the committed entities of these ids."""

    def query(
        self,
        index: str,
        partition: str,
        *,
        after: str | None = None,
        before: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
        newest_first: bool = False,
    ) -> Page:
        """Return the keys in one partition of one index."""

    def close(self) -> None:
        """Finish what was submitted and release everything."""


class ListingStore(Store, Protocol):
    """A store that can also be read from one end to the other, to be moved elsewhere."""

    def everything(self) -> Iterator[Entity]:
        """
        Yield every committed entity, in no promised order.

        What is written meanwhile may be left out: end whoever writes before.
        """
