"""What calls to DynamoDB cost, as DynamoDB itself says with each answer, and by its rule where an emulator does not."""

from __future__ import annotations

import math
import threading
from typing import Any, Final

import msgspec

from kept.adapters.dynamodb.items import size_of

READ_UNIT_BYTES: Final = 4_096
"""
What one unit reads of an item, strongly consistent; of an item that is not there too.

Source:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""


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

    def add(self, operation: str, parameters: dict[str, Any], answer: dict[str, Any]) -> None:
        """Count one answered call by the ``ConsumedCapacity`` of its answer: one of a table, or a list of them."""
        consumed = answer.get("ConsumedCapacity")
        if consumed is None and operation == "batch_get_item":
            consumed = {"CapacityUnits": _units_read(parameters["RequestItems"], answer)}
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


def _units_read(asked: dict[str, Any], answer: dict[str, Any]) -> int:
    """Return what a batch of readings has cost: for each key that was looked up, whole units of what stands there."""
    left = answer.get("UnprocessedKeys") or {}
    looked_up = sum(len(each["Keys"]) for each in asked.values()) - sum(len(each["Keys"]) for each in left.values())
    items = [item for those in answer["Responses"].values() for item in those]
    return looked_up - len(items) + sum(math.ceil(size_of(item) / READ_UNIT_BYTES) for item in items)
