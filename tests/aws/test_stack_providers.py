"""What no emulator enforces of sending, asked of the roles as they are deployed: to whom, from whom, by what."""

from __future__ import annotations

import pytest

from tests.aws.rights import NOT_ENFORCED, permissions_of
from tests.aws.stack import Stack
from tests.aws.steps import STEPS

SENDERS = frozenset({"Batch", "BatchSend", "Reminder"})


@pytest.mark.parametrize("function", STEPS)
def test_only_senders_may_send_and_from_the_practice_alone(stack: Stack, function: str) -> None:
    sending = {p for p in permissions_of(stack, function) if p.action.startswith(("ses:", "sms-voice:", "sns:"))}

    assert bool(sending) is (function in SENDERS)
    assert all(not permission.resource.endswith("*") for permission in sending)


@pytest.mark.parametrize("action", NOT_ENFORCED)
def test_every_permission_that_is_only_read_is_one_that_somebody_has(stack: Stack, action: str) -> None:
    assert any(p.action == action for function in STEPS for p in permissions_of(stack, function))
