"""The workflow of batches: outcomes are data, a branch that fails leaves its item in the ledger, and all is counted."""

from __future__ import annotations

import json
from typing import Any

from tests.aws.rights import Permission, permissions_of, without
from tests.aws.stack import Stack, until
from tests.aws.visits import EVENING, quiet


def test_a_batch_goes_out_by_the_workflow_and_is_counted(stack: Stack) -> None:
    stack.set_clock(stack.day("workflow") - EVENING)
    items = [item(stack, number) for number in range(3)]

    ended = run(stack, "whole", {"appointments": [*items, {"patientId": "nobody"}]})

    assert ended["status"] == "SUCCEEDED"
    told = json.loads(ended["output"])
    assert told["processed"] == 4
    assert told["results"]["failed"] == 1
    assert told["results"]["success"] + told["pending"] == 3
    assert [texts(stack, number) for number in range(3)] == [1, 1, 1]


def test_the_same_batch_again_writes_to_nobody_twice(stack: Stack) -> None:
    stack.set_clock(stack.day("workflow") - EVENING)

    ended = run(stack, "again", {"appointments": [item(stack, 0), item(stack, 7)]})

    assert ended["status"] == "SUCCEEDED"
    assert [texts(stack, number) for number in (0, 7)] == [1, 1]


def test_an_array_from_a_pipe_is_a_batch_too(stack: Stack) -> None:
    stack.set_clock(stack.day("workflow") - EVENING)

    ended = run(stack, "array", [item(stack, 10), item(stack, 11)])

    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["processed"] == 2


def test_a_number_that_is_refused_is_followed_by_the_mail(stack: Stack) -> None:
    stack.set_clock(stack.day("workflow") - EVENING)
    stack.providers.refused.add("+12125580020")

    ended = run(stack, "refused", {"appointments": [item(stack, 20)]})

    assert ended["status"] == "SUCCEEDED"
    assert [sent.channel for sent in stack.providers.sent if sent.to == "w20@example.com"] == ["email"]


def test_a_branch_that_fails_leaves_its_item_to_the_sweep(stack: Stack) -> None:
    stack.set_clock(stack.day("workflow") - EVENING)
    table = stack.parts.ids["NotificationsTable"]

    with without(stack, "BatchSend", permission(stack, "BatchSend", "dynamodb:BatchGetItem", table)):
        ended = run(stack, "broken", {"appointments": [item(stack, 30)]})
    before = texts(stack, 30)
    quiet(stack, "ReminderFunctionQueue", enabled=True)
    answer = stack.invoke("Sweep", {})
    until(lambda: texts(stack, 30), what="the text by way of the sweep")

    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["pending"] == 1
    assert before == 0
    assert answer["due"] >= 1


def test_a_batch_that_cannot_be_written_says_so_and_sends_nothing(stack: Stack) -> None:
    stack.set_clock(stack.day("workflow") - EVENING)
    table = stack.parts.ids["NotificationsTable"]

    with without(stack, "BatchStart", permission(stack, "BatchStart", "dynamodb:PutItem", table)):
        ended = run(stack, "unwritten", {"appointments": [item(stack, 40)]})

    assert ended["status"] == "FAILED"
    assert ended["error"] == "BatchNotStarted"
    assert texts(stack, 40) == 0


def run(stack: Stack, name: str, event: object) -> dict[str, Any]:
    """Run the workflow to its end."""
    client = stack.client("stepfunctions")
    started = client.start_execution(
        stateMachineArn=stack.parts.ids["BatchWorkflow"], name=name, input=json.dumps(event)
    )["executionArn"]
    until(lambda: client.describe_execution(executionArn=started)["status"] != "RUNNING", what="the end of the batch")
    return dict(client.describe_execution(executionArn=started))


def permission(stack: Stack, function: str, action: str, table: str) -> Permission:
    return next(p for p in permissions_of(stack, function) if p.action == action and p.resource.endswith(f"/{table}"))


def item(stack: Stack, number: int) -> dict[str, object]:
    return {
        "patientId": f"w{number}",
        "phoneNumber": f"+1212558{number:04d}",
        "email": f"w{number}@example.com",
        "appointmentTime": stack.day("workflow").isoformat(),
        "doctorName": "Smith",
        "appointmentId": f"apt-w{number}",
    }


def texts(stack: Stack, number: int) -> int:
    return sum(sent.to == f"+1212558{number:04d}" for sent in stack.providers.sent)
