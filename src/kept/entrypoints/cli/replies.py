"""``kept replies``: what people answered, and what an answer is taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say, table

if TYPE_CHECKING:
    from kept.entrypoints.http_api.replies import ReplyView

app = typer.Typer(no_args_is_help=True, help="See what people answered, and what replies are taken for.")


@command(app, "list")
def list_replies(
    context: typer.Context,
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="Its id.")],
    as_json: JsonFlag = False,
) -> None:
    """List what came from a patient's number and address, and what it led to, the newest first."""
    import msgspec

    from kept.entrypoints.http_api.replies import patient_replies

    parts = parts_of(context)
    found = patient_replies(parts.store, patient, now=parts.clock.now())
    columns = ("at", "channel", "text", "taken for", "led to")
    say(msgspec.to_builtins(found), as_json=as_json, text=lambda: table(columns, map(_row, found.replies)))


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


def _row(reply: ReplyView) -> tuple[str, ...]:
    at = reply.at.isoformat(timespec="minutes")
    return (at, reply.channel, reply.text, reply.intent, ", ".join(reply.effects) or "nothing")
