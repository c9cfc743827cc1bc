"""``kept serve``, ``worker``, ``backup``, ``restore``, ``export``, ``doctor``, ``config``, ``report``: running it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kept.entrypoints.cli.screen import Exit, JsonFlag, command, parts_of, say, table

config = typer.Typer(no_args_is_help=True, help="Look at the settings.")


def add_to(program: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    for function in (serve, worker, report, balance, backup, restore, export, take_in, doctor):
        command(program)(function)
    program.add_typer(config, name="config")


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on; else as the settings say.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0 takes a free one.")] = None,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="Plant a sample practice in a fresh folder.")] = False,
) -> None:
    """Serve pages, API and worker until told to end."""
    from kept.entrypoints.cli.parts import ServeWishes

    parts_of(context).serve(ServeWishes(host=host, port=port, demo=demo))


def worker(
    context: typer.Context,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another process sends, and take over.")] = False,
) -> None:
    """Send what falls due, until told to end, without serving anything."""
    parts_of(context).work(wait=wait)


def report(
    context: typer.Context,
    first: Annotated[str | None, typer.Option("--from", help="First UTC day, YYYY-MM-DD; else today.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last UTC day; else the first.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the ledger of each day: planned = sent + skipped + failed + pending."""
    from kept.entrypoints.cli.ledgers import COLUMNS, ledgers, row_of

    document = ledgers(parts_of(context), first, last)
    rows = [row_of(day) for day in [*document["days"], {"day": "total", **document["total"]}]]
    say(document, as_json=as_json, text=lambda: table(COLUMNS, rows))
    if not document["total"]["balances"]:
        raise typer.Exit(Exit.FAILED)


def balance(
    context: typer.Context,
    first: Annotated[
        str | None, typer.Option("--from", help="First day of the practice, YYYY-MM-DD; else today.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; else the first.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """
    Check that everything is accounted for: some days, all that is due, and all visits to come.

    Ends with exit code 1 when it does not balance; each finding names its ids and what to do.
    """
    from kept.entrypoints.cli.balancing import account_table, checked, document_of, findings_table, summary

    document = document_of(checked(parts_of(context), first, last))
    say(document, as_json=as_json, text=lambda: account_table(document))
    if not as_json:
        if document["findings"]:
            say(document, as_json=False, text=lambda: findings_table(document))
        say(document, as_json=False, text=summary(document))
    if not document["balances"]:
        raise typer.Exit(Exit.FAILED)


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to; an older file of that name is replaced at the end.")],
    as_json: JsonFlag = False,
) -> None:
    """Copy the database as it is at one moment, while others go on."""
    from kept.entrypoints.cli.progress import progress

    with progress("Copying", 1.0) as bar:
        document = parts_of(context).backup(file, lambda copied, pages: bar(lambda: copied / max(1, pages)))
    say(document, as_json=as_json, text=f"{file} is a whole copy, read and checked.")


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A copy made by kept backup.")],
    as_json: JsonFlag = False,
) -> None:
    """Put a copy in the place of the database; what was there is kept beside it. Stop the server first."""
    document = parts_of(context).restore(file)
    kept_as = document.get("replaced")
    say(document, as_json=as_json, text=f"Restored.{f' What was there before is in {kept_as}.' if kept_as else ''}")


def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to; an older file of that name is replaced at the end.")],
    as_json: JsonFlag = False,
) -> None:
    """
    Write everything that is stored into one file, for another store to take in. Stop the server first.

    With kept take-in a practice moves between a database file and tables of AWS, both ways. The file holds everything
    about everybody: keep it as the database itself, and remove it afterwards.
    """
    document = parts_of(context).export(file)
    say(document, as_json=as_json, text=f"{file} holds all {document['records']} records.")


def take_in(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file made by kept export.")],
    as_json: JsonFlag = False,
) -> None:
    """
    Store everything that kept export has written, as it was. Stop the server first.

    What is stored already as it stands in the file is left alone, so a run that was cut short can be run again. What is
    stored differently is never overwritten: then nothing more is taken in, and the record is named.
    """
    document = parts_of(context).take_in(file)
    say(document, as_json=as_json, text=f"All {document['records']} records of {file} are stored.")


def doctor(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Check the set-up: files, versions, time, settings, channels; each with its remedy."""
    import msgspec

    checks = parts_of(context).examine()
    worst = "fail" if any(c.state == "fail" for c in checks) else "ok"
    document = {"state": worst, "checks": [msgspec.to_builtins(check) for check in checks]}
    rows = [(c.state, c.name, c.found, c.remedy) for c in checks]
    say(document, as_json=as_json, text=lambda: table(("", "check", "found", "remedy"), rows))
    if worst == "fail":
        raise typer.Exit(Exit.FAILED)


@command(config, "show")
def show_config(context: typer.Context, as_json: JsonFlag = False) -> None:
    """Print the settings as they hold, secrets masked."""
    settings = parts_of(context).settings()
    say(dict(settings), as_json=as_json, text="\n".join(f"{name} = {value}" for name, value in settings.items()))
