"""What stands in the tables, what it costs, and what does not fit."""

from __future__ import annotations

import random
import string
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

import msgspec
import pytest

from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, Spent, open_client
from kept.adapters.dynamodb.capacity import Capacity
from kept.adapters.dynamodb.commits import LARGEST_ITEM
from kept.adapters.dynamodb.items import size_of
from kept.core.access import ANSWERS_KEPT, AnsweredRequest
from kept.core.errors import CutOffError, InvalidInputError, RefusedError, StorageUnavailableError
from kept.core.records import IndexEntry
from kept.ports.store import TOO_MANY_RECORDS, Transaction
from tests.adapters.dynamodb_faults import Bench, Fault, answered, refused, request_lost
from tests.architecture.sources import sources
from tests.aws.emulator import session_emulator
from tests.contracts.entities import Counter, Muddle, Note, put, raised

NUMBERS = count()
LONG = "x" * 1_200


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(session_emulator(), f"items{next(NUMBERS)}")
    yield made
    made.store.close()
    made.other.close()


def muddle(bench: Bench, *rows: tuple[str, str, str], version: int = 0) -> Muddle:
    """Store an entity with these rows of indexes, partitions and sort keys."""
    entries = tuple(IndexEntry(index=i, partition=p, sort=s) for i, p, s in rows)
    value = Muddle(id="m", version=version, rows=entries)
    return bench.store.submit(lambda tx: tx.put(value)).result()


def noise(length: int) -> str:
    """Return a text that can hardly be packed."""
    letters = string.ascii_letters + string.digits + "-_"
    return "".join(random.Random(length).choices(letters, k=length))


# ---- what a commit is


def test_a_step_that_wrote_nothing_sends_nothing(bench: Bench) -> None:
    bench.store.submit(lambda tx: tx.get(Note, "n")).result()

    assert bench.client.calls == {"batch_get_item": 1}


def test_a_commit_of_one_item_is_no_transaction(bench: Bench) -> None:
    made = bench.store.submit(lambda tx: tx.put(Counter(id="c"))).result()
    bench.store.submit(lambda tx: tx.delete(made)).result()

    assert bench.client.calls == {"put_item": 1, "batch_get_item": 1, "delete_item": 1}


def test_a_commit_that_depends_on_something_else_is_one_transaction(bench: Bench) -> None:
    (note,) = put(bench.other, Note(id="n"))

    def step(tx: Transaction) -> None:
        tx.guard(note)
        tx.put(Counter(id="c"))

    bench.store.submit(step).result()

    assert bench.client.calls == {"transact_write_items": 1}


def test_whole_tables_are_read_only_by_whoever_moves_house(bench: Bench) -> None:
    put(bench.store, Note(id="a", rank="1"), Note(id="b", rank="2"))
    bench.store.load(Note, ["a", "b"])
    bench.store.query("notes_ranked", "all")

    places = [(s.path, s.text.count('"scan"')) for s in sources("src") if '"scan"' in s.text]

    assert bench.client.calls["scan"] == 0
    assert places == [("src/kept/adapters/dynamodb/calls.py", 1), ("src/kept/adapters/dynamodb/reading.py", 1)]


def test_what_was_spent_is_counted_by_operation(bench: Bench) -> None:
    bench.store.submit(raised("c")).result()
    put(bench.store, Note(id="a"), Note(id="b"))
    bench.store.load(Counter, ["c"])

    spent = bench.store.capacity.spent()

    assert {name: each.calls for name, each in spent.items()} == {
        "batch_get_item": 2,
        "put_item": 1,
        "transact_write_items": 1,
    }
    assert spent["put_item"].writes >= 1
    assert spent["transact_write_items"].writes >= 2 * spent["put_item"].writes
    assert spent["batch_get_item"].reads == 2
    assert spent["batch_get_item"].writes == 0
    assert Spent() == Spent(calls=0, reads=0.0, writes=0.0)


ITEM: Final = {"id": {"S": "a"}, "body": {"S": "x" * 9_000}}
ASKED: Final = {"RequestItems": {"Ones": {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "b"}}, {"id": {"S": "c"}}]}}}


@pytest.mark.parametrize(
    ("told", "units"),
    [
        pytest.param({}, 3 + 1 + 1, id="by the rule: each begun 4 KB, and one for what is not there"),
        pytest.param({"UnprocessedKeys": {"Ones": {"Keys": [{"id": {"S": "c"}}]}}}, 3 + 1, id="what was not looked up"),
        pytest.param({"ConsumedCapacity": [{"CapacityUnits": 7.5}]}, 7.5, id="as DynamoDB says it"),
    ],
)
def test_what_a_batch_of_readings_costs(told: dict[str, Any], units: float) -> None:
    capacity = Capacity()

    capacity.add("batch_get_item", ASKED, {"Responses": {"Ones": [ITEM]}} | told)

    assert capacity.spent()["batch_get_item"].reads == units


def test_a_call_that_was_refused_is_not_counted_as_answered(bench: Bench) -> None:
    bench.client.fail("batch_get_item", refused("AccessDeniedException"))

    with pytest.raises(StorageUnavailableError):
        bench.store.load(Counter, ["c"])

    assert bench.store.capacity.spent() == {}


# ---- what does not fit


def test_more_than_a_hundred_items_are_refused_before_anything_is_sent(bench: Bench) -> None:
    error = bench.store.submit(lambda tx: [tx.put(Counter(id=f"c{n}")) for n in range(101)]).exception()

    assert isinstance(error, RefusedError)
    assert error.code == TOO_MANY_RECORDS
    assert "101" in str(error)
    assert not bench.client.calls


def test_a_hundred_items_land_together(bench: Bench) -> None:
    bench.store.submit(lambda tx: [tx.put(Counter(id=f"c{n}")) for n in range(100)]).result()

    assert len(bench.items()) == 100


def test_an_item_that_is_too_large_is_named(bench: Bench) -> None:
    error = bench.store.submit(lambda tx: tx.put(Note(id="big", text=noise(560_000)))).exception()

    assert isinstance(error, RefusedError)
    assert error.code == "record_too_large"
    assert "note big" in str(error)
    assert not bench.client.calls


def test_an_item_just_below_the_limit_is_kept(bench: Bench) -> None:
    (note,) = put(bench.store, Note(id="big", text=noise(535_000)))

    assert bench.store.load(Note, ["big"]) == (note,)
    assert 0.95 * LARGEST_ITEM < size_of(bench.items()[0]) <= LARGEST_ITEM


# ---- packing


def test_an_item_of_one_unit_can_be_read_by_a_person_and_a_longer_one_is_packed(bench: Bench) -> None:
    notes = put(bench.store, Note(id="short", text="a" * 600), Note(id="long", text="a" * 3_000))

    bodies = {item["id"]["S"].removeprefix("note/"): item["body"] for item in bench.items()}

    assert bench.store.load(Note, ["short", "long"]) == notes
    assert '"text":"aaa' in bodies["short"]["S"]
    assert len(bodies["long"]["B"]) < 200


def test_a_packed_body_that_is_damaged_is_told_by_its_name(bench: Bench) -> None:
    put(bench.store, Note(id="long", text="a" * 3_000))
    (item,) = bench.items()
    table = bench.tables.full_name(bench.tables.of_kind("note"))
    bench.client.put_item(TableName=table, Item=item | {"body": {"B": b"no zip"}})

    with pytest.raises(StorageUnavailableError, match=r"the stored note .*long is damaged"):
        bench.store.load(Note, ["long"])


# ---- what lands last


def test_what_lands_last_is_a_call_of_its_own_and_no_transaction(bench: Bench) -> None:
    def step(tx: Transaction) -> None:
        tx.put_last(Counter(id="last"))
        tx.put(Note(id="first"))

    bench.store.submit(step).result()

    assert bench.client.calls == {"put_item": 2}
    assert ["note" in str(parameters["Item"]["kind"]) for _, parameters in bench.client.seen] == [True, False]


@pytest.mark.parametrize("fault", [refused("ConditionalCheckFailedException"), request_lost])
def test_a_step_whose_last_part_did_not_land_says_so_and_is_not_run_again(bench: Bench, fault: Fault) -> None:
    bench.client.fail("put_item", answered, *[fault] * 8)

    def step(tx: Transaction) -> str:
        tx.put(Note(id="first"))
        tx.put_last(Counter(id="last"))
        return "done"

    with pytest.raises(CutOffError) as caught:
        bench.store.submit(step).result()

    assert caught.value.result == "done"
    assert len(bench.other.load(Note, ["first"])) == 1
    assert bench.other.load(Counter, ["last"]) == ()


# ---- rows of indexes


def test_a_second_row_in_one_index_is_an_item_that_points(bench: Bench) -> None:
    made = muddle(bench, ("i", "a", "1"), ("i", "b", "2"), ("i", "c", "3"))
    first = {p: bench.store.query("i", p).hits for p in "abcd"}
    size = len(bench.items())

    changed = muddle(bench, ("i", "b", "9"), ("i", "d", "4"), version=made.version)

    assert [[(h.id, h.sort) for h in first[p]] for p in "abcd"] == [[("m", "1")], [("m", "2")], [("m", "3")], []]
    assert size == 3
    second = {p: [(h.id, h.sort) for h in bench.store.query("i", p).hits] for p in "abcd"}
    assert second == {"a": [], "b": [("m", "9")], "c": [], "d": [("m", "4")]}
    assert len(bench.items()) == 2
    bench.store.submit(lambda tx: tx.delete(changed)).result()
    assert bench.items() == []


def test_a_pointer_that_stays_is_not_written_again(bench: Bench) -> None:
    made = muddle(bench, ("i", "a", "1"), ("i", "b", "2"))

    def step(tx: Transaction) -> None:
        tx.get(Muddle, "m")
        tx.put(made)

    bench.store.submit(step).result()

    assert bench.client.calls["put_item"] == 1


@pytest.mark.parametrize("newest_first", [False, True])
def test_sort_keys_longer_than_dynamodb_takes_keep_their_order(bench: Bench, *, newest_first: bool) -> None:
    ranks = [LONG + end for end in ("b", "a", "", "\x00", "c")] + ["x", "y", "x" * 999, "x" * 1_001]
    put(bench.store, *(Note(id=f"n{n}", rank=rank) for n, rank in enumerate(ranks)))
    cursor, found = None, []

    while True:
        page = bench.store.query("notes_ranked", "all", limit=2, cursor=cursor, newest_first=newest_first)
        found += [hit.sort for hit in page.hits]
        cursor = page.cursor
        if cursor is None:
            break

    assert found == sorted(ranks, reverse=newest_first)


@pytest.mark.parametrize(("after", "before"), [(LONG + "a", LONG + "c"), (LONG, None), (None, LONG + "b"), ("y", "x")])
def test_ranges_of_long_sort_keys_end_where_they_should(bench: Bench, after: str | None, before: str | None) -> None:
    ranks = [LONG + end for end in "abc"] + ["x", "y"]
    put(bench.store, *(Note(id=f"n{n}", rank=rank) for n, rank in enumerate(ranks)))

    found = bench.store.query("notes_ranked", "all", after=after, before=before)

    expected = sorted(r for r in ranks if (after is None or r >= after) and (before is None or r < before))
    assert [hit.sort for hit in found.hits] == expected


def test_a_long_row_that_has_left_its_index_since_is_left_out(bench: Bench) -> None:
    (note,) = put(bench.store, Note(id="n", rank=LONG))
    stale: dict[str, Any] = {}

    def keep(call: Any, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 the SDK has no types
        stale.update(call())
        return stale

    bench.client.fail("query", keep, lambda call, parameters: stale)  # noqa: ARG005 a fault takes both
    before = bench.store.query("notes_ranked", "all").hits
    put(bench.other, msgspec.structs.replace(note, rank="a"))

    after = bench.store.query("notes_ranked", "all").hits

    assert ([hit.id for hit in before], after) == (["n"], ())


@pytest.mark.parametrize("note_id", ["~a", "~#a", "\U0010ffff", "a\U0010ffff", "~"])
def test_ids_that_look_like_keys_of_our_own_are_ids(bench: Bench, note_id: str) -> None:
    (note,) = put(bench.store, Note(id=note_id, rank="1"))

    assert bench.store.load(Note, [note_id]) == (note,)
    assert [hit.id for hit in bench.store.query("notes_ranked", "all").hits] == [note_id]


def test_nothing_is_found_under_an_empty_id_or_partition(bench: Bench) -> None:
    assert bench.store.load(Note, [""]) == ()
    assert bench.store.query("appointments_by_day", "").hits == ()


def test_rows_beyond_one_answer_are_asked_for_until_the_page_is_full(bench: Bench) -> None:
    for first in range(0, 60, 20):
        put(bench.store, *(Note(id=f"n{n:02}", rank=f"{n:02}") for n in range(first, first + 20)))

    def few(call: Any, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 the SDK has no types
        parameters["Limit"] = 7
        answer: dict[str, Any] = bench.raw.query(**parameters)
        return answer

    bench.client.fail("query", *[few] * 20)

    assert len(bench.store.query("notes_ranked", "all", limit=50).hits) == 50
    assert bench.client.calls["query"] == 8


def test_everything_is_read_in_as_many_answers_as_it_takes(bench: Bench) -> None:
    stored = put(bench.store, *(Note(id=f"n{n}", rank=str(n)) for n in range(5)))

    def few(call: Any, parameters: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 the SDK has no types
        answer: dict[str, Any] = bench.raw.scan(**{**parameters, "Limit": 2})
        return answer

    bench.client.fail("scan", *[few] * 20)
    found = sorted(bench.store.everything(), key=lambda note: note.id)

    assert found == list(stored)


# ---- the deployment's tables


def test_every_kind_of_entity_has_its_table() -> None:
    kinds = {"appointment": "Appointments", "consent": "Patients", "notification": "Notifications", "reply": "Records"}

    assert {kind: ALL_TABLES.of_kind(kind).name for kind in kinds} == kinds


def test_without_a_suffix_tables_have_their_own_names() -> None:
    assert [ALL_TABLES.full_name(table) for table in ALL_TABLES.tables][:2] == ["Appointments", "Patients"]


def test_a_record_that_ends_says_so_to_dynamodb() -> None:
    bench = Bench(session_emulator(), f"items{next(NUMBERS)}", kinds=(AnsweredRequest,))
    at = datetime(2026, 5, 4, tzinfo=UTC)
    answered = AnsweredRequest(id="a", fingerprint="f", result_id="x", answered_at=at)
    bench.store.submit(lambda tx: tx.put(answered)).result()

    (item,) = bench.items()
    end = int((at + ANSWERS_KEPT).timestamp())
    assert item["expires_at"] == {"N": str(end)}
    bench.store.close()
    bench.other.close()


# ---- opening


def test_settings_that_cannot_be_are_told_when_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody-has-this-profile")

    with pytest.raises(InvalidInputError, match="region, profile and endpoint"):
        open_client("us-east-1", connections=1)


def test_without_the_sdk_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.session", None)

    with pytest.raises(InvalidInputError, match="pip install"):
        open_client("us-east-1", connections=1)


def test_a_store_is_opened_by_the_usual_variables(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> None:
    for name, value in session_emulator().environment().items():
        monkeypatch.setenv(name, value)
    store = DynamoStore(bench.tables, kinds=(Counter,), client=open_client("us-east-1", connections=2), threads=2)

    assert store.submit(raised("c")).result() == 1
    store.close()
