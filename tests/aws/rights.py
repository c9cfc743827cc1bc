"""What a role may do, one permission at a time: taken apart, taken away, and given back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

from tests.aws.stack import Decision, Stack

NOT_ENFORCED: Final = {
    "logs:CreateLogStream": "the runtime writes the log, not our code",
    "logs:PutLogEvents": "the same",
    "xray:PutTraceSegments": "the runtime traces; no emulator does",
    "xray:PutTelemetryRecords": "the same",
    "sqs:ReceiveMessage": "the event source mapping reads the queue; the emulator's own asks for no permission",
    "sqs:DeleteMessage": "the same",
    "sqs:GetQueueAttributes": "the same",
    "ses:SendEmail": "named for our call; AWS checks its content as SendRawEmail, and says nowhere that this is all",
}
"""Permissions that AWS alone asks for, each with its reason; tests/deploy compares them with a list."""


AS_BATCH: Final = {"sqs:SendMessage": "sqs:SendMessageBatch"}
"""What the emulator asks for where AWS asks for the first; it stands beside it for the emulator alone."""


class Permission(NamedTuple):
    """One action on one resource."""

    action: str
    resource: str

    def covers(self, decision: Decision) -> bool:
        """Tell whether a decision rested on it."""
        is_same = decision.action in {self.action, AS_BATCH.get(self.action)}
        return is_same and fnmatchcase(decision.on, self.resource)

    @property
    def short(self) -> str:
        """The same for people."""
        return f"{self.action} {self.resource.rpartition('000000000000:')[2]}"


def permissions_of(stack: Stack, function: str) -> set[Permission]:
    """Return what the role of a function may do."""
    return {
        Permission(action, resource)
        for part in _statements(_policy(stack, function))
        for action in _listed(part["Action"])
        for resource in _listed(part["Resource"])
        if action not in AS_BATCH.values()
    }


@contextmanager
def without(stack: Stack, function: str, permission: Permission) -> Iterator[None]:
    """Take one permission away for a while."""
    whole = _policy(stack, function)
    taken = {permission, Permission(AS_BATCH.get(permission.action, ""), permission.resource)}
    parts = [piece for part in _statements(whole) for piece in _apart(part) if _one(piece) not in taken]
    _put(stack, function, {"Version": "2012-10-17", "Statement": parts})
    try:
        yield
    finally:
        _put(stack, function, whole)


def used(permissions: Iterable[Permission], decisions: Iterable[Decision], role: str) -> set[Permission]:
    """Return the permissions that a role has made use of."""
    asked = [decision for decision in decisions if decision.role == role]
    return {permission for permission in permissions if any(permission.covers(decision) for decision in asked)}


def _apart(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for action in _listed(part["Action"]):
        for resource in _listed(part["Resource"]):
            yield part | {"Action": action, "Resource": resource}


def _one(piece: dict[str, Any]) -> Permission:
    return Permission(piece["Action"], piece["Resource"])


def _policy(stack: Stack, function: str) -> dict[str, Any]:
    found = stack.client("iam").get_role_policy(RoleName=stack.role_of(function), PolicyName=function)
    return dict(found["PolicyDocument"])


def _put(stack: Stack, function: str, policy: dict[str, Any]) -> None:
    stack.client("iam").put_role_policy(
        RoleName=stack.role_of(function), PolicyName=function, PolicyDocument=json.dumps(policy)
    )


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for part in policy["Statement"] if part["Effect"] == "Allow"]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
