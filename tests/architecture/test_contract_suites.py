"""Every adapter that claims a port is held to the promises of that port."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Finding, Source, classes, planted, sources

PORTS = {"Store": "conftest.STORES", "Channel": "channels.CHANNELS"}
"""What an adapter's class ends in, and the list in tests/contracts that must name its folder."""


def adapters_of(port: str, *files: Source) -> Iterator[str]:
    """Yield the folders below adapters/ that expose a public class ending in *port*."""
    for source in files:
        names = [name for name, _ in classes(source) if name.endswith(port) and not name.startswith("_")]
        if names and "." not in names[0]:
            yield source.path.split("/")[3]


def listed_for(port: str) -> list[str]:
    """Return the folders that the contract suite of *port* runs on: a key, or an id up to its first dash."""
    module, _, name = PORTS[port].partition(".")
    entries = getattr(importlib.import_module(f"tests.contracts.{module}"), name)
    return [str(getattr(entry, "id", entry)).partition("-")[0] for entry in entries]


def contract_findings(port: str, listed: list[str], *files: Source) -> Iterator[Finding]:
    """Yield adapters that no contract suite runs on, and names in the list that are no adapter."""
    found = set(adapters_of(port, *files))
    for folder in sorted(found - set(listed)):
        yield Finding(rule="no contract", where=f"src/kept/adapters/{folder}", what=f"not in {PORTS[port]}")
    for folder in sorted(set(listed) - found):
        yield Finding(rule="no adapter", where=f"src/kept/adapters/{folder}", what=f"named by {PORTS[port]}")


@pytest.mark.parametrize("port", PORTS)
def test_every_adapter_is_in_the_contract_suite_of_its_port(port: str) -> None:
    findings = [str(found) for found in contract_findings(port, listed_for(port), *sources("src/kept/adapters"))]

    assert findings == []


@pytest.mark.parametrize("port", PORTS)
def test_sees_an_adapter_in_no_suite_and_a_name_without_adapter(port: str) -> None:
    pigeon = planted(f"class Pigeon{port}: ...\n", "src/kept/adapters/pigeon/loft.py")

    findings = contract_findings(port, ["owl"], pigeon)

    assert [(found.rule, found.where) for found in findings] == [
        ("no contract", "src/kept/adapters/pigeon"),
        ("no adapter", "src/kept/adapters/owl"),
    ]
