"""``kept practice``: show and load what the practice is set up with."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say

app = typer.Typer(no_args_is_help=True, help="Show and load what the practice is set up with.")


@command(app)
def show(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Print the practice as one JSON document, which `kept practice load` reads."""
    from kept.flow.practice import load_practice
    from kept.formats.practice_file import document_of

    document = document_of(load_practice(parts_of(context).store))
    say(document, as_json=as_json, text=json.dumps(document, ensure_ascii=False, indent=2))


@command(app)
def load(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="JSON or TOML; - reads standard input.")],
    as_json: JsonFlag = False,
) -> None:
    """
    Set the practice up from a file.

    The file takes the place of what was there, except for practitioners and rooms that it does not name: they stay,
    because visits may be booked with them.
    """
    from kept.entrypoints.cli.files import text_of
    from kept.flow.practice import save_practice
    from kept.formats.practice_file import parsed_text, practice_from

    setup = practice_from(parsed_text(text_of(file)))
    saved = parts_of(context).store.submit(lambda tx: save_practice(tx, setup)).result()
    document = {
        "practice": saved.practice.name,
        "places": len(saved.practice.places),
        "schedules": len(saved.schedules),
        "visitTypes": len(saved.practice.visit_types),
        "reminderPolicies": len(saved.practice.policies),
    }
    say(document, as_json=as_json, text=", ".join(f"{name} {value}" for name, value in document.items()))
