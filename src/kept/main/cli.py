"""``kept``: the program that people start."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the program and end with its exit code."""
    from kept.entrypoints.cli.app import program

    program()(obj=None)
    sys.exit(0)
