"""What ``kept aws emulate`` and ``kept aws cost`` tell a person."""

from __future__ import annotations

from typing import Any

from kept.entrypoints.cli.parts import AwsPractice, Check, CostReport, CostStep
from kept.entrypoints.cli.screen import table


def practice_shown(report: AwsPractice) -> object:
    """Return the day on the emulator: what was done, what left, and how the ledger stands."""
    from rich.console import Group

    steps = [(step.state, step.name, _with_remedy(step)) for step in report.steps]
    sent = [(m["at"][:16].replace("T", " "), m["channel"], m["to"], m["text"]) for m in report.sent]
    return Group(
        table(("", "step", "found"), steps, title="The day"),  # type: ignore[arg-type]
        table(("at", "channel", "to", "text or subject"), sent, title="What left"),  # type: ignore[arg-type]
        "\n".join((*_differences(report), *_sums(report))),
    )


def _with_remedy(step: Check) -> str:
    return f"{step.found}: {step.remedy}" if step.remedy else step.found


def _differences(report: AwsPractice) -> list[str]:
    """Return what differs from AWS, the same of several resources in one line."""
    alike: dict[str, list[str]] = {}
    for change in (*report.left_out, *report.changed):
        name, _, what = change.partition(": ")
        alike.setdefault(what, []).append(name)
    told = [f"  {', '.join(names)}: {what}" for what, names in alike.items()]
    return ["Otherwise than on AWS", *told, ""]


def _sums(report: AwsPractice) -> list[str]:
    """Return how it came out, in four lines; the last word is whether anything is left."""
    channels = ", ".join(f"{count} by {channel}" for channel, count in report.messages.items()) or "none"
    calls = "1 call" if report.worklist == 1 else f"{report.worklist} calls"
    ledger = " + ".join(f"{count} {state}" for state, count in report.ledger.items() if state != "planned")
    reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons.items())
    balance = "it balances" if report.balances else "it DOES NOT BALANCE"
    up = report.started_s + report.deployed_s
    return [
        f"{report.resources} resources, up in {up:.1f} s; {report.seconds:.1f} s in all",
        f"messages: {channels}; {calls} to make",
        f"ledger: {report.ledger.get('planned', 0)} planned = {ledger}{f' ({reasons})' if reasons else ''}: {balance}",
        _remains(report.remains),
    ]


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
