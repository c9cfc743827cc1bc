"""
One message instead of several: reminders of a patient, or of a family with one phone, whose visits lie close together.

The first one due speaks for the others. Those wait until it is known to have been taken, and only then end; when it was
not, or was never sent, each goes on by itself, so that merging can lose nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.booking import REMINDABLE, Appointment
from kept.core.channels import MIN_TTL
from kept.core.notifications import (
    AttemptState,
    ChannelNote,
    Notification,
    NotificationKind,
    NotificationState,
    Outcome,
    Reason,
)
from kept.core.people import ChannelName, Consent, Patient
from kept.core.recording import TAKEN, Finish, is_awaited, waking

MOST_OF_ONE_NUMBER: Final = 20
"""Patients of one number that are looked at; a family has fewer, and a shelter is no family."""
MOST_MERGED: Final = 3
"""Further visits that one message speaks of; with more it would not be read."""
LOOK_AGAIN: Final = timedelta(minutes=1)
"""How soon those that wait look again at the message that speaks for them."""

_FAILED: Final = {
    AttemptState.REFUSED: Reason.REFUSED,
    AttemptState.UNDELIVERED: Reason.UNDELIVERED,
    AttemptState.UNKNOWN: Reason.OUTCOME_UNKNOWN,
}
"""Ends of a text after which those for whom it spoke are not told by text either."""


class Companion(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder with the visit that it is about and whose that is."""

    notification: Notification
    appointment: Appointment
    patient: Patient


def with_patient(number: Consent, patient_id: str) -> Consent:
    """Return what is known of a number, used by one more patient; one that many use stays as it is."""
    if patient_id in number.patient_ids or len(number.patient_ids) >= MOST_OF_ONE_NUMBER:
        return number
    return msgspec.structs.replace(number, patient_ids=(*number.patient_ids, patient_id))


def without_patient(number: Consent, patient_id: str) -> Consent:
    """Return what is known of a number, used by one patient less."""
    return msgspec.structs.replace(number, patient_ids=tuple(p for p in number.patient_ids if p != patient_id))


def may_merge(main: Notification) -> bool:
    """Tell whether a notification may speak for others: a reminder by text to the patient's own number."""
    is_own = ChannelName.SMS not in main.addresses
    return main.about is NotificationKind.REMINDER and is_own and not main.said_in


def is_companion(main: Companion, other: Companion, *, within: timedelta, now: datetime) -> bool:
    """
    Tell whether a reminder can be said together with another one.

    Args:
        main: The one that is about to leave.
        other: One of the same number.
        within: How far apart the visits may begin.
        now: What is of no use any more is not said.
    """
    ours, theirs, its_visit = main.notification, other.notification, other.appointment
    if theirs.id == ours.id or (theirs.said_in != ours.id and not may_merge(theirs)):
        return False
    is_open = theirs.state is NotificationState.PLANNED and theirs.deadline_at > now + MIN_TTL
    is_alike = theirs.rule == ours.rule and bool(theirs.plan) and ChannelName.SMS in theirs.plan[0]
    stands = its_visit.status in REMINDABLE and its_visit.sequence == theirs.appointment_sequence
    return is_open and is_alike and stands and abs(its_visit.start - main.appointment.start) <= within


def spoken_for(companion: Notification, main: Notification, *, now: datetime) -> Notification:
    """Return a reminder that waits for what becomes of the message that speaks for it."""
    return msgspec.structs.replace(waking(companion, at=now + LOOK_AGAIN), said_in=main.id)


Fate = Finish | datetime | Notification


def after_main(companion: Notification, main: Notification | None, *, now: datetime) -> Fate:
    """
    Return what becomes of a reminder for which another message speaks.

    Returns:
        Its end, when that message was taken; when to look again, while nobody knows; else itself, to go on alone: by
        text when the other one was not sent, and by the next channel when it did not arrive.
    """
    texts = [a for a in main.attempts if a.channel is ChannelName.SMS] if main else []
    if main is None or not texts:
        return _alone(companion)
    taken = [a for a in texts if a.state in TAKEN]
    is_given_up = ChannelName.SMS not in {c for stage in main.plan[main.stage :] for c in stage}
    if any(a.state is AttemptState.DELIVERED for a in taken):
        return Finish(outcome=Outcome.SKIPPED, reason=Reason.MERGED)
    if taken and is_given_up:
        return _alone(companion, Reason.NO_RECEIPT, now=now)
    if taken and (main.is_done or not is_awaited(main, taken[-1])):
        return Finish(outcome=Outcome.SKIPPED, reason=Reason.MERGED)
    if taken or not (main.is_done or is_given_up):
        return now + LOOK_AGAIN
    return _alone(companion, _FAILED.get(texts[-1].state), now=now)


def _alone(companion: Notification, reason: Reason | None = None, *, now: datetime | None = None) -> Notification:
    """Return a reminder that goes on by itself; with a reason, not by text any more."""
    notes = companion.notes
    if reason and now:
        notes = (*notes, ChannelNote(channel=ChannelName.SMS, reason=reason, at=now))
    return msgspec.structs.replace(companion, said_in="", notes=notes)
