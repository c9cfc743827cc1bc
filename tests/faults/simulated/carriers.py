"""Providers that fail as a seed has it, and keep their own ledger: that, and not the program's tables, is the judge."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from kept.core.channels import Capabilities
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, FailureClass, ReceiptState
from kept.ports.channel import OutgoingMessage
from tests.faults.simulated.setting import HOUR
from tests.faults.simulated.truth import Mark

SECOND: Final = timedelta(seconds=1)
STALL: Final = timedelta(minutes=4)
"""Longer than a lease, than the wait before a provider is asked, and than the answer takes."""


class Fate(StrEnum):
    """What becomes of one handing-over."""

    TAKEN = "taken"
    SLOW = "slow"
    """Taken, after some seconds."""
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    THROTTLED = "throttled"
    LOST = "lost"
    """Taken, and the answer is lost."""
    DROPPED = "dropped"
    """Not taken, and nobody can know."""
    BROKEN = "broken"
    """Taken, and then our own code breaks."""
    STALLED = "stalled"
    """Taken, and the sender stands still for longer than its lease, while another one works."""


class Call(msgspec.Struct, kw_only=True):
    """One line of the ledger: a message was handed over, or somebody tried to."""

    id: str
    """The provider's own for the message."""
    message: OutgoingMessage
    mark: Mark
    at: datetime
    """On the provider's own clock."""
    claim: Mark | None
    """When its attempt was put on record."""
    cleared: Mark | None = None
    """When the claim of its attempt was over."""
    fate: Fate | None = None
    is_copy: bool = False
    """Whether the provider recognised it as a message that it has, and carried it only once."""
    is_taken: bool = False
    said: SendOutcome | None = None
    """None: whoever asked is dead."""
    is_unknown: bool = False
    """Whether nobody on our side could know in time how it ended."""
    receipts: list[DeliveryReceipt] = []
    """What the program has been told of it."""

    @property
    def key(self) -> str:
        """The same for every copy of one message."""
        return self.message.dedupe_key


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which a provider takes nothing."""

    begin: datetime
    end: datetime
    code: str
    """``unreachable``, ``auth``, ``throttled``."""
    says_when: bool


class World(Protocol):
    """What a provider sees of the world."""

    chance: random.Random
    is_calm: bool

    def true_now(self) -> datetime:
        """The time of the others, whatever the clock of the machine shows."""

    def mark(self) -> Mark:
        """Return a new mark."""

    def claim_of(self, attempt_id: str) -> Mark | None:
        """Return when the attempt was committed."""

    def cleared_of(self, attempt_id: str) -> Mark | None:
        """Return when the claim of the attempt was over."""

    def begins(self, call: Call) -> None:
        """Judge a message in the moment in which it is handed over."""

    def ends(self, call: Call) -> None:
        """Let the worker die here, if it has to."""

    def pass_time(self, by: timedelta, *, with_other: bool = False) -> None:
        """Let time go by while a call is under way."""

    def post(self, receipt: DeliveryReceipt, call: Call, delay: timedelta) -> None:
        """Bring a receipt, later."""


class FakeCarrier:
    """One way out."""

    timeout_s = 13.0

    def __init__(self, name: ChannelName, world: World) -> None:
        chance = world.chance
        self.name = name
        self.provider = f"fake-{name.value}"
        self.capabilities = Capabilities(
            idempotency_window=chance.choice([None, None, timedelta(minutes=5), 24 * HOUR]),
            lookup=chance.random() < 0.4,
            receipts=chance.random() < 0.6,
            replies=name is ChannelName.SMS and chance.random() < 0.8,
        )
        self.ledger: list[Call] = []
        self.troubles: list[Trouble] = []
        self.stopped: set[str] = set()
        """Numbers whose people told the provider to stop."""
        self.bad: set[str] = set()
        """Numbers and addresses that take nothing."""
        self._world = world
        self._faults = chance.choice([0.05, 0.2, 0.45])
        self._echoes = chance.random() < 0.5
        self._first: dict[str, tuple[datetime, SendOutcome]] = {}

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Do with the message what its fate is, and say so, or not."""
        world = self._world
        call = Call(
            id=f"{self.name.value}-{len(self.ledger)}",
            message=message,
            mark=world.mark(),
            at=world.true_now(),
            claim=world.claim_of(message.attempt_id),
            cleared=world.cleared_of(message.attempt_id),
            receipts=[],
        )
        self.ledger.append(call)
        world.begins(call)
        outcome = self._refusal(message) or self._fated(call)
        world.ends(call)
        call.said = outcome
        call.is_unknown = call.is_unknown or outcome.state is AttemptState.UNKNOWN
        return outcome

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Tell what the ledger says, unless it is closed for the moment."""
        if not self._world.is_calm and (self._trouble() or self._world.chance.random() < 0.3):
            return None
        taken = [c for c in self.ledger if c.key == dedupe_key and c.is_taken]
        return _accepted(taken[-1]) if taken else SendOutcome(state=AttemptState.NOT_SENT, code="never_seen")

    def close(self) -> None:
        """Do nothing."""

    def _trouble(self) -> Trouble | None:
        now = self._world.true_now()
        return next((t for t in self.troubles if t.begin <= now < t.end), None)

    def _refusal(self, message: OutgoingMessage) -> SendOutcome | None:
        """Return what is said without looking at the message."""
        trouble = self._trouble()
        if trouble:
            left = (trouble.end - self._world.true_now()).total_seconds()
            return SendOutcome(
                state=AttemptState.NOT_SENT, code=trouble.code, retry_after_s=left if trouble.says_when else None
            )
        if message.to.casefold() in self.stopped:
            return SendOutcome(state=AttemptState.REFUSED, code="opted_out")
        if message.to.casefold() in self.bad:
            return SendOutcome(state=AttemptState.REFUSED, code="bad_number")
        return None

    def _fated(self, call: Call) -> SendOutcome:
        chance = self._world.chance
        is_calm = self._world.is_calm or chance.random() >= self._faults
        call.fate = fate = Fate.TAKEN if is_calm else chance.choice(list(Fate))
        if fate is Fate.REFUSED:
            return SendOutcome(state=AttemptState.REFUSED, code="not_today")
        if fate in {Fate.NOT_SENT, Fate.THROTTLED}:
            wish = chance.choice([1.0, 30.0, 600.0, 1e9]) if fate is Fate.THROTTLED else None
            return SendOutcome(state=AttemptState.NOT_SENT, code=fate.value, retry_after_s=wish)
        if fate is Fate.DROPPED:
            return SendOutcome(state=AttemptState.UNKNOWN, code="timeout")
        return self._taken(call, fate)

    def _taken(self, call: Call, fate: Fate) -> SendOutcome:
        """Take the message, then answer, or let something happen to the answer."""
        world = self._world
        if fate is Fate.SLOW:
            world.pass_time(world.chance.uniform(1, 12) * SECOND)
        outcome = self._take(call)
        if fate is Fate.LOST:
            world.pass_time(timedelta(seconds=self.timeout_s))
            return SendOutcome(state=AttemptState.UNKNOWN, code="timeout")
        if fate is Fate.STALLED:
            call.is_unknown = True
            world.pass_time(STALL, with_other=True)
        if fate is Fate.BROKEN:
            call.is_unknown = True
            raise RuntimeError("a mistake in a channel")
        return outcome

    def _take(self, call: Call) -> SendOutcome:
        """Write the message into the ledger once, and let its receipts come."""
        window, now = self.capabilities.idempotency_window, self._world.true_now()
        first = self._first.get(call.key)
        if window and first and now < first[0] + window:
            call.is_copy = True
            return first[1]
        call.is_taken = True
        outcome = _accepted(call)
        self._first[call.key] = (now, outcome)
        if self.capabilities.receipts:
            self._report(call)
        return outcome

    def _report(self, call: Call) -> None:
        """Let receipts come: some never, some three times, some days late, in any order."""
        chance = self._world.chance
        for state, failure in self._story():
            if chance.random() < (0.0 if self._world.is_calm else 0.15):
                continue
            receipt = DeliveryReceipt(
                id=f"{call.id}/{state.value}",
                provider=self.provider,
                provider_message_id=call.id,
                attempt_id=call.message.attempt_id if self._echoes else "",
                state=state,
                failure=failure,
                at=self._world.true_now(),
                is_final=state in {ReceiptState.DELIVERED, ReceiptState.FAILED},
            )
            for _ in range(3 if chance.random() < 0.1 else 1):
                self._world.post(receipt, call, self._delay())

    def _delay(self) -> timedelta:
        chance = self._world.chance
        hours = chance.uniform(0, 72) if chance.random() < 0.1 else 0.0
        return chance.choice([0, 1, 5, 60]) * SECOND + hours * HOUR

    def _story(self) -> list[tuple[ReceiptState, FailureClass | None]]:
        chance = self._world.chance
        told: list[tuple[ReceiptState, FailureClass | None]] = []
        if chance.random() < 0.6:
            told.append((ReceiptState.SENT, None))
        drawn = chance.random()
        if drawn < 0.75:
            told.append((ReceiptState.DELIVERED, None))
        elif drawn < 0.95:
            told.append((ReceiptState.FAILED, chance.choice(list(FailureClass))))
        if drawn < 0.03:
            told.append((ReceiptState.FAILED, FailureClass.PERMANENT))
        return told


def drawn_troubles(chance: random.Random, begin: datetime, days: int) -> list[Trouble]:
    """Return the times in which a provider takes nothing: minutes to a day and a half."""
    made = []
    for _ in range(chance.choice([0, 0, 1, 2])):
        at = begin + chance.uniform(0, days) * 24 * HOUR
        lasts = chance.choice([0.1, 2, 9, 36]) * HOUR
        code = chance.choice(["unreachable", "auth", "throttled"])
        made.append(Trouble(begin=at, end=at + lasts, code=code, says_when=chance.random() < 0.4))
    return made


def _accepted(call: Call) -> SendOutcome:
    return SendOutcome(state=AttemptState.ACCEPTED, provider_message_id=call.id)
