"""One call of a function: who it is, and how long it may still take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

Event = object
"""What a function is given: plain values read from JSON."""

Answer = dict[str, object]
"""What it gives back: plain values for JSON."""


class Context(Protocol):
    """What the runtime tells of a call."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return after how many milliseconds it is killed."""


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One call."""

    id: str
    """The same when the runtime repeats an asynchronous call."""
    left_s: Callable[[], float]
    """Seconds until it is killed."""


def invocation_of(context: Context) -> Invocation:
    """Return the call that the runtime tells of."""
    return Invocation(id=context.aws_request_id, left_s=lambda: context.get_remaining_time_in_millis() / 1000)


def fields_of(value: object) -> dict[str, object]:
    """
    Return an object's members, or none when it is no object.

    >>> fields_of([1])
    {}
    """
    return value if isinstance(value, dict) else {}


def text_in(value: object, name: str) -> str:
    """
    Return a member that is text, or an empty text.

    >>> text_in({"body": "{}"}, "body"), text_in({"body": 1}, "body")
    ('{}', '')
    """
    found = fields_of(value).get(name)
    return found if isinstance(found, str) else ""
