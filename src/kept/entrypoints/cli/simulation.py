"""``kept simulate``: what would be sent, when, and what it would cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kept.entrypoints.cli.screen import Exit, JsonFlag, command, parts_of, say

_FAULT = "Share of attempts, such as 5%."


def add_to(program: typer.Typer) -> None:
    """Add the command of this file to the program."""
    command(program)(simulate)


def simulate(
    context: typer.Context,
    first: Annotated[str, typer.Option("--from", help="First day of the visits, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day of the visits.")],
    assume_contacts: Annotated[
        bool, typer.Option("--assume-contacts", help="Give a made-up number to patients of whom none is known.")
    ] = False,
    refuse: Annotated[str, typer.Option(help=f"Refused. {_FAULT}")] = "0%",
    fail: Annotated[str, typer.Option(help=f"Carrier not reached. {_FAULT}")] = "0%",
    unknown: Annotated[str, typer.Option(help=f"No answer. {_FAULT}")] = "0%",
    seed: Annotated[int, typer.Option(help="Another seed draws other faults.")] = 1,
    price_per_segment: Annotated[float | None, typer.Option(min=0, help="Of one part of a text message.")] = None,
    list_to: Annotated[Path | None, typer.Option("--list", help="Write every message to this CSV file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """
    Live through some days with a made-up carrier, and tell what would be sent.

    Nothing is sent and nothing is changed: the real planner and worker run on a copy, on a clock that jumps.
    """
    from kept.entrypoints.cli.parts import Rates, SimulationWishes
    from kept.entrypoints.cli.simulation_run import document_of, run_simulation, share_of, shown

    rates = Rates(
        refuse=share_of(refuse, "refuse"), fail=share_of(fail, "fail"), unknown=share_of(unknown, "unknown"), seed=seed
    )
    wishes = SimulationWishes(first=first, last=last, assume_contacts=assume_contacts, rates=rates)
    report = run_simulation(parts_of(context), wishes, list_to)
    document = document_of(report, price_per_segment)
    say(document, as_json=as_json, text=lambda: shown(report, document))
    if not report.ledger.balances:
        raise typer.Exit(Exit.FAILED)
