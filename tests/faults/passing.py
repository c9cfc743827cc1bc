"""Stores, transactions and channels that pass everything on, for others to change one thing of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import TypeVar

from kept.core.notifications import SendOutcome
from kept.ports.channel import Channel, OutgoingMessage
from kept.ports.store import E, Entity, Page, Store, Transaction, Wish

T = TypeVar("T")
Step = Callable[[Transaction], T]


class PassingTransaction:
    """A transaction that passes everything on."""

    def __init__(self, inner: Transaction) -> None:
        self.inner = inner

    def get(self, kind: type[E], entity_id: str) -> E | None:
        return self.inner.get(kind, entity_id)

    def read_ahead(self, *wishes: Wish) -> None:
        self.inner.read_ahead(*wishes)

    def put(self, entity: E) -> E:
        return self.inner.put(entity)

    def put_last(self, entity: E) -> E:
        return self.inner.put_last(entity)

    def place(self, entity: Entity) -> None:
        self.inner.place(entity)

    def delete(self, entity: Entity) -> None:
        self.inner.delete(entity)

    def guard(self, entity: Entity) -> None:
        self.inner.guard(entity)


class PassingStore:
    """A store that passes everything on."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    def submit(self, step: Step[T]) -> Future[T]:
        return self.inner.submit(step)

    def load(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        return self.inner.load(kind, ids)

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
        return self.inner.query(
            index, partition, after=after, before=before, limit=limit, cursor=cursor, newest_first=newest_first
        )

    def close(self) -> None:
        self.inner.close()


class PassingChannel:
    """A channel that passes everything on."""

    def __init__(self, inner: Channel) -> None:
        self.inner = inner
        self.name = inner.name
        self.provider = inner.provider
        self.capabilities = inner.capabilities
        self.timeout_s = inner.timeout_s

    def send(self, message: OutgoingMessage) -> SendOutcome:
        return self.inner.send(message)

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        return self.inner.lookup(dedupe_key)

    def close(self) -> None:
        self.inner.close()
