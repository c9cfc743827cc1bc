"""A world of messages that belong to no visit, with a rate or a mood on each channel."""

from __future__ import annotations

from datetime import datetime, timedelta

from kept.core.notifications import (
    AttemptState,
    Notification,
    NotificationKind,
    SendOutcome,
    Stages,
)
from kept.core.people import ChannelName
from kept.entrypoints.worker import Dispatcher, InlineExecutor
from kept.flow.due import next_due
from kept.flow.search import notifications_of
from kept.ports.channel import OutgoingMessage
from kept.ports.store import Store, Transaction
from tests.entrypoints.worker.world import MAIL, NOW, SMS, START, RecordingChannel, World

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DENIED = SendOutcome(state=AttemptState.NOT_SENT, code="auth")
BUSY = SendOutcome(state=AttemptState.NOT_SENT, code="throttled", retry_after_s=90.0)
PHONE = "+12065550001"
BY_TEXT: Stages = ((SMS,),)
BY_MAIL: Stages = ((MAIL,),)
PATIENCE_S = 30.0


class GatedWorld(World):
    """A world with messages that belong to no visit, and channels with a rate or a mood."""

    def __init__(self, *, rates: dict[ChannelName, float] | None = None, store: Store | None = None) -> None:
        self.rates = rates or {}
        self.handed: list[tuple[datetime, ChannelName]] = []
        super().__init__(store=store)
        self.patient()
        for channel in (self.sms, self.mail):
            channel.before_sending = self._note

    def new_worker(self) -> Dispatcher:
        return Dispatcher(
            self.store,
            {SMS: self.sms, MAIL: self.mail},
            clock=self.clock,
            meter=self.meter,
            pool=InlineExecutor(),
            max_in_flight=8,
            rates=self.rates,
        )

    def _note(self, message: OutgoingMessage) -> None:
        self.handed.append((self.clock.now(), message.channel))

    def plan(
        self, count: int, *, plan: Stages = BY_TEXT, prefix: str = "ntf", useful_for: timedelta = 12 * HOUR
    ) -> None:
        """Let so many messages to the one patient be due now."""
        for first in range(0, count, 500):
            numbers = range(first, min(first + 500, count))
            self.do(lambda tx, numbers=numbers: self._put(tx, numbers, plan, prefix, useful_for))  # type: ignore[misc]

    def _put(self, tx: Transaction, numbers: range, plan: Stages, prefix: str, useful_for: timedelta) -> None:
        now = self.clock.now()
        for number in numbers:
            tx.put(
                Notification(
                    id=f"{prefix}_{number:05}",
                    about=NotificationKind.BATCH,
                    rule="batch",
                    patient_id="pat_1",
                    template="reminder",
                    plan=plan,
                    facts={"start": START.isoformat(), "zone": "America/New_York", "place": "Elm Clinic"},
                    planned_at=now,
                    due_at=now,
                    wake_at=now,
                    deadline_at=now + useful_for,
                )
            )

    def live(self, until: datetime) -> None:
        """Work at each instant at which something is due, until then."""
        self.worker.run_due()
        while (due := next_due(self.store, after=self.clock.now())) and due <= until:
            self.clock.set(due)
            self.worker.run_due()
        self.clock.set(until)
        self.worker.run_due()

    def planned(self) -> tuple[Notification, ...]:
        """Return all of them."""
        return notifications_of(self.store, "pat_1")

    def seconds(self, channel: ChannelName) -> list[float]:
        """Return when a channel was handed something, counted from the start."""
        return [(at - NOW).total_seconds() for at, name in self.handed if name is channel]


def always(channel: RecordingChannel, outcome: SendOutcome) -> None:
    channel.outcomes = [outcome] * 100_000
