"""Every public function of the inner rooms says what comes back, and its examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import types
from collections.abc import Iterator

import pytest

import kept
from tests.architecture.sources import Finding, Source, functions, planted, sources

INNER_ROOMS = ("core", "ports", "flow", "formats")


def docstring_findings(source: Source) -> Iterator[Finding]:
    """Yield public functions without a docstring."""
    outer = tuple(f"{name}." for name, _ in functions(source))
    for name, node in functions(source):
        public = not name.startswith(outer) and not any(part.startswith("_") for part in name.split("."))
        if public and ast.get_docstring(node) is None:
            yield Finding(rule="docstring", where=f"{source.path}::{name}", what="has none")


def modules_of(*rooms: str) -> Iterator[types.ModuleType]:
    """Yield every module of the rooms, imported."""
    for room in rooms:
        package = importlib.import_module(f"{kept.__name__}.{room}")
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(found.name)


def failed_examples(module: types.ModuleType) -> int:
    """Return how many examples in the docstrings of *module* answer something else than they say."""
    return doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False).failed


def test_every_public_function_of_the_inner_rooms_has_a_docstring() -> None:
    rooms = [f"src/kept/{room}" for room in INNER_ROOMS]

    findings = [str(found) for source in sources(*rooms) for found in docstring_findings(source)]

    assert findings == []


@pytest.mark.parametrize("room", INNER_ROOMS)
def test_every_example_in_a_docstring_runs(room: str) -> None:
    failures = {module.__name__: failed for module in modules_of(room) if (failed := failed_examples(module))}

    assert failures == {}


def test_sees_a_missing_docstring() -> None:
    source = planted(
        "def bare(): ...\ndef _own(): ...\nclass C:\n    def bare(self): ...\n    def __eq__(self, o): ...\n"
    )

    findings = docstring_findings(source)

    assert [found.where.partition("::")[2] for found in findings] == ["bare", "C.bare"]


def test_asks_no_docstring_of_a_function_inside_a_function() -> None:
    source = planted('def outer():\n    """Text."""\n    def inner(): ...\n')

    assert list(docstring_findings(source)) == []


def test_sees_an_example_that_lies(capsys: pytest.CaptureFixture[str]) -> None:
    module = types.ModuleType("planted", "Text.\n\n>>> 1 + 1\n3\n")

    assert failed_examples(module) == 1
    assert "Expected:\n    3" in capsys.readouterr().out
