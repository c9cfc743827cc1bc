"""What a key opens, as whoever checks it sees it."""

from __future__ import annotations

from datetime import datetime

from kept.core.access import ApiKey, split_key
from kept.ports.store import Store


def opened_key(store: Store, presented: str, *, now: datetime) -> ApiKey | None:
    """Return the key that a caller presents, if it is known, right and still good."""
    parts = split_key(presented)
    found = store.load(ApiKey, (parts[0],)) if parts else ()
    return found[0] if parts and found and found[0].opens(parts[1], now=now) else None
