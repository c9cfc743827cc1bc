"""``kept texts``: what messages say, and how to write them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say, table

if TYPE_CHECKING:
    from kept.entrypoints.cli.parts import Parts
    from kept.entrypoints.http_api.templates import TextView
    from kept.flow.texts import Wording

app = typer.Typer(no_args_is_help=True, help="See what messages say, and write them anew.")

NameArgument = Annotated[str, typer.Argument(metavar="TEXT", help="Its id, such as reminder.sms.en.")]


@command(app, "list")
def list_texts(
    context: typer.Context,
    language: Annotated[str | None, typer.Option(help="Only those of a language, such as es.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """List all texts as they now leave."""
    import msgspec

    from kept.flow.texts import wordings

    parts = parts_of(context)
    found = [w for w in wordings(parts.store) if language in {None, w.name.language}]
    views = [_view(parts, wording) for wording in found]
    rows = [(v.template_id, "own" if v.is_own else "shipped", v.segments or "", v.text.split("\n")[0]) for v in views]
    columns = ("text", "whose", "segments", "begins")
    say({"templates": msgspec.to_builtins(views)}, as_json=as_json, text=lambda: table(columns, rows))


@command(app)
def show(context: typer.Context, name: NameArgument, as_json: JsonFlag = False) -> None:
    """Show one text, and what it looks like filled."""
    _tell(parts_of(context), name, as_json=as_json)


@command(app, "set")
def write(
    context: typer.Context,
    name: NameArgument,
    text: Annotated[str, typer.Option(help="With placeholders, such as {practice} and {time}.")],
    subject: Annotated[str, typer.Option(help="Of a mail; none: the shipped one.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Write a text of your own; one that breaks a rule is not kept."""
    from kept.core.own_texts import text_named
    from kept.core.texts import MessageText
    from kept.entrypoints.cli.bookings import CALLER
    from kept.flow.texts import TextWish, save_text

    parts = parts_of(context)
    wish = TextWish(name=text_named(name), message=MessageText(subject=subject, text=text), by=CALLER)
    now = parts.clock.now()
    parts.store.submit(lambda tx: save_text(tx, wish, now=now)).result()
    _tell(parts, name, as_json=as_json)


@command(app)
def reset(context: typer.Context, name: NameArgument, as_json: JsonFlag = False) -> None:
    """Go back to the shipped text."""
    from kept.core.own_texts import text_named
    from kept.flow.texts import reset_text

    parts, wanted = parts_of(context), text_named(name)
    parts.store.submit(lambda tx: reset_text(tx, wanted)).result()
    _tell(parts, name, as_json=as_json)


def _view(parts: Parts, wording: Wording) -> TextView:
    from kept.entrypoints.http_api.templates import text_view
    from kept.flow.practice import load_practice

    return text_view(wording, load_practice(parts.store).practice, now=parts.clock.now())


def _tell(parts: Parts, name: str, *, as_json: bool) -> None:
    import msgspec

    from kept.core.own_texts import text_named
    from kept.flow.texts import wording_of

    view = _view(parts, wording_of(parts.store, text_named(name)))
    size = f" ({view.encoding}, segments: {view.segments})" if view.encoding else ""
    whose = "your own" if view.is_own else "the shipped one"
    lines = [f"{view.template_id}, {whose}{size}", "", view.text, "", "Filled:", "", view.preview]
    say(msgspec.to_builtins(view), as_json=as_json, text="\n".join(lines))
