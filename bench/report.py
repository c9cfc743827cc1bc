"""What a benchmark says: a figure, the raw limit beside it, and whether the goal was met."""

from __future__ import annotations

import msgspec


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One figure."""

    what: str
    figure: str
    beside: str = ""
    """The raw limit or rival measured in the same run, and the ratio to it."""
    goal: str = ""
    is_met: bool | None = None
    """None where there is no goal."""


def printed(title: str, lines: list[Line]) -> str:
    """Return the lines as a table in plain text."""
    marks = {True: "met   ", False: "MISSED", None: "      "}
    rows = [f"\n{title}\n{'-' * len(title)}"]
    for line in lines:
        rows.append(f"  {marks[line.is_met]} {line.what:<58} {line.figure:>22}   {line.goal}")
        if line.beside:
            rows.append(f"         {line.beside}")
    return "\n".join(rows)
