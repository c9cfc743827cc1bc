"""
One answer per command: for a person, or one JSON document; and what went wrong, with the exit code that says it.

Only the answer goes to standard output. Progress and errors go to standard error.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Final, ParamSpec

import typer

from kept.core.errors import (
    ConflictError,
    FieldProblem,
    InvalidInputError,
    KeptError,
    NotFoundError,
    OutsideError,
    RefusedError,
    SlotTakenError,
)

if TYPE_CHECKING:
    from kept.entrypoints.cli.parts import Parts

P = ParamSpec("P")

WIDE: Final = 250
"""Columns where nobody looks: a table that is piped on is not cut."""


class Exit(IntEnum):
    """How a command ended, for whoever started it."""

    OK = 0
    """Done."""
    FAILED = 1
    """A rule or another system said no, or a check failed."""
    USAGE = 2
    """The command, an option or a value of the file is wrong; nothing was done."""
    NOTHING = 3
    """No such thing, or nothing found."""
    CONFLICT = 4
    """Someone was first, or it has changed meanwhile; look again, then retry."""
    BROKEN = 70
    """A mistake in Kept itself (EX_SOFTWARE of sysexits.h)."""
    SEAT_TAKEN = 75
    """Another process sends; end it first, or wait (EX_TEMPFAIL of sysexits.h)."""
    CONFIGURATION = 78
    """The settings are wrong (EX_CONFIG of sysexits.h)."""


class ConfigurationError(InvalidInputError):
    """The settings cannot be used."""


class SeatTakenError(ConflictError):
    """Another process sends from this store."""


_CODES: Final[tuple[tuple[type[KeptError], Exit], ...]] = (
    (ConfigurationError, Exit.CONFIGURATION),
    (SeatTakenError, Exit.SEAT_TAKEN),
    (InvalidInputError, Exit.USAGE),
    (NotFoundError, Exit.NOTHING),
    (ConflictError, Exit.CONFLICT),
    (RefusedError, Exit.FAILED),
    (OutsideError, Exit.FAILED),
)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def exit_code_of(error: KeptError) -> Exit:
    """Return the exit code for an error, by what the caller can do about it."""
    return next((code for family, code in _CODES if isinstance(error, family)), Exit.FAILED)


def parts_of(context: typer.Context) -> Parts:
    """Return what main gave to this run."""
    parts: Parts = context.obj
    return parts


def command(
    app: typer.Typer, name: str | None = None, *, about: str | None = None
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function a command whose errors become one line, or one document, and an exit code."""

    def made(function: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                function(*args, **kwargs)
            except KeptError as error:
                tell(error, as_json=bool(kwargs.get("as_json")))
                raise typer.Exit(exit_code_of(error)) from None

        return app.command(name, help=about)(run)

    return made


def say(document: object, *, as_json: bool, text: str | Callable[[], object]) -> None:
    """
    Print the answer.

    Args:
        document: The answer as plain values, for JSON.
        as_json: Whether JSON is wanted.
        text: The answer for a person: text, or what makes something that rich can print.
    """
    if as_json:
        sys.stdout.write(json.dumps(_plain(document), ensure_ascii=False, indent=2) + "\n")
        return
    from rich.console import Console

    console = Console(soft_wrap=True)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    console.print(text if isinstance(text, str) else text(), markup=False, highlight=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> object:
    """Return a table for a person; without rows, the words that say so."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(*columns, box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for row in rows:
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return made if made.row_count else "Nothing found."


def tell(error: KeptError, *, as_json: bool) -> None:
    """Print what went wrong: on standard error a line for each problem, and with JSON the document as well."""
    if as_json:
        sys.stdout.write(json.dumps(_plain(problem_of(error)), ensure_ascii=False, indent=2) + "\n")
    for line in lines_of(error):
        sys.stderr.write(f"kept: {line}\n")


def lines_of(error: KeptError) -> list[str]:
    """Return one line for each problem, naming the field and the remedy."""
    if isinstance(error, InvalidInputError):
        return [f"{p.field}: {p.message}" if p.field else p.message for p in error.problems]
    if isinstance(error, SlotTakenError):
        times = ", ".join(f"{t.start.isoformat()} to {t.end.isoformat()}" for t in error.taken)
        return [f"{error} (taken: {times})"]
    return [str(error)]


def problem_of(error: KeptError) -> dict[str, object]:
    """Return the error as a document, shaped as the API's problems are."""
    from kept.formats.seed_events import conflict_answer

    document: dict[str, object] = {"error": str(error), "exitCode": int(exit_code_of(error))}
    if isinstance(error, InvalidInputError):
        document["errors"] = [_problem(each) for each in error.problems]
    if isinstance(error, SlotTakenError):
        document |= conflict_answer(error.taken[0].start, error.taken[0].end)
        document["taken"] = [{"start": t.start.isoformat(), "end": t.end.isoformat()} for t in error.taken]
    code = getattr(error, "code", None)
    return {**document, "code": code} if code else document


def _problem(problem: FieldProblem) -> dict[str, object]:
    """Return one problem as a document."""
    return {"field": problem.field, "code": problem.code, "message": problem.message, **problem.extra}


def _plain(document: object) -> object:
    """Return a document as plain values."""
    import msgspec

    return msgspec.to_builtins(document, enc_hook=str)
