"""One import from file to report, with its progress on standard error."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from kept.core.errors import InvalidInputError
from kept.entrypoints.cli.csv_files import CsvFile, RefusedLines
from kept.entrypoints.cli.importing import Importing, Report
from kept.entrypoints.cli.parts import Parts
from kept.entrypoints.cli.progress import progress
from kept.entrypoints.cli.trying import TryingStore
from kept.flow.practice import load_practice
from kept.formats.csv_import import CsvReading, Refused
from kept.formats.csv_recipe import Recipe


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be imported, and how."""

    file: Path
    recipe: Recipe
    add_places: bool = False
    delimiter: str = ","
    errors_to: Path | None = None
    dry_run: bool = False


def run_import(parts: Parts, run: Run) -> Report:
    """
    Bring in a file; return what became of it.

    Raises:
        InvalidInputError: the file or its header cannot be read.
    """
    if len(run.delimiter) != 1:
        raise InvalidInputError.of("delimiter", "not_a_delimiter", "must be one character, such as ; or ,")
    started = time.perf_counter()
    if not run.dry_run:
        parts.take_seat()
    now = parts.clock.now()
    practice = load_practice(parts.store).practice
    with ExitStack() as open_:
        file = open_.enter_context(CsvFile(run.file))
        reading = CsvReading(file, run.recipe, practice, now=now, delimiter=run.delimiter)
        bar = open_.enter_context(progress("Importing", file.size))
        writer = RefusedLines(run.errors_to, reading.header) if run.errors_to else None
        if writer:
            open_.callback(writer.close)

        def refused(line: Refused) -> None:
            if writer:
                writer.write(line)

        report = Importing(
            reading=reading,
            store=TryingStore(parts.store) if run.dry_run else parts.store,
            now=now,
            zone=run.recipe.zone or practice.zone,
            add_places=run.add_places,
            on_line=lambda: bar(file.position),
            on_refused=refused,
        ).run()
    report.seconds = time.perf_counter() - started
    return report
