"""
The page of all commands, made from the program itself.

``python -m tests.docs.cli_reference`` writes it; a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from kept.entrypoints.cli.app import program
from kept.entrypoints.cli.screen import Exit
from tests.docs.pages import ROOT

COMMANDS = ROOT / "docs" / "reference" / "cli.md"
EXIT_CODES = ROOT / "docs" / "reference" / "exit-codes.md"

_HEAD = """# The commands

Made from the program (`.venv/bin/python -m tests.docs.cli_reference`); `kept COMMAND --help` says the same.

Every command that answers takes `--json` and then prints one JSON document on standard output and nothing else. Errors
are one line each on standard error, named by field and with the remedy. What the exit codes mean stands
[here](exit-codes.md). The settings come from the environment and from `kept.toml` in the data folder (`KEPT_DATA`).
"""

_CODES_HEAD = """# Exit codes

| code | name | meaning |
| --- | --- | --- |
"""


def commands_page() -> str:
    """Return the page of all commands."""
    root = typer.main.get_command(program())
    return _HEAD + "".join(_sections(root, "kept"))


def exit_codes_page() -> str:
    """Return the page of all exit codes, as the program has them."""
    source = (ROOT / "src/kept/entrypoints/cli/screen.py").read_text(encoding="utf-8").splitlines()
    rows = [f"| {code.value} | {code.name} | {_said_below(source, code)} |\n" for code in Exit]
    return _CODES_HEAD + "".join(rows)


def _said_below(source: list[str], code: Exit) -> str:
    """Return the docstring below a member of the enumeration."""
    line = next(n for n, text in enumerate(source) if text.strip() == f"{code.name} = {code.value}")
    return source[line + 1].strip().strip('"')


def _sections(command: Any, name: str) -> Iterator[str]:  # noqa: ANN401  typer keeps the types of commands to itself
    children = getattr(command, "commands", None)
    if children is None:
        yield _section(command, name)
        return
    for child in sorted(children):
        yield from _sections(children[child], f"{name} {child}")


def _section(command: Any, name: str) -> str:  # noqa: ANN401  as above
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help"]
    words = [_placeholder(a) if a.required else f"[{_placeholder(a)}]" for a in arguments]
    usage = " ".join([name, *words, *(["[options]"] if options else [])])
    about = " ".join((command.help or "").split("\n\n")[0].split())
    more = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n")[1:])
    text = f"\n## {name}\n\n{about}\n" + (f"\n{more}\n" if more else "") + f"\n```text\n{usage}\n```\n"
    rows = [_row(p) for p in [*arguments, *options] if p.help or p.param_type_name == "option"]
    return text + ("\n| | | |\n| --- | --- | --- |\n" + "".join(rows) if rows else "")


def _placeholder(argument: Any) -> str:  # noqa: ANN401  as above
    return str(argument.metavar or argument.name.upper())


def _row(param: Any) -> str:  # noqa: ANN401  as above
    if param.param_type_name == "argument":
        return f"| `{_placeholder(param)}` | | {param.help} |\n"
    names = ", ".join(f"`{opt}`" for opt in (*param.opts, *param.secondary_opts))
    default = param.default
    usual = f"`{default}`" if isinstance(default, str | int | float) and default not in {"", False, True} else ""
    must = "required" if param.required else usual
    return f"| {names} | {must} | {param.help or ''} |\n"


def write(page: Path, text: str) -> None:
    """Write a page."""
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(COMMANDS, commands_page())
    write(EXIT_CODES, exit_codes_page())
