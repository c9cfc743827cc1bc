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
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    for node in calls:
        if not isinstance(node.func, ast.Attribute) or node.func.attr not in EXECUTORS:
            continue
        statement = node.args[0] if node.args else None
        if statement is None or not _is_constant(statement, constants):
            written = "nothing" if statement is None else ast.unparse(statement)
            yield Finding(rule="sql", where=f"{source.path}:{node.lineno}", what=written)


def _is_constant(node: ast.expr, constants: frozenset[str]) -> bool:
    """Return whether *node* can only be text that stood in a source file."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.Name):
        return node.id in constants
    if isinstance(node, ast.Attribute):
        # schema.INSERT_ENTITY: a constant of a module that this test reads too
        return node.attr.isupper() and isinstance(node.value, ast.Name)
    if isinstance(node, ast.IfExp):
        return _is_constant(node.body, constants) and _is_constant(node.orelse, constants)
    return isinstance(node, ast.Subscript) and _is_constant(node.value, constants)


def _constants(tree: ast.Module) -> frozenset[str]:
    """Return the upper-case names that this module imports or binds to literal text, and the loops over them."""
    imported = [alias for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    names = {alias.asname or alias.name for alias in imported}
    names = {name for name in names if name.isupper()}
    bindings = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
    for binding in bindings:
        targets = binding.targets if isinstance(binding, ast.Assign) else [binding.target]
        if binding.value is not None and _is_literal(binding.value):
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    known = frozenset(names)
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For) and isinstance(node.target, ast.Name)]
    return known | {ast.unparse(loop.target) for loop in loops if _is_constant(loop.iter, known)}


def _is_literal(node: ast.expr) -> bool:
    """Return whether *node* is built from nothing but constants."""
    holds = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Load)
    return all(isinstance(part, holds) for part in ast.walk(node))


def built_findings(source: Source) -> Iterator[Finding]:
    """Yield names of a module of statements that are put together, not written."""
    for node in source.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and any(_is_put_together(part) for part in ast.walk(node)):
            yield Finding(rule="built", where=f"{source.path}:{node.lineno}", what=ast.unparse(node)[:60])


def _is_put_together(node: ast.AST) -> bool:
    """Return whether *node* makes text of parts: an f-string, an operator, or a method such as format and join."""
    return isinstance(node, ast.JoinedStr | ast.BinOp) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )


def test_a_module_of_statements_holds_nothing_but_literals() -> None:
    schemas = [source for source in sources("src") if source.path.endswith("/schema.py")]

    findings = [str(found) for source in schemas for found in built_findings(source)]

    assert findings == []


def test_sees_a_statement_put_together_where_the_statements_stand() -> None:
    source = planted(
        'TABLE = "t"\nREAD = f"SELECT * FROM {TABLE}"\nWRITE: object = "INSERT INTO " + TABLE\nALL = (READ,)\n'
    )

    assert [found.where.rpartition(":")[2] for found in built_findings(source)] == ["2", "3"]


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
        "READ if new else statement",
    ],
)
def test_sees_a_statement_put_together(statement: str) -> None:
    source = planted(f'BUILT = f"SELECT {{name}}"\ndef read(db, statement):\n    db.execute({statement})\n')

    assert [found.rule for found in sql_findings(source)] == ["sql"]


@pytest.mark.parametrize(
    "statement", ['"SELECT 1"', "READ", "_STEPS[2]", "sql.READ_ONE", "IMPORTED", "READ if new else sql.OLD"]
)
def test_lets_a_constant_pass(statement: str) -> None:
    text = 'from kept.x import IMPORTED\nREAD = "SELECT 1"\n_STEPS: object = ("A", "B")\n'
    source = planted(f"{text}def read(db):\n    db.execute({statement}, (1,))\n    for s in _STEPS: db.execute(s)\n")

    assert list(sql_findings(source)) == []
