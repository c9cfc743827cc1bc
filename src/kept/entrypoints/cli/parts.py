"""What the commands need of the outside; main gives it, and opens each part when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from kept.core.notifications import Notification
from kept.core.reports import Ledger
from kept.ports.clock import Clock
from kept.ports.ids import Ids
from kept.ports.store import Store

if TYPE_CHECKING:
    from kept.core.links import Links


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What ``kept doctor`` found out about one thing."""

    name: str
    state: str
    """``ok``, ``warn`` or ``fail``."""
    found: str
    remedy: str = ""
    """What to do; empty when it is well."""


class ServeWishes(msgspec.Struct, frozen=True, kw_only=True):
    """How to serve; None: as the settings say."""

    host: str | None = None
    port: int | None = None
    demo: bool = False


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """How the made-up carrier of a simulation fails, in shares from 0 to 1."""

    refuse: float = 0.0
    fail: float = 0.0
    unknown: float = 0.0
    seed: int = 1


class SimulationWishes(msgspec.Struct, frozen=True, kw_only=True):
    """What to simulate."""

    first: str
    """First day, YYYY-MM-DD, on the calendar of the practice."""
    last: str
    assume_contacts: bool = False
    rates: Rates = Rates()


class SimulationWatch(msgspec.Struct, frozen=True, kw_only=True):
    """Who is told while it runs."""

    on_done: Callable[[Notification], None]
    """Told of every notification once nothing more will happen to it."""
    on_time: Callable[[datetime], None]
    """Told how far the simulated clock has come."""


class SimulationReport(msgspec.Struct, frozen=True, kw_only=True):
    """What would be sent."""

    appointments: int
    ledger: Ledger
    days: Mapping[str, Ledger]
    """By day of the practice on which things were due."""
    hours: Mapping[int, int]
    """Messages taken, by hour of the practice's day."""
    attempts: int
    seconds: float


class Outbox(Protocol):
    """The outbox as its owner sees it: a page of messages, one message, and orders."""

    def messages(
        self, *, after_id: int = 0, before_id: int | None = None, limit: int = 100, newest_first: bool = False
    ) -> Sequence[msgspec.Struct]:
        """Return a page of the messages."""

    def message(self, number: int) -> msgspec.Struct | None:
        """Return one message, or None."""


class OutboxVoice(Protocol):
    """The other side of the outbox: the carrier, and the person who got a message."""

    def say(self, number: int, word: str) -> msgspec.Struct:
        """Say what became of a message."""

    def reply(self, number: int, text: str) -> msgspec.Struct:
        """Answer a message in the place of whoever got it."""

    def always(self, address: str, word: str) -> None:
        """Say something of every message that is taken for an address; nothing any more when the word is empty."""


class Sender(Protocol):
    """Sends what is due, in this process."""

    def run_due(self) -> int:
        """Send what is due now; return how many notifications were looked at."""


class Parts(Protocol):
    """Everything outside; one value per run of the program."""

    @property
    def clock(self) -> Clock:
        """Tell the time."""

    @property
    def ids(self) -> Ids:
        """Make ids and keys."""

    @property
    def store(self) -> Store:
        """Keep entities; opened when first asked for."""

    @property
    def links(self) -> Links | None:
        """Make the links in messages; None: people cannot reach the pages safely."""

    @property
    def outbox(self) -> Outbox:
        """Show the outbox; opened when first asked for."""

    @property
    def voice(self) -> OutboxVoice:
        """Speak for the outbox."""

    def tell_outbox(self, channel: str, behaviour: str, *, times: int | None, seconds: float | None) -> msgspec.Struct:
        """Order how the outbox treats the next messages of a channel."""

    def sender(self) -> AbstractContextManager[Sender | None]:
        """Take the sender's seat for a while; None inside when another process has it."""

    def pause(self, seconds: float) -> None:
        """Let time pass."""

    def serve(self, wishes: ServeWishes) -> None:
        """Serve pages, API and worker until told to end."""

    def work(self, *, wait: bool) -> None:
        """Send what falls due until told to end; with *wait*, once nobody else does."""

    def simulate(self, wishes: SimulationWishes, watch: SimulationWatch) -> SimulationReport:
        """Let the real planner and worker live through some days, with a made-up carrier."""

    def take_seat(self) -> bool:
        """Take the sender's seat until the end, if it is free: for long work that writes much."""

    def settings(self) -> Mapping[str, object]:
        """Return the settings as they hold, secrets masked."""

    def backup(self, to: Path, on_page: Callable[[int, int], None]) -> Mapping[str, object]:
        """Write a copy of the database, telling pages copied and in all; return what was written."""

    def restore(self, source: Path) -> Mapping[str, object]:
        """Put a copy in the place of the database; return what was read."""

    def examine(self) -> tuple[Check, ...]:
        """Look at everything that can be wrong with the set-up."""
