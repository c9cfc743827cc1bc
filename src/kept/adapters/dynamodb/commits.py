"""One commit: everything that a step has changed, as one call that lands whole or not at all."""

from __future__ import annotations

import secrets
from typing import Any, Final

import msgspec

from kept.adapters.dynamodb.calls import Calls, WriteRefusedError
from kept.adapters.dynamodb.items import COMMIT, Item, ItemKey, Shaper, commit_of, size_of, version_of
from kept.adapters.dynamodb.tables import KEY
from kept.core.errors import RefusedError, StorageUnavailableError
from kept.ports.store import TOO_MANY_RECORDS, Entity
from kept.ports.work import Change, moved_entries

MOST_ITEMS: Final = 100
"""That one transaction takes. Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""
LARGEST_ITEM: Final = 400 * 1024
"""Bytes, names of attributes included. Source: as above."""

_OPERATIONS: Final = {"Put": "put_item", "Delete": "delete_item"}


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a transaction."""

    verb: str
    """As DynamoDB has it: Put, Delete, ConditionCheck."""
    parameters: dict[str, Any]
    expected: int | None
    """Version that must be stored; 0: none; None: whatever there is."""

    @property
    def is_condition(self) -> bool:
        """Whether nothing is written."""
        return self.verb == "ConditionCheck"


class Commit:
    """
    What is sent for the changes of one run of one step.

    Args:
        shaper: Knows items.
        token: The commit's own name: the same in every try, and no other commit's.
    """

    def __init__(self, shaper: Shaper, token: str) -> None:
        self.token = token
        self._shaper = shaper
        self._actions: list[Action] = []

    def add(self, change: Change, old: Entity | None) -> None:
        """
        Add one change.

        Args:
            change: What is to be done.
            old: What is stored, as far as anything is written over it.

        Raises:
            ValueError: the entity says index rows that no store can keep.
            RefusedError: it is too large.
        """
        key = self._shaper.key_of(change.kind, change.id)
        if change.guard_only:
            self._actions.append(_conditional("ConditionCheck", key, change.expected))
            return
        moved_entries(old, change.new)
        before = self._shaper.layout(old).pointers if old is not None else {}
        after: dict[ItemKey, Item] = {}
        if change.new is None:
            self._actions.append(_conditional("Delete", key, change.expected))
        else:
            layout = self._shaper.layout(change.new)
            item = layout.item | {COMMIT: {"S": self.token}}
            _check_size(change, item)
            self._actions.append(_conditional("Put", key, change.expected, item=item))
            after = layout.pointers
        self._actions += [_plain("Delete", place) for place in before if place not in after]
        self._actions += [_plain("Put", place, item=item) for place, item in after.items() if before.get(place) != item]

    def run(self, calls: Calls) -> bool:
        """
        Send it; tell whether it has landed. False: somebody was first.

        Raises:
            RefusedError: it is more than one transaction takes.
            StorageUnavailableError: it cannot be sent, or nobody can know whether it has landed.
        """
        if not self._actions:
            return True
        if len(self._actions) > MOST_ITEMS:
            message = (
                f"one change touches {len(self._actions)} records, and DynamoDB takes {MOST_ITEMS}; do it in parts"
            )
            raise RefusedError(TOO_MANY_RECORDS, message)
        try:
            self._send(calls)
        except WriteRefusedError as refused:
            return refused.is_unsure and self._has_landed(refused.stored)
        return True

    def _send(self, calls: Calls) -> None:
        """Make the cheapest call that does it: a transaction costs twice as much as a write of one item."""
        first = self._actions[0]
        if len(self._actions) == 1 and not first.is_condition:
            calls.call(_OPERATIONS[first.verb], **first.parameters)
            return
        items = [{action.verb: action.parameters} for action in self._actions]
        calls.call("transact_write_items", TransactItems=items, ClientRequestToken=self.token)

    def _has_landed(self, stored: list[Item | None]) -> bool:
        """
        Tell whether an earlier try of this commit, which was never answered, had landed.

        Raises:
            StorageUnavailableError: what it may have written was written over or removed since.
        """
        judged = [(action, item) for action, item in zip(self._actions, stored, strict=False) if _is_telling(action)]
        if any(item and commit_of(item) == self.token for _, item in judged):
            return True
        if any(_may_have_landed(action, item) for action, item in judged):
            raise StorageUnavailableError(
                "DynamoDB did not answer, and the record has changed since; it is not known whether the change was "
                "kept; look before you try again",
                retry_after_s=1.0,
            )
        return False


def new_token() -> str:
    """Return a name for a commit."""
    return secrets.token_hex(16)


def _is_telling(action: Action) -> bool:
    return action.expected is not None and not action.is_condition


def _may_have_landed(action: Action, stored: Item | None) -> bool:
    """Tell whether what is stored could have come after this action: one version more than it would have left."""
    expected = action.expected or 0
    if stored is None:
        return expected > 0
    return action.verb == "Put" and version_of(stored) > expected + 1


def _conditional(verb: str, key: ItemKey, expected: int, *, item: Item | None = None) -> Action:
    parameters = _parameters(key, item) | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if expected:
        parameters |= {
            "ConditionExpression": "#v = :v",
            "ExpressionAttributeNames": {"#v": "version"},
            "ExpressionAttributeValues": {":v": {"N": str(expected)}},
        }
    else:
        parameters |= {"ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": KEY}}
    return Action(verb=verb, parameters=parameters, expected=expected)


def _plain(verb: str, key: ItemKey, *, item: Item | None = None) -> Action:
    return Action(verb=verb, parameters=_parameters(key, item), expected=None)


def _parameters(key: ItemKey, item: Item | None) -> dict[str, Any]:
    table, value = key
    return {"TableName": table} | ({"Item": item} if item is not None else {"Key": {KEY: {"S": value}}})


def _check_size(change: Change, item: Item) -> None:
    size = size_of(item)
    if size > LARGEST_ITEM:
        message = (
            f"the {change.kind} {change.id} would take {size} bytes, and DynamoDB keeps {LARGEST_ITEM} of one record; "
            "make it smaller"
        )
        raise RefusedError("record_too_large", message)
