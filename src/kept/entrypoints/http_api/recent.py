"""What hardly ever changes, kept for a moment: the practice and the keys, which every request needs."""

from __future__ import annotations

import time
from typing import Final, TypeVar, cast

from kept.ports.store import Entity, Store

E = TypeVar("E", bound=Entity)

MOST_KEPT: Final = 1_000


class Recent:
    """
    Loads single entities, and answers the same for a while.

    What is not there is kept as well: a fresh store has no practice, and every request asks for it. What another
    process changes is seen after *for_s* seconds at the latest, and never are more than a thousand kept.
    """

    def __init__(self, store: Store, *, for_s: float) -> None:
        self._store = store
        self._for_s = for_s
        self._kept: dict[tuple[str, str], tuple[float, Entity | None]] = {}

    def get(self, kind: type[E], entity_id: str) -> E | None:
        """Return the entity as it was a moment ago, or None."""
        now = time.monotonic()
        key = (kind.kind, entity_id)
        until, kept = self._kept.get(key, (0.0, None))
        if now < until:
            return cast("E | None", kept)
        found = next(iter(self._store.load(kind, (entity_id,))), None)
        if self._for_s:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = (now + self._for_s, found)
        return found

    def forget(self, kind: type[E], entity_id: str) -> None:
        """Look at what is stored the next time: this process has changed it."""
        self._kept.pop((kind.kind, entity_id), None)
