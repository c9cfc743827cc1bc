"""``kept outbox``: look into it, tell it how to behave, and speak for the carrier and for whoever got a message."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from kept.entrypoints.cli.screen import JsonFlag, command, parts_of, say, table

app = typer.Typer(
    no_args_is_help=True, help="Look into the outbox, tell it how to behave, and say what becomes of messages."
)

MessageArgument = Annotated[int, typer.Argument(metavar="ID", help="Its number in the list.")]
LATER = "the worker puts it on record within a second"


@command(app, "list")
def list_outbox(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, the newest first.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """List the newest messages in the outbox."""
    import msgspec

    found = [msgspec.to_builtins(m) for m in parts_of(context).outbox.messages(limit=limit, newest_first=True)]
    columns = ("id", "received_at", "channel", "to", "state", "text")
    rows = [[m[c] for c in columns] for m in found]
    say({"messages": found}, as_json=as_json, text=lambda: table(columns, rows))


@command(app, "show")
def show_outbox(
    context: typer.Context,
    number: MessageArgument,
    as_json: JsonFlag = False,
) -> None:
    """Show one message in the outbox whole."""
    import msgspec

    from kept.core.errors import NotFoundError

    message = parts_of(context).outbox.message(number)
    if message is None:
        raise NotFoundError("message in the outbox")
    document = msgspec.to_builtins(message)
    say(document, as_json=as_json, text="\n".join(f"{name}: {value}" for name, value in document.items()))


@command(app)
def tell(
    context: typer.Context,
    channel: Annotated[Literal["sms", "email"], typer.Argument(metavar="CHANNEL", help="sms or email.")],
    behaviour: Annotated[
        Literal["accept", "refuse", "fail", "slow", "late", "lost", "throttle"],
        typer.Argument(metavar="BEHAVIOUR", help="accept, refuse, fail, slow, late, lost or throttle."),
    ],
    times: Annotated[int | None, typer.Option(help="For so many messages; else until told otherwise.")] = None,
    seconds: Annotated[float | None, typer.Option(help="How long an answer takes, or the patience asked for.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Tell the outbox how to treat the next messages of a channel, to see what Kept makes of it."""
    order = parts_of(context).tell_outbox(channel, behaviour, times=times, seconds=seconds)
    how_long = f"for {times} messages" if times else "until told otherwise"
    say(order, as_json=as_json, text=f"{channel}: {behaviour} {how_long}")


@command(app, "say")
def say_of_message(
    context: typer.Context,
    number: MessageArgument,
    word: Annotated[
        str,
        typer.Argument(
            metavar="WORD",
            help="delivered, delayed, undelivered or opted-out; of texts also unknown-number, landline, switched-off "
            "and filtered; of mails bounced and mailbox-full.",
        ),
    ],
    as_json: JsonFlag = False,
) -> None:
    """Say what became of a message, as its carrier or mailbox would."""
    message = parts_of(context).voice.say(number, word)
    say(message, as_json=as_json, text=f"{number}: {word}; {LATER}")


@command(app)
def reply(
    context: typer.Context,
    number: MessageArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The answer, in quotes.")],
    as_json: JsonFlag = False,
) -> None:
    """Answer a message, as the patient who got it would."""
    message = parts_of(context).voice.reply(number, text)
    say(message, as_json=as_json, text=f"{number}: answered; {LATER}")


@command(app)
def always(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A phone number or an e-mail address.")],
    word: Annotated[str, typer.Argument(metavar="WORD", help="As for `kept outbox say`; nothing: no word any more.")],
    as_json: JsonFlag = False,
) -> None:
    """Say the same of every message that is taken for an address from now on, such as that it bounces."""
    from kept.core.contacts import parse_email, parse_phone
    from kept.flow.practice import load_practice

    parts = parts_of(context)
    region = load_practice(parts.store).practice.region
    wanted = parse_email(address) if "@" in address else parse_phone(address, region=region)
    parts.voice.always(wanted, "" if word == "nothing" else word)
    say({"address": wanted, "word": word}, as_json=as_json, text=f"{wanted}: {word}")
