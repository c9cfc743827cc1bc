"""Each function can do its work with what its role allows, and no longer when any of that is taken away."""

from __future__ import annotations

import itertools
from typing import Final

import pytest

from tests.aws.rights import NOT_ENFORCED, Permission, permissions_of, used, without
from tests.aws.stack import SUFFIX, FunctionFailedError, Stack
from tests.aws.steps import STEPS, Step

NUMBERS: Final = itertools.count(1_000)
"""Nobody takes part in two steps."""


KEEPS_HOUSE: Final = frozenset({"Sweep"})
"""Functions with chores beside their work."""


RARE: Final = {
    "dynamodb:BatchGetItem": "when several are read at once",
    "dynamodb:ConditionCheckItem": "when a step rests on what it has only read",
    "dynamodb:DeleteItem": "when a record is forgotten, or is found by another word than before",
}
"""Actions of the store that depend on the data; its own tests make each of them."""

ELSEWHERE: Final[dict[str, dict[str, str]]] = {
    "Sweep": {
        "GetItem Appointments": "a hold that has ended is given back",
        "GetItem Patients": "as above",
        "GetItem ScheduleDays": "as above",
        "PutItem Appointments": "as above",
        "PutItem ScheduleDays": "as above",
    },
    "Reminder": {"SendMessageBatch Reminder": "a notification that waits a moment is queued again"},
    "Request": {
        "GetItem Notifications": "a visit that is moved or cancelled takes its reminders along",
        "PutItem Notifications": "as above",
        "PutItem Patients": "who is unknown is registered",
        "PutItem Records": "a schedule that is booked for the first time",
    },
    "Confirmation": {
        "GetItem ScheduleDays": "a request that is cancelled gives its time back",
        "PutItem ScheduleDays": "as above",
    },
    "Query": {"GetItem Records": "a question without a day asks for the practice's zone"},
    "Receipts": {"GetItem Appointments": "a failure for good asks whether the visit still stands"},
    "Replies": {
        "GetItem Notifications": "an answer that cancels a visit ends its reminders",
        "GetItem ScheduleDays": "and gives its time back",
        "PutItem Appointments": "and cancels it",
        "PutItem Notifications": "as above",
        "PutItem ScheduleDays": "as above",
    },
    "Batch": {
        "GetItem Appointments": "a batch that names visits we know",
        "GetItem ScheduleDays": "as above",
        "SendRawEmail configuration-set/kept": "a text that is refused is followed by a mail",
        "SendRawEmail identity/practice.example": "as above",
    },
    "BatchStart": {"PutItem Appointments": "the catch-up plans what a visit lacks"},
}
"""Permissions that are used in cases which these steps do not make, and in which; it cannot grow unseen."""


@pytest.mark.parametrize("function", STEPS)
def test_each_permission_that_a_function_uses_is_one_that_it_needs(stack: Stack, function: str) -> None:
    by_step = _used_by_step(stack, function)

    for permission, step in by_step.items():
        if function in KEEPS_HOUSE and permission.action in RARE:
            continue  # whether there is anything to forget depends on the tests before
        with without(stack, function, permission):
            assert _fails(stack, step) or _was_refused(stack, function, permission), (
                f"{function} can do without {permission.short}"
            )


@pytest.mark.parametrize("function", STEPS)
def test_no_permission_is_there_without_a_use(stack: Stack, function: str) -> None:
    tried = {p for p in permissions_of(stack, function) if p.action not in NOT_ENFORCED and p.action not in RARE}

    idle = {_name(permission) for permission in tried - set(_used_by_step(stack, function))}

    assert idle <= ELSEWHERE.get(function, {}).keys()  # what chores find to do, and so use, depends on the day


def _name(permission: Permission) -> str:
    """Return action and resource without what all have in common."""
    verb, resource = permission.action.partition(":")[2], permission.short.partition(" ")[2]
    return f"{verb} {resource.removeprefix('table/').removesuffix(f'-{SUFFIX}')}"


def _used_by_step(stack: Stack, function: str) -> dict[Permission, Step]:
    """Do every step as deployed; return which step first used each permission."""
    permissions = {p for p in permissions_of(stack, function) if p.action not in NOT_ENFORCED}
    found: dict[Permission, Step] = {}
    for step in STEPS[function]:
        stack.decisions()
        step(stack, next(NUMBERS))
        for permission in used(permissions, stack.decisions(), stack.role_of(function)):
            found.setdefault(permission, step)
    return found


def _was_refused(stack: Stack, function: str, permission: Permission) -> bool:
    """Tell whether a chore was refused: chores fail by themselves, in the log, and hold nothing else up."""
    asked = [decision for decision in stack.decisions() if decision.role == stack.role_of(function)]
    return function in KEEPS_HOUSE and any(d.is_denied and permission.covers(d) for d in asked)


def _fails(stack: Stack, step: Step) -> bool:
    try:
        step(stack, next(NUMBERS))
    except (AssertionError, FunctionFailedError, KeyError):
        return True
    return False
