"""What is pinned can be installed by every pip there is, today and when newer versions have come out."""

from __future__ import annotations

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINS = Path(__file__).parents[2] / "requirements"
FILES = sorted(path.name for path in PINS.glob("*.txt"))
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?==", re.MULTILINE)


def pinned(name: str) -> dict[str, frozenset[str]]:
    """Return the pinned projects of a file, each with the extras that are pinned with it."""
    found = _PIN.findall((PINS / name).read_text(encoding="utf-8"))
    return {canonicalize_name(project): frozenset(extras.split(",")) - {""} for project, extras in found}


def wished() -> dict[str, dict[str, frozenset[str]]]:
    """Return by installed project what it asks for with an extra."""
    wishes: dict[str, dict[str, frozenset[str]]] = {}
    for distribution in distributions():
        for line in distribution.requires or ():
            wish = Requirement(line)
            if wish.extras and (wish.marker is None or wish.marker.evaluate({"extra": ""})):
                mine = wishes.setdefault(canonicalize_name(distribution.name), {})
                mine[canonicalize_name(wish.name)] = frozenset(wish.extras)
    return wishes


@pytest.mark.parametrize("name", FILES)
def test_what_is_asked_for_with_an_extra_is_pinned_with_it(name: str) -> None:
    """Older pips take the newest version of what is asked for with an extra, and then find no hash for it."""
    pins = pinned(name)

    bare = {
        f"{project} asks for {wanted}[{','.join(sorted(extras))}]"
        for project, wishes in wished().items()
        if project in pins
        for wanted, extras in wishes.items()
        if not extras <= pins.get(wanted, frozenset())
    }

    assert pins
    assert bare == set()


def test_the_sets_are_the_ones_that_the_makefile_makes() -> None:
    assert FILES == ["aws.txt", "checkov.txt", "dev.txt", "run.txt"]
