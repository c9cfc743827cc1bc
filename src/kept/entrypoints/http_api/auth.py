"""Who calls, and whether the key opens this door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kept.core.access import ApiKey, Scope, split_key
from kept.entrypoints.http_api.problems import DoorError
from kept.entrypoints.http_api.recent import Recent

_ASK: Final = (("WWW-Authenticate", 'Bearer realm="kept"'),)
_ASK_AGAIN: Final = (("WWW-Authenticate", 'Bearer realm="kept", error="invalid_token"'),)
_KEY_MARK: Final = b"kept.key_"


def authenticated(keys: Recent, headers: Sequence[bytes], query: bytes, *, now: datetime) -> ApiKey:
    """
    Return the key of the caller.

    Args:
        keys: Where they are.
        headers: All Authorization headers of the request.
        query: The query as sent. A key in it is refused, because addresses end up in logs and histories.
        now: The one reading of the clock.

    Raises:
        DoorError: no key, a wrong one, or one in the wrong place.

    Source:
        RFC 6750 §2.1 and §3 (Bearer); OWASP ASVS 5.0 V14.2.1 (no secret in an address).
    """
    if _KEY_MARK in query:
        detail = "A key must never be in the address; send it as Authorization: Bearer KEY, and replace this one."
        raise DoorError("unauthenticated", detail, code="key_in_address", headers=_ASK_AGAIN)
    if len(headers) != 1:
        detail = "Send one API key, as Authorization: Bearer KEY; kept key create makes one."
        raise DoorError("unauthenticated", detail, headers=_ASK)
    scheme, _, presented = headers[0].decode("latin-1").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise DoorError("unauthenticated", "Send the API key as Authorization: Bearer KEY.", headers=_ASK)
    key_id, secret = split_key(presented.strip()) or ("", "")
    key = keys.get(ApiKey, key_id) if key_id else None
    if key is None or not key.opens(secret, now=now):
        detail = "This API key is unknown, wrong, expired or taken back; use another one."
        raise DoorError("unauthenticated", detail, code="invalid_key", headers=_ASK_AGAIN)
    return key


def check_scope(key: ApiKey, needed: Scope) -> None:
    """
    Let a key through whose scope is enough.

    Raises:
        DoorError: it is not.
    """
    if not key.scope.covers(needed):
        detail = f"This needs a key of scope {needed.value}; the key's is {key.scope.value}."
        raise DoorError("forbidden", detail, code="scope")
