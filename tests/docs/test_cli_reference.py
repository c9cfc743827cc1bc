from __future__ import annotations

from kept.entrypoints.cli.screen import Exit
from tests.docs.cli_reference import COMMANDS, EXIT_CODES, commands_page, exit_codes_page

REMEDY = "run .venv/bin/python -m tests.docs.cli_reference"


def test_the_page_of_commands_is_what_the_program_says() -> None:
    assert COMMANDS.read_text(encoding="utf-8") == commands_page(), REMEDY


def test_the_page_of_exit_codes_is_what_the_program_has() -> None:
    page = EXIT_CODES.read_text(encoding="utf-8")

    assert page == exit_codes_page(), REMEDY
    assert all(f"| {code.value} | {code.name} |" in page for code in Exit)


def test_every_command_that_answers_takes_json() -> None:
    silent = {"## kept serve", "## kept worker", "## kept receive-mail"}

    sections = commands_page().split("\n## ")[1:]

    without = {f"## {section.splitlines()[0]}" for section in sections if "`--json`" not in section}
    assert without == silent
