"""``kept replies``: what an answer is taken for."""

from __future__ import annotations

from typing import Annotated

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say

app = typer.Typer(no_args_is_help=True, help="See what replies are taken for.")


@command(app)
def preview(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="The reply, in quotes.")],
    country: Annotated[
        str | None, typer.Option(help="Country of the number that replies, such as US; else the practice's.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell what a reply would be taken for, and by which rule; nothing is changed."""
    import msgspec

    from kept.entrypoints.http_api.replies import reply_preview
    from kept.flow.practice import load_practice

    where = country or load_practice(parts_of(context).store).practice.region
    found = reply_preview(text, where)
    say(msgspec.to_builtins(found), as_json=as_json, text=f"{found.intent} ({found.confidence}, by {found.rule})")
