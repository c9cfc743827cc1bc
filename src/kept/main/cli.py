"""``kept``: the program that people start. Everything heavy is imported when a command asks for it."""

from __future__ import annotations

import sys


def run() -> None:
    """Run the program; it ends with the exit code of the command."""
    from kept.entrypoints.cli.app import program
    from kept.entrypoints.cli.screen import Exit
    from kept.main.local_parts import LocalParts

    try:
        with LocalParts() as parts:
            program()(obj=parts)
    except Exception as error:  # noqa: BLE001  our mistake: told by type and place, because its text may hold anything
        from kept.main.logs import set_up_logs

        set_up_logs("ERROR")
        import structlog

        structlog.get_logger("kept.cli").error("command_failed", exc_info=error)
        sys.stderr.write("kept: something is broken in Kept itself; please report the line above\n")
        sys.exit(Exit.BROKEN)
