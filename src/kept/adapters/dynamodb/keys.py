"""
Keys of items, and the texts by which an index is sorted.

DynamoDB compares texts by their UTF-8, which is the order of code points that the port asks for. An index's sort key
is ours and the id behind it, so that rows of one sort key lie in the order of their ids and the id need not be asked
for. Keys may be 2048 bytes long and sort keys 1024: longer ones are hashed, or cut and told apart by their items.

Source:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

import hashlib
from typing import Final

from kept.adapters.dynamodb.tables import Table
from kept.core.records import IndexEntry
from kept.ports.cursors import Position
from kept.ports.store import Entity

LONGEST_KEY: Final = 2_048
LONGEST_SORT: Final = 1_000
"""Bytes of a sort key that are kept; with the mark of a cut one still below DynamoDB's own limit."""

_OURS: Final = "~"
"""Begins keys that are no id: of pointers, and of ids that are too long. An id that begins with it gets a second."""
_HASHED: Final = "~#"
_ZERO: Final = "\x00"
_ESCAPED_ZERO: Final = "\x00\x01"
_END: Final = "\x00\x00"
_CUT: Final = "\U0010ffff"


def entity_key(table: Table, kind: str, entity_id: str) -> str:
    """Return the key under which a table keeps an entity."""
    key = table.key_prefix(kind) + entity_id
    return shortened(_OURS + key if key.startswith(_OURS) else key)


def pointer_key(entity: Entity, entry: IndexEntry) -> str:
    """Return the key of the item that stands in an index for an entity whose own item has its place taken."""
    whose = f"{entity.kind}{_ZERO}{entity.id}{_ZERO}{entry.partition}"
    return f"{_OURS}{entry.index}/{hashlib.sha256(whose.encode()).hexdigest()[:40]}"


def shortened(key: str) -> str:
    """Return the key itself if DynamoDB takes it, else its hash."""
    data = key.encode()
    return key if len(data) <= LONGEST_KEY else _HASHED + hashlib.sha256(data).hexdigest()


def sort_key(position: Position) -> str:
    """Return the text by which a row is sorted: first its sort key, then its id."""
    sort, entity_id = position
    return _cut(_escaped(sort) + _END + entity_id)


def bound(sort: str) -> str:
    """Return the text that no row of a smaller sort key reaches, and no row of this or a greater one falls below."""
    return _cut(_escaped(sort))


def is_cut(key: str) -> bool:
    """Tell whether the key may stand for several rows, which only their items tell apart."""
    return key.endswith(_CUT)


def position_in(key: str) -> Position:
    """Return the sort key and the id that a key which is not cut was made of."""
    sort, _, entity_id = key.partition(_END)
    return sort.replace(_ESCAPED_ZERO, _ZERO), entity_id


def _escaped(sort: str) -> str:
    return sort.replace(_ZERO, _ESCAPED_ZERO)


def _cut(key: str) -> str:
    data = key.encode()
    return key if len(data) <= LONGEST_SORT else data[:LONGEST_SORT].decode(errors="ignore") + _CUT
