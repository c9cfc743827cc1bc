"""The tables in this process answer as the emulator does, call by call; and their indexes lag behind as told."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

import msgspec
import pytest
from botocore.exceptions import ClientError
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from kept.adapters.dynamodb import Table, Tables
from tests.aws.emulator import Emulator, drop_tables, make_tables
from tests.aws.local_dynamo import BEGINNING, MOST_BYTES, Action, LocalDynamo

pytestmark = pytest.mark.uncounted

Answer = dict[str, Any]
Call = tuple[str, dict[str, Any]]

TABLES: Final = Tables(
    tables=(
        Table(name="Ones", kinds=("one",), indexes=("by_owner",)),
        Table(name="Others", kinds=(), indexes=("first", "second"), is_shared=True),
    )
)
NUMBERS: Final = count(1)
NAMES: Final = st.sampled_from(["Ones", "Others"])
KEYS: Final = st.sampled_from(["a", "b", "é", "😀"])
SORTS: Final = st.sampled_from(["1", "1\x00\x01", "2", "\uffff", "😀"])
"""Keys and sort keys whose order differs between UTF-8 and UTF-16."""


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What makes a write differ from others."""

    version: int
    owner: str
    sort: str


STAMPS: Final = st.builds(
    lambda version, owner, sort: Stamp(version=version, owner=owner, sort=sort),
    st.integers(1, 3),
    st.sampled_from(["", "ann", "ann", "ann", "bob"]),
    SORTS,
)


def item_of(table: str, key: str, stamp: Stamp) -> Answer:
    """Return an item; without an owner it is in no index."""
    item: Answer = {"id": {"S": key}, "version": {"N": str(stamp.version)}, "body": {"S": f"{stamp}"}}
    for index in ("by_owner",) if table == "Ones" else ("first", "second"):
        if stamp.owner:
            item |= {f"{index}_pk": {"S": stamp.owner}, f"{index}_sk": {"S": f"{stamp.sort}\x00\x00{key}"}}
    return item


def condition(kind: str, version: int) -> Answer:
    """Return the parameters of one of the conditions that the adapter knows."""
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if kind == "version":
        names, values = {"#v": "version"}, {":v": {"N": str(version)}}
        return shown | {
            "ConditionExpression": "#v = :v",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
    if kind == "new":
        return shown | {
            "ConditionExpression": "attribute_not_exists(#k)",
            "ExpressionAttributeNames": {"#k": "id"},
        }
    return {}


@st.composite
def actions(draw: st.DrawFn, verbs: tuple[str, ...] = ("Put", "Delete", "ConditionCheck")) -> Answer:
    verb, table, key, stamp = draw(st.sampled_from(verbs)), draw(NAMES), draw(KEYS), draw(STAMPS)
    kinds = ["version", "new"] if verb == "ConditionCheck" else ["version", "new", ""]
    where: Answer = {"Item": item_of(table, key, stamp)} if verb == "Put" else {"Key": {"id": {"S": key}}}
    return {verb: {"TableName": table} | where | condition(draw(st.sampled_from(kinds)), draw(st.integers(1, 3)))}


@st.composite
def writes_of_one(draw: st.DrawFn) -> Call:
    ((verb, parameters),) = draw(actions(("Put", "Delete"))).items()
    return {"Put": "put_item", "Delete": "delete_item"}[verb], parameters


@st.composite
def transactions(draw: st.DrawFn) -> Call:
    token = draw(st.sampled_from(["t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8"]))
    return "transact_write_items", {
        "TransactItems": draw(st.lists(actions(), min_size=1, max_size=4)),
        "ClientRequestToken": token,
    }


@st.composite
def reads(draw: st.DrawFn) -> Call:
    table = draw(NAMES)
    keys: list[Answer] = [{"id": {"S": key}} for key in draw(st.lists(KEYS, min_size=1, max_size=4))]
    batch: Answer = {table: {"Keys": keys, "ConsistentRead": True}}
    calls: list[Call] = [
        ("scan", {"TableName": table, "ConsistentRead": True}),
        ("batch_get_item", {"RequestItems": batch}),
    ]
    return draw(st.sampled_from(calls))


@st.composite
def queries(draw: st.DrawFn) -> Call:
    table = draw(NAMES)
    index = draw(st.sampled_from(["by_owner"] if table == "Ones" else ["first", "second"]))
    low, high = draw(st.none() | SORTS), draw(st.none() | SORTS)
    if low and high and low > high:
        low, high = high, low
    names, values = {"#p": f"{index}_pk"}, {":p": {"S": draw(st.sampled_from(["ann", "ann", "ann", "bob", "nobody"]))}}
    range_ = {(True, True): "BETWEEN :low AND :high", (True, False): ">= :low", (False, True): "<= :high"}
    expression = "#p = :p"
    if low or high:
        names["#s"] = f"{index}_sk"
        values |= ({":low": {"S": low}} if low else {}) | ({":high": {"S": high}} if high else {})
        expression += f" AND #s {range_[bool(low), bool(high)]}"
    return "query", {
        "TableName": table,
        "IndexName": index,
        "ScanIndexForward": draw(st.booleans()),
        "Limit": draw(st.integers(1, 5)),
        "KeyConditionExpression": expression,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


FIRST: Final = st.lists(
    st.builds(
        lambda table, key, stamp: ("put_item", {"TableName": table, "Item": item_of(table, key, stamp)}),
        NAMES,
        KEYS,
        STAMPS,
    ),
    min_size=4,
    max_size=10,
)
"""Writes that land, so that there is something to be found."""
THEN: Final = st.lists(
    st.one_of(writes_of_one(), transactions(), transactions(), reads(), queries(), queries(), queries()),
    min_size=8,
    max_size=30,
)
CALLS: Final[st.SearchStrategy[list[Call]]] = st.builds(lambda first, then: [*first, *then], FIRST, THEN)


def told(client: Any, tables: Tables, call: Call) -> Answer:  # noqa: ANN401 the SDK has no types
    """Make a call; return what matters of its answer."""
    operation, parameters = call
    named = with_suffix(parameters, tables)
    if operation == "query":
        return {"Items": every_item(client, named)}
    try:
        answer: Answer = getattr(client, operation)(**named)
    except ClientError as error:
        return refusal(error.response)
    if operation == "batch_get_item":
        return {name: in_order(items) for name, items in answer["Responses"].items()}
    return {"Items": in_order(answer.get("Items", []))}


def refusal(response: Answer) -> Answer:
    """Return how a call was refused, with what was stored then."""
    reasons = [{name: each.get(name) for name in ("Code", "Item")} for each in response.get("CancellationReasons", [])]
    return {"Code": response["Error"]["Code"], "Item": response.get("Item"), "Reasons": reasons}


def every_item(client: Any, parameters: Answer) -> list[Answer]:  # noqa: ANN401 as above
    """Return the items of all pages of a query, each page as long as was asked for at most."""
    found: list[Answer] = []
    start: Answer = {}
    while True:
        answer = client.query(**parameters, **start)
        assert len(answer["Items"]) <= parameters["Limit"]
        found += answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return found
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def in_order(items: list[Answer]) -> list[Answer]:
    return sorted(items, key=lambda item: str(item["id"]["S"]))


def with_suffix(value: Any, tables: Tables) -> Any:  # noqa: ANN401 a document of any shape
    """Return parameters with the full names of their tables, and tokens that no other tables' calls have."""
    if isinstance(value, list):
        return [with_suffix(each, tables) for each in value]
    if not isinstance(value, dict):
        return value
    full = {table.name: tables.full_name(table) for table in tables.tables}
    named = {full.get(name, name): with_suffix(inner, tables) for name, inner in value.items()}
    if "TableName" in named:
        named["TableName"] = full[named["TableName"]]
    if "ClientRequestToken" in named:
        named["ClientRequestToken"] += tables.suffix
    return named


@given(calls=CALLS)
@settings(max_examples=60, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # a call costs a millisecond or more
def test_every_call_is_answered_as_the_emulator_answers_it(calls: list[Call], emulator: Emulator) -> None:
    theirs, ours = emulator.client("dynamodb"), LocalDynamo()
    suffix = f"local{next(NUMBERS)}"
    tables = make_tables(theirs, suffix, TABLES)
    make_tables(ours, suffix, TABLES)

    answers = [(call, told(theirs, tables, call), told(ours, tables, call)) for call in calls]

    drop_tables(theirs, tables)
    for call, expected, answer in answers:
        assert answer == expected, call


class Unconditional(LocalDynamo):
    """Looks at no condition."""

    def _reason(self, action: Action) -> Answer:
        return {"Code": "None"}


class Halved(LocalDynamo):
    """Does the part of a transaction that can be done."""

    def transact_write_items(self, **parameters: Any) -> Answer:  # noqa: ANN401 as the SDK
        for each in parameters["TransactItems"]:
            with suppress(ClientError):
                super().transact_write_items(**parameters | {"TransactItems": [each], "ClientRequestToken": str(each)})
        return super().transact_write_items(**parameters)


class Forgetful(LocalDynamo):
    """Knows no token again."""

    def _is_known(self, parameters: Answer) -> bool:
        return False


class Silent(LocalDynamo):
    """Does not show what was stored where a condition did not hold."""

    def _reason(self, action: Action) -> Answer:
        return {name: value for name, value in super()._reason(action).items() if name != "Item"}


class Backward(LocalDynamo):
    """Answers every query from its end."""

    def query(self, **parameters: Any) -> Answer:  # noqa: ANN401 as the SDK
        return super().query(**parameters | {"ScanIndexForward": False})


@pytest.mark.parametrize("broken", [Unconditional, Halved, Forgetful, Silent, Backward])
def test_a_mistake_in_it_is_seen_by_such_calls(broken: type[LocalDynamo]) -> None:
    def differs(calls: list[Call]) -> bool:
        honest, other = LocalDynamo(), broken()
        tables = make_tables(honest, "local", TABLES)
        make_tables(other, "local", TABLES)
        return any(told(honest, tables, call) != told(other, tables, call) for call in calls)

    seen = find(CALLS, differs, settings=settings(max_examples=500, database=None, phases=(Phase.generate,)))

    assert seen


@pytest.mark.parametrize("size", [MOST_BYTES - 2_000, MOST_BYTES + 1])
def test_an_item_is_as_large_as_the_emulator_lets_it_be(size: int, emulator: Emulator) -> None:
    theirs, ours = emulator.client("dynamodb"), LocalDynamo()
    suffix = f"local{next(NUMBERS)}"
    tables = make_tables(theirs, suffix, TABLES)
    make_tables(ours, suffix, TABLES)
    call = ("put_item", {"TableName": "Ones", "Item": {"id": {"S": "a"}, "body": {"S": "x" * size}}})

    expected = told(theirs, tables, call)

    drop_tables(theirs, tables)
    assert told(ours, tables, call) == expected


def test_what_is_not_known_here_is_never_guessed() -> None:
    ours = LocalDynamo()
    make_tables(ours, "", TABLES)
    item = item_of("Ones", "a", Stamp(version=1, owner="ann", sort="1"))

    with pytest.raises(NotImplementedError):
        ours.put_item(TableName="Ones", Item=item, ConditionExpression="size(#v) > :v")
    with pytest.raises(NotImplementedError):
        ours.batch_get_item(RequestItems={"Ones": {"Keys": [{"id": {"S": "a"}}]}})
    assert not hasattr(ours, "update_item")


class Lagging:
    """A table in this process with an index that lags behind, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = BEGINNING
        self.lag = timedelta(0)
        self.client = LocalDynamo(now=lambda: self.now, lag=lambda: self.lag)
        make_tables(self.client, "", TABLES)

    def put(self, version: int, sort: str, *, lag_s: float) -> None:
        self.lag = timedelta(seconds=lag_s)
        item = item_of("Ones", "a", Stamp(version=version, owner="ann", sort=sort))
        self.client.put_item(TableName="Ones", Item=item)

    def sorts(self, at: datetime) -> list[str]:
        """Return the sort keys that the index shows at an instant."""
        self.now = at
        asked = {"TableName": "Ones", "IndexName": "by_owner", "Limit": 10, "KeyConditionExpression": "#p = :p"}
        answer = self.client.query(
            **asked, ExpressionAttributeNames={"#p": "by_owner_pk"}, ExpressionAttributeValues={":p": {"S": "ann"}}
        )
        return [item["by_owner_sk"]["S"].partition("\x00")[0] for item in answer["Items"]]


def seconds(number: float) -> datetime:
    return BEGINNING + timedelta(seconds=number)


def test_an_index_shows_a_write_when_its_lag_is_over_and_the_item_itself_at_once() -> None:
    table = Lagging()
    table.put(1, "1", lag_s=5)

    asked = {"Ones": {"Keys": [{"id": {"S": "a"}}], "ConsistentRead": True}}
    (stored,) = table.client.batch_get_item(RequestItems=asked)["Responses"]["Ones"]

    assert stored["version"] == {"N": "1"}
    assert table.client.settles_at("by_owner") == seconds(5)
    assert [table.sorts(seconds(at)) for at in (0, 4.9, 5)] == [[], [], ["1"]]
    assert table.client.settles_at("by_owner") is None


def test_an_index_shows_the_writes_of_one_item_in_their_order_whatever_their_lags() -> None:
    table = Lagging()
    table.put(1, "1", lag_s=0)
    table.put(2, "2", lag_s=9)
    table.put(3, "3", lag_s=1)

    assert [table.sorts(seconds(at)) for at in (0, 2, 8.9, 9)] == [["1"], ["1"], ["1"], ["3"]]
