"""What the pages need of the rest of the program; main gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from kept.core.people import ChannelName
from kept.core.watch import Alarm, Route
from kept.ports.clock import Clock
from kept.ports.ids import Ids
from kept.ports.store import Store


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How sending is going."""

    is_sending: bool
    """Whether some process has the sender's seat and works."""
    due: int = 0
    """Notifications whose time has come and that nobody has looked at."""
    oldest_due_s: float = 0.0
    """How long the longest of them waits."""
    alarm: Alarm | None = None
    """Nothing leaves although it should, or nobody looks."""
    silent: tuple[Route, ...] = ()
    """Providers, by country, from which no word of delivery comes any more."""
    unbalanced: int = 0
    """Contradictions that the last check by night found."""


class OutboxMessage(Protocol):
    """One message as the outbox got it."""

    @property
    def id(self) -> int:
        """Its place, from 1."""

    @property
    def message_id(self) -> str:
        """The id that the sender was told."""

    @property
    def received_at(self) -> datetime:
        """When it came."""

    @property
    def channel(self) -> ChannelName:
        """The way it came."""

    @property
    def to(self) -> str:
        """Number or address."""

    @property
    def subject(self) -> str:
        """Empty for text messages."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def language(self) -> str:
        """Language tag of the text."""

    @property
    def dedupe_key(self) -> str:
        """Same for every copy of a message."""

    @property
    def attempt_id(self) -> str:
        """Which attempt handed it over."""

    @property
    def state(self) -> str:
        """``accepted`` or ``refused``."""

    @property
    def behaviour(self) -> str:
        """What the outbox did with it."""

    @property
    def encoding(self) -> str:
        """Of a text message, else empty."""

    @property
    def segments(self) -> int:
        """Parts of a text message, else 0."""


class OutboxOrder(Protocol):
    """What a channel of the outbox was told to do."""

    @property
    def behaviour(self) -> str:
        """Such as ``refuse``."""

    @property
    def times(self) -> int | None:
        """For so many more messages; None: until told otherwise."""


class Outbox(Protocol):
    """The outbox as its owner sees it."""

    def messages(
        self, *, after_id: int = 0, before_id: int | None = None, limit: int = 100, newest_first: bool = False
    ) -> Sequence[OutboxMessage]:
        """Return a page of the messages."""

    def message(self, number: int) -> OutboxMessage | None:
        """Return one message, or None."""

    def count(self) -> int:
        """Return how many were taken."""

    def orders(self) -> Mapping[ChannelName, OutboxOrder]:
        """Return what is ordered now; a channel that is missing accepts."""

    def said_always(self) -> Mapping[str, str]:
        """Return what is said of every message for an address, by address."""


class OutboxVoice(Protocol):
    """The other side of the outbox: the carrier, and the person who got a message."""

    def say(self, number: int, word: str) -> object:
        """Say what became of a message."""

    def reply(self, number: int, text: str) -> object:
        """Answer a message in the place of whoever got it."""

    def always(self, address: str, word: str) -> None:
        """Say something of every message that is taken for an address; nothing any more when the word is empty."""


@dataclass(frozen=True, kw_only=True)
class WebParts:
    """The outside of the pages."""

    store: Store
    clock: Clock
    ids: Ids
    outbox: Outbox | None
    """None: messages leave by real providers only."""
    tell_outbox: Callable[[ChannelName, str, int | None], object]
    """Order how the outbox treats the next messages of a channel: behaviour, and for how many (None: for all)."""
    voice: OutboxVoice
    """Speaks for the outbox."""
    health: Callable[[], Health]
    wake: Callable[[], None]
    """Tell the worker that something may be due now."""
    host: str
    """Address that the server listens on; beyond this machine the pages are off."""
    hosts: tuple[str, ...] = ()
    """Host names that requests may name, besides this machine's own."""
