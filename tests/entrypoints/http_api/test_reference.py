"""The reference page lists what there is."""

from __future__ import annotations

from kept.entrypoints.http_api.app import DESCRIBED
from kept.entrypoints.http_api.problems import KINDS
from tests.architecture.sources import ROOT


def operations_table() -> str:
    """Return the table of operations, as the reference shows it."""
    rows = [
        f"| `{o.method} {o.path}` | {o.scope.value if o.scope else 'open'} | {o.summary} |"
        for o in sorted(DESCRIBED, key=lambda o: (o.path, o.method))
    ]
    return "\n".join(["| operation | scope | |", "| --- | --- | --- |", *rows])


def problems_table() -> str:
    """Return the table of problems, as the reference shows it."""
    rows = [f"| {kind.status} | `{name}` | {kind.title} |" for name, kind in KINDS.items()]
    return "\n".join(["| status | type | title |", "| --- | --- | --- |", *rows])


def test_the_reference_lists_every_operation_and_every_problem() -> None:
    page = (ROOT / "docs/reference/http-api.md").read_text(encoding="utf-8")

    assert operations_table() in page
    assert problems_table() in page
