"""What patients are told beside reminders: what happened to a visit, and what the practice has to say to all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.booking import Appointment
from kept.core.moments import tongue_for
from kept.core.notifications import SMS_THEN_EMAIL, Notification, NotificationKind, Stages, notification_id
from kept.core.people import ChannelName

NEWS_FOR: Final = timedelta(hours=24)
"""How long it is worth telling what has happened. Ours."""
ASK_BACK_FOR: Final = timedelta(hours=48)
"""How long after a missed visit it is worth offering another. Ours."""
PATIENCE_SHARE: Final = 6
"""The part of its time after which the next channel takes over: one in so many."""

WORDS: Final = "words."
"""Before the language, the fact of a notification that holds what a notice says."""

_PLANS: Final[dict[NotificationKind, Stages]] = {
    NotificationKind.BOOKED: ((ChannelName.EMAIL,),),
    NotificationKind.MOVED: SMS_THEN_EMAIL,
    NotificationKind.CANCELLED: SMS_THEN_EMAIL,
    NotificationKind.MISSED: SMS_THEN_EMAIL,
}
"""A booking is told by mail only: who has just booked knows, and a text of that day is left for the reminder."""

TELLABLE: Final = tuple(_PLANS)
"""What a practice can have its patients told."""


def notice_of(
    appointment: Appointment, about: NotificationKind, *, now: datetime, known_start: datetime | None = None
) -> Notification:
    """
    Return the notification that tells what has happened to an appointment.

    Args:
        appointment: As it stands after it happened.
        about: One of :data:`TELLABLE`.
        now: When it happened.
        known_start: When the patient still believes it begins, after a move: telling later would be too late.

    Returns:
        Due now. Its id is made from the appointment's sequence: telling the same again plans nothing new.
    """
    if about is NotificationKind.MISSED:
        deadline = now + ASK_BACK_FOR
    else:
        deadline = min(now + NEWS_FOR, appointment.start, known_start or appointment.start)
    return Notification(
        id=notification_id(appointment.id, str(appointment.sequence), about.value, appointment.patient_id),
        about=about,
        rule=about.value,
        patient_id=appointment.patient_id,
        appointment_id=appointment.id,
        appointment_sequence=appointment.sequence,
        template=about.value,
        plan=_PLANS[about],
        planned_at=now,
        due_at=now,
        wake_at=now,
        deadline_at=deadline,
        patience=max((deadline - now) / PATIENCE_SHARE, timedelta(0)),
    )


class PublicNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What the practice tells everybody who has a visit in some days."""

    id: str
    words: dict[str, str]
    """By language, two letters; the first is for everybody whose own is missing."""


def public_notice(notice: PublicNotice, appointment: Appointment, *, now: datetime) -> Notification:
    """Return the notification that tells one patient; each gets one, however many visits are concerned."""
    deadline = min(now + NEWS_FOR, appointment.start)
    return Notification(
        id=notification_id("notice", notice.id, appointment.patient_id),
        about=NotificationKind.NOTICE,
        rule=NotificationKind.NOTICE.value,
        patient_id=appointment.patient_id,
        appointment_id=appointment.id,
        appointment_sequence=appointment.sequence,
        batch_id=notice.id,
        template=NotificationKind.NOTICE.value,
        facts={WORDS + language: words for language, words in notice.words.items()},
        planned_at=now,
        due_at=now,
        wake_at=now,
        deadline_at=deadline,
        patience=max((deadline - now) / PATIENCE_SHARE, timedelta(0)),
    )


def words_said(notification: Notification, *, language: str) -> str:
    """Return what a notice says in a language, or in its first one; empty when it is none."""
    said = {key: words for key, words in notification.facts.items() if key.startswith(WORDS)}
    return said.get(WORDS + tongue_for(language).language) or next(iter(said.values()), "")
