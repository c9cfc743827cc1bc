"""SQL stands in the source as SQL: what reaches the engine is a constant, and every value is a parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.sources import Finding, Source, planted, sources

EXECUTORS = frozenset({"execute", "executemany", "executescript"})


def sql_findings(source: Source) -> Iterator[Finding]:
    """Yield calls whose statement is neither a literal nor a named constant."""
    tree = source.tree
    constants = _constants(tree)
    known = frozenset(names)
    loops = (node for node in ast.walk(tree) if isinstance(node, ast.For) and isinstance(node.target, ast.Name))
    return known | {ast.unparse(loop.target) for loop in loops if _is_constant(loop.iter, known)}


def _is_literal(node: ast.expr) -> bool:
    """Return whether *node* is built from nothing but constants."""
    holds = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Load)
    return all(isinstance(part, holds) for part in ast.walk(node))


def test_every_statement_is_a_constant() -> None:
    findings = [str(found) for source in sources("src") for found in sql_findings(source)]

    assert findings == []


@pytest.mark.parametrize(
    "statement",
    [
        'f"SELECT {name}"',
        '"SELECT %s" % name',
        '"SELECT {}".format(name)',
        '"SELECT " + name',
        "statement",
        "BUILT",
    ],
)
def test_sees_a_statement_put_together(statement: str) -> None:
    source = planted(f'BUILT = f"SELECT {{name}}"\ndef read(db, statement):\n    db.execute({statement})\n')

    assert [found.rule for found in sql_findings(source)] == ["sql"]


@pytest.mark.parametrize("statement", ['"SELECT 1"', "READ", "_STEPS[2]", "sql.READ_ONE", "IMPORTED"])
def test_lets_a_constant_pass(statement: str) -> None:
    text = 'from kept.x import IMPORTED\nREAD = "SELECT 1"\n_STEPS: object = ("A", "B")\n'
    source = planted(f"{text}def read(db):\n    db.execute({statement}, (1,))\n    for s in _STEPS: db.execute(s)\n")

    assert list(sql_findings(source)) == []
