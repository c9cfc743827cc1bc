"""Who may use the doors, and what was answered to a request that may come again."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from kept.core.booking import sort_instant
from kept.core.errors import InvalidInputError, KeyReusedError
from kept.core.records import IndexEntry

ANSWERS_KEPT: Final = timedelta(hours=24)
"""How long an answered request is remembered under its idempotency key."""
_KEY_PARTS: Final = 3
_MAX_IDEMPOTENCY_KEY: Final = 255


class Scope(StrEnum):
    """What an API key may do; each includes the ones before it."""

    READ = "read"
    DESK = "desk"
    ADMIN = "admin"

    def covers(self, needed: Scope) -> bool:
        """Tell whether this scope is enough."""
        order = list(Scope)
        return order.index(self) >= order.index(needed)


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key to the doors, without the secret itself."""

    kind: ClassVar[str] = "api_key"

    id: str
    """Public part, shown in lists and logs."""
    version: int = 0
    name: str
    scope: Scope
    secret_hash: str
    """SHA-256 of the secret part; enough for 256 random bits."""
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return where the key is found: in the list of all keys."""
        return (IndexEntry(index="api_keys", partition="all", sort=sort_instant(self.created_at)),)

    def opens(self, secret: str, *, now: datetime) -> bool:
        """Tell whether a secret is this key's and the key is still good; takes the same time either way."""
        is_same = hmac.compare_digest(secret_hash(secret), self.secret_hash)
        is_live = self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
        return is_same and is_live


class AnsweredRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What was answered under an idempotency key, committed together with what the request did."""

    kind: ClassVar[str] = "answered_request"

    id: str
    version: int = 0
    fingerprint: str
    """SHA-256 of the request."""
    result_id: str
    """Id of what the request made."""
    answered_at: datetime

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return when it may be forgotten."""
        end = self.answered_at + ANSWERS_KEPT
        return (IndexEntry(index="answered_by_end", partition="all", sort=sort_instant(end)),)


class RequestKey(msgspec.Struct, frozen=True, kw_only=True):
    """An idempotency key with the request it came with."""

    id: str
    fingerprint: str


def secret_hash(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def full_key(key_id: str, secret: str) -> str:
    """
    Return the text that a caller sends.

    >>> full_key("key_1a2b", "s3cret")
    'kept.key_1a2b.s3cret'
    """
    return f"kept.{key_id}.{secret}"


def split_key(text: str) -> tuple[str, str] | None:
    """Return id and secret of a key as sent, or None if it is none."""
    parts = text.split(".")
    return (parts[1], parts[2]) if len(parts) == _KEY_PARTS and parts[0] == "kept" and all(parts) else None


def request_key(caller: str, key: str, body: bytes) -> RequestKey:
    """
    Return the record id and fingerprint for an idempotency key.

    Args:
        caller: Id of the API key: keys of different callers never meet.
        key: As sent; 1 to 255 visible ASCII characters.
        body: What makes two requests the same: method, path and body.

    Raises:
        InvalidInputError: the key is empty, too long or holds other characters.
    """
    if not 0 < len(key) <= _MAX_IDEMPOTENCY_KEY or not all("!" <= c <= "~" for c in key):
        message = f"must be 1 to {_MAX_IDEMPOTENCY_KEY} visible ASCII characters without spaces"
        raise InvalidInputError.of("Idempotency-Key", "invalid_key", message)
    record = hashlib.sha256(f"{caller}\x1f{key}".encode()).hexdigest()
    return RequestKey(id=record, fingerprint=hashlib.sha256(body).hexdigest())


def check_same(answered: AnsweredRequest, key: RequestKey) -> None:
    """
    Refuse another request under a used key.

    Raises:
        KeyReusedError: the fingerprint differs.
    """
    if answered.fingerprint != key.fingerprint:
        raise KeyReusedError
