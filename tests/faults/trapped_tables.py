"""A client of DynamoDB with traps in it: before and after each call that a step makes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from tests.faults.traps import Trap

STEPS: Final = {
    "book": "booking",
    "move": "moving",
    "apply": "cancelling",
    "set_consent": "opting out",
    "keep_call": "keeping a call",
    "claiming": "claiming",
    "recording": "recording",
    "answering": "recording",
    "hearing": "receipts",
    "_new_reply": "replies",
    "forget_receipts": "purge",
    "forget_exchanges": "purge",
    "forget_replies": "purge",
}
"""What a step is for, by the function that is it or makes it; if one is renamed, its points are never passed."""
_WRITES: Final = frozenset({"put_item", "delete_item", "transact_write_items"})


class Doing:
    """What kind of step runs; steps of a store with one thread run one after the other."""

    def __init__(self) -> None:
        self.kind = ""

    def begins(self, step: Callable[..., object]) -> None:
        """Note that a step begins."""
        function = step.func if isinstance(step, partial) else step
        self.kind = STEPS.get(function.__qualname__.partition(".")[0], "")


class TrappedClient:
    """The client; every call of a step passes a trap before it, and every write one behind it."""

    def __init__(self, client: Any, trap: Trap, doing: Doing) -> None:  # noqa: ANN401 the SDK has no types
        self._client = client
        self._trap = trap
        self._doing = doing

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        real = getattr(self._client, operation)

        def read(**parameters: Any) -> dict[str, Any]:  # noqa: ANN401 as above
            self._trap.passing(f"{self._doing.kind}: before a read")
            answer: dict[str, Any] = real(**parameters)
            return answer

        def write(**parameters: Any) -> dict[str, Any]:  # noqa: ANN401 as above
            self._trap.passing(f"{self._doing.kind}: before a write")
            answer: dict[str, Any] = real(**parameters)
            self._trap.passing(f"{self._doing.kind}: after a write")
            return answer

        return write if operation in _WRITES else read if operation == "batch_get_item" else real

    def close(self) -> None:
        """Do nothing: what is called ends with this process."""
