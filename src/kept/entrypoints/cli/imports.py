"""``kept import``: bring in the visits of a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kept.entrypoints.cli.screen import Exit, JsonFlag, command, parts_of, say

if TYPE_CHECKING:
    from kept.entrypoints.cli.importing import Report

_MAP = "What a column means; once for each. An unknown target is answered with the list of all."
_VALUE = "What a cell means, such as status:No=COMPLETED."
_CHECK = "Refuse lines whose number lies outside, such as Age=0..130."
_DRY = "Say what would become of each line, and keep nothing."


def add_to(program: typer.Typer) -> None:
    """Add the command of this file to the program."""
    command(program, "import")(import_file)


def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV, plain or gzipped, in UTF-8, with the columns named in line 1.")],
    maps: Annotated[list[str], typer.Option("--map", metavar="TARGET=COLUMN", help=_MAP)],
    values: Annotated[list[str] | None, typer.Option("--value", metavar="TARGET:CELL=MEANING", help=_VALUE)] = None,
    checks: Annotated[list[str] | None, typer.Option("--check", metavar="COLUMN=LOW..HIGH", help=_CHECK)] = None,
    zone: Annotated[str | None, typer.Option(help="Zone of times and days; else that of the place.")] = None,
    place: Annotated[str, typer.Option(help="Place of visits whose line names none: its id or name.")] = "",
    source: Annotated[str, typer.Option(help="Name of the system that the file comes from.")] = "import",
    time: Annotated[str | None, typer.Option(metavar="next-free", help="The file has days only.")] = None,
    hours: Annotated[str, typer.Option(help="With --time next-free: when clinics are open.")] = "07:00-19:00",
    length: Annotated[str, typer.Option(help="With --time next-free: how long a visit lasts.")] = "15m",
    add_places: Annotated[
        bool, typer.Option("--add-places", help="Add places that the practice does not have.")
    ] = False,
    delimiter: Annotated[str, typer.Option(help="What stands between the cells.")] = ",",
    errors_to: Annotated[Path | None, typer.Option(help="Write refused lines, with reasons, to this file.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_DRY)] = False,
    as_json: JsonFlag = False,
) -> None:
    """
    Bring in the visits of a CSV file.

    Visits to come get their reminders, past ones are recorded. A bad line never stops the good ones, and what is on
    record already is recognised.
    """
    from kept.entrypoints.cli.import_run import Run, run_import
    from kept.formats.csv_recipe import RecipeOptions, recipe_from

    options = RecipeOptions(
        maps=tuple(maps), values=tuple(values or ()), checks=tuple(checks or ()), zone=zone, place=place,
        source=source, time=time, hours=hours, length=length,
    )  # fmt: skip
    run = Run(
        file=file, recipe=recipe_from(options), add_places=add_places, delimiter=delimiter, errors_to=errors_to,
        dry_run=dry_run,
    )  # fmt: skip
    report = run_import(parts_of(context), run)
    say({**report.document(), "dryRun": dry_run}, as_json=as_json, text=_lines(report, dry_run=dry_run))
    if report.refused:
        raise typer.Exit(Exit.FAILED)


def _lines(report: Report, *, dry_run: bool) -> str:
    document = report.document()
    lines = [f"{'would import' if dry_run else 'imported'} {report.imported} of {report.read} lines"]
    lines += [f"{report.duplicates} were on record already, {report.refused.total()} were refused"]
    lines += [f"  {count} {code}" for code, count in sorted(report.refused.items())]
    lines += [f"line {e.line.number}, {e.column or 'whole line'}: {e.message}" for e in report.errors]
    lines += [f"{report.patients_new} new patients, {report.places_new} new places, {report.planned} messages planned"]
    lines += [f"{document['seconds']} s, {document['perSecond']} lines a second"]
    return "\n".join(lines)
