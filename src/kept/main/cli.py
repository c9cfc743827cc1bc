"""``kept``: the program that people start. Everything heavy is imported when a command asks for it."""

from __future__ import annotations


def run() -> None:
    """Run the program; it ends with the exit code of the command."""
    from kept.entrypoints.cli.app import program
    from kept.main.local_parts import LocalParts

    with LocalParts() as parts:
        program()(obj=parts)
