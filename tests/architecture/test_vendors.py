"""A vendor's library stays in the rooms that need it, so that replacing it is one folder's work."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.architecture.sources import ROOT, Finding, Source, planted, sources

HTTP_DOORS = ("entrypoints/http_api", "entrypoints/web", "entrypoints/links", "main")

ROOMS_OF: dict[str, tuple[str, ...]] = {
    "botocore": ("adapters/aws", "adapters/dynamodb"),
    "cryptography": ("adapters/sns",),
    "aiosmtplib": ("adapters/smtp",),
    "smtplib": ("adapters/smtp",),
    "sqlite3": ("adapters/sqlite", "adapters/outbox"),
    "prometheus_client": ("adapters/prometheus",),
    "fastapi": HTTP_DOORS,
    "starlette": HTTP_DOORS,
    "jinja2": HTTP_DOORS,
    "python_multipart": HTTP_DOORS,
    "swagger_ui_bundle": HTTP_DOORS,
    "uvicorn": ("main",),
    "uvloop": ("main",),
    "httptools": ("main",),
    "typer": ("entrypoints/cli", "main"),
    "rich": ("entrypoints/cli", "main"),
    "structlog": ("entrypoints", "main"),
    "phonenumbers": ("core",),
    "email_validator": ("core",),
    "babel": ("core", "entrypoints/web"),
}
"""Who may import what; a room holds for everything below it."""

EVERYWHERE = frozenset({"msgspec", "tzdata"})
"""Libraries that the values themselves are made of."""


def vendor_findings(source: Source) -> Iterator[Finding]:
    """Yield imports of a vendor's library outside its rooms."""
    for line, imported in _imports(source.tree):
        rooms = ROOMS_OF.get(imported.partition(".")[0])
        allowed = rooms is None or any(source.path.startswith(f"src/kept/{room}") for room in rooms)
        if not allowed:
            yield Finding(rule="vendor", where=f"{source.path}:{line}", what=imported)


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module


def test_every_library_stays_in_its_rooms() -> None:
    findings = [str(found) for source in sources("src") for found in vendor_findings(source)]

    assert findings == []


def test_every_dependency_has_its_rooms() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    asked_for = [*project["dependencies"], *project["optional-dependencies"]["aws"]]
    names = {re.split(r"[^A-Za-z0-9_.-]", line)[0].replace("-", "_") for line in asked_for}

    assert names - ROOMS_OF.keys() - EVERYWHERE == set()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/kept/core/booking.py", "import sqlite3\n"),
        ("src/kept/flow/booking.py", "from fastapi.responses import Response\n"),
        ("src/kept/adapters/outbox/channel.py", "def late():\n    import smtplib\n"),
        ("src/kept/entrypoints/http_api/app.py", "import typer\n"),
        ("src/kept/adapters/ses/channel.py", "from botocore.config import Config\n"),
    ],
)
def test_sees_a_library_outside_its_rooms(path: str, text: str) -> None:
    assert [found.rule for found in vendor_findings(planted(text, path))] == ["vendor"]


def test_lets_a_library_be_in_its_rooms() -> None:
    assert list(vendor_findings(planted("import sqlite3\n", "src/kept/adapters/sqlite/store.py"))) == []
