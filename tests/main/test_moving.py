"""A practice that moves from a file into tables of AWS and back, with everything as it was."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import find, settings
from hypothesis import strategies as st

from kept.adapters.dynamodb import DynamoStore
from kept.adapters.sqlite import SqliteStore
from kept.core.errors import ConflictError, InvalidInputError, StorageUnavailableError
from kept.core.exchanges import Exchange
from kept.core.practice import PRACTICE_ID, Practice
from kept.main.demo import plant
from kept.main.kinds import KINDS
from kept.main.moving import export, take_in
from kept.ports.store import Entity, ListingStore, Transaction
from tests.aws.emulator import drop_tables, make_tables, session_emulator
from tests.aws.tables import dynamo_store
from tests.faults.practice import NOW
from tests.main.programs import run

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 they get it
VERSION = 7


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "from.db", kinds=KINDS)
    yield made
    made.close()


@pytest.fixture
def tables() -> Iterator[DynamoStore]:
    made = dynamo_store(KINDS, threads=4)
    yield made
    made.close()


def whole(store: ListingStore) -> dict[tuple[str, str], Entity]:
    """Return everything that a store holds."""
    return {(entity.kind, entity.id): entity for entity in store.everything()}


@cache
def one_of(kind: Any) -> Entity:  # noqa: ANN401 a class that is a protocol's
    """Return an entity of a kind, made up from its fields, that was stored some times before."""
    st.register_type_strategy(datetime, INSTANTS)
    fields = {"id": st.just(f"one {kind.kind}"), "version": st.just(VERSION)}
    fields |= {"asked_at": INSTANTS} if kind is Exchange else {}
    entity: Entity = find(st.builds(kind, **fields), _can_be_found, settings=settings(database=None))
    return entity


def place_one_of_every_kind(tx: Transaction) -> None:
    """Store an entity of each kind."""
    for kind in KINDS:
        tx.place(one_of(kind))


def _can_be_found(entity: Entity) -> bool:
    return all(row.partition for row in entity.index_entries())


def rows(store: ListingStore) -> list[object]:
    """Return what is found by every index row of everything."""
    entries = sorted((e for entity in whole(store).values() for e in entity.index_entries()), key=str)
    return [store.query(entry.index, entry.partition) for entry in entries]


# ---- there and back


def test_everything_is_the_same_after_moving_into_tables_and_back(
    file_store: SqliteStore, tables: DynamoStore, tmp_path: Path
) -> None:
    file_store.submit(partial(plant, now=NOW)).result()
    file_store.submit(place_one_of_every_kind).result()
    there, back = tmp_path / "there.jsonl", tmp_path / "back.jsonl"

    counted = export(file_store, there), take_in(tables, there), export(tables, back)
    home = SqliteStore(tmp_path / "home.db", kinds=KINDS)
    take_in(home, back)

    assert set(counted) == {len(whole(file_store))}
    assert whole(tables) == whole(file_store) == whole(home)
    assert rows(tables) == rows(file_store) == rows(home)
    assert {kind for kind, _ in whole(home)} == {kind.kind for kind in KINDS}
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    home.close()


def test_what_is_there_already_is_left_alone_and_what_differs_is_never_overwritten(
    file_store: SqliteStore, tables: DynamoStore, tmp_path: Path
) -> None:
    file = tmp_path / "all.jsonl"
    file_store.submit(partial(plant, now=NOW)).result()
    export(file_store, file)

    first, again = take_in(tables, file), take_in(tables, file)
    (practice,) = tables.load(Practice, [PRACTICE_ID])
    tables.submit(lambda tx: tx.put(msgspec.structs.replace(practice, name="Another"))).result()

    assert first == again
    with pytest.raises(ConflictError, match=r"practice .* is stored differently"):
        take_in(tables, file)
    assert [found.name for found in tables.load(Practice, [PRACTICE_ID])] == ["Another"]


# ---- files that are none


@pytest.fixture
def lines(file_store: SqliteStore, tmp_path: Path) -> list[bytes]:
    file_store.submit(place_one_of_every_kind).result()
    export(file_store, tmp_path / "good.jsonl")
    return (tmp_path / "good.jsonl").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(lambda _: [], "not what kept export writes", id="empty"),
        pytest.param(lambda _: [b"hello\n"], "not what kept export writes", id="another file"),
        pytest.param(lambda each: [b'{"format":"kept-store-9"}\n', *each[1:]], "another version", id="later"),
        pytest.param(lambda each: each[:-1], "cut short", id="without its end"),
        pytest.param(lambda each: [*each[:3], *each[4:]], "cut short", id="without a line"),
        pytest.param(lambda each: [*each, each[1]], "cut short", id="with more behind its end"),
        pytest.param(lambda each: [*each[:2], b"\xff\n", *each[2:]], "not what kept export", id="not text"),
        pytest.param(
            lambda each: [each[0], each[1].replace(b'"kind":"', b'"kind":"un'), *each[2:]], "kind", id="unknown kind"
        ),
    ],
)
def test_a_file_that_is_not_whole_is_refused_before_anything_is_stored(
    spoil: Callable[[list[bytes]], list[bytes]], said: str, lines: list[bytes], tables: DynamoStore, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(b"".join(spoil(lines)))

    with pytest.raises(InvalidInputError, match=said):
        take_in(tables, bad)

    assert whole(tables) == {}


def test_a_file_that_is_not_there_or_cannot_be_written_is_named(file_store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"gone\.jsonl cannot be read"):
        take_in(file_store, tmp_path / "gone.jsonl")
    with pytest.raises(StorageUnavailableError, match="cannot be written"):
        export(file_store, tmp_path / "nowhere" / "all.jsonl")


def test_a_file_that_could_not_be_finished_leaves_nothing_behind(file_store: SqliteStore, tmp_path: Path) -> None:
    file_store.submit(partial(plant, now=NOW)).result()
    file_store.close()
    folder = tmp_path / "out"
    folder.mkdir()

    with pytest.raises(StorageUnavailableError):
        export(file_store, folder / "all.jsonl")

    assert list(folder.iterdir()) == []


# ---- as a person does it


def test_the_program_runs_on_tables_and_moves_between_them_and_a_file(tmp_path: Path) -> None:
    emulator = session_emulator()
    client = emulator.client("dynamodb")
    made = make_tables(client, "moving")
    on_aws = {**emulator.environment(), "KEPT_STORE": "dynamodb", "KEPT_AWS_REGION": "us-east-1"}
    on_aws["KEPT_TABLES_SUFFIX"] = "moving"
    local, remote, file = tmp_path / "local", tmp_path / "remote", tmp_path / "all.jsonl"
    event = tmp_path / "event.json"
    item = {"patientId": "p1", "phoneNumber": "+12065550100", "appointmentTime": "2030-01-20T14:00:00Z"}
    event.write_text(json.dumps({"appointments": [item]}), encoding="utf-8")

    sent = run(remote, "send", str(event), "--json", **on_aws)
    doctor = run(remote, "doctor", "--json", **on_aws)
    steps = [
        run(remote, "export", str(file), "--json", **on_aws),
        run(local, "take-in", str(file), "--json"),
        run(local, "report", "--json"),
        run(remote, "report", "--json", **on_aws),
    ]
    drop_tables(client, made)

    assert json.loads(sent.stdout)["results"] == {"success": 1, "failed": 0, "fallback": 0}, sent.stderr
    assert "tables of AWS in us-east-1" in doctor.stdout
    assert [step.returncode for step in steps] == [0, 0, 0, 0], [step.stderr for step in steps]
    answers = [json.loads(step.stdout) for step in steps]
    assert all(one == other for one, other in pairwise([answers[2]["total"], answers[3]["total"]]))
    assert answers[0]["records"] == answers[1]["records"] > 0


def test_tables_without_a_region_are_refused_with_the_name_of_the_setting(tmp_path: Path) -> None:
    told = run(tmp_path / "var", "report", KEPT_STORE="dynamodb")

    assert told.returncode == 78
    assert "aws_region" in told.stderr
