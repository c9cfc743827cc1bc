"""How a value says where it can be found again; the stores keep it by this."""

from __future__ import annotations

import msgspec


class IndexEntry(msgspec.Struct, frozen=True, kw_only=True, order=True, gc=False):
    """Where an entity can be found: one row of one index."""

    index: str
    """Name of the index, such as ``appointments_by_patient``."""
    partition: str
    """Exact part of the key. Never empty."""
    sort: str
    """Ordered part of the key, compared by code point; an entity has at most one row per index and partition."""
