"""The program under test with a clock that is moved by hand: what a child process runs until it is killed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from kept.adapters.clock import SimulatedClock
from kept.adapters.outbox import OutboxChannel, OutboxLedger
from kept.adapters.smtp import SmtpChannel, SmtpSettings
from kept.adapters.smtp.settings import Security
from kept.adapters.sqlite import SqliteStore
from kept.core.booking import Appointment, AppointmentEvent
from kept.core.errors import KeptError
from kept.core.notifications import SendOutcome
from kept.core.people import ChannelName, Patient
from kept.entrypoints.worker import Dispatcher, InlineExecutor, SendingThreads
from kept.flow.booking import Change, apply, book, move
from kept.flow.due import next_due
from kept.flow.people import ConsentWish, register, set_consent
from kept.ports.channel import Channel, OutgoingMessage
from kept.ports.store import Store, Transaction
from tests.faults.passing import PassingChannel
from tests.faults.practice import KINDS, NOW, ZONE, hour_from, request_for, set_up
from tests.faults.scenario import END, PATIENTS, RULES, Do, Op
from tests.faults.trapped import ClientsStore, TrappedChannel, WorkersStore, set_traps
from tests.faults.traps import Trap

SECOND: Final = timedelta(seconds=1)
STALL: Final = timedelta(minutes=4)
"""Longer than a lease, than the wait before a provider is asked, and than the answer takes."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a client was told."""

    refused: str = ""
    """Name of the error; empty: it was done."""
    status: str = ""
    sequence: int = 0
    start: datetime | None = None


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How a world is built."""

    folder: str
    seed: int
    at: datetime = NOW
    mail_port: int = 0
    """Of the mail server; 0: the outbox takes mail too."""

    @property
    def threads(self) -> int:
        """How many messages are handed over at once."""
        return 4 if self.seed % 4 >= 2 else 0


class SilentMeter:
    """Counts nothing."""

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Forget it."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Forget it."""


class StallingChannel(PassingChannel):
    """A channel after whose call the whole sender may stand still while time goes by and others work."""

    def __init__(self, inner: Channel) -> None:
        super().__init__(inner)
        self.stall: Callable[[], None] | None = None

    def send(self, message: OutgoingMessage) -> SendOutcome:
        stall, self.stall = self.stall, None
        outcome = self.inner.send(message)
        if stall:
            stall()
        return outcome


class World:
    """Store, providers, clock and worker."""

    def __init__(self, run: Run, trap: Trap, say_time: Callable[[datetime], None]) -> None:
        trap.provider = "smtp" if run.mail_port else "outbox"
        batch = set_traps(trap)
        self.clock = SimulatedClock(run.at)
        self.store: Store = SqliteStore(Path(run.folder) / "kept.sqlite3", kinds=KINDS)
        self.ledger = OutboxLedger(Path(run.folder) / "outbox.sqlite3", synchronous="normal")
        self._desk = ClientsStore(self.store, trap, batch)
        self._say_time = say_time
        self._stalling = {name: StallingChannel(channel) for name, channel in self._ways_out(run).items()}
        self._workers_store = WorkersStore(self.store, trap, batch)
        self._trap = trap
        pool: Executor = SendingThreads(run.threads) if run.threads else InlineExecutor()
        self.dispatcher = self._dispatcher(pool, max_in_flight=2 * run.threads or 1)
        self.work: Callable[[], object] = self.dispatcher.run_due
        """Lets the worker do what is due now, and comes back when nothing is."""

    def do(self, op: Op) -> Answer:
        """Do it and return what the client is told."""
        doing = {
            Do.BOOK: self._book,
            Do.MOVE: self._move,
            Do.CANCEL: self._cancel,
            Do.OPT_OUT: self._opt_out,
            Do.ORDER: self._order,
            Do.PASS_TIME: lambda op: self.work_until(self.clock.now() + timedelta(minutes=op.minutes)),
            Do.REACH: self._reach,
            Do.STALL: self._stall_next,
        }
        try:
            made = doing[op.do](op)
        except KeptError as error:
            return Answer(refused=type(error).__name__)
        if isinstance(made, Appointment):
            return Answer(status=made.status.value, sequence=made.sequence, start=made.start)
        return Answer()

    def work_until(self, end: datetime) -> None:
        """Let time pass, and let the worker run at each instant at which something is due."""
        self.work()
        while (due := next_due(self.store, after=self.clock.now())) and due <= end:
            self._set_clock(due)
            self.work()
        if self.clock.now() < end:
            self._set_clock(end)
            self.work()

    def pass_a_second(self) -> datetime:
        """Move the clock on, so that nothing that follows happens at the same instant."""
        self._set_clock(self.clock.now() + SECOND)
        return self.clock.now()

    def finish(self) -> None:
        """Let time pass until everything is over."""
        self.work_until(END)

    # ---- what clients do

    def _book(self, op: Op) -> Appointment:
        request = request_for(f"p{op.patient}", op.start)
        step = partial(book, request=request, appointment_id=op.appointment, now=self.clock.now())
        return self._desk.submit(step).result()

    def _move(self, op: Op) -> Appointment:
        change = Change(appointment_id=op.appointment, by="test")
        step = partial(move, change=change, to=hour_from(op.start), zone=ZONE, now=self.clock.now())
        return self._desk.submit(step).result()

    def _cancel(self, op: Op) -> Appointment:
        change = Change(appointment_id=op.appointment, by="test")
        step = partial(apply, change=change, event=AppointmentEvent.CANCEL, now=self.clock.now())
        return self._desk.submit(step).result()

    def _opt_out(self, op: Op) -> None:
        address = PATIENTS[op.patient].address(op.channel) or ""
        wish = ConsentWish(channel=op.channel, granted=False, source="reply STOP")
        step = partial(set_consent, address=address, wish=wish, by="test", now=self.clock.now())
        self._desk.submit(step).result()

    # ---- what the world does

    def _order(self, op: Op) -> None:
        seconds = 30.0 if op.behaviour.value == "throttle" else 0.0
        self.ledger.tell(op.channel, op.behaviour, times=op.times, seconds=seconds)

    def _reach(self, op: Op) -> None:
        for appointment in self.store.load(Appointment, [op.appointment]):
            times = sorted(appointment.start - lead for lead in RULES.values())
            later = [time for time in times if time > self.clock.now()]
            if later:
                self.work_until(later[0])

    def _stall_next(self, _op: Op) -> None:
        for channel in self._stalling.values():
            channel.stall = self._stall

    def _stall(self) -> None:
        """Let time go by, with another worker at work on the same store."""
        for channel in self._stalling.values():
            channel.stall = None
        other = self._dispatcher(InlineExecutor(), max_in_flight=1)
        end = self.clock.now() + STALL
        while (due := next_due(self.store, after=self.clock.now())) and due <= end:
            self._set_clock(due)
            other.run_due()
        self._set_clock(end)

    # ---- inside

    def _dispatcher(self, pool: Executor, *, max_in_flight: int) -> Dispatcher:
        channels = {name: TrappedChannel(channel, self._trap) for name, channel in self._stalling.items()}
        return Dispatcher(
            self._workers_store,
            channels,
            clock=self.clock,
            meter=SilentMeter(),
            pool=pool,
            max_in_flight=max_in_flight,
        )

    def _ways_out(self, run: Run) -> dict[ChannelName, Channel]:
        channels: dict[ChannelName, Channel] = {
            name: OutboxChannel(self.ledger, name, clock=self.clock, wait=lambda _: None) for name in ChannelName
        }
        if run.mail_port:
            channels[ChannelName.EMAIL] = SmtpChannel(mail_settings(run.mail_port), clock=self.clock)
        return channels

    def _set_clock(self, instant: datetime) -> None:
        self.clock.set(instant)
        self._say_time(instant)


def mail_settings(port: int) -> SmtpSettings:
    """Return the way to a mail server on this machine."""
    return SmtpSettings(
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        sender="reminders@clinic.example",
        connect_timeout_s=5,
        command_timeout_s=5,
        sending_limit_s=10,
        after_data_timeout_s=10,
    )


def furnish(folder: Path) -> None:
    """Make a folder with a practice and its patients."""
    store = SqliteStore(folder / "kept.sqlite3", kinds=KINDS)
    store.submit(set_up).result()
    for patient in PATIENTS:
        store.submit(partial(_registered, patient=patient)).result()
    store.close()


def _registered(tx: Transaction, patient: Patient) -> None:
    register(tx, patient, (), by="test", now=NOW)
