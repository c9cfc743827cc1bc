"""
Mistakes that only a store without locks can show, each put into the adapter for as long as a simulation runs.

They sit where every call to DynamoDB passes, so that they hold however a commit is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kept.adapters.dynamodb.calls import Calls
from tests.faults.simulated.mistakes import Planting, in_place

Parameters = dict[str, Any]

_CONDITION: Final = frozenset(
    {
        "ConditionExpression",
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "ReturnValuesOnConditionCheckFailure",
    }
)
_WRITES_OF_ONE: Final = frozenset({"put_item", "delete_item"})
_OPERATIONS: Final = {"Put": "put_item", "Delete": "delete_item"}


def no_versions() -> Planting:
    """Write whatever is stored."""

    def blind(calls: Calls, operation: str, **parameters: Any) -> Parameters:  # noqa: ANN401 the SDK has no types
        if operation in _WRITES_OF_ONE:
            return call(calls, operation, **_without_condition(parameters))
        if operation == "transact_write_items":
            items = _writes_in(parameters)
            blinded = [{verb: _without_condition(inner)} for verb, inner in items]
            return call(calls, operation, **parameters | {"TransactItems": blinded})
        return call(calls, operation, **parameters)

    call = Calls.call
    return in_place(Calls, "call", blind)


def nothing_that_was_only_read() -> Planting:
    """Depend on what is written, and on nothing that was only read."""

    def forgetful(calls: Calls, operation: str, **parameters: Any) -> Parameters:  # noqa: ANN401 as above
        if operation == "transact_write_items":
            kept = [{verb: inner} for verb, inner in _writes_in(parameters)]
            parameters = parameters | {"TransactItems": kept}
        return call(calls, operation, **parameters)

    call = Calls.call
    return in_place(Calls, "call", forgetful)


def one_after_the_other() -> Planting:
    """Commit one item after the other, until one is refused or the process dies."""

    def halved(calls: Calls, operation: str, **parameters: Any) -> Parameters:  # noqa: ANN401 as above
        if operation != "transact_write_items":
            return call(calls, operation, **parameters)
        for verb, inner in _writes_in(parameters):
            call(calls, _OPERATIONS[verb], **inner)
        return {}

    call = Calls.call
    return in_place(Calls, "call", halved)


def _writes_in(parameters: Mapping[str, Any]) -> list[tuple[str, Parameters]]:
    actions = [(verb, inner) for each in parameters["TransactItems"] for verb, inner in each.items()]
    return [(verb, inner) for verb, inner in actions if verb != "ConditionCheck"]


def _without_condition(parameters: Mapping[str, Any]) -> Parameters:
    return {name: value for name, value in parameters.items() if name not in _CONDITION}


OPTIMISTIC: Final[Mapping[str, tuple[Callable[[], Planting], str]]] = {
    "a write does not look at what is stored": (no_versions, "I2"),
    "a claim does not depend on what it has only read, and misses a cancellation": (nothing_that_was_only_read, "I4"),
    "a claim does not depend on what it has only read, and misses an opt-out": (nothing_that_was_only_read, "I5"),
    "a commit is made one item after the other": (one_after_the_other, "I2"),
}
"""Each with the invariant that must be seen to be broken."""
