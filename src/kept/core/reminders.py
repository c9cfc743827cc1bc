"""Which reminders an appointment gets, and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.booking import Appointment
from kept.core.leads import Lead, fires_at
from kept.core.notifications import (
    SMS_THEN_EMAIL,
    Notification,
    NotificationKind,
    Outcome,
    Reason,
    Stages,
    notification_id,
)
from kept.core.people import ChannelName
from kept.core.quiet_hours import QuietHours, Zones, moved_out_of_the_night
from kept.core.recording import Finish, finished
from kept.core.zones import zone_named

LAST_CALL: Final = timedelta(minutes=15)
"""Nothing is sent, and nothing may still be delivered, later than this before the start. Ours."""


class InsideLead(StrEnum):
    """What becomes of a reminder whose time had passed when the visit was booked."""

    SKIP = "skip"
    SEND = "send"


class ReminderRule(msgspec.Struct, frozen=True, kw_only=True):
    """One reminder of a policy."""

    name: str
    """Part of the notification's id: ``24h``. Unique within the policy."""
    lead: Lead
    useful_for: timedelta
    """How long after its time it is still worth sending, when something held it up."""
    patience: timedelta | None = None
    """How long word of a delivery is waited for before the next channel takes over; None: a sixth of *useful_for*."""
    inside_lead: InsideLead = InsideLead.SKIP
    template: str = "reminder"
    plan: Stages = SMS_THEN_EMAIL


class ReminderPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """All reminders of a kind of visit."""

    id: str
    rules: tuple[ReminderRule, ...]


DEFAULT_POLICY: Final = ReminderPolicy(
    id="default",
    rules=(
        ReminderRule(name="24h", lead=Lead(exact=timedelta(hours=24)), useful_for=timedelta(hours=18)),
        ReminderRule(name="1h", lead=Lead(exact=timedelta(hours=1)), useful_for=timedelta(minutes=45)),
    ),
)
"""A day and an hour before."""


class Nights(msgspec.Struct, frozen=True, kw_only=True):
    """When a person gets no texts."""

    quiet: QuietHours
    zones: Zones


def planned_reminders(
    appointment: Appointment, policy: ReminderPolicy, *, now: datetime, nights: Nights | None = None
) -> tuple[Notification, ...]:
    """
    Return the notifications that a policy plans for an appointment as it stands.

    Planning the same version again answers the same ids. A reminder whose time had passed when the visit was booked is
    planned all the same: it goes out at once or stands as skipped, as its rule says, so that nothing is missing
    without a reason.

    A text that would be due at night is planned for the morning, or for the evening before when the morning is too
    late. One that lands so on a day on which another reminder speaks of the same visit is skipped.

    Args:
        appointment: CONFIRMED, with the time agreed.
        policy: Its rules.
        now: When it was booked, confirmed or moved.
        nights: When the patient gets no texts; None: nothing is moved.

    Returns:
        One for each rule, in the order of the rules.
    """
    planned = tuple(_planned(appointment, rule, now=now, nights=nights) for rule in policy.rules)
    if nights is None:
        return planned
    zone = nights.zones[0]
    return tuple(
        skipped(n, Reason.TOLD_THAT_DAY, now=now) if _is_doubled(n, rule, planned, appointment, zone) else n
        for n, rule in zip(planned, policy.rules, strict=True)
    )


def deadline_of(due_at: datetime, useful_for: timedelta, start: datetime) -> datetime:
    """Return the instant after which a reminder is not sent any more."""
    return min(due_at + useful_for, start - LAST_CALL)


def _planned(appointment: Appointment, rule: ReminderRule, *, now: datetime, nights: Nights | None) -> Notification:
    time = _time_of(appointment, rule)
    is_inside = time <= now
    due = now if is_inside and rule.inside_lead is InsideLead.SEND else time
    deadline = deadline_of(due, rule.useful_for, appointment.start)
    if nights and not is_inside and ChannelName.SMS in rule.plan[0]:
        due = moved_out_of_the_night(due, nights.quiet, nights.zones, deadline=deadline, now=now)
    plan = Notification(
        id=notification_id(appointment.id, str(appointment.sequence), rule.name, appointment.patient_id),
        about=NotificationKind.REMINDER,
        rule=rule.name,
        patient_id=appointment.patient_id,
        appointment_id=appointment.id,
        appointment_sequence=appointment.sequence,
        template=rule.template,
        plan=rule.plan,
        planned_at=now,
        due_at=due,
        wake_at=due,
        deadline_at=deadline,
        patience=rule.useful_for / 6 if rule.patience is None else rule.patience,
    )
    if is_inside and rule.inside_lead is InsideLead.SKIP:
        return skipped(plan, Reason.BOOKED_INSIDE_LEAD, now=now)
    return plan


def _time_of(appointment: Appointment, rule: ReminderRule) -> datetime:
    return fires_at(appointment.start, zone_named(appointment.zone), rule.lead)


def _is_doubled(
    notification: Notification,
    rule: ReminderRule,
    planned: tuple[Notification, ...],
    appointment: Appointment,
    zone: ZoneInfo,
) -> bool:
    """Tell whether a reminder was brought forward to a day on which another one goes out."""
    if notification.is_done or notification.due_at >= _time_of(appointment, rule):
        return False
    day = notification.due_at.astimezone(zone).date()
    others = (n for n in planned if n.id != notification.id and not n.is_done)
    return any(other.due_at.astimezone(zone).date() == day for other in others)


def skipped(notification: Notification, reason: Reason, *, now: datetime) -> Notification:
    """Return the notification ended without being sent, and why."""
    return finished(notification, Finish(outcome=Outcome.SKIPPED, reason=reason), now=now)
