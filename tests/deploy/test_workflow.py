"""
The workflow for batches is one that can run to its end: no emulator checks that, and a broken one deploys.

Source:
    Amazon States Language specification, https://states-language.net.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.deploy.reading import of_type, text, walk, workflow

State = dict[str, Any]
Machine = dict[str, Any]

FIELDS: Final = {
    "Task": {"Resource", "Parameters", "ResultSelector", "ResultPath", "OutputPath", "Retry", "Catch", "Next", "End"},
    "Choice": {"Choices", "Default"},
    "Map": {
        "ItemsPath",
        "MaxConcurrency",
        "ToleratedFailurePercentage",
        "Label",
        "ItemProcessor",
        "ResultPath",
        "Catch",
        "Next",
    },
    "Parallel": {"Branches", "ResultSelector", "Next", "End"},
    "Pass": {"Parameters", "Result", "Next", "End"},
    "Wait": {"SecondsPath", "Next"},
    "Fail": {"Error", "Cause"},
}
"""What a state of a type may say here, beside Type and Comment; AWS refuses a misspelt field, an emulator does not."""

PATH: Final = re.compile(r"\$\$?(?:\.[A-Za-z_]\w*|\[[0-9]+\])*")


def machines(machine: Machine) -> Iterator[Machine]:
    """Yield a machine and those inside it."""
    yield machine
    for state in machine["States"].values():
        inner = [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]
        for each in inner:
            yield from machines(each)


def targets(state: State) -> set[str]:
    """Return where a state may lead."""
    found = {state[key] for key in ("Next", "Default") if key in state}
    return found | {each["Next"] for key in ("Choices", "Catch") for each in state.get(key, [])}


def findings(whole: Machine) -> Iterator[str]:
    """Yield what makes a machine one that cannot run, or not to its end."""
    names = [name for machine in machines(whole) for name in machine["States"]]
    yield from (f"{name} is there twice" for name in {n for n in names if names.count(n) > 1})
    for machine in machines(whole):
        states: dict[str, State] = machine["States"]
        yield from _of_graph(machine["StartAt"], states)
        for name, state in states.items():
            yield from _of_state(name, state)


def _of_graph(start: str, states: dict[str, State]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = {start}
    while waiting:
        name = waiting.pop()
        if name not in states:
            yield f"{name} is not there"
        elif name not in seen:
            seen.add(name)
            waiting |= targets(states[name])
    yield from (f"{name} is never reached" for name in states.keys() - seen)
    if not any(each.get("End") or each["Type"] in {"Succeed", "Fail"} for each in states.values()):
        yield f"{start} never ends"


def _of_state(name: str, state: State) -> Iterator[str]:
    kind = state["Type"]
    unknown = state.keys() - FIELDS.get(kind, set()) - {"Type", "Comment"}
    yield from (f"{name} says {field}, which a {kind} does not" for field in unknown)
    if kind not in {"Choice", "Fail"} and ("Next" in state) == ("End" in state):
        yield f"{name} needs either Next or End"
    for part in walk({key: state[key] for key in state.keys() - {"Branches", "ItemProcessor", "Comment", "Cause"}}):
        if part.startswith("$") and not part.startswith("${") and not PATH.fullmatch(part):
            yield f"{name} has no path in {part}"
    yield from _of_parameters(name, state)


def _of_parameters(name: str, state: State) -> Iterator[str]:
    for key in ("Parameters", "ResultSelector"):
        for field, value in _pairs(state.get(key, {})):
            is_path = (isinstance(value, str) and value.startswith(("$.", "$$.", "$[", "States."))) or value == "$"
            if field.endswith(".$") != is_path:
                yield f"{name} says {field} beside {value}"


def _pairs(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict):
                yield from _pairs(item)
            else:
                yield key, item


def state(name: str) -> State:
    """Return a state, wherever it stands."""
    return next(machine["States"][name] for machine in machines(workflow()) if name in machine["States"])


def test_can_run_to_its_end() -> None:
    assert list(findings(workflow())) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("States", "Start", "Next"), "Nowhere", "Nowhere is not there"),
        (("States", "AnyItems", "Default"), "Items", "never reached"),
        (("StartAt",), "Finish", "Start is never reached"),
        (("States", "Items", "ItemsPath"), "$items", "no path"),
        (("States", "Start", "ResultPth"), "$.a", "which a Task does not"),
        (("States", "Finish", "End"), None, "needs either Next or End"),
        (("States", "Start", "Parameters", "Payload"), {"input": "$.a"}, "says input beside"),
    ],
)
def test_sees_what_would_keep_it_from_its_end(path: tuple[str, ...], value: object, said: str) -> None:
    spoiled = copy.deepcopy(workflow())
    place: Any = spoiled
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    if said == "never reached":
        del spoiled["States"]["AnyItems"]["Choices"][0]
        spoiled["States"]["AnyItems"]["Default"] = "Finish"

    assert any(said in found for found in findings(spoiled))


def test_ten_notifications_go_at_a_time_each_both_ways() -> None:
    items = state("Items")
    both = state("BothWays")

    assert items["MaxConcurrency"] == 10
    channels = [
        each["States"][name]["Parameters"]["Payload"]["channel"]
        for each, name in zip(both["Branches"], ("Text", "Mail"), strict=True)
    ]
    assert channels == ["sms", "email"]


def test_an_item_costs_no_transition_of_the_batch() -> None:
    config = state("Items")["ItemProcessor"]["ProcessorConfig"]

    assert config == {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}


@pytest.mark.parametrize("name", ["Start", "Text", "Mail", "Finish"])
def test_every_call_is_tried_again_three_times_with_factor_two(name: str) -> None:
    assert state(name)["Retry"] == [
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}
    ]


@pytest.mark.parametrize(("name", "left"), [("Text", "TextLeft"), ("Mail", "MailLeft")])
def test_one_way_that_fails_leaves_the_other_alone_and_the_notification_to_the_sweep(name: str, left: str) -> None:
    assert [each["Next"] for each in state(name)["Catch"]] == [left]
    assert state(left)["Result"] == {"state": "left"}
    assert state(left)["End"] is True


@pytest.mark.parametrize("name", ["TextHow", "MailHow"])
def test_what_is_expected_is_data_and_not_an_error(name: str) -> None:
    how = state(name)
    again, left = how["Choices"]

    assert again["And"][0] == {"Variable": "$.answer.state", "StringEquals": "pending"}
    assert left["StringEquals"] == "pending"
    assert how["Default"].endswith("Ended")


def test_takes_an_array_as_well_as_an_object() -> None:
    start = state("Start")

    assert start["Parameters"]["Payload"] == {"batchId.$": "$$.Execution.Name", "input.$": "$"}
    assert "ResultPath" not in start  # nothing can be put into an array


def test_answers_what_was_counted_from_the_ledger() -> None:
    assert state("Finish")["OutputPath"] == "$.Payload"
    assert state("Items")["ResultPath"] is None


def test_every_name_that_the_template_fills_in_is_filled_in() -> None:
    given = of_type("AWS::Serverless::StateMachine")["BatchWorkflow"]["DefinitionSubstitutions"]

    asked = set(re.findall(r"\$\{(\w+)\}", json.dumps(workflow())))

    assert asked == given.keys()
    assert [text(value) for value in given.values()] == [f"${{{name}.Arn}}" for name in given]
