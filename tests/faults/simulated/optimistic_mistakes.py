"""
Mistakes that only a store without locks can show, each put into the real code for as long as a simulation runs.

Those of the adapter sit where every call to DynamoDB passes, so that they hold however a commit is made up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from kept.adapters.dynamodb.calls import Calls
from kept.core.booking import Appointment
from kept.core.errors import CutOffError
from kept.core.notifications import Notification, NotificationState, Reason
from kept.core.people import Consent, Told
from kept.core.reminders import skipped
from kept.entrypoints.worker.in_flight import InFlight, Work
from kept.entrypoints.worker.steps import Turn
from kept.flow import booking, dispatch
from kept.ports.store import Transaction
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


def only_what_is_planned() -> Planting:
    """End what is planned when a visit is cancelled or moved, and leave what is under way as it is."""

    def end_the_planned(tx: Transaction, appointment: Appointment, reason: Reason, *, now: datetime) -> None:
        for notification in (tx.get(Notification, listed) for listed in appointment.notification_ids):
            if notification and notification.state is NotificationState.PLANNED:
                tx.put(skipped(notification, reason, now=now))

    return in_place(booking, "void_reminders", end_the_planned)


def address_not_told() -> Planting:
    """Let a message leave without writing that with its address."""

    def nothing(_tx: Transaction, _address: Consent, _lines: tuple[Told, ...]) -> None:
        return None

    return in_place(dispatch, "note_told", nothing)


def cut_off_and_sent() -> Planting:
    """Let a message leave although its address could not be written."""

    def claimed(flight: InFlight, work: Work, error: Exception) -> None:
        if isinstance(error, CutOffError) and isinstance(error.result, Turn):
            flight._claimed(work, error.result)  # noqa: SLF001  the mistake is one inside
        else:
            not_claimed(flight, work, error)

    not_claimed = InFlight._not_claimed  # noqa: SLF001  as above
    return in_place(InFlight, "_not_claimed", claimed)


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
    "a cancellation leaves what is under way as it is": (only_what_is_planned, "I4"),
    "an address does not know what leaves for it": (address_not_told, "I5"),
    "a message leaves although its address could not be written": (cut_off_and_sent, "on record first:"),
    "a commit is made one item after the other": (one_after_the_other, "I1"),
}
"""Each with the invariant that must be seen to be broken."""
