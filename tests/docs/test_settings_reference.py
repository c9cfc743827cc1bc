"""The pages on settings and metrics say what the program knows, no more and no less."""

from __future__ import annotations

import ast
import json
from enum import Enum
from itertools import pairwise
from pathlib import Path

import msgspec

from kept.core.reports import METRICS
from kept.main.setting_values import Secret
from kept.main.settings import Settings
from tests.architecture.sources import ROOT

SETTINGS_PAGE = ROOT / "docs" / "reference" / "settings.md"
METRICS_PAGE = ROOT / "docs" / "reference" / "metrics.md"


def settings_table() -> str:
    """Return the table of all settings, from the class itself."""
    tree = ast.parse((ROOT / "src" / "kept" / "main" / "settings.py").read_text(encoding="utf-8"))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    said = {
        field.target.id: str(note.value.value)
        for field, note in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(note, ast.Expr)
        and isinstance(note.value, ast.Constant)
    }
    lines = ["| in the file | in the environment | default | meaning |", "| --- | --- | --- | --- |"]
    for field in msgspec.structs.fields(Settings):
        name = field.name
        lines.append(
            f"| `{name}` | `KEPT_{name.upper()}` | {_shown(field.default)} | {said[name]}{_choice(field.default)} |"
        )
    return "\n".join(lines)


def metrics_table() -> str:
    """Return the table of all metrics."""
    lines = ["| name | kind | labels | meaning |", "| --- | --- | --- | --- |"]
    for metric, spec in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in spec.labels)
        lines.append(f"| `{metric.value}` | {spec.kind.value} | {labels} | {spec.help} |")
    return "\n".join(lines)


def _shown(value: object) -> str:
    if isinstance(value, Secret) or value in ("", None, ()):
        return "none"
    plain = value.value if isinstance(value, Enum) else str(value) if isinstance(value, Path) else value
    return f"`{plain if isinstance(plain, str) else json.dumps(plain)}`"


def _choice(value: object) -> str:
    if not isinstance(value, Enum):
        return ""
    return " One of: " + ", ".join(f"`{choice.value}`" for choice in type(value)) + "."


def test_the_page_lists_every_setting() -> None:
    assert settings_table() in SETTINGS_PAGE.read_text(encoding="utf-8"), settings_table()


def test_the_page_lists_every_metric() -> None:
    assert metrics_table() in METRICS_PAGE.read_text(encoding="utf-8"), metrics_table()
