"""Each function can do its work with what its role allows, uses all of it, and needs each part of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from tests.aws.rights import NOT_ENFORCED, Permission, permissions_of, used, without
from tests.aws.stack import FunctionFailedError, Stack
from tests.aws.steps import STEPS, Step
from tests.aws.visits import left_unread

NUMBERS: Final = itertools.count(1_000)
"""Nobody takes part in two steps."""


@pytest.fixture(autouse=True)
def unread(stack: Stack) -> Iterator[None]:
    """Nobody reads the queue of reminders but the test, and what is in it by then is not left to others."""
    with left_unread(stack, "ReminderFunctionQueue"):
        yield
        stack.purge("ReminderQueue")


@pytest.mark.parametrize("function", STEPS)
def test_a_function_uses_each_permission_of_its_role_and_cannot_do_without_it(stack: Stack, function: str) -> None:
    enforced = {p for p in permissions_of(stack, function) if p.action not in NOT_ENFORCED}

    by_step = used_by_step(stack, function, enforced)

    unused = sorted(permission.short for permission in enforced - by_step.keys())
    assert not unused, f"no step of {function} uses {unused}: does any code?"
    for permission, steps in by_step.items():
        with without(stack, function, permission):
            assert any(is_failing(stack, step) for step in steps), f"{function} can do without {permission.short}"


def used_by_step(stack: Stack, function: str, permissions: set[Permission]) -> dict[Permission, list[Step]]:
    """
    Do every step as deployed; return which steps used each permission, the last one first.

    The first one may have used more than it needs: chores find what other tests have left.
    """
    found: dict[Permission, list[Step]] = {}
    for step in STEPS[function]:
        stack.decisions()
        step(stack, next(NUMBERS))
        for permission in used(permissions, stack.decisions(), stack.role_of(function)):
            found.setdefault(permission, []).insert(0, step)
    return found


def is_failing(stack: Stack, step: Step) -> bool:
    try:
        step(stack, next(NUMBERS))
    except (AssertionError, FunctionFailedError, KeyError, httpx.HTTPError):
        return True
    return False
