"""The whole of ``kept aws emulate``, as a person runs it on a machine of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KEPT = Path(sys.executable).with_name("kept")


def told_by(*arguments: str, expected: int = 0) -> dict[str, object]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "KEPT_"))}
    ended = subprocess.run(
        [KEPT, "aws", *arguments, "--json"], env=variables, capture_output=True, text=True, timeout=280, check=False
    )
    assert ended.returncode == expected, ended.stdout + ended.stderr
    document: dict[str, object] = json.loads(ended.stdout)
    return document


@pytest.mark.slow
def test_a_day_on_an_emulator_ends_with_everything_told_and_nothing_left() -> None:
    report = told_by("emulate")

    steps = report["steps"]
    assert isinstance(steps, list)
    assert [step["name"] for step in steps if step["state"] != "ok"] == []
    assert report["ledger"] == {"planned": 8, "sent": 6, "skipped": 1, "failed": 1, "pending": 0}
    assert report["messages"] == {"sms": 7, "email": 1}
    assert (report["balances"], report["worklist"]) == (True, 1)
    sent = report["sent"]
    assert isinstance(sent, list)
    assert all(message["text"].startswith("Elm Clinic: ") for message in sent)
    assert report["remains"] == []


@pytest.mark.slow
def test_what_the_emulator_does_not_know_is_named_and_no_more_than_that() -> None:
    from kept.main.aws_emulate import PARAMETERS
    from kept.main.aws_package import ROOT
    from kept.main.aws_stack import Choice, adapted, translated

    plan = adapted(translated(ROOT / "deploy" / "aws"), Choice(parameters=PARAMETERS, keeps_time=False))

    left_out = {change.partition(":")[0] for change in plan.changes if "left out" in change}
    assert left_out == {"SmsConfigurationSet", "SmsOptOutList"}


@pytest.mark.slow
def test_the_cost_is_counted_from_what_really_happened() -> None:
    report = told_by("cost", "--appointments", "1000")

    steps = report["steps"]
    assert isinstance(steps, list)
    assert [step["step"] for step in steps] == ["booking by HTTP", "two reminders", "two receipts"]
    units = {unit["unit"]: unit for unit in steps[0]["units"]}
    assert units["HTTP API requests"]["count"] == 1
    assert units["DynamoDB write request units"]["count"] > 0
    total = sum(step["dollarsPerMillion"] for step in steps)
    assert report["dollarsPerMillion"] == pytest.approx(total, abs=0.05)


@pytest.mark.slow
def test_a_booking_with_two_reminders_costs_less_than_twenty_dollars_a_million() -> None:
    report = told_by("cost")

    steps = {step["step"]: step["dollarsPerMillion"] for step in listed(report, "steps")}
    assert steps["booking by HTTP"] + steps["two reminders"] < 20
    assert steps["two receipts"] < 6
    ours = {each["design"].partition(",")[0]: each["ours"] for each in listed(report, "others")}
    assert ours["booking and two reminders"] == pytest.approx(
        steps["booking by HTTP"] + steps["two reminders"], abs=0.02
    )
    assert 0 < ours["one text"] < 13.12
    assert 0 < ours["one notification through a workflow of its own"] < 20


def listed(report: dict[str, object], name: str) -> list[dict[str, Any]]:
    found = report[name]
    assert isinstance(found, list)
    return found
