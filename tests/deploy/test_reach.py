"""
What a handler can reach in the story, its role allows: followed through the source, because no test takes every path.

Only what names its kind or index is seen: reading, searching, removing, guarding. Writing is held by the stack's tests.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from typing import Final

import pytest

from kept.adapters.dynamodb.tables import ALL_TABLES
from kept.main.kinds import KINDS
from tests.architecture.sources import ROOT
from tests.deploy.test_rights import NAMES, TABLES, VERBS

SOURCE: Final = ROOT / "src" / "kept"
SENDING: Final = ("aws_lambda/sending", "worker/in_flight", "worker/steps", "worker/handing_over", "worker/gates")

ROOMS: Final[dict[str, tuple[str, ...]]] = {
    "Sweep": ("aws_lambda/sweeping", "worker/chores"),
    "Balance": ("aws_lambda/balancing",),
    "Reminder": ("aws_lambda/reminders", *SENDING),
    "Request": ("aws_lambda/requests",),
    "Query": ("aws_lambda/queries",),
    "BatchSend": SENDING,
}
"""Doors through which a function gets into the story; functions that share a door with another are not followed."""

TABLE_OF: Final = {kind.__name__: ALL_TABLES.of_kind(kind.kind).name for kind in KINDS}

Name = tuple[str, str]
"""Module of the story, and what it defines there."""


@cache
def definitions() -> dict[Name, ast.AST]:
    """Return everything that the story defines."""
    return {
        (path.stem, name): node
        for path in (SOURCE / "flow").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        for name in _named(node)
    }


@cache
def imported(room: str) -> dict[str, Name]:
    """Return what a module takes from the story, by the name that it has there."""
    return {
        alias.asname or alias.name: (node.module.rpartition(".")[2], alias.name)
        for node in ast.walk(ast.parse((SOURCE / f"{room}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("kept.flow.")
        for alias in node.names
    }


def reached(rooms: tuple[str, ...]) -> set[Name]:
    """Return everything of the story that modules can get to."""
    waiting = [name for room in rooms for name in imported(f"entrypoints/{room}").values()]
    seen: set[Name] = set()
    while waiting:
        name = waiting.pop()
        if name in definitions() and name not in seen:
            seen.add(name)
            words = {node.id for node in ast.walk(definitions()[name]) if isinstance(node, ast.Name)}
            taken = imported(f"flow/{name[0]}")
            waiting += [taken.get(word, (name[0], word)) for word in words]
    return seen


def touched(rooms: tuple[str, ...]) -> set[tuple[str, str]]:
    """Return which verbs are used on which tables."""
    nodes = [node for name in reached(rooms) for node in ast.walk(definitions()[name])]
    return {use for node in nodes if isinstance(node, ast.Call) for use in _uses(node)}


def _named(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _uses(call: ast.Call) -> Iterator[tuple[str, str]]:
    function = call.func
    is_store = isinstance(function, ast.Attribute) and ast.unparse(function.value) in {"tx", "store", "self._store"}
    if not is_store or not isinstance(function, ast.Attribute) or not call.args:
        return
    what = call.args[0]
    if function.attr in {"get", "load"} and isinstance(what, ast.Name) and what.id in TABLE_OF:
        yield "BatchGetItem", TABLE_OF[what.id]
    elif function.attr == "query" and isinstance(what, ast.Constant):
        yield "Query", ALL_TABLES.place_of(str(what.value), "all").table.name
    elif function.attr == "guard":
        yield from (("ConditionCheckItem", table) for table in ("Appointments", "Patients"))
    elif function.attr == "delete":
        yield "DeleteItem", "Records"


def allowed(function: str) -> set[tuple[str, str]]:
    """Return which verbs a role allows on which tables."""
    return {(verb, NAMES[table]) for verb, tables in zip(VERBS, TABLES[function], strict=True) for table in tables}


@pytest.mark.parametrize("function", ROOMS)
def test_a_role_allows_what_its_handler_can_reach(function: str) -> None:
    assert touched(ROOMS[function]) - allowed(function) == set()


def test_following_finds_what_is_deep_inside() -> None:
    found = touched(ROOMS["Reminder"])

    assert {("BatchGetItem", "ScheduleDays"), ("ConditionCheckItem", "Patients"), ("BatchGetItem", "Records")} <= found
    assert ("Query", "Notifications") in touched(ROOMS["Sweep"])
    assert ("DeleteItem", "Records") not in found


@pytest.mark.parametrize("function", TABLES)
def test_what_is_written_can_be_read_back_when_the_answer_was_lost(function: str) -> None:
    get, _, put, delete, check = TABLES[function]

    assert set(put) | set(delete) | set(check) <= set(get)
