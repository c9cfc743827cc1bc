"""No drawer for what found no room, and no class named for its mechanics."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Finding, Source, classes, planted, sources

DRAWERS = frozenset({"util", "utils", "common", "helper", "helpers", "service", "services", "model", "models"}) | {
    "manager",
    "managers",
    "misc",
}

SMELLS = re.compile(r"^_*(Abstract[A-Z]|I[A-Z][a-z]|Base[A-Z])|(Impl|Manager|Helper|Data)$")


def name_findings(source: Source) -> Iterator[Finding]:
    """Yield rooms and classes whose names say nothing of the subject."""
    parts = source.path.removesuffix(".py").split("/")
    for part in DRAWERS.intersection(parts):
        yield Finding(rule="drawer", where=source.path, what=part)
    for name, _ in classes(source):
        if SMELLS.search(name.rpartition(".")[2]):
            yield Finding(rule="smell", where=f"{source.path}::{name}", what=name)


def test_no_drawers_and_no_mechanical_names() -> None:
    findings = [str(found) for source in sources("src", "tests", "bench") for found in name_findings(source)]

    assert findings == []


@pytest.mark.parametrize("stem", sorted(DRAWERS))
def test_sees_a_drawer(stem: str) -> None:
    as_file = name_findings(planted("", f"src/kept/core/{stem}.py"))
    as_folder = name_findings(planted("", f"src/kept/{stem}/booking.py"))

    assert [found.rule for found in (*as_file, *as_folder)] == ["drawer", "drawer"]


@pytest.mark.parametrize(
    "name",
    ["AbstractStore", "IStore", "BaseChannel", "StoreImpl", "SeatManager", "DateHelper", "PatientData", "_IStore"],
)
def test_sees_a_mechanical_name(name: str) -> None:
    findings = name_findings(planted(f"class Outer:\n    class {name}: ...\n"))

    assert [found.what for found in findings] == [f"Outer.{name}"]


@pytest.mark.parametrize("name", ["Interval", "ImportLine", "IPAddress", "Basement", "Database", "DataLine"])
def test_lets_an_honest_name_pass(name: str) -> None:
    assert list(name_findings(planted(f"class {name}: ...\n"))) == []
