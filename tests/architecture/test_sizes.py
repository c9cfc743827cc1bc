"""A function fits on a screen, a module in a head; who does not fit gives a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import pytest

from tests.architecture.sources import ROOT, Finding, Function, Source, functions, planted, sources

MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_MODULE = 400
MOST_PARAMETERS = 5
MOST_NESTING = 3
ALLOWED = "tests/architecture/allowed.txt"

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


def size_findings(source: Source) -> Iterator[Finding]:
    """Yield what is larger than the house allows."""
    lines = source.text.count("\n")
    if lines > MOST_LINES_OF_A_MODULE:
        yield Finding(rule="module", where=source.path, what=f"{lines} lines")
    for name, node in functions(source):
        where = f"{source.path}::{name}"
        if (length := _length(node)) > MOST_LINES_OF_A_FUNCTION:
            yield Finding(rule="function", where=where, what=f"{length} lines")
        if source.path.startswith("src/") and (count := _parameters(node)) > MOST_PARAMETERS:
            yield Finding(rule="parameters", where=where, what=f"{count} parameters")
        if (depth := _depth(node.body)) > MOST_NESTING:
            yield Finding(rule="nesting", where=where, what=f"{depth} deep")


def _length(node: Function) -> int:
    """Return the lines from ``def`` to the end, without the docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        text = node.body[0]
        lines -= (text.end_lineno or text.lineno) - text.lineno + 1
    return lines


def _parameters(node: Function) -> int:
    """Return how many arguments a caller has to think of."""
    args = node.args
    names = [arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs)]
    names += [arg.arg for arg in (args.vararg, args.kwarg) if arg is not None]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def _depth(body: Iterable[ast.AST]) -> int:
    """Return how many blocks stand inside each other; a function inside starts anew."""
    return max((_depth_of(node) for node in body), default=0)


def _depth_of(node: ast.AST) -> int:
    if isinstance(node, Function | ast.ClassDef | ast.Lambda):
        return 0
    own = 1 if isinstance(node, _BLOCKS) else 0
    branches = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        # An elif is a sibling of its if, not a child.
        branches.remove(node.orelse[0])
        return max(own + _depth(branches), _depth_of(node.orelse[0]))
    return own + _depth(branches)


def _allowed() -> dict[tuple[str, str], str]:
    """Return the allow-list: rule and place to reason."""
    lines = (ROOT / ALLOWED).read_text(encoding="utf-8").splitlines()
    entries = [line.split(maxsplit=2) for line in lines if line.strip() and not line.startswith("#")]
    return {(entry[0], entry[1]): entry[2] if len(entry) == 3 else "" for entry in entries}


def test_everything_fits_or_has_a_reason() -> None:
    allowed = _allowed()

    findings = [found for source in sources("src", "tests", "bench") for found in size_findings(source)]

    too_large = [str(found) for found in findings if (found.rule, found.where) not in allowed]
    assert too_large == []


def test_every_line_of_the_allow_list_is_still_needed_and_gives_a_reason() -> None:
    found = {
        (found.rule, found.where) for source in sources("src", "tests", "bench") for found in size_findings(source)
    }

    stale = [place for place in _allowed() if place not in found]
    without_reason = [place for place, reason in _allowed().items() if len(reason.split()) < 3]

    assert stale == []
    assert without_reason == []


LONG = "def long():\n" + "    x = 1\n" * 40
DEEP = (
    "def deep():\n    if a:\n        for b in c:\n            with d:\n                if e:\n                    f\n"
)
FLAT = "def flat():\n    if a:\n        b\n    elif c:\n        d\n    elif e:\n        f\n    elif g:\n        h\n"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        pytest.param("x = 1\n" * 401, ["module"], id="a module of 401 lines"),
        pytest.param("x = 1\n" * 400, [], id="a module of 400 lines"),
        pytest.param(LONG, ["function"], id="a function of 41 lines"),
        pytest.param('def f():\n    """' + "x\n" * 60 + '    """\n', [], id="a long docstring"),
        pytest.param("def f(a, b, c, d, *, e, g): ...\n", ["parameters"], id="six parameters"),
        pytest.param("class C:\n    def f(self, a, b, c, d, e): ...\n", [], id="five and self"),
        pytest.param("class C:\n    def f(self, a, b, c, d, e, **f): ...\n", ["parameters"], id="six and self"),
        pytest.param(DEEP, ["nesting"], id="four deep"),
        pytest.param(FLAT, [], id="a long chain of elif"),
        pytest.param(DEEP.replace("with d", "def g()"), [], id="a function inside starts anew"),
        pytest.param("async " + LONG, ["function"], id="async"),
    ],
)
def test_sees_what_is_too_large(text: str, rules: list[str]) -> None:
    findings = size_findings(planted(text))

    assert [found.rule for found in findings] == rules
