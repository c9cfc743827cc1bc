"""What clients were told, and what therefore has to be true, whatever the program says of itself."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.notifications import notification_id
from kept.core.people import ChannelName
from tests.faults.practice import hour_from
from tests.faults.scenario import PATIENTS, RULES, Do, Op
from tests.faults.world import Answer


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was done and answered."""

    op: Op
    answer: Answer
    at: datetime


class Phase(msgspec.Struct, kw_only=True):
    """An appointment at one of its times."""

    appointment: str
    patient: int
    sequence: int
    start: datetime
    since: datetime
    until: datetime | None = None
    """When it was moved or cancelled; None: it took place."""


class OptOut(msgspec.Struct, frozen=True, kw_only=True):
    """An address that must not be written to from an instant on."""

    channel: ChannelName
    address: str
    """In lower case."""
    at: datetime


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder that has to be, or was to be, sent."""

    id: str
    rule: str
    phase: Phase
    due: datetime

    @property
    def is_inside_lead(self) -> bool:
        """Whether its time had passed when the visit was booked."""
        return self.due <= self.phase.since


class History:
    """Everything that was answered, in order."""

    def __init__(self) -> None:
        self.phases: dict[str, list[Phase]] = {}
        self.opt_outs: list[OptOut] = []
        self.orders: list[Op] = []
        self.told_at: list[datetime] = []
        """When the outbox had told of all that it had taken until then, and was answered."""
        self.telling_at: list[datetime] = []
        """When it began to, whatever became of that."""

    def add(self, answered: Answered) -> None:
        """Note what is true from now on."""
        op, answer, at = answered.op, answered.answer, answered.at
        self.began(answered)
        if answer.refused:
            return
        if op.do is Do.RECEIPTS:
            self.told_at.append(at)
        if op.do is Do.OPT_OUT or op.text == "STOP":
            self.opted_out(op, at)
        if op.do is Do.CANCEL:
            self.phases[op.appointment][-1].until = at
        if op.do in {Do.BOOK, Do.MOVE} and answer.start:
            self._begin(op, answer.sequence, answer.start, at)

    def began(self, begun: Answered) -> None:
        """Note what may be true from now on, whatever it was answered."""
        if begun.op.do is Do.ORDER:
            self.orders.append(begun.op)
        if begun.op.do is Do.RECEIPTS:
            self.telling_at.append(begun.at)

    def opted_out(self, op: Op, at: datetime) -> None:
        """Note that an address must not be written to."""
        address = (PATIENTS[op.patient].address(op.channel) or "").casefold()
        self.opt_outs.append(OptOut(channel=op.channel, address=address, at=at))

    def _begin(self, op: Op, sequence: int, start: datetime, at: datetime) -> None:
        phases = self.phases.setdefault(op.appointment, [])
        patient = phases[-1].patient if phases else op.patient
        if phases and phases[-1].sequence == sequence:
            return  # booked again under the same id: nothing new
        if phases:
            phases[-1].until = at
        phases.append(Phase(appointment=op.appointment, patient=patient, sequence=sequence, start=start, since=at))

    def expected(self) -> dict[str, Expected]:
        """Return every reminder of every time that an appointment ever had, by id."""
        found = {}
        for phase in (p for phases in self.phases.values() for p in phases):
            for rule, lead in RULES.items():
                patient_id = f"p{phase.patient}"
                new_id = notification_id(phase.appointment, str(phase.sequence), rule, patient_id)
                found[new_id] = Expected(id=new_id, rule=rule, phase=phase, due=phase.start - lead)
        return found

    def disagreements(self, stored: dict[str, Appointment], doubt: Answered | None) -> list[str]:
        """
        Return what was answered and is not stored; adopt what was under way when the program died, if it is.

        Args:
            stored: The appointments as they stand after the restart.
            doubt: What had begun and was not answered; its answer is made up.
        """
        adopted = doubt.op.appointment if doubt and self._adopt(stored.get(doubt.op.appointment), doubt) else ""
        found = []
        for name in set(self.phases) | set(stored):
            if name != adopted:
                found += self._disagreements_of(name, stored.get(name))
        return [f"acknowledged is durable: {what}" for what in found]

    def _disagreements_of(self, name: str, kept: Appointment | None) -> list[str]:
        phases = self.phases.get(name)
        if phases is None:
            return [f"{name} is stored, and nobody asked for it"]
        if kept is None:
            return [f"{name} was answered and is gone"]
        last = phases[-1]
        is_cancelled = kept.status is AppointmentStatus.CANCELLED
        if is_cancelled is not (last.until is not None) or kept.start != last.start:
            return [f"{name} was answered {last}, stored is {kept.status} at {kept.start}"]
        return []

    def _adopt(self, kept: Appointment | None, doubt: Answered) -> bool:
        """Take over what the operation in doubt did, if it did it; nothing else may have become of it."""
        op = doubt.op
        phases = self.phases.get(op.appointment, [])
        known = phases[-1].sequence + (phases[-1].until is not None) if phases else -1
        if kept is None or op.do not in {Do.BOOK, Do.MOVE, Do.CANCEL} or kept.sequence != known + 1:
            return False
        if op.do is Do.CANCEL and kept.status is AppointmentStatus.CANCELLED:
            phases[-1].until = doubt.at
            return True
        if op.do is not Do.CANCEL and kept.interval == hour_from(op.start):
            self._begin(op, kept.sequence, kept.start, doubt.at)
            return True
        return False
