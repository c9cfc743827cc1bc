"""Reading: entities by id, strongly consistent, and keys in the order of an index, which may lag behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final, cast

import msgspec

from kept.adapters.dynamodb.calls import MOST_TRIES, Calls
from kept.adapters.dynamodb.items import Item, ItemKey, Shaper, position_of_row
from kept.adapters.dynamodb.keys import bound, is_cut, shortened, sort_key
from kept.adapters.dynamodb.tables import KEY, Place, Tables, partition_attribute, sort_attribute
from kept.core.errors import StorageUnavailableError
from kept.ports.codec import is_storable
from kept.ports.cursors import Position
from kept.ports.store import E, Entity, Key, Wish

MOST_KEYS: Final = 100
"""In one BatchGetItem. Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""
MOST_ROWS: Final = 1_000
"""Rows asked for in one call; more come in further ones."""

IndexRow = tuple[str, str]
"""Sort key in the index, and key of the item."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that a query is about."""

    after: str | None
    before: str | None
    last: Position | None
    """Where the page before ended."""
    newest_first: bool

    def holds(self, position: Position) -> bool:
        """Tell whether a row is among them."""
        sort, _ = position
        if (self.after is not None and sort < self.after) or (self.before is not None and sort >= self.before):
            return False
        return self.last is None or (position < self.last if self.newest_first else position > self.last)

    def bounds(self) -> tuple[str, str]:
        """Return between which keys of the index they lie; empty: no bound."""
        lows = [bound(self.after)] if self.after else []
        highs = [bound(self.before)] if self.before else []
        if self.last is not None:
            (highs if self.newest_first else lows).append(sort_key(self.last))
        return max(lows, default=""), min(highs, default="")


class Reader:
    """Reads the tables of one environment."""

    def __init__(self, tables: Tables, shaper: Shaper, calls: Calls) -> None:
        self._tables = tables
        self._shaper = shaper
        self._calls = calls

    def entity(self, kind: type[E], entity_id: str) -> E | None:
        """Return one committed entity."""
        return cast("E | None", self.together([(kind, entity_id)])[kind.kind, entity_id])

    def entities(self, kind: type[E], ids: Iterable[str]) -> tuple[E, ...]:
        """Return the committed entities of these ids, missing ones left out."""
        wanted = tuple(ids)
        there = self.together([(kind, entity_id) for entity_id in wanted])
        found = (there[kind.kind, entity_id] for entity_id in wanted)
        return tuple(cast("E", entity) for entity in found if entity)

    def together(self, wishes: Sequence[Wish]) -> dict[Key, Entity | None]:
        """Return the committed entities of any kinds, None for those that there are not."""
        there: dict[Key, Entity | None] = {(kind.kind, entity_id): None for kind, entity_id in wishes}
        places = {
            (kind, entity_id): self._shaper.key_of(kind.kind, entity_id)
            for kind, entity_id in wishes
            if entity_id and is_storable(entity_id)
        }
        items = self._items(list(dict.fromkeys(places.values())))
        for (kind, entity_id), place in places.items():
            if place in items:
                there[kind.kind, entity_id] = self._shaper.entity_of(kind, entity_id, items[place])
        return there

    def positions(self, place: Place, wanted: Wanted, limit: int) -> list[Position]:
        """Return the first rows that are wanted, at most *limit*."""
        asked = f"{place.partition}{wanted.after}{wanted.before}"
        if not place.partition or wanted.before == "" or not is_storable(asked):
            return []
        low, high = wanted.bounds()
        if low and high and low > high:
            return []
        rows = self._rows(place, (low, high), newest_first=wanted.newest_first, size=limit + 1)
        found = (position for position in self._resolved(place, rows, wanted) if wanted.holds(position))
        return list(islice(found, limit))

    def everything(self) -> Iterator[Entity]:
        """Yield every entity of all tables."""
        for table in self._tables.tables:
            parameters: dict[str, Any] = {"TableName": self._tables.full_name(table), "ConsistentRead": True}
            while True:
                answer = self._calls.call("scan", **parameters)
                entities = (self._shaper.any_entity(item) for item in answer["Items"])
                yield from (entity for entity in entities if entity is not None)
                if not answer.get("LastEvaluatedKey"):
                    break
                parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _items(self, keys: list[ItemKey]) -> dict[ItemKey, Item]:
        """Return the items that there are under these keys."""
        found: dict[ItemKey, Item] = {}
        for first in range(0, len(keys), MOST_KEYS):
            tables: dict[str, Any] = {}
            for table, key in keys[first : first + MOST_KEYS]:
                request = tables.setdefault(table, {"Keys": [], "ConsistentRead": True})
                request["Keys"].append({KEY: {"S": key}})
            found |= self._whole_batch(tables)
        return found

    def _whole_batch(self, tables: dict[str, Any]) -> dict[ItemKey, Item]:
        """Return what one batch asks for, asking again for what was left out."""
        found: dict[ItemKey, Item] = {}
        tries = 0
        while tables:
            if tries:
                self._calls.pause(tries)
            answer = self._calls.call("batch_get_item", RequestItems=tables)
            items = {(table, item[KEY]["S"]): item for table, those in answer["Responses"].items() for item in those}
            found |= items
            tries = 0 if items else tries + 1
            if tries == MOST_TRIES:
                raise StorageUnavailableError("DynamoDB takes no more reads; try again", retry_after_s=5.0)
            tables = answer.get("UnprocessedKeys") or {}
        return found

    def _rows(self, place: Place, bounds: tuple[str, str], *, newest_first: bool, size: int) -> Iterator[IndexRow]:
        """Yield the rows between two keys, both included, as far as somebody wants them."""
        parameters: dict[str, Any] = {
            "TableName": self._tables.full_name(place.table),
            "IndexName": place.index,
            "ScanIndexForward": not newest_first,
            "Limit": min(size + 1, MOST_ROWS),
            **_condition(place, *bounds),
        }
        while True:
            answer = self._calls.call("query", **parameters)
            for item in answer["Items"]:
                yield item[sort_attribute(place.index)]["S"], item[KEY]["S"]
            if not answer.get("LastEvaluatedKey"):
                return
            parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _resolved(self, place: Place, rows: Iterator[IndexRow], wanted: Wanted) -> Iterator[Position]:
        """Yield the positions of rows in their order; those that share a cut key are told apart by their items."""
        table = self._tables.full_name(place.table)
        for key, group in groupby(rows, key=itemgetter(0)):
            if not is_cut(key):
                for _ in group:
                    yield position_of_row(key, place.index, None) or ("", "")
                continue
            items = self._items([(table, item_key) for _, item_key in group])
            found = [position_of_row(key, place.index, item) for item in items.values()]
            yield from sorted((each for each in found if each), reverse=wanted.newest_first)


def _condition(place: Place, low: str, high: str) -> dict[str, Any]:
    """Return the parameters that say which partition is read, and between which keys."""
    names = {"#p": partition_attribute(place.index)}
    values = {":p": {"S": shortened(place.partition)}}
    expression = "#p = :p"
    if low or high:
        names["#s"] = sort_attribute(place.index)
        values |= ({":low": {"S": low}} if low else {}) | ({":high": {"S": high}} if high else {})
        between = "#s BETWEEN :low AND :high"
        expression += f" AND {between if low and high else '#s >= :low' if low else '#s <= :high'}"
    return {
        "KeyConditionExpression": expression,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
