"""Give out API keys, check them, take them back, and forget what need not be remembered."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kept.core.access import AnsweredRequest, ApiKey, RequestKey, check_same
from kept.core.booking import sort_instant
from kept.core.errors import NotFoundError
from kept.ports.store import Store, Transaction


def create_key(tx: Transaction, key: ApiKey) -> ApiKey:
    """Write a new key."""
    return tx.put(key)


def revoke_key(tx: Transaction, key_id: str, *, now: datetime) -> ApiKey:
    """
    Take a key back at once.

    Raises:
        NotFoundError: no such key.
    """
    key = tx.get(ApiKey, key_id)
    if key is None:
        raise NotFoundError("API key")
    return key if key.revoked_at else tx.put(msgspec.structs.replace(key, revoked_at=now))


def earlier_answer(tx: Transaction, key: RequestKey | None) -> AnsweredRequest | None:
    """
    Return what was answered under an idempotency key, or None; nothing without a key.

    Raises:
        KeyReusedError: the key came with another request.
    """
    answered = tx.get(AnsweredRequest, key.id) if key else None
    if answered and key:
        check_same(answered, key)
    return answered


def note_answer(tx: Transaction, key: RequestKey | None, *, result_id: str, now: datetime) -> None:
    """Write what a request made, with what it made, so that the same request again makes nothing."""
    if key:
        tx.put(AnsweredRequest(id=key.id, fingerprint=key.fingerprint, result_id=result_id, answered_at=now))


def forgettable(store: Store, *, now: datetime, limit: int = 500) -> tuple[str, ...]:
    """Return ids of answered requests whose time is over."""
    page = store.query("answered_by_end", "all", before=sort_instant(now), limit=limit)
    return tuple(hit.id for hit in page.hits)


def forget(tx: Transaction, ids: tuple[str, ...]) -> int:
    """Remove answered requests; return how many there were."""
    found = [a for a in (tx.get(AnsweredRequest, i) for i in ids) if a]
    for answered in found:
        tx.delete(answered)
    return len(found)
