"""
What an entity is in a table: one item with its body, and one more for each index row that does not fit beside it.

An item can be in an index once. The first row of an index is two attributes of the item; each further one is a small
item that points to it, written and removed in the same transaction.
"""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final

import msgspec

from kept.adapters.dynamodb.keys import entity_key, is_cut, pointer_key, position_in, shortened, sort_key
from kept.adapters.dynamodb.tables import ENDS, KEY, Tables, partition_attribute, sort_attribute
from kept.core.errors import StorageUnavailableError
from kept.core.records import IndexEntry
from kept.ports.codec import Codec
from kept.ports.cursors import Position
from kept.ports.store import E, Entity

Item = dict[str, Any]
"""Attributes in the SDK's own notation, such as ``{"id": {"S": "a"}}``."""
ItemKey = tuple[str, str]
"""Full name of the table, and the key in it."""

COMMIT: Final = "commit"
"""Attribute by which a writer knows its own commit again when the answer to it was lost."""
_COMMIT_SIZE: Final = len(COMMIT) + 32
"""Bytes that the commit's name adds."""
_KIND: Final = "kind"
_VERSION: Final = "version"
_BODY: Final = "body"
_UNIT: Final = 1024
"""
Bytes that one unit of writing pays for: a body that makes its item longer is packed.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""
_WHOLE: Final = "whole"
"""Attribute with sort key and id of the rows whose sort key was cut, by index."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is stored of one version of an entity."""

    key: ItemKey
    item: Item
    pointers: dict[ItemKey, Item]


class Shaper:
    """Turns entities into items and back, for one set of tables."""

    def __init__(self, tables: Tables, codec: Codec) -> None:
        self._tables = tables
        self._codec = codec

    def key_of(self, kind: str, entity_id: str) -> ItemKey:
        """Return where an entity is kept."""
        table = self._tables.of_kind(kind)
        return self._tables.full_name(table), entity_key(table, kind, entity_id)

    def kind_named(self, name: str) -> type[Entity]:
        """Return the class of a kind."""
        return self._codec.kind_named(name)

    def layout(self, entity: Entity) -> Layout:
        """Return everything that is to be stored of an entity."""
        name, key = self.key_of(entity.kind, entity.id)
        version, body, _ = self._codec.row_of(entity)
        item: Item = {
            KEY: {"S": key},
            _KIND: {"S": entity.kind},
            _VERSION: {"N": str(version)},
            _BODY: {"S": body.decode()},
            **{field: {"S": str(getattr(entity, field))} for field in self._tables.of_kind(entity.kind).shown},
        }
        entries = sorted(entity.index_entries())
        ending = {ENDS: {"N": end}} if (end := self._end_of(entries)) else {}
        pointers: dict[ItemKey, Item] = {}
        for entry in entries:
            place = self._tables.place_of(entry.index, entry.partition)
            there = self._tables.full_name(place.table)
            target = item
            if there != name or partition_attribute(place.index) in item:
                pointer = pointer_key(entity, entry)
                target = pointers[there, pointer] = {KEY: {"S": pointer}, "of": {"S": key}, **ending}
            _add_row(target, place.index, place.partition, (entry.sort, entity.id))
        return Layout(key=(name, key), item=_packed(item | ending), pointers=pointers)

    def entity_of(self, kind: type[E], entity_id: str, item: Item) -> E:
        """Return the entity that an item holds."""
        row = (version_of(item), _body_of(item), None)
        return self._codec.entity_of(kind, entity_id, row)

    def any_entity(self, item: Item) -> Entity | None:
        """Return the entity that an item holds, whichever its kind; None for a pointer."""
        if _BODY not in item:
            return None
        kind = self._codec.kind_named(item[_KIND]["S"])
        return self.entity_of(kind, item[KEY]["S"], item)

    def _end_of(self, entries: list[IndexEntry]) -> str | None:
        """Return when the entity may be forgotten, in whole seconds since 1970, if it says so."""
        end = next((entry.sort for entry in entries if entry.index in self._tables.ending), None)
        return str(ceil(datetime.fromisoformat(end).replace(tzinfo=UTC).timestamp())) if end else None


def _packed(item: Item) -> Item:
    """Return an item that takes no more than one unit as it is, and any other with its body packed."""
    if size_of(item) + _COMMIT_SIZE <= _UNIT:
        return item
    return item | {_BODY: {"B": zlib.compress(item[_BODY]["S"].encode())}}


def _body_of(item: Item) -> bytes:
    """
    Return the body of an item, unpacked.

    Raises:
        StorageUnavailableError: it is damaged.
    """
    body = item[_BODY]
    try:
        return zlib.decompress(body["B"]) if "B" in body else str(body["S"]).encode()
    except zlib.error as error:
        kind, key = item[_KIND]["S"], item[KEY]["S"]
        message = f"the stored {kind} {key} is damaged; restore the table to an earlier time"
        raise StorageUnavailableError(message) from error


def version_of(item: Item) -> int:
    """Return the version that an item holds."""
    return int(item[_VERSION]["N"])


def commit_of(item: Item) -> str:
    """Return the commit that wrote an item last."""
    return str(item.get(COMMIT, {}).get("S", ""))


def position_of_row(key: str, index: str, item: Item | None) -> Position | None:
    """
    Return the position of an index row.

    Args:
        key: Its sort key in the index.
        index: Which.
        item: Needed only where the key is cut: the item that the row belongs to.

    Returns:
        None if the item has left the index since.
    """
    if not is_cut(key):
        return position_in(key)
    if item is None or item.get(sort_attribute(index), {}).get("S") != key:
        return None
    whole = item.get(_WHOLE, {}).get("M", {}).get(index)
    return (whole["L"][0]["S"], whole["L"][1]["S"]) if whole else position_in(key)


def size_of(item: Item) -> int:
    """Return how many bytes of DynamoDB's limit an item takes, at most."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: dict[str, Any]) -> int:
    ((kind, inner),) = value.items()
    if kind == "M":
        return 3 + size_of(inner) + len(inner)
    if kind == "L":
        return 3 + sum(1 + _size(each) for each in inner)
    return len(inner if kind == "B" else inner.encode())


def _add_row(item: Item, index: str, partition: str, position: Position) -> None:
    """Put an item into an index."""
    key = sort_key(position)
    item[partition_attribute(index)] = {"S": shortened(partition)}
    item[sort_attribute(index)] = {"S": key}
    if is_cut(key):
        whole = item.setdefault(_WHOLE, {"M": {}})
        whole["M"][index] = {"L": [{"S": position[0]}, {"S": position[1]}]}
