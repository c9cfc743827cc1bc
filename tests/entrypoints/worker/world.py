"""A small practice with a worker, on a clock that is moved by hand and channels that do as they are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, AppointmentEvent, BookingRequest
from kept.core.channels import Capabilities
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.intervals import Interval
from kept.core.notifications import Notification, SendOutcome
from kept.core.people import ChannelName, Patient
from kept.core.practice import Practice
from kept.core.reminders import ReminderPolicy
from kept.entrypoints.worker import CallReaders, Dispatcher, InlineExecutor
from kept.flow.booking import Change, apply, book, move
from kept.flow.people import ConsentWish, register, set_consent
from kept.flow.search import notifications_of
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Store, Transaction
from tests.dispatching import ACCEPTED

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
SMS, MAIL = ChannelName.SMS, ChannelName.EMAIL


class RecordingChannel:
    """Keeps what it is handed, and answers as told: outcomes in turn, then acceptance."""

    provider = "recording"
    timeout_s = 10.0

    def __init__(self, name: ChannelName, *outcomes: SendOutcome, can: Capabilities | None = None) -> None:
        self.name = name
        self.capabilities = can or Capabilities()
        self.outcomes = list(outcomes)
        self.lookups: list[SendOutcome | None] = []
        self.sent: list[OutgoingMessage] = []
        self.asked: list[str] = []
        self.before_sending: Callable[[OutgoingMessage], None] = lambda _message: None

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Keep the message."""
        self.before_sending(message)
        self.sent.append(message)
        return self.outcomes.pop(0) if self.outcomes else ACCEPTED

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Answer the next thing that was prepared."""
        self.asked.append(dedupe_key)
        return self.lookups.pop(0) if self.lookups else None

    def close(self) -> None:
        """Do nothing."""


class CountingMeter:
    """Keeps counts and gauges for a test to look at."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Add."""
        self.counts["/".join([name, *labels.values()])] += amount

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set."""
        self.gauges["/".join([name, *labels.values()])] = value


class World:
    """Everything together."""

    def __init__(
        self,
        sms: RecordingChannel | None = None,
        mail: RecordingChannel | None = None,
        *,
        store: Store | None = None,
        policies: Iterable[ReminderPolicy] = (),
        readers: CallReaders | None = None,
    ) -> None:
        self.readers = readers
        self.clock = SimulatedClock(NOW)
        self.store = store or MemoryStore()
        self.sms = sms or RecordingChannel(SMS)
        self.mail = mail or RecordingChannel(MAIL)
        self.meter = CountingMeter()
        self.worker = self.new_worker()
        practice = Practice(name="Elm Clinic", phone="206-555-0100", zone="America/New_York")
        self.do(lambda tx: tx.put(_with_policies(practice, tuple(policies))))

    def new_worker(self) -> Dispatcher:
        """Return another worker on the same store, as after a crash."""
        return Dispatcher(
            self.store,
            {SMS: self.sms, MAIL: self.mail},
            clock=self.clock,
            meter=self.meter,
            pool=InlineExecutor(),
            max_in_flight=8,
            readers=self.readers,
            record_pauses_s=(0.0, 0.0),
        )

    def do(self, step: Callable[[Transaction], object]) -> object:
        """Commit a step."""
        return self.store.submit(step).result()

    def patient(self, number: int = 1, *, phone: bool = True, email: bool = True) -> Patient:
        """Register a patient."""
        now = self.clock.now()
        made = Patient(
            id=f"pat_{number}",
            phone=PhoneNumber(f"+1206555{number:04}") if phone else None,
            email=EmailAddress(f"p{number}@example.com") if email else None,
            created_at=now,
            updated_at=now,
        )
        self.do(lambda tx: register(tx, made, (), by="desk", now=now))
        return made

    def visit(self, number: int = 1, *, start: datetime = START) -> Appointment:
        """Book a visit for a patient."""
        request = BookingRequest(
            patient_id=f"pat_{number}", start=start, end=start + timedelta(minutes=30), zone="America/New_York"
        )
        step = partial(book, request=request, appointment_id=f"apt_{number}", now=self.clock.now())
        return self.store.submit(step).result()

    def cancel(self, number: int = 1) -> None:
        """Cancel a patient's visit."""
        change = Change(appointment_id=f"apt_{number}", by="desk")
        self.do(lambda tx: apply(tx, change, AppointmentEvent.CANCEL, now=self.clock.now()))

    def move(self, number: int, start: datetime) -> None:
        """Move a patient's visit."""
        change = Change(appointment_id=f"apt_{number}", by="desk")
        to = Interval(start=start, end=start + timedelta(minutes=30))
        self.do(lambda tx: move(tx, change, to, zone="America/New_York", now=self.clock.now()))

    def opt_out(self, number: int = 1) -> None:
        """Let a patient refuse text messages."""
        wish = ConsentWish(channel=SMS, granted=False, source="reply STOP")
        self.do(lambda tx: set_consent(tx, f"+1206555{number:04}", wish, by="desk", now=self.clock.now()))

    def at(self, instant: datetime) -> int:
        """Put the clock to an instant and work until nothing is due."""
        self.clock.set(instant)
        return self.worker.run_due()

    def until(self, instant: datetime, *, every: timedelta) -> None:
        """Let time go by, working all the while."""
        while self.clock.now() < instant:
            self.clock.advance(every)
            self.worker.run_due()

    def notifications(self, number: int = 1) -> tuple[Notification, ...]:
        """Return what was planned for a patient, by due time."""
        return notifications_of(self.store, f"pat_{number}")


def _with_policies(practice: Practice, policies: tuple[ReminderPolicy, ...]) -> Practice:
    return Practice(
        name=practice.name, phone=practice.phone, zone=practice.zone, policies=policies or practice.policies
    )
