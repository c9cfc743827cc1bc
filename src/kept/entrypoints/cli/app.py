"""The program: all commands together."""

from __future__ import annotations

from typing import Annotated

import typer

import kept
from kept.entrypoints.cli import (
    appointments,
    aws,
    imports,
    keys,
    links,
    mails,
    messages,
    notices,
    outbox,
    patients,
    practice,
    replies,
    simulation,
    texts,
    upkeep,
    worklist,
)


def program() -> typer.Typer:
    """Return the program; who runs it hands over the parts as the context's object."""
    made = typer.Typer(
        name="kept",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Books appointments that cannot collide, reminds people in the way that reaches them, and reports.",
    )
    made.callback()(_options)
    for commands in (upkeep, appointments, links, messages, notices, mails, imports, simulation):
        commands.add_to(made)
    groups = {
        "patients": patients,
        "worklist": worklist,
        "outbox": outbox,
        "replies": replies,
        "key": keys,
        "practice": practice,
        "texts": texts,
        "aws": aws,
    }
    for name, group in groups.items():
        made.add_typer(group.app, name=name)
    return made


def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=lambda value: _tell_version(value=value))
    ] = False,
) -> None:
    del version


def _tell_version(*, value: bool) -> None:
    if value:
        typer.echo(f"kept {kept.__version__}")
        raise typer.Exit
