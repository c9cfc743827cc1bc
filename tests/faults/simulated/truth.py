"""What is true because somebody was told so: visits and their times, and who must not be written to."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from kept.core.leads import Lead
from kept.core.notifications import notification_id
from kept.core.people import ChannelName
from kept.core.practice import Practice
from kept.core.reminders import ReminderRule


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Where in the run something happened."""

    serial: int
    """Of the commits and handings-over, in order."""
    at: datetime
    """What the clock of the machine showed."""


class Phase(msgspec.Struct, kw_only=True):
    """A visit at one of its times."""

    visit: str
    patient: str
    practitioner: str
    sequence: int
    start: datetime
    end: datetime
    zone: str
    since: Mark
    until: Mark | None = None
    why: str = ""
    """What ended it: moved, cancelled, arrived, missed."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """A message that may be sent."""

    phase: Phase
    about: str
    """Name of the rule, or of the kind of notice."""
    due: datetime | None
    """None: whenever it is planned."""
    rule: ReminderRule | None = None


class BatchLine(msgspec.Struct, frozen=True, kw_only=True):
    """A message of a batch."""

    patient: str
    start: datetime
    zone: str
    phone: str
    email: str


class Truth:
    """All that was answered, in order."""

    def __init__(self, practice: Practice) -> None:
        self._rules = practice.policies[0].rules
        self._notices = {kind.value for kind in practice.notices}
        self.phases: dict[str, list[Phase]] = {}
        self.expected: dict[str, Expected] = {}
        self.batches: dict[str, BatchLine] = {}
        self.nos: dict[tuple[ChannelName, str], Mark] = {}
        """Who said no, as it stands."""
        self.ever_no: set[tuple[ChannelName, str]] = set()
        self.ever_wrong: set[tuple[ChannelName, str]] = set()
        self.heard: set[str] = set()
        """Ids of the replies that have been applied."""
        self.collisions: list[str] = []

    def stands(self, phase: Phase) -> None:
        """Note that a visit is at a time now, and is to be reminded of."""
        self._expect_notice(phase, "moved" if phase.visit in self.phases else "booked")
        if phase.visit in self.phases:
            self.ends(phase.visit, phase.since, "moved")
        self._collide(phase)
        self.phases.setdefault(phase.visit, []).append(phase)
        for rule in self._rules:
            due = due_of(rule.lead, phase.start, phase.zone)
            self._expect(phase, rule.name, due=due, rule=rule)

    def ends(self, visit: str, mark: Mark, why: str) -> None:
        """Note that a visit is not at its time any more."""
        last = self.phases[visit][-1]
        if last.until is None:
            last.until, last.why = mark, why
        after = msgspec.structs.replace(last, sequence=last.sequence + (why == "cancelled"))
        if why in {"cancelled", "missed"}:
            self._expect_notice(after, why)

    def says_no(self, channel: ChannelName, address: str, mark: Mark) -> None:
        """Note that an address must not be written to."""
        key = (channel, address.casefold())
        self.nos[key] = mark
        self.ever_no.add(key)

    def says_yes(self, channel: ChannelName, address: str) -> None:
        """Note that an address may be written to again."""
        self.nos.pop((channel, address.casefold()), None)

    def live(self) -> list[Phase]:
        """Return the visits that may still take place."""
        return [phases[-1] for phases in self.phases.values() if phases[-1].until is None]

    def _expect_notice(self, phase: Phase, about: str) -> None:
        """Expect that somebody is told of what has happened, if the practice tells it."""
        if about in self._notices:
            self._expect(phase, about)

    def _expect(
        self, phase: Phase, about: str, *, due: datetime | None = None, rule: ReminderRule | None = None
    ) -> None:
        new_id = notification_id(phase.visit, str(phase.sequence), about, phase.patient)
        self.expected[new_id] = Expected(phase=phase, about=about, due=due, rule=rule)

    def _collide(self, new: Phase) -> None:
        """Note every visit that stands in the way of a new one: the store should have refused it."""
        for other in self.live():
            shares = other.patient == new.patient or other.practitioner == new.practitioner
            if other.visit != new.visit and shares and other.start < new.end and new.start < other.end:
                self.collisions.append(f"{new.visit} and {other.visit} overlap at {new.start}")


def due_of(lead: Lead, start: datetime, zone: str) -> datetime:
    """
    Return when a reminder is due: reckoned on the wall of the place, without the product's own code.

    Visits of a simulation begin by day, so no wall time falls into a gap.
    """
    place = ZoneInfo(zone)
    wall = start.astimezone(place).replace(tzinfo=None)
    earlier = start
    if lead.days:
        earlier = datetime.combine(wall.date().fromordinal(wall.toordinal() - lead.days), wall.time(), tzinfo=place)
    return earlier.astimezone(UTC) - lead.exact
