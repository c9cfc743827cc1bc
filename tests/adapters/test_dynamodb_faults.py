"""Throttled, refused, unanswered: what the store says then, and that nothing is lost, doubled or made up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import msgspec
import pytest

from kept.core.errors import ConflictError, StorageUnavailableError
from kept.ports.store import Transaction
from tests.adapters.dynamodb_faults import (
    Bench,
    Fault,
    answer_lost,
    refused,
    request_lost,
    then,
    token_forgotten,
    unsent,
)
from tests.aws.emulator import session_emulator
from tests.contracts.entities import Counter, Note, put, raised

NUMBERS = count()
BUSY = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]
NOTES = tuple(Note(id=f"n{n}", rank=str(n)) for n in range(3))


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(session_emulator(), f"faults{next(NUMBERS)}")
    yield made
    made.store.close()
    made.other.close()


def counter(bench: Bench) -> int:
    """Return how far the counter is, as another store sees it."""
    (found,) = bench.other.load(Counter, ["c"])
    return found.n


def raise_two(tx: Transaction) -> int:
    """Raise two counters in one step, so that it takes a transaction."""
    raised("d")(tx)
    return raised("c")(tx)


# ---- throttled


@pytest.mark.parametrize("code", BUSY)
@pytest.mark.parametrize(
    "operation", ["batch_get_item", "query", "scan", "put_item", "delete_item", "transact_write_items"]
)
def test_a_throttled_call_is_made_again_after_a_pause(bench: Bench, operation: str, code: str) -> None:
    put(bench.other, *NOTES)
    bench.client.fail(operation, refused(code), refused(code))

    found = (
        bench.store.submit(raised("c")).result(),
        bench.store.submit(lambda tx: tx.delete(tx.get(Counter, "c"))).result(),  # type: ignore[arg-type]
        len(put(bench.store, Note(id="a", rank="x"), Note(id="b", rank="y"))),
        len(bench.store.load(Note, ["n0", "n1"])),
        len(bench.store.query("notes_ranked", "all").hits),
        len(list(bench.store.everything())),
    )

    assert found == (1, None, 2, 2, 5, 5)
    assert len(bench.pauses) == 2
    assert all(0 <= pause <= 3 for pause in bench.pauses)


def test_a_transaction_that_was_cancelled_for_throttling_is_sent_again_as_it_was(bench: Bench) -> None:
    busy = refused("TransactionCanceledException", reasons=["None", "ThrottlingError"])
    bench.client.fail("transact_write_items", busy, refused("TransactionInProgressException"))

    answer = bench.store.submit(raise_two).result()

    sent = [parameters for operation, parameters in bench.client.seen if operation == "transact_write_items"]
    assert answer == 1
    assert len({each["ClientRequestToken"] for each in sent}) == 1
    assert sent[0]["TransactItems"] == sent[1]["TransactItems"] == sent[2]["TransactItems"]


def test_who_is_throttled_for_long_is_told_when_to_come_back(bench: Bench) -> None:
    bench.client.fail("batch_get_item", *[refused("ThrottlingException")] * 20)

    error = bench.store.submit(raised("c")).exception()

    assert isinstance(error, StorageUnavailableError)
    assert error.retry_after_s
    assert "not known" not in str(error)
    assert bench.client.calls["batch_get_item"] == 8


# ---- cancelled


@pytest.mark.parametrize("reason", ["ConditionalCheckFailed", "TransactionConflict"])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_transaction_that_lost_is_run_again_from_the_beginning(bench: Bench, reason: str, index: int) -> None:
    put(bench.other, Note(id="n"))
    reasons = ["None"] * 3
    reasons[index] = reason
    bench.client.fail("transact_write_items", refused("TransactionCanceledException", reasons=reasons))
    runs: list[None] = []

    def step(tx: Transaction) -> int:
        runs.append(None)
        note = tx.get(Note, "n")
        assert note is not None
        tx.guard(note)
        return raise_two(tx)

    assert bench.store.submit(step).result() == 1
    assert len(runs) == 2


@pytest.mark.parametrize("reason", ["ItemCollectionSizeLimitExceeded", "ValidationError"])
@pytest.mark.parametrize("index", [0, 1])
def test_a_transaction_that_can_never_land_is_not_tried_again(bench: Bench, reason: str, index: int) -> None:
    reasons = ["None"] * 2
    reasons[index] = reason
    bench.client.fail("transact_write_items", refused("TransactionCanceledException", reasons=reasons))

    error = bench.store.submit(raise_two).exception()

    assert isinstance(error, StorageUnavailableError)
    assert reason in str(error)
    assert bench.client.calls["transact_write_items"] == 1


def test_a_write_in_the_way_of_a_transaction_is_a_lost_race(bench: Bench) -> None:
    bench.client.fail("put_item", refused("TransactionConflictException"))

    assert bench.store.submit(raised("c")).result() == 1
    assert bench.client.calls["put_item"] == 2


# ---- unanswered


@pytest.mark.parametrize("step", [raised("c"), raise_two], ids=["one item", "a transaction"])
@pytest.mark.parametrize("fault", [answer_lost, request_lost, unsent, refused("InternalServerError", status=500)])
def test_an_increment_whose_answer_is_lost_counts_once(bench: Bench, fault: Fault, step: object) -> None:
    for expected in (1, 2):
        bench.client.fail("put_item", fault)
        bench.client.fail("transact_write_items", fault)

        assert bench.store.submit(step).result() == expected  # type: ignore[arg-type]
        assert counter(bench) == expected


def test_a_commit_is_known_again_after_its_token_was_forgotten(bench: Bench) -> None:
    bench.client.fail("transact_write_items", answer_lost, token_forgotten)

    assert bench.store.submit(raise_two).result() == 1
    assert counter(bench) == 1
    assert bench.client.calls["transact_write_items"] == 2


@pytest.mark.parametrize("operation", ["put_item", "transact_write_items"])
def test_a_commit_that_somebody_has_built_upon_since_is_not_called_lost(bench: Bench, operation: str) -> None:
    step = raised("c") if operation == "put_item" else raise_two
    bench.store.submit(step).result()
    built_upon = then(lambda: bench.other.submit(step).result(), answer_lost)
    bench.client.fail(operation, built_upon, *[token_forgotten] * (operation != "put_item"))

    error = bench.store.submit(step).exception()

    assert isinstance(error, StorageUnavailableError)
    assert "not known" in str(error)
    assert counter(bench) == 3


def test_a_commit_that_somebody_else_forestalled_is_run_again(bench: Bench) -> None:
    bench.store.submit(raised("c")).result()
    bench.client.fail("put_item", then(lambda: bench.other.submit(raised("c")).result(), request_lost))

    assert bench.store.submit(raised("c")).result() == 3


def test_a_removal_whose_answer_is_lost_is_told_as_not_known(bench: Bench) -> None:
    (note,) = put(bench.store, Note(id="n"))
    bench.client.fail("delete_item", answer_lost)

    error = bench.store.submit(lambda tx: tx.delete(note)).exception()

    assert isinstance(error, StorageUnavailableError)
    assert bench.other.load(Note, ["n"]) == ()


def test_a_write_that_is_never_answered_is_told_as_not_known(bench: Bench) -> None:
    bench.client.fail("put_item", *[request_lost] * 8)

    error = bench.store.submit(raised("c")).exception()

    assert isinstance(error, StorageUnavailableError)
    assert "not known" in str(error)


# ---- refused for good


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("AccessDeniedException", "allow this program"),
        ("ResourceNotFoundException", "the table is not there"),
        ("SomethingNewException", "look after it in AWS"),
    ],
)
def test_a_refusal_names_its_remedy_and_is_not_tried_again(bench: Bench, code: str, remedy: str) -> None:
    bench.client.fail("batch_get_item", refused(code))

    with pytest.raises(StorageUnavailableError, match=remedy):
        bench.store.load(Note, ["n"])

    assert bench.client.calls["batch_get_item"] == 1


def test_a_mistake_of_our_own_is_not_hidden(bench: Bench) -> None:
    def fault(call: object, parameters: object) -> dict[str, object]:
        raise ZeroDivisionError

    bench.client.fail("batch_get_item", fault)

    with pytest.raises(ZeroDivisionError):
        bench.store.load(Note, ["n"])


# ---- reading


def test_what_a_batch_leaves_out_is_asked_for_again(bench: Bench) -> None:
    stored = put(bench.other, *NOTES)

    def partly(call: object, parameters: dict[str, dict[str, dict[str, list[object]]]]) -> dict[str, object]:
        ((table, request),) = parameters["RequestItems"].items()
        return {"Responses": {table: []}, "UnprocessedKeys": {table: request}}

    bench.client.fail("batch_get_item", partly, partly)

    assert bench.store.load(Note, [note.id for note in NOTES]) == stored
    assert len(bench.pauses) == 2


def test_who_gets_nothing_of_a_batch_for_long_is_told_to_come_back(bench: Bench) -> None:
    def nothing(call: object, parameters: dict[str, object]) -> dict[str, object]:
        return {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}

    bench.client.fail("batch_get_item", *[nothing] * 20)

    with pytest.raises(StorageUnavailableError):
        bench.store.load(Note, ["a", "b"])


def test_more_than_a_hundred_entities_are_loaded_in_their_order(bench: Bench) -> None:
    for first in range(0, 240, 40):
        put(bench.other, *(Note(id=f"n{n}") for n in range(first, first + 40)))
    wanted = [f"n{n}" for n in range(239, -1, -1)]

    found = bench.store.load(Note, [*wanted, "n7"])

    assert [note.id for note in found] == [*wanted, "n7"]
    assert bench.client.calls["batch_get_item"] == 3


def test_a_row_of_an_index_that_lags_is_left_out_when_it_is_loaded(bench: Bench) -> None:
    first, second = put(bench.other, Note(id="a", rank="1"), Note(id="b", rank="2"))
    before = bench.raw.query
    lagging: dict[str, object] = {}

    def remember(call: object, parameters: dict[str, object]) -> dict[str, object]:
        answer: dict[str, object] = before(**parameters)
        lagging.update(answer)
        return answer

    def late(call: object, parameters: dict[str, object]) -> dict[str, object]:
        return lagging

    bench.client.fail("query", remember, late)
    bench.store.query("notes_ranked", "all")
    bench.other.submit(lambda tx: tx.delete(first)).result()

    stale = bench.store.query("notes_ranked", "all")

    assert [hit.id for hit in stale.hits] == ["a", "b"]
    assert bench.store.load(Note, [hit.id for hit in stale.hits]) == (second,)


def test_a_step_that_believed_a_lagging_row_loses_and_reads_again(bench: Bench) -> None:
    (stale,) = put(bench.other, Note(id="a", text="old"))
    put(bench.other, msgspec.structs.replace(stale, text="new"))

    with pytest.raises(ConflictError):
        bench.store.submit(lambda tx: tx.put(msgspec.structs.replace(stale, text="mine"))).result()
