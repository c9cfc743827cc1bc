"""Events in the shape that AWS documents; every id, number and address in them is made up."""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "samples" / "aws"


def sample(name: str, **changes: object) -> bytes:
    """Return a sample with members replaced."""
    fields = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return json.dumps({**fields, **changes}).encode()
