"""Each function can do its work with what its role allows, and no longer when any of that is taken away."""

from __future__ import annotations

import itertools
from typing import Final

import pytest

from tests.aws.rights import NOT_ENFORCED, Permission, permissions_of, used, without
from tests.aws.stack import FunctionFailedError, Stack
from tests.aws.steps import STEPS, Step

NUMBERS: Final = itertools.count(1_000)
"""Nobody takes part in two steps."""


KEEPS_HOUSE: Final = frozenset({"Sweep"})
"""Functions with chores beside their work."""


@pytest.mark.parametrize("function", STEPS)
def test_each_permission_that_a_function_uses_is_one_that_it_needs(stack: Stack, function: str) -> None:
    by_step = _used_by_step(stack, function)

    for permission, step in by_step.items():
        with without(stack, function, permission):
            assert _fails(stack, step) or _was_refused(stack, function, permission), (
                f"{function} can do without {permission.short}"
            )


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
