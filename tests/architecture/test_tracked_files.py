"""What is committed stands on its own: no loose ends, no machine's paths, no package index, no outside numbers."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.architecture.sources import ROOT, Finding

# Each pattern is written so that it does not match itself: this file is tracked too.
RULES: dict[str, re.Pattern[str]] = {
    "loose end": re.compile(r"\b(TO[D]O|FIX[M]E|XX[X])\b"),
    "machine path": re.compile(r"(?<![\w.])/(wor[k]|roo[t]|op[t]|hom[e]/\w+|User[s]/\w+)/"),
    "index host": re.compile(
        r"pypi\.or[g]|pythonhosted\.or[g]|--(extra-)?index-ur[l][ =]http|--find-link[s]|file:/{2}"
    ),
    "outside document": re.compile(r"\.\./share[d]|\bissue[s]? [#]?\d"),
    "outside number": re.compile(r"\((?:[MDBKIS]-?\d{1,2}|[DBS]-\d\d)[),]|\b[DBS]-\d\d\b"),
}

WORDS_ONLY = ("LICENSE",)
"""Texts that are not ours."""


def text_findings(path: str, text: str) -> Iterator[Finding]:
    """Yield lines of a tracked file that lean on something outside the project."""
    for number, line in enumerate(text.splitlines(), start=1):
        for rule, pattern in RULES.items():
            if found := pattern.search(line):
                yield Finding(rule=rule, where=f"{path}:{number}", what=found.group())


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Yield path and text of every tracked file that holds text."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for path in filter(None, listed.split("\0")):
        content = (ROOT / path).read_bytes() if (ROOT / path).is_file() else b""
        if b"\0" not in content and path not in WORDS_ONLY:
            yield path, content.decode("utf-8", errors="replace")


def test_nothing_tracked_leans_on_something_outside() -> None:
    findings = [str(found) for path, text in tracked_texts() for found in text_findings(path, text)]

    assert findings == []


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("loose end", "# TO" + "DO: later"),
        ("loose end", "# FIX" + "ME"),
        ("machine path", 'open("/wor' + 'k/main/x")'),
        ("machine path", "cd /hom" + "e/ann/kept"),
        ("index host", "--find-link" + "s wheels"),
        ("index host", "https://pypi.or" + "g/simple"),
        ("outside document", "see ../share" + "d/design.md"),
        ("outside document", "as issue" + " 2 says"),
        ("outside number", "the promise (D-" + "04)"),
        ("outside number", "the promise (M1" + "1)"),
        ("outside number", "as B-1" + "0 asks"),
    ],
)
def test_sees_what_leans_on_something_outside(rule: str, line: str) -> None:
    assert [found.rule for found in text_findings("a.py", line)][:1] == [rule]


@pytest.mark.parametrize(
    "line", ["GET /api/appointments", "workflow", "src/kept/core", "The issue stands open.", "RFC 5545 §3.3.6"]
)
def test_lets_an_ordinary_line_pass(line: str) -> None:
    assert list(text_findings("a.py", line)) == []
