"""What ``kept aws emulate`` and ``kept aws cost`` tell a person."""

from __future__ import annotations

from typing import Any

from kept.entrypoints.cli.parts import AwsPractice, CostReport, CostStep
from kept.entrypoints.cli.screen import table


def practice_shown(report: AwsPractice) -> object:
    """Return the day on the emulator: what was done, what left, and how the ledger stands."""
    from rich.console import Group

    steps = [(step.state, step.name, step.found, step.remedy) for step in report.steps]
    sent = [(m["at"], m["channel"], m["to"], m["about"]) for m in report.sent]
    channels = ", ".join(f"{count} by {channel}" for channel, count in report.messages.items()) or "none"
    ledger = " + ".join(f"{count} {state}" for state, count in report.ledger.items() if state != "planned")
    balance = "balances" if report.balances else "DOES NOT BALANCE"
    up = report.started_s + report.deployed_s
    lines = [
        f"{report.resources} resources, up in {up:.1f} s; {report.seconds:.1f} s in all",
        *(f"  left out, the emulator does not know it: {name}" for name in report.left_out),
        *(f"  said otherwise for it: {name}" for name in report.changed),
        f"messages: {channels}; {report.worklist} calls to make",
        f"ledger: {report.ledger.get('planned', 0)} planned = {ledger}: it {balance}",
        f"still running at {report.kept_at}" if report.kept_at else _remains(report.remains),
    ]
    return Group(
        table(("", "step", "found", "what to do"), steps, title="The day"),  # type: ignore[arg-type]
        table(("at", "channel", "to", "about"), sent, title="What left"),  # type: ignore[arg-type]
        "\n".join(lines),
    )


def _remains(names: tuple[str, ...]) -> str:
    return "taken down, and nothing is left" if not names else f"STILL THERE after the end: {', '.join(names)}"


def cost_document(report: CostReport) -> dict[str, Any]:
    """Return the reckoning as plain values."""
    return {
        "steps": [_step_document(step) for step in report.steps],
        "batches": [_step_document(step) for step in report.batches],
        "dollarsPerMillion": round(report.per_million, 2),
        "dollarsAMonthAnyway": round(report.monthly.dollars / 1e6, 4),
        "appointments": report.appointments,
        "dollars": round((report.per_million * report.appointments + report.monthly.dollars) / 1e6, 4),
        "others": [
            {"design": each.name, "dollarsPerMillion": each.dollars, "ours": round(report.beside(each), 2)}
            for each in report.others
        ],
        "pricesOf": report.prices_of,
        "pricesFrom": report.prices_from,
    }


def _step_document(step: CostStep) -> dict[str, Any]:
    return {
        "step": step.name,
        "dollarsPerMillion": round(step.dollars, 2),
        "units": [
            {
                "unit": line.unit,
                "count": round(line.count, 4),
                "dollarsPerMillionUnits": line.price,
                "dollarsPerMillion": round(line.dollars, 2),
                "assumed": line.is_assumed,
            }
            for line in step.lines
        ],
    }


def cost_shown(report: CostReport) -> object:
    """Return the reckoning for a person."""
    from rich.console import Group

    rows = [
        (step.name, line.unit + (" (assumed)" if line.is_assumed else ""), f"{line.count:.3f}", f"{line.dollars:.2f}")
        for step in (*report.steps, *report.batches)
        for line in step.lines
    ]
    steps = [(step.name, f"{step.dollars:.2f}") for step in (*report.steps, *report.batches)]
    others = [(each.name, each.dollars, f"{report.beside(each):.2f}") for each in report.others]
    anyway = report.monthly.dollars / 1e6
    monthly = report.per_million * report.appointments / 1e6 + anyway
    lines = [
        f"{report.per_million:.2f} dollars for a million appointments, and {anyway:.2f} a month for the minute's look",
        f"{report.appointments} appointments a month: {monthly:.2f} dollars",
        f"Prices of {report.prices_of}, {report.prices_from}; carriers, taxes and free tiers are not in it.",
    ]
    return Group(
        table(("step", "unit", "count", "dollars a million"), rows),  # type: ignore[arg-type]
        table(("step", "dollars a million"), steps),  # type: ignore[arg-type]
        table(("a plain design, without ledger and receipts", "dollars a million", "ours"), others),  # type: ignore[arg-type]
        "\n".join(lines),
    )
