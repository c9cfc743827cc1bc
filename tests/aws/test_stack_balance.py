"""The check that is made each night, on the deployed stack: a planted loss is found, kept, told and shown."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec

from kept.core.booking import Appointment
from kept.core.notifications import Notification
from kept.flow.balance import load_nightly
from tests.aws.stack import SUFFIX, Stack, until
from tests.aws.visits import checked_by_night, visit_of

VISIT = 4_000
"""Nobody takes part in another test."""


def test_a_reminder_that_is_gone_is_found_by_night_and_shown_by_day(stack: Stack) -> None:
    visit = soon(stack, VISIT)
    before = checked_by_night(stack)["found"]
    (lost, *_) = stack.notifications(*visit.notification_ids)

    stack.store.submit(lambda tx: tx.delete(lost)).result()
    after = checked_by_night(stack)["found"]
    kept = load_nightly(stack.store)
    with stack.http() as caller:
        shown = caller.get("/healthz").json()["checks"]["balance"]

    assert missing(after) == missing(before) + 1
    assert kept is not None
    assert kept.found == after
    assert f"{missing(after)} missing" in shown
    assert "run kept balance" in shown
    until(lambda: told(stack).get("BalanceFindings") == sum(after.values()), what="the figure in the log")


def test_what_is_in_its_place_again_is_not_found_the_next_night(stack: Stack) -> None:
    visit = soon(stack, VISIT + 1)
    (lost, *_) = stack.notifications(*visit.notification_ids)
    stack.store.submit(lambda tx: tx.delete(lost)).result()
    found = checked_by_night(stack)["found"]

    stack.store.submit(lambda tx: tx.put(as_new(lost))).result()
    again = checked_by_night(stack)["found"]

    assert missing(again) == missing(found) - 1
    assert stack.store.load(Appointment, [visit.id])[0].notification_ids == (lost.id,)


def soon(stack: Stack, number: int) -> Appointment:
    """Book a visit that is two days away on the functions' clock."""
    visit = visit_of(stack, number)
    stack.set_clock(visit.start - timedelta(days=2))
    return visit


def missing(found: dict[str, int]) -> int:
    return found.get("missing", 0)


def as_new(notification: Notification) -> Notification:
    """Return the same, as if it had never been stored."""
    return msgspec.structs.replace(notification, version=0)


def told(stack: Stack) -> dict[str, Any]:
    """Return the newest figures in the log of the function."""
    group = f"/kept/{SUFFIX}/Balance"
    lines = [event["message"] for event in stack.client("logs").filter_log_events(logGroupName=group)["events"]]
    return next((json.loads(line) for line in reversed(lines) if '"_aws"' in line), {})
