"""What happens in one run, drawn from a seed: bookings, changes, trouble at the provider, and time going by."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from kept.adapters.outbox import Behaviour
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.people import ChannelName, Patient
from tests.faults.practice import NOW

END: Final = NOW + timedelta(hours=46)
"""When everything that was planned is over: the last visit begins at most 36 hours after the beginning."""
FORGOTTEN: Final = END + timedelta(days=402)
"""When nothing that was said or called may be kept any longer."""
RULES: Final = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}
"""The reminders that every visit gets, written down once more here: what is judged is not asked."""


def _patient(number: int, phone: str = "", email: str = "") -> Patient:
    return Patient(
        id=f"p{number}",
        phone=PhoneNumber(phone) if phone else None,
        email=EmailAddress(email) if email else None,
        created_at=NOW,
        updated_at=NOW,
    )


PATIENTS: Final = (
    _patient(0, phone="+12065550100", email="zero@example.com"),
    _patient(1, phone="+12065550101"),
    _patient(2, email="shared@example.com"),
    _patient(3, phone="+12065550103", email="three@example.com"),
    _patient(4, email="Shared@Example.com"),
    _patient(5, phone="+12065550101", email="five@example.com"),
)
"""Two of them share a number, and two a mailbox that each spells in another way."""


class Do(StrEnum):
    """What can be done."""

    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
    OPT_OUT = "opt out"
    ORDER = "order"
    """Tell the outbox how to treat the next messages."""
    PASS_TIME = "pass time"
    REACH = "reach"
    """Let time pass until the next reminder of an appointment is due, and no further."""
    RECEIPTS = "receipts"
    """Let the outbox say of each message that it took that it was delivered; it says so each time."""
    REPLY = "reply"
    STALL = "stall"
    """Make the next sender stand still after its call, longer than its lease, while another one works."""


class Op(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is done."""

    do: Do
    appointment: str = ""
    patient: int = 0
    start: datetime = NOW
    channel: ChannelName = ChannelName.SMS
    behaviour: Behaviour = Behaviour.ACCEPT
    times: int = 1
    minutes: int = 0
    text: str = ""
    number: int = 0
    """Of a reply."""


TROUBLE: Final = (Behaviour.REFUSE, Behaviour.FAIL, Behaviour.LATE, Behaviour.LOST, Behaviour.THROTTLE)


REPLIES: Final = ("STOP", "C", "what is this?")


def scenario(seed: int, *, is_called: bool = False) -> tuple[Op, ...]:
    """
    Return what is done in the run of a seed; the same for the same seed.

    Args:
        seed: Any number.
        is_called: Whether providers call, too, with receipts and replies.
    """
    ops = _Drawing(seed).ops()
    return tuple(_with_calls(seed, ops) if is_called else ops)


def _with_calls(seed: int, ops: Iterator[Op]) -> Iterator[Op]:
    """Yield the same, and calls in between; the last one comes at the end."""
    chance = random.Random(f"calls {seed}")
    for number, op in enumerate(ops):
        yield op
        drawn = chance.random()
        if drawn < 0.2:
            patient = chance.choice([number for number, each in enumerate(PATIENTS) if each.phone])
            yield Op(do=Do.REPLY, patient=patient, text=chance.choice(REPLIES), number=number)
        elif drawn < 0.5:
            yield Op(do=Do.RECEIPTS)
    yield Op(do=Do.RECEIPTS)


class _Drawing:
    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._booked: list[str] = []

    def ops(self) -> Iterator[Op]:
        yield self._book(patient=2, hours=3)
        yield self._book(patient=0, hours=2)
        for _ in range(5):
            yield self._book()
        if self._chance.random() < 0.5:
            yield Op(do=Do.STALL)
        yield Op(do=Do.REACH, appointment="a0")
        yield from self._held_up()
        for _ in range(self._chance.randint(5, 8)):
            yield from self._anything()
        yield from self._held_up()

    def _anything(self) -> Iterator[Op]:
        chance = self._chance.random()
        if chance < 0.25:
            yield self._book()
        elif chance < 0.4:
            yield self._change(self._chance.choice(self._booked))
        elif chance < 0.5:
            yield self._opt_out()
        elif chance < 0.6:
            yield self._order(self._chance.choice(list(ChannelName)))
        elif chance < 0.7:
            yield Op(do=Do.STALL)
        elif chance < 0.8:
            yield Op(do=Do.PASS_TIME, minutes=self._chance.choice([20, 60, 240, 600]))
        else:
            yield from self._held_up()

    def _held_up(self) -> Iterator[Op]:
        """Yield trouble at the provider, a reminder that meets it, and a change before the next try."""
        chosen = self._chance.choice(self._booked)
        for channel in ChannelName:
            if self._chance.random() < 0.6:
                yield self._order(channel)
        if self._chance.random() < 0.3:
            yield Op(do=Do.STALL)
        yield Op(do=Do.REACH, appointment=chosen)
        if self._chance.random() < 0.7:
            yield self._change(chosen)
        elif self._chance.random() < 0.5:
            yield self._opt_out()

    def _book(self, *, patient: int | None = None, hours: int | None = None) -> Op:
        new_id = f"a{len(self._booked)}"
        self._booked.append(new_id)
        drawn = self._chance.randrange(len(PATIENTS)) if patient is None else patient
        return Op(do=Do.BOOK, appointment=new_id, patient=drawn, start=self._start(hours))

    def _change(self, appointment: str) -> Op:
        if self._chance.random() < 0.5:
            return Op(do=Do.CANCEL, appointment=appointment)
        return Op(do=Do.MOVE, appointment=appointment, start=self._start(None))

    def _opt_out(self) -> Op:
        channel = self._chance.choice(list(ChannelName))
        sharing = [1, 5] if channel is ChannelName.SMS else [2, 4]
        return Op(do=Do.OPT_OUT, patient=self._chance.choice([0, *sharing]), channel=channel)

    def _order(self, channel: ChannelName) -> Op:
        return Op(
            do=Do.ORDER,
            channel=channel,
            behaviour=self._chance.choice(TROUBLE),
            times=self._chance.randint(1, 3),
        )

    def _start(self, hours: int | None) -> datetime:
        """Return a start in minutes that no other start has by plain chance, so that its text tells it apart."""
        minutes = self._chance.randrange(60)
        drawn = self._chance.randint(2, 35) if hours is None else hours
        return NOW + timedelta(hours=drawn, minutes=minutes)
