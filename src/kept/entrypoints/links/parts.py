"""What these pages need of the rest of the program; main gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kept.core.links import Links
from kept.ports.clock import Clock
from kept.ports.store import Store


@dataclass(frozen=True, kw_only=True)
class LinkParts:
    """The outside of this door."""

    store: Store
    clock: Clock
    links: Links
    wake: Callable[[], None]
    """Tell the worker that there may be something to send."""
