"""
What is going on between us and one address: the question that is open, and when we last answered by ourselves.

Two machines must not talk to each other: whatever comes from an address, it gets one answer in an hour, and one
question. What it says after that is read by a person.

Source:
    RFC 3834 §2 asks every automatic responder to limit how often it answers one address; the figures are ours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final

import msgspec

from kept.core.booking import Appointment, sort_instant
from kept.core.records import IndexEntry
from kept.core.replies import Intent

ANSWER_EVERY: Final = timedelta(hours=1)
"""One address gets no second answer, and no second question, within this time."""
ASKED_FOR: Final = timedelta(hours=24)
"""How long a number is taken for the answer to a question."""


class VisitOption(msgspec.Struct, frozen=True, kw_only=True):
    """One visit that a reply may have meant."""

    appointment_id: str
    sequence: int
    """At the time of which the question spoke; a visit that has moved since is none of its options."""


class OpenQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which of several visits a reply meant."""

    reply_id: str
    """The reply that meant one of several."""
    item_id: str
    """What was put on the worklist for it."""
    intent: Intent
    """What it wants for the visit that is chosen."""
    is_bare_cancel: bool = False
    """Whether it said CANCEL and nothing else."""
    options: tuple[VisitOption, ...]
    """As they were numbered, from 1."""
    ends_at: datetime


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """What is going on with one address."""

    kind: ClassVar[str] = "exchange"

    id: str
    """The id of the consent for the address."""
    version: int = 0
    answered_at: datetime | None = None
    """When it last got an answer that was no question."""
    asked_at: datetime | None = None
    """When it was last asked something."""
    question: OpenQuestion | None = None
    """None: nothing is open."""

    @property
    def ends_at(self) -> datetime:
        """From when on nothing depends on it."""
        times = [at + ANSWER_EVERY for at in (self.answered_at, self.asked_at) if at]
        return max([*times, *([self.question.ends_at] if self.question else [])])

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return when it may be forgotten."""
        return (IndexEntry(index="exchanges_by_end", partition="all", sort=sort_instant(self.ends_at)),)

    def may_answer(self, *, now: datetime) -> bool:
        """Tell whether the address may get an answer now."""
        return _is_past(self.answered_at, now)

    def may_ask(self, *, now: datetime) -> bool:
        """Tell whether the address may be asked something now: not while it is asked something else."""
        return self.open_at(now) is None and _is_past(self.asked_at, now)

    def open_at(self, now: datetime) -> OpenQuestion | None:
        """Return the question that can still be answered, or None."""
        return self.question if self.question and now < self.question.ends_at else None


def options_of(visits: tuple[Appointment, ...]) -> tuple[VisitOption, ...]:
    """Return visits as the options of a question, in their order."""
    return tuple(VisitOption(appointment_id=visit.id, sequence=visit.sequence) for visit in visits)


def question_ends(visits: tuple[Appointment, ...], *, now: datetime) -> datetime:
    """Return until when a question about visits can be answered: a day, or until the first of them begins."""
    return min(now + ASKED_FOR, *(visit.start for visit in visits))


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is None or not at <= now < at + ANSWER_EVERY
