"""A patient with one visit tomorrow, and what they answer to its reminder."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, ParticipationStatus
from kept.core.conversation import Reply
from kept.core.exchanges import Exchange
from kept.core.notifications import Notification, NotificationKind
from kept.core.people import ChannelName, Consent, consent_id
from kept.core.practice import Practice
from kept.core.receipts import IncomingReply
from kept.core.worklist import ItemKind
from kept.flow.replies import reply_step
from kept.flow.search import notifications_of
from kept.flow.worklist import worklist
from kept.ports.store import Entity
from tests.dispatching import DUE, EMAIL, PHONE, START, appointment, consent, patient

SMS, MAIL = ChannelName.SMS, ChannelName.EMAIL


class World:
    """A patient with one visit tomorrow, reminded by a text; and what they answer."""

    def __init__(self, **practice: object) -> None:
        self.store = MemoryStore()
        self.now = DUE
        own = msgspec.structs.replace(Practice(name="Elm", phone="206-555-0100", region="US"), **practice)
        self.put(own, patient(), appointment(), consent(SMS, PHONE), consent(MAIL, EMAIL))
        self._last = 0

    def put(self, *entities: Entity) -> None:
        self.store.submit(lambda tx: [tx.put(entity) for entity in entities]).result()

    def answer(self, text: str, **changes: object) -> Reply:
        """Apply an answer, and let a second pass."""
        self._last += 1
        kept = self.apply(incoming(text, **{"id": f"r{self._last}", "at": self.now, **changes}))
        self.later(seconds=1)
        return kept

    def apply(self, reply: IncomingReply) -> Reply:
        return self.store.submit(reply_step(self.store, reply, now=self.now)).result()

    def visit(self, appointment_id: str = "apt_1") -> Appointment:
        return self.store.load(Appointment, [appointment_id])[0]

    def consent(self, channel: ChannelName = SMS, address: str = PHONE) -> Consent | None:
        return next(iter(self.store.load(Consent, [consent_id(channel, address)])), None)

    def allows(self, channel: ChannelName = SMS, address: str = PHONE) -> bool:
        known = self.consent(channel, address)
        return known is not None and known.granted

    def later(self, **passed: float) -> None:
        """Let time pass."""
        self.now += timedelta(**passed)

    def written(self) -> list[Notification]:
        """Return what was planned as answers to the first patient, oldest first."""
        found = notifications_of(self.store, "pat_1")
        answers = [each for each in found if each.about is NotificationKind.ANSWER]
        return sorted(answers, key=lambda each: each.planned_at)

    def texts(self) -> list[str]:
        """Return the names of the texts that were planned as answers."""
        return [each.template for each in self.written()]

    def exchange(self, channel: ChannelName = SMS, address: str = PHONE) -> Exchange | None:
        return next(iter(self.store.load(Exchange, [consent_id(channel, address)])), None)

    def items(self) -> list[tuple[ItemKind, str | None]]:
        return [(row.item.about, row.item.appointment_id) for row in worklist(self.store, now=self.now).rows]


def two_visits(world: World, **changes: object) -> None:
    """Give the number of the first patient a second visit, of somebody else."""
    world.put(
        patient(id="pat_2", full_name="Bo"),
        appointment(id="apt_2", patient_id="pat_2", start=START + timedelta(hours=1)),
    )
    if changes:
        world.put(msgspec.structs.replace(world.visit("apt_2"), **changes))


def participations(world: World) -> list[ParticipationStatus]:
    """Return what the patients of the two visits have answered."""
    return [world.visit(visit).participation for visit in ("apt_1", "apt_2")]


def incoming(text: str, **changes: object) -> IncomingReply:
    made = IncomingReply(
        id="r1", provider="fake", channel=SMS, sender=PHONE, recipient="+12065550100", text=text, at=DUE
    )
    return msgspec.structs.replace(made, **changes)
