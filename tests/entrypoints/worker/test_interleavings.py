"""
Cancellations, moves and opt-outs that come between any two steps of the worker, in thousands of seeded orders.

What is judged is what the channels were handed, not what our own records say of it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from kept.core.booking import Appointment
from kept.core.channels import Capabilities
from kept.core.dispatch import Progress, Standing
from kept.core.errors import KeptError
from kept.core.notifications import Attempt, Notification, SendOutcome
from kept.core.people import ChannelName
from kept.core.reports import tally
from kept.flow.dispatch import next_due
from kept.ports.channel import OutgoingMessage
from tests.dispatching import ACCEPTED, NOT_SENT, REFUSED, UNKNOWN
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import MAIL, SMS, START, RecordingChannel, World

PATIENTS = (1, 2, 3)
DAY = timedelta(days=1)


class HonestChannel(RecordingChannel):
    """Fails as chance has it, keeps its own ledger, and when asked tells the truth or nothing."""

    def __init__(self, name: ChannelName, chance: random.Random, *, can: Capabilities) -> None:
        super().__init__(name, can=can)
        self._chance = chance
        self.taken: Counter[str] = Counter()
        self.unknown: Counter[str] = Counter()

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Take the message, or not, and say so, or not."""
        super().send(message)
        outcome = self._chance.choice([ACCEPTED, ACCEPTED, REFUSED, NOT_SENT, UNKNOWN])
        is_unknown = outcome is UNKNOWN
        self.unknown[message.dedupe_key] += is_unknown
        self.taken[message.dedupe_key] += outcome is ACCEPTED or (is_unknown and self._chance.random() < 0.5)
        return outcome

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Tell what the ledger says, unless it is closed for the moment."""
        if self._chance.random() < 0.4:
            return None
        return ACCEPTED if self.taken[dedupe_key] else NOT_SENT


class Chaos:
    """One seeded order of events, with its own book of what was committed before what."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.store = BreakingStore()
        self.can = self.random.choice([Capabilities(), Capabilities(lookup=True)])
        self.channels = (self._channel(SMS), self._channel(MAIL))
        self.world = World(*self.channels, store=self.store)
        self.allowed: dict[str, set[str]] = {}
        """By notification that was stopped: the attempts that were on record by then."""
        self.opted_out: dict[str, set[str]] = {}
        """By number that refused: the attempts that were on record by then."""
        self.wrong: list[str] = []
        self.is_acting = False

    def run(self) -> None:
        """Let a day and a half go by, with something happening between any two steps."""
        for number in PATIENTS:
            self.world.patient(number)
            self.world.visit(number, start=START + number * timedelta(hours=2))
        self.store.after_each_step = self._perhaps
        self.world.clock.set(START - DAY)
        for _ in range(12):
            self.world.clock.advance(timedelta(seconds=self.random.choice([1, 5, 60, 600, 3600, 14_400])))
            self.world.worker.run_due()
        self.store.after_each_step = lambda: None
        while upcoming := next_due(self.store, after=self.world.clock.now()):
            self.world.at(upcoming)

    def notifications(self) -> list[Notification]:
        """Return everything that was ever planned."""
        return [n for number in PATIENTS for n in self.world.notifications(number)]

    def _channel(self, name: ChannelName) -> HonestChannel:
        channel = HonestChannel(name, self.random, can=self.can)
        channel.before_sending = self._sent
        return channel

    def _sent(self, message: OutgoingMessage) -> None:
        """Judge a message in the moment in which it is handed over; something may happen just before."""
        allowed = self.allowed.get(message.dedupe_key.partition(".")[0])
        if allowed is not None and message.attempt_id not in allowed:
            self.wrong.append(f"{message.attempt_id} after its visit was cancelled or moved")
        allowed = self.opted_out.get(message.to)
        if allowed is not None and message.attempt_id not in allowed:
            self.wrong.append(f"{message.attempt_id} after an opt-out")
        if message.expires_at <= self.world.clock.now():
            self.wrong.append(f"{message.attempt_id} after its time")
        self._perhaps()

    def _perhaps(self) -> None:
        """Let something happen, or nothing; what happens is itself made of steps."""
        if self.is_acting or self.random.random() < 0.7:
            return
        self.is_acting = True
        try:
            number = self.random.choice(PATIENTS)
            self.random.choice([self._cancel, self._move, self._opt_out, self._wait])(number)
        finally:
            self.is_acting = False

    def _cancel(self, number: int) -> None:
        planned = self._planned_for(number)
        try:
            self.world.cancel(number)
        except KeptError:
            return
        self._stopped(planned)

    def _move(self, number: int) -> None:
        planned = self._planned_for(number)
        try:
            self.world.move(number, self.world.clock.now() + timedelta(minutes=self.random.randint(30, 3000)))
        except KeptError:
            return
        self._stopped(planned)

    def _opt_out(self, number: int) -> None:
        self.world.opt_out(number)
        self.opted_out.setdefault(f"+1206555{number:04}", self._attempts())

    def _wait(self, _number: int) -> None:
        self.world.clock.advance(timedelta(seconds=self.random.choice([0, 1, 30, 100])))

    def _planned_for(self, number: int) -> tuple[str, ...]:
        return self.store.load(Appointment, [f"apt_{number}"])[0].notification_ids

    def _stopped(self, planned: tuple[str, ...]) -> None:
        for notification_id in planned:
            self.allowed.setdefault(notification_id, self._attempts())

    def _attempts(self) -> set[str]:
        return {a.id for n in self.notifications() for a in n.attempts}


def problems_of(chaos: Chaos) -> list[str]:
    """Return everything that is wrong after a run."""
    planned = chaos.notifications()
    extra = [
        f"{copies} copies of {key}"
        for channel in chaos.channels
        for key, copies in channel.taken.items()
        if copies > 1 + min(1, channel.unknown[key])
    ]
    stuck = [f"{n.id} is stuck" for n in planned if not n.is_done]
    return chaos.wrong + extra + stuck + ([] if tally(planned).balances else ["the ledger does not balance"])


@pytest.mark.parametrize("block", range(20))
def test_nothing_is_handed_over_after_a_change_was_committed(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        chaos = Chaos(seed)

        chaos.run()

        assert problems_of(chaos) == [], f"seed {seed}"


def _never_void(*_facts: object) -> None:
    """Forget to look at the appointment."""


def _always_usable(*_facts: object) -> None:
    """Forget to look at the consent."""


def _send_again(attempts: list[Attempt], *_rest: object, **_facts: object) -> Standing:
    """Treat an unknown like a message that was not sent."""
    return Standing(progress=Progress.AGAIN, at=attempts[-1].ended_at)


@pytest.mark.parametrize(
    ("rule", "mistake", "seen"),
    [
        ("dispatch._void", _never_void, "cancelled"),
        ("channels._unusable", _always_usable, "opt-out"),
        ("dispatch._after_unknown", _send_again, "copies"),
    ],
)
def test_a_planted_mistake_is_seen(
    monkeypatch: pytest.MonkeyPatch, rule: str, mistake: Callable[..., object], seen: str
) -> None:
    monkeypatch.setattr(f"kept.core.{rule}", mistake)
    found: list[str] = []

    for seed in range(60):
        chaos = Chaos(seed)
        chaos.run()
        found += problems_of(chaos)

    assert any(seen in problem for problem in found)
