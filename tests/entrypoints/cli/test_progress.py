from __future__ import annotations

import io

import pytest

from kept.entrypoints.cli import progress as module
from kept.entrypoints.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_person_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(module, "CALLS_BETWEEN", 2)
    monkeypatch.setattr(module, "SECONDS_BETWEEN", -1.0)

    with progress("Importing", 10.0) as bar:
        for done in range(10):
            bar(lambda at=done: at)  # type: ignore[misc]

    assert "Importing" in terminal.getvalue()


def test_a_program_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)

    with progress("Importing", 10.0) as bar:
        bar(lambda: 5)

    assert pipe.getvalue() == ""
