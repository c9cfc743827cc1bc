"""The project's own Python as text and tree, for the tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One Python file."""

    path: str
    """Below the project's root, with slashes."""
    text: str

    @property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, self.path)


class Finding(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One place that breaks one rule."""

    rule: str
    where: str
    """``path`` or ``path::qualified.name``."""
    what: str

    def __str__(self) -> str:
        """Return the line a person reads."""
        return f"{self.rule}  {self.where}  {self.what}"


def sources(*folders: str) -> Iterator[Source]:
    """Yield every Python file below *folders* of the project, in the order of their paths."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield Source(path=path.relative_to(ROOT).as_posix(), text=path.read_text(encoding="utf-8"))


def planted(text: str, path: str = "src/kept/core/planted.py") -> Source:
    """Return a made-up file, to see a check fail."""
    return Source(path=path, text=text)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: Source) -> Iterator[tuple[str, Function]]:
    """Yield every function with its qualified name, nested ones too."""
    yield from ((name, node) for name, node in _named(source.tree, "") if isinstance(node, Function))


def classes(source: Source) -> Iterator[tuple[str, ast.ClassDef]]:
    """Yield every class with its qualified name."""
    yield from ((name, node) for name, node in _named(source.tree, "") if isinstance(node, ast.ClassDef))


def _named(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef):
            name = f"{prefix}{child.name}"
            yield name, child
            yield from _named(child, f"{name}.")
        else:
            yield from _named(child, prefix)
