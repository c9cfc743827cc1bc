"""The practice's own settings: who it is, where it is, what can be booked and how people are reminded."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from kept.core.limits import Caps
from kept.core.notifications import NotificationKind
from kept.core.quiet_hours import QuietHours
from kept.core.records import IndexEntry
from kept.core.reminders import DEFAULT_POLICY, ReminderPolicy
from kept.core.schedules import Place, Schedule, VisitType

PRACTICE_ID: Final = "practice"
SMS_NAME_LIMIT: Final = 30
"""Longest name of a practice or place in a message, so that every shipped text fits one SMS."""


class CancelWord(StrEnum):
    """What becomes of a reply that is nothing but the word CANCEL, which carriers take for the end of all messages."""

    OPTOUT_AND_TASK = "optout_and_task"
    """Messages end; somebody asks what is to become of the visit."""
    OPTOUT_AND_CANCEL = "optout_and_cancel"
    """Messages end, and the visit is cancelled."""
    CANCEL = "cancel"
    """The visit is cancelled and messages go on; not in countries whose law takes the word for a withdrawal."""


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
    quiet_hours: QuietHours | None = None
    """When nobody gets a text; None: nobody has set the practice up yet, and nothing is known of its nights."""
    caps: Caps | None = None
    """How many texts a person gets at most; None: as many as are planned."""
    sms_countries: tuple[str, ...] = ()
    """Countries to whose numbers texts are sent; empty: to all."""
    sms_per_day: int | None = None
    """Segments of text that may be sent on one day, as a limit of what a mistake can cost; None: no limit."""
    notices: tuple[NotificationKind, ...] = ()
    """What patients are told beside their reminders."""
    asks_to_confirm: bool = False
    """Whether reminders ask for an answer, where their provider brings answers back, until one has come."""
    cancel_word: CancelWord = CancelWord.OPTOUT_AND_TASK
    answers_replies: bool = False
    """Whether somebody who writes gets an answer: how to reach us, that a person will call, or which visit is meant."""
    merge_within: timedelta = timedelta(0)
    """Reminders for one number whose visits begin within this time become one message; 0: never."""
    own_texts: tuple[str, ...] = ()
    """Ids of the texts that the practice has written itself."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return nothing: there is one, read by its id."""
        return ()

    @property
    def limits_texts(self) -> bool:
        """Whether any rule but the person's own may hold a text back."""
        return self.caps is not None or self.sms_per_day is not None or bool(self.sms_countries)

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


def careful(practice: Practice) -> Practice:
    """
    Return a practice with the rules that hold unless it chooses others.

    Nobody gets a text at night, more than one a day or three in a week, or one that is dear because it goes abroad;
    people are told what changes, asked whether they come, and answered when they write.
    """
    return msgspec.structs.replace(
        practice,
        quiet_hours=QuietHours(),
        caps=Caps(),
        sms_countries=(practice.region,),
        notices=(NotificationKind.BOOKED, NotificationKind.MOVED, NotificationKind.CANCELLED),
        asks_to_confirm=True,
        answers_replies=True,
        merge_within=timedelta(hours=2),
    )
