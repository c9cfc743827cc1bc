"""
What booking and reminding must answer, said as plainly as can be: lists, a clock, and no code of the program.

Appointments start at full and half hours and time stands still at 25 minutes past them, so that whatever is due has
had time to end, retries and all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

HOUR: Final = timedelta(hours=1)
SEATS: Final = {"visit": 1, "class": 3, "ask": 1}
HOLD: Final = timedelta(hours=24)
LEADS: Final = {"24h": 24 * HOUR, "1h": HOUR}

NEXT: Final = {
    ("REQUESTED", "confirm"): "CONFIRMED",
    ("REQUESTED", "cancel"): "CANCELLED",
    ("CONFIRMED", "check-in"): "CHECKED_IN",
    ("CONFIRMED", "complete"): "COMPLETED",
    ("CONFIRMED", "cancel"): "CANCELLED",
    ("CONFIRMED", "no-show"): "NO_SHOW",
    ("CHECKED_IN", "complete"): "COMPLETED",
    ("CHECKED_IN", "cancel"): "CANCELLED",
    ("NO_SHOW", "check-in"): "CHECKED_IN",
}
"""What may happen, and where it leads."""

FATES: Final = {
    "accept": "accepted",
    "late": "accepted",
    "refuse": "refused",
    "fail": "tries_exhausted",
    "lost": "tries_exhausted",
    "throttle": "tries_exhausted",
}
"""How a message ends at a provider that goes on behaving like this."""


class RefusalError(Exception):
    """The model says no, by the name of the error that the program must give."""


class Visit(msgspec.Struct, kw_only=True):
    """One appointment."""

    id: str
    patient: str
    practitioner: str | None
    room: str | None
    visit_type: str
    start: datetime
    status: str
    hold_until: datetime | None
    version: int = 1
    sequence: int = 0

    @property
    def end(self) -> datetime:
        """Every visit lasts an hour."""
        return self.start + HOUR


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One patient."""

    id: str
    phone: str | None
    email: str | None


class PlainModel:
    """The practice."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.people: dict[str, Person] = {}
        self.visits: dict[str, Visit] = {}
        self.reminders: dict[tuple[str, int, str], str] = {}
        """By visit, sequence and rule: ``planned``, or how it ended."""
        self.taken: list[tuple[str, str]] = []
        """What providers took: channel and address in lower case."""
        self.behaviour = {"sms": "accept", "email": "accept"}
        self.said_no: set[str] = set()
        """Addresses in lower case."""
        self.known: set[str] = set()

    # ---- what clients do

    def register(self, person: Person) -> None:
        """Add a patient."""
        if person.id in self.people:
            raise RefusalError("StateConflictError")
        self.people[person.id] = person

    def book(self, visit: Visit) -> Visit:
        """Book, or answer what is booked under this id."""
        if visit.id in self.visits:
            return self.visits[visit.id]
        if visit.start <= self.now or visit.patient not in self.people:
            raise RefusalError("InvalidInputError")
        self._check_free(visit, visit.start)
        if visit.status == "REQUESTED":
            visit.hold_until = min(self.now + HOLD, visit.start)
        self.visits[visit.id] = visit
        self._plan(visit)
        return visit

    def move(self, visit_id: str, start: datetime, version: int | None) -> Visit:
        """Take another time."""
        visit = self._current(visit_id, version)
        if visit.status not in {"REQUESTED", "CONFIRMED"} or visit.start <= self.now:
            raise RefusalError("StateConflictError")
        if start <= self.now:
            raise RefusalError("InvalidInputError")
        self._check_free(visit, start)
        self._void(visit, "appointment_moved")
        visit.start = start
        visit.sequence += 1
        visit.version += 1
        self._plan(visit)
        return visit

    def happen(self, visit_id: str, event: str, version: int | None) -> Visit:
        """Let an event happen."""
        visit = self._current(visit_id, version)
        status = NEXT.get((visit.status, event))
        has_begun = visit.start <= self.now
        if status is None or (event == "no-show" and not has_begun):
            raise RefusalError("StateConflictError")
        if event in {"confirm", "cancel"} and has_begun and visit.status != "CHECKED_IN":
            raise RefusalError("StateConflictError")
        visit.status = status
        visit.version += 1
        visit.hold_until = None
        if status == "CONFIRMED":
            self._plan(visit)
        else:
            self._void(visit, "appointment_cancelled" if event == "cancel" else "appointment_not_live")
        visit.sequence += event == "cancel"
        return visit

    def opt_out(self, address: str) -> None:
        """Take an address off."""
        self.said_no.add(address.lower())

    # ---- what time does

    def reach(self, now: datetime) -> None:
        """Let time pass: what falls due is sent in turn, holds that have ended give their time back."""
        self.now = now
        for visit_id, sequence, rule in sorted(self.reminders):
            visit = self.visits[visit_id]
            is_planned = self.reminders[visit_id, sequence, rule] == "planned"
            if is_planned and visit.start - LEADS[rule] <= now:
                self.reminders[visit_id, sequence, rule] = self._sent(self.people[visit.patient])
        for visit in self.visits.values():
            if visit.status == "REQUESTED" and visit.hold_until and visit.hold_until <= now:
                visit.status, visit.hold_until = "CANCELLED", None
                visit.sequence += 1
                visit.version += 1

    def _sent(self, person: Person) -> str:
        """Return how a reminder ends: by text message, else by mail, else with the reason."""
        reasons: list[str] = []
        last = ""
        for channel, address in (("sms", person.phone), ("email", person.email)):
            if not address:
                reasons.append("no_contact")
            elif address.lower() in self.said_no:
                reasons.append("opted_out")
            else:
                last = FATES[self.behaviour[channel]]
                if last == "accepted":
                    self.taken.append((channel, address.lower()))
                    return f"accepted by {channel}"
        if last:
            return f"failed: {last}"
        return f"skipped: {'opted_out' if 'opted_out' in reasons else 'no_contact'}"

    # ---- inside

    def _current(self, visit_id: str, version: int | None) -> Visit:
        if visit_id not in self.visits:
            raise RefusalError("NotFoundError")
        visit = self.visits[visit_id]
        if version is not None and version != visit.version:
            raise RefusalError("StaleVersionError")
        return visit

    def _check_free(self, wanted: Visit, start: datetime) -> None:
        """Compare with every other visit that was not cancelled."""
        others = [
            v
            for v in self.visits.values()
            if v.id != wanted.id and v.status != "CANCELLED" and v.start < start + HOUR and start < v.end
        ]
        seats = SEATS[wanted.visit_type]
        for kind in ("patient", "practitioner", "room"):
            owner = getattr(wanted, kind)
            clashes = [v for v in others if owner and getattr(v, kind) == owner]
            shared = [v for v in clashes if self._is_same_class(v, wanted, start)] if kind != "patient" else []
            if clashes and (len(shared) < len(clashes) or len(shared) >= seats):
                raise RefusalError("SlotTakenError")

    @staticmethod
    def _is_same_class(one: Visit, wanted: Visit, start: datetime) -> bool:
        return SEATS[wanted.visit_type] > 1 and one.visit_type == wanted.visit_type and one.start == start

    def _plan(self, visit: Visit) -> None:
        if visit.status != "CONFIRMED":
            return
        for rule, lead in LEADS.items():
            is_inside = visit.start - lead <= self.now
            self.reminders[visit.id, visit.sequence, rule] = "skipped: booked_inside_lead" if is_inside else "planned"

    def _void(self, visit: Visit, reason: str) -> None:
        for key, state in self.reminders.items():
            if key[0] == visit.id and state == "planned":
                self.reminders[key] = f"skipped: {reason}"
