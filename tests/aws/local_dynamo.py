"""
DynamoDB in this process, for as much of it as the adapter asks: exact, quick, and its indexes lag behind as told.

It answers what AWS answers: conditions, transactions that land whole or not at all and say why not, tokens, pages. What
it does not know raises at once. That it does as the real thing is compared with the emulator, call by call.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from botocore.exceptions import ClientError

from tests.aws.local_index import LocalIndex, Places, Row

Item = dict[str, Any]
Answer = dict[str, Any]
Parameters = dict[str, Any]

KEY: Final = "id"
MOST_ACTIONS: Final = 100
MOST_KEYS: Final = 100
MOST_BYTES: Final = 400 * 1024
TOKENS_KEPT_FOR: Final = timedelta(minutes=10)
BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)


class LocalTable:
    """One table: its items, and its indexes, each as old as it is."""

    def __init__(self, indexes: Iterable[Places]) -> None:
        self.items: dict[str, Item] = {}
        self.indexes = {places.name: LocalIndex(places) for places in indexes}

    def put(self, key: str, item: Item | None, *, now: datetime, lag: timedelta) -> None:
        """Store an item, or remove it; the indexes follow."""
        if item is None:
            self.items.pop(key, None)
        else:
            self.items[key] = item
        for index in self.indexes.values():
            index.follow(key, item, now=now, at=now + lag)


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a call that writes."""

    verb: str
    parameters: Parameters

    @property
    def table(self) -> str:
        """Name of the table."""
        return str(self.parameters["TableName"])

    @property
    def key(self) -> str:
        """Key of the item."""
        holder = self.parameters["Item"] if self.verb == "Put" else self.parameters["Key"]
        return str(holder[KEY]["S"])


class LocalDynamo:
    """
    Stands for the SDK's client. Safe to use from many threads.

    Args:
        now: What time it is, for lags and for how long a token is known.
        lag: By how much the indexes stay behind a write; asked at each.
    """

    def __init__(
        self, *, now: Callable[[], datetime] = lambda: BEGINNING, lag: Callable[[], timedelta] = timedelta
    ) -> None:
        self._now = now
        self._lag = lag
        self._lock = threading.RLock()
        self._tables: dict[str, LocalTable] = {}
        self._tokens: dict[str, tuple[datetime, list[Parameters]]] = {}

    def settles_at(self, *names: str) -> datetime | None:
        """Return when the next of some indexes shows more of what is stored, or None: they show all of it."""
        now = self._now()
        with self._lock:
            every = [index for table in self._tables.values() for index in table.indexes.items()]
            times = [index.settles_at(now) for name, index in every if name in names]
        return min((at for at in times if at), default=None)

    def close(self) -> None:
        """Do nothing: what is stored stays for whoever comes next."""

    # ---- tables

    def create_table(self, **parameters: Any) -> Answer:  # noqa: ANN401 as the SDK
        """Make an empty table."""
        made = parameters.get("GlobalSecondaryIndexes", [])
        self._tables[parameters["TableName"]] = LocalTable(Places.of(index) for index in made)
        return {}

    def delete_table(self, **parameters: Any) -> Answer:  # noqa: ANN401 as above
        """Remove a table."""
        del self._tables[parameters["TableName"]]
        return {}

    # ---- reading

    def batch_get_item(self, **parameters: Any) -> Answer:  # noqa: ANN401 as above
        """Return the items of some keys as they are stored."""
        wanted = [(name, key[KEY]["S"]) for name, asked in parameters["RequestItems"].items() for key in asked["Keys"]]
        if len(wanted) > MOST_KEYS or len(set(wanted)) < len(wanted):
            raise _invalid("BatchGetItem")
        found: dict[str, list[Item]] = {name: [] for name in parameters["RequestItems"]}
        with self._lock:
            for asked in parameters["RequestItems"].values():
                _check_consistent(asked)
            for name, key in wanted:
                item = self._named(name).items.get(key)
                found[name] += [] if item is None else [item]
        return {"Responses": found, "UnprocessedKeys": {}} | _cost(parameters)

    def query(self, **parameters: Any) -> Answer:  # noqa: ANN401 as above
        """Return keys of one partition of an index, as far as it has caught up."""
        values = {name: value["S"] for name, value in parameters["ExpressionAttributeValues"].items()}
        with self._lock:
            index = self._table(parameters).indexes[parameters["IndexName"]]
            index.catch_up(self._now())
            rows = index.rows(values[":p"])
            low = bisect_left(rows, (values.get(":low", ""),))
            high = bisect_right(rows, (values[":high"], "\U0010ffff")) if ":high" in values else len(rows)
            page = list(_ordered(rows[low:high], parameters))
        limit = parameters["Limit"]
        items = [index.shown(values[":p"], row) for row in page[:limit]]
        more = {"LastEvaluatedKey": items[-1]} if len(page) >= limit else {}
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)} | more | _cost(parameters)

    def scan(self, **parameters: Any) -> Answer:  # noqa: ANN401 as above
        """Return all items of a table."""
        _check_consistent(parameters)
        with self._lock:
            items = list(self._table(parameters).items.values())
        return {"Items": items, "Count": len(items), "ScannedCount": len(items)} | _cost(parameters)

    # ---- writing

    def put_item(self, **parameters: Any) -> Answer:  # noqa: ANN401 as above
        """Store one item, if its condition holds."""
        return self._write_one(Action(verb="Put", parameters=parameters))

    def delete_item(self, **parameters: Any) -> Answer:  # noqa: ANN401 as above
        """Remove one item, if its condition holds."""
        return self._write_one(Action(verb="Delete", parameters=parameters))

    def transact_write_items(self, **parameters: Any) -> Answer:  # noqa: ANN401 as above
        """Do all of it, or nothing."""
        actions = [
            Action(verb=verb, parameters=inner) for each in parameters["TransactItems"] for verb, inner in each.items()
        ]
        with self._lock:
            if self._is_known(parameters):
                return _cost(parameters)
            if len(actions) > MOST_ACTIONS or len({(a.table, a.key) for a in actions}) < len(actions):
                raise _invalid("TransactWriteItems")
            reasons = [self._reason(action) for action in actions]
            if any(reason["Code"] != "None" for reason in reasons):
                raise _canceled(reasons)
            for action in actions:
                self._apply(action)
            self._tokens[parameters["ClientRequestToken"]] = (self._now(), parameters["TransactItems"])
        return _cost(parameters)

    def _write_one(self, action: Action) -> Answer:
        with self._lock:
            reason = self._reason(action)
            if reason["Code"] != "None":
                raise _error("ConditionalCheckFailedException", "The conditional request failed", **_item_in(reason))
            self._apply(action)
        return _cost(action.parameters)

    def _reason(self, action: Action) -> Answer:
        """Return why an action cannot be, as a transaction says it."""
        item = self._named(action.table).items.get(action.key)
        if action.verb == "Put" and size_of(action.parameters["Item"]) > MOST_BYTES:
            raise _invalid("PutItem")
        if holds(action.parameters, item):
            return {"Code": "None"}
        asked = action.parameters.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        shown = {"Item": item} if asked and item is not None else {}
        return {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", **shown}

    def _apply(self, action: Action) -> None:
        if action.verb == "ConditionCheck":
            return
        item = action.parameters["Item"] if action.verb == "Put" else None
        self._named(action.table).put(action.key, item, now=self._now(), lag=self._lag())

    def _is_known(self, parameters: Parameters) -> bool:
        """Tell whether a transaction has landed before under its token."""
        at, items = self._tokens.get(parameters["ClientRequestToken"], (None, []))
        if at is None or self._now() >= at + TOKENS_KEPT_FOR:
            return False
        if items != parameters["TransactItems"]:
            raise _error("IdempotentParameterMismatchException", "other items came under this token")
        return True

    def _table(self, parameters: Parameters) -> LocalTable:
        return self._named(parameters["TableName"])

    def _named(self, name: str) -> LocalTable:
        if name not in self._tables:
            raise _error("ResourceNotFoundException", "Requested resource not found")
        return self._tables[name]


def holds(parameters: Parameters, item: Item | None) -> bool:
    """Tell whether the condition of a write holds for what is stored."""
    expression = str(parameters.get("ConditionExpression", ""))
    if not expression:
        return True
    names, values = parameters.get("ExpressionAttributeNames", {}), parameters.get("ExpressionAttributeValues", {})
    if expression == "#v = :v":
        return item is not None and item.get(names["#v"]) == values[":v"]
    if expression == "attribute_not_exists(#k)":
        return item is None or names["#k"] not in item
    raise NotImplementedError(
        f"no condition like {expression!r} is known here; teach it, and compare with the emulator"
    )


def size_of(item: Item) -> int:
    """Return the bytes of an item, about as DynamoDB counts them."""
    return len(msgspec.json.encode(item))


def _ordered(rows: list[Row], parameters: Parameters) -> Iterator[Row]:
    """Yield the rows that are wanted, in their order, from where the page before ended; one page of them."""
    is_forward = parameters.get("ScanIndexForward", True)
    start = parameters.get("ExclusiveStartKey")
    ordered = rows if is_forward else rows[::-1]
    if start is None:
        yield from ordered[: parameters["Limit"]]
        return
    last = (next(value["S"] for name, value in start.items() if name.endswith("_sk")), start[KEY]["S"])
    behind = [row for row in ordered if (row > last if is_forward else row < last)]
    yield from behind[: parameters["Limit"]]


def _check_consistent(parameters: Parameters) -> None:
    if not parameters.get("ConsistentRead"):
        raise NotImplementedError("a read that may be old: nothing here asks for one")


def _cost(parameters: Parameters) -> Answer:
    """Return what a call costs: nothing, in the form of an answer."""
    return {"ConsumedCapacity": {"CapacityUnits": 0.0}} if parameters.get("ReturnConsumedCapacity") else {}


def _item_in(reason: Answer) -> Answer:
    return {"Item": reason["Item"]} if "Item" in reason else {}


def _canceled(reasons: list[Answer]) -> ClientError:
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return _error("TransactionCanceledException", message, CancellationReasons=reasons)


def _invalid(operation: str) -> ClientError:
    return _error("ValidationException", f"{operation} does not take this")


def _error(code: str, message: str, **more: object) -> ClientError:
    response: Answer = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": 400},
        **more,
    }
    return ClientError(response, "call")
