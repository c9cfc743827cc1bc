"""The practice's own settings: who it is, where it is, what can be booked and how people are reminded."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final

import msgspec

from kept.core.records import IndexEntry
from kept.core.reminders import DEFAULT_POLICY, ReminderPolicy
from kept.core.schedules import Place, Schedule, VisitType

PRACTICE_ID: Final = "practice"
SMS_NAME_LIMIT: Final = 30
"""Longest name of a practice or place in a message, so that every shipped text fits one SMS."""


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """One organisation with one or more places. There is one per deployment."""

    kind: ClassVar[str] = "practice"

    id: str = PRACTICE_ID
    version: int = 0
    name: str = "Our practice"
    """Goes into messages: at most 30 characters."""
    phone: str = ""
    """Call-back number as it should be read."""
    zone: str = "UTC"
    """IANA zone where nothing else names one."""
    language: str = "en"
    region: str = "US"
    """Country whose phone numbers may be written without a prefix."""
    places: tuple[Place, ...] = ()
    visit_types: tuple[VisitType, ...] = ()
    policies: tuple[ReminderPolicy, ...] = (DEFAULT_POLICY,)
    horizon: timedelta = timedelta(days=3 * 365)
    """How far ahead bookings open."""
    request_hold: timedelta = timedelta(hours=24)
    """How long a REQUESTED appointment holds its time."""
    slot_step: timedelta = timedelta(minutes=15)
    """Distance of the starts that are offered."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return nothing: there is one, read by its id."""
        return ()

    def place(self, place_id: str | None) -> Place | None:
        """Return the place of this id, or None."""
        return next((p for p in self.places if p.id == place_id), None)

    def visit_type(self, visit_type_id: str | None) -> VisitType | None:
        """Return the visit type of this id, or None."""
        return next((v for v in self.visit_types if v.id == visit_type_id), None)

    def policy_for(self, visit_type_id: str | None) -> ReminderPolicy:
        """Return the reminder policy for a visit type; the default one when it names none that exists."""
        visit_type = self.visit_type(visit_type_id)
        wanted = visit_type.reminder_policy if visit_type else DEFAULT_POLICY.id
        return next((p for p in self.policies if p.id == wanted), DEFAULT_POLICY)


class PracticeSetup(msgspec.Struct, frozen=True, kw_only=True):
    """All that a practice is set up with: its settings, and the schedules of its practitioners and rooms."""

    practice: Practice
    schedules: tuple[Schedule, ...] = ()
