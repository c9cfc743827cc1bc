"""What calls to DynamoDB cost, as DynamoDB itself says with each answer."""

from __future__ import annotations

import threading
from typing import Any

import msgspec


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of call has cost."""

    calls: int = 0
    reads: float = 0.0
    """Read request units."""
    writes: float = 0.0
    """Write request units, those of indexes included."""


class Capacity:
    """Counts calls and request units by operation. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[str, Spent] = {}

    def add(self, operation: str, consumed: Any) -> None:  # noqa: ANN401 the SDK has no types
        """Count one answered call, with the ``ConsumedCapacity`` of its answer: one of a table, or a list of them."""
        each = consumed if isinstance(consumed, list) else [consumed] if consumed else []
        units = sum(float(one.get("CapacityUnits", 0.0)) for one in each)
        is_write = operation in {"put_item", "delete_item", "transact_write_items"}
        with self._lock:
            old = self._spent.get(operation, Spent())
            self._spent[operation] = Spent(
                calls=old.calls + 1,
                reads=old.reads + (0.0 if is_write else units),
                writes=old.writes + (units if is_write else 0.0),
            )

    def spent(self) -> dict[str, Spent]:
        """Return what was counted since the store was opened, by operation."""
        with self._lock:
            return dict(self._spent)
