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


class AwsPackage(msgspec.Struct, frozen=True, kw_only=True):
    """What was packed for AWS."""

    archive: str
    """The file that the functions are made from."""
    template: str
    """The template that deploys it; names the archive."""
    bytes: int
    unpacked_bytes: int
    files: int
    libraries: int
    compiled: bool
    """Whether the functions need not compile their code at each start."""
    sha256: str
    """Of the archive; the same for the same sources, pins and release of Python."""


class AwsAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Which deployment is meant."""

    environment: str
    """What stands at the end of every name there: the template's EnvironmentSuffix."""
    region: str = ""
    """Empty: as the SDK finds it."""
    endpoint: str = ""
    """Of an emulator; empty: AWS itself."""


class AwsPractice(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a day on an emulator."""

    started_s: float
    """How long the emulator took to start."""
    deployed_s: float
    seconds: float
    resources: int
    left_out: tuple[str, ...]
    """Resources that the emulator does not know, with their types."""
    changed: tuple[str, ...]
    """What was said otherwise for it, and what of that it does not do at all."""
    steps: tuple[Check, ...]
    """What was done in the day, and whether it came out right."""
    messages: Mapping[str, int]
    """Messages that left, by channel."""
    sent: tuple[Mapping[str, str], ...]
    """Each of them: when on the practice's clock, by what, to whom, and its text or subject; everybody is made up."""
    ledger: Mapping[str, int]
    """Notifications by how they ended; *planned* is their sum."""
    reasons: Mapping[str, int] = {}
    """Why some were skipped or failed."""
    balances: bool
    worklist: int
    """Calls to make, because no message could reach somebody."""
    remains: tuple[str, ...]
    """What was still there after everything had been taken down; it should be nothing."""
    kept_at: str = ""
    """Where the emulator still runs, if that was wished."""


class CostLine(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing that is paid for."""

    unit: str
    count: float
    """In one appointment's life."""
    price: float
    """Dollars for a million."""
    is_assumed: bool = False
    """Whether the count is assumed, because it shows only on AWS."""

    @property
    def dollars(self) -> float:
        """Dollars for a million appointments."""
        return self.count * self.price


class CostStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an appointment's life."""

    name: str
    lines: tuple[CostLine, ...]

    @property
    def dollars(self) -> float:
        """Dollars for a million of it."""
        return sum(line.dollars for line in self.lines)


class PlainDesign(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a simpler design costs, and which steps of ours do as much."""

    name: str
    dollars: str
    """A million, as it was reckoned: ``39.50 to 45.50``."""
    steps: tuple[str, ...]
    """Names of our steps beside which it stands."""


class CostReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an appointment's life costs on AWS, carriers aside."""

    steps: tuple[CostStep, ...]
    batches: tuple[CostStep, ...]
    """What one notification of a batch takes, by two ways."""
    monthly: CostStep
    """What runs anyway, in a month: counts and dollars are those of the month times a million."""
    others: tuple[PlainDesign, ...]
    prices_of: str
    """Date of the price list."""
    prices_from: str
    """Where the prices stand."""
    appointments: int

    @property
    def per_million(self) -> float:
        """Dollars for a million appointments."""
        return sum(step.dollars for step in self.steps)

    def beside(self, design: PlainDesign) -> float:
        """Return what ours costs that does as much as a simpler design."""
        return sum(step.dollars for step in (*self.steps, *self.batches) if step.name in design.steps)


class AwsTools(Protocol):
    """What is done for a deployment on AWS."""

    def package(self, out: str, tell: Callable[[str], None]) -> AwsPackage:
        """Write the archive of the functions and the template that deploys it."""

    def emulate(self, *, keep: bool, tell: Callable[[str], None]) -> AwsPractice:
        """Deploy to an emulator on this machine, live through a day, and take all of it down."""

    def examine(self, account: AwsAccount) -> tuple[Check, ...]:
        """Look at everything that can be wrong with a deployment and its account."""

    def cost(self, appointments: int, tell: Callable[[str], None]) -> CostReport:
        """Count what an appointment's life needs of AWS, and what that costs."""


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

    @property
    def aws(self) -> AwsTools:
        """Do what is done for a deployment on AWS."""

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

    def export(self, to: Path) -> Mapping[str, object]:
        """Write everything that is stored into a file; return how much that was."""

    def take_in(self, source: Path) -> Mapping[str, object]:
        """Store everything that such a file holds; return how much that was."""

    def examine(self) -> tuple[Check, ...]:
        """Look at everything that can be wrong with the set-up."""
