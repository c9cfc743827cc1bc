"""What the HTTP door needs of the rest of the program; main gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from kept.ports.clock import Clock
from kept.ports.ids import Ids
from kept.ports.meter import Meter
from kept.ports.store import Store


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one caller may ask for. Ours, unless a line says otherwise."""

    body_bytes: int = 256 * 1024
    batch_bytes: int = 4 * 1024 * 1024
    """For a batch of reminders, the one long document."""
    body_timeout_s: float = 10.0
    """How long a body may take to arrive; then the place is given to somebody else."""
    uri_bytes: int = 8 * 1024
    """RFC 9110 §4.1 asks for 8,000 at least."""
    header_bytes: int = 32 * 1024
    requests_per_s: float = 5_000.0
    """For each key, over time."""
    burst: int = 10_000
    """For each key, at once."""
    batch_wait_s: float = 25.0
    """How long an answer waits for a batch to end; below the 30 s after which many clients give up."""
    batch_chunk: int = 50
    """Items of a batch planned in one transaction; fewer where a store takes less at once."""
    recent_s: float = 1.0
    """How long the practice and a key are taken as they were; so long does a key that is taken back still open."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the program is doing."""

    ok: bool
    checks: Mapping[str, str] = MappingProxyType({})
    """What was looked at, and what was found, without personal data."""


@dataclass(frozen=True, kw_only=True)
class ApiParts:
    """The outside of the HTTP door."""

    store: Store
    clock: Clock
    ids: Ids
    meter: Meter
    wake: Callable[[], None]
    """Tell the worker that something is due now."""
    metrics_page: Callable[[], bytes]
    """The metrics in Prometheus' text form."""
    health: Callable[[], Health]
    limits: Limits = field(default_factory=Limits)
    docs: bool = True
    """Whether the documentation page and the OpenAPI document are served."""
