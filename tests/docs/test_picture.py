"""The picture of the flow in the README is the flow: each of its stages is a rule, a step and a proof of that name."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT

_STAGE = re.compile(r"\b[A-Z]{5,}\b")


def stages() -> set[str]:
    """Return the stages that the picture shows."""
    picture = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The flow")[2].partition("```text")[2]
    return {word.lower() for word in _STAGE.findall(picture.partition("```")[0])}


def test_the_picture_shows_six_stages() -> None:
    assert stages() == {"booking", "reminders", "dispatch", "receipts", "replies", "reports"}


@pytest.mark.parametrize(
    "room", ["src/kept/core/{}.py", "src/kept/flow/{}.py", "tests/core/test_{}.py", "tests/flow/test_{}.py"]
)
def test_every_stage_stands_in_every_room(room: str) -> None:
    assert [stage for stage in sorted(stages()) if not (ROOT / room.format(stage)).exists()] == []
