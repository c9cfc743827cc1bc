"""Every link inside the repository leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, anchors, links, pages


def dead_links(page: Path) -> Iterator[str]:
    """Yield the links of *page* that lead to no file, or to no heading of it."""
    for target in links(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (anchor and anchor not in anchors(found.read_text(encoding="utf-8"))):
            yield target


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_inside_the_repository_leads_somewhere(page: Path) -> None:
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").rglob("*.md")), ids=lambda page: page.name)
def test_the_index_leads_to_every_page(page: Path) -> None:
    start = ROOT / "docs" / "README.md"

    seen, waiting = {start}, [start]
    while waiting:
        at = waiting.pop()
        targets = [target.partition("#")[0] for target in links(at.read_text(encoding="utf-8"))]
        inside = {(at.parent / target).resolve() for target in targets if target.endswith(".md")}
        fresh = {path for path in inside - seen if path.exists()}
        seen |= fresh
        waiting += fresh

    assert page in seen


def test_sees_a_dead_link(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One thing\n[a](gone.md) [b](#one-thing) [c](#another) [d](https://example.org) `[e](code.md)`\n"
        "[f](page.md#one-thing)\n```\n[g](fenced.md)\n```\n",
        encoding="utf-8",
    )

    assert list(dead_links(page)) == ["gone.md", "#another"]
