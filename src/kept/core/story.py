"""
What happened, in words for the person at the desk: a notification's story, and the picture of an appointment's states.

No line holds a name, a number, an address or the text of a message, so that a story can be read out or sent to whoever
helps.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from kept.core.booking import TRANSITIONS, Appointment, AppointmentEvent, ParticipationStatus
from kept.core.moments import tongue_for, when_text
from kept.core.notifications import (
    Attempt,
    AttemptState,
    Notification,
    NotificationKind,
    Outcome,
    Reason,
    Stages,
)
from kept.core.people import ChannelName
from kept.core.reports import reminder_type
from kept.core.texts import FALLBACK_LANGUAGE

REASON_TEXTS: Final[dict[Reason, str]] = {
    Reason.APPOINTMENT_GONE: "the appointment is no longer on record",
    Reason.APPOINTMENT_CANCELLED: "the appointment was cancelled",
    Reason.APPOINTMENT_MOVED: "the appointment was moved; its new time has a notification of its own",
    Reason.APPOINTMENT_NOT_LIVE: "the patient had already arrived, or the appointment was over",
    Reason.NOT_CONFIRMED: "the practice had not confirmed the appointment",
    Reason.BOOKED_INSIDE_LEAD: "the appointment was booked when the time for this reminder had already passed",
    Reason.LATE: "it would have come too late to be of use",
    Reason.NO_CONTACT: "no number or address is known for it",
    Reason.NO_CONSENT: "the patient has not agreed to be written to this way",
    Reason.OPTED_OUT: "the patient asked not to be written to this way",
    Reason.NO_CHANNEL: "nobody is set up to carry such messages",
    Reason.CANNOT_RENDER: "the message could not be put together; look at its text and settings",
    Reason.REFUSED: "the provider refused it",
    Reason.TRIES_EXHAUSTED: "the provider did not take it, however often it was tried",
    Reason.OUTCOME_UNKNOWN: "nobody could find out whether the provider had taken it",
    Reason.NO_RECEIPT: "no word came in time that it had been delivered",
    Reason.UNDELIVERED: "the carrier or the mailbox did not take it",
    Reason.UNUSABLE: "this number or address takes no such messages, as a provider reported earlier",
    Reason.DEADLINE_PASSED: "the time until which it was of use ran out while it was being tried",
    Reason.QUIET_HOURS: "it was night for the patient, and the morning was too late or an e-mail could go at once",
    Reason.CAPPED: "the patient had as many texts that day or week as the practice allows",
    Reason.OVER_BUDGET: "the practice had spent what texts may cost in a day",
    Reason.COUNTRY_NOT_ALLOWED: "the practice sends no texts to the country of this number",
    Reason.UNVERIFIED: "nobody knows yet whether the number is the patient's own; confirm it first",
    Reason.PROVIDER_UNAVAILABLE: "the provider was out of reach, or took no more for the moment",
    Reason.MERGED: "another message of the same time spoke of this visit too",
    Reason.TOLD_THAT_DAY: "at night nothing is sent, and another reminder spoke of the visit on the day before it",
}
"""Ends a sentence, after a colon. A reason without a row fails a test."""

OUTCOME_TEXTS: Final[dict[Outcome, str]] = {
    Outcome.DELIVERED: "Done: delivered",
    Outcome.ACCEPTED: "Done: the provider has it",
    Outcome.FAILED: "Failed",
    Outcome.SKIPPED: "Not sent",
    Outcome.EXPIRED: "Given up",
}

_CHANNELS: Final = {ChannelName.SMS: "text message", ChannelName.EMAIL: "e-mail"}
_EVENTS: Final = {
    "book": "booked",
    AppointmentEvent.CONFIRM.value: "confirmed",
    AppointmentEvent.MOVE.value: "moved to another time",
    AppointmentEvent.CHECK_IN.value: "checked in",
    AppointmentEvent.COMPLETE.value: "completed",
    AppointmentEvent.CANCEL.value: "cancelled",
    AppointmentEvent.NO_SHOW.value: "marked as missed",
    ParticipationStatus.ACCEPTED.value: "confirmed by the patient",
    ParticipationStatus.DECLINED.value: "declined by the patient, and not cancelled",
    ParticipationStatus.TENTATIVE.value: "asked by the patient to be moved",
}
_PURPOSES: Final = {
    NotificationKind.BATCH: "a message of a batch",
    NotificationKind.BOOKED: "the news that the appointment was booked",
    NotificationKind.MOVED: "the news that the appointment was moved",
    NotificationKind.CANCELLED: "the news that the appointment was cancelled",
    NotificationKind.MISSED: "a message after a missed appointment",
    NotificationKind.NOTICE: "a notice of the practice",
    NotificationKind.ANSWER: "an answer to what the patient wrote",
}
"""What a notification is for, unless it is a reminder, whose lead says more."""
_CODE: Final = re.compile(r"(?!.*[0-9]{7})[A-Za-z0-9_.-]{1,40}")  # seven digits may be a phone number
_TIMES: Final = {1: "once", 2: "twice"}
_UTC: Final = "UTC"


class StoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, or is to happen."""

    at: datetime
    text: str


def story_of(notification: Notification, appointment: Appointment | None) -> tuple[StoryLine, ...]:
    """
    Return the whole life of a notification, oldest first; while it lives, the last line says what comes next.

    Args:
        notification: With all its attempts.
        appointment: The one it is about, if it is on record; what happened to it meanwhile is told as well.
    """
    zone = appointment.zone if appointment else notification.facts.get("zone", _UTC)
    lines = [StoryLine(at=notification.planned_at, text=_planned(notification, zone))]
    lines += _meanwhile(notification, appointment)
    lines += [_note_line(channel=n.channel, reason=n.reason, at=n.at) for n in notification.notes]
    for attempt in notification.attempts:
        lines += _attempt_lines(notification, attempt, zone)
    lines.sort(key=lambda line: line.at)
    return (*lines, *_last_line(notification))


def reason_text(reason: Reason) -> str:
    """
    Return a reason in plain words, to end a sentence.

    >>> reason_text(Reason.OPTED_OUT)
    'the patient asked not to be written to this way'
    """
    return REASON_TEXTS[reason]


def status_diagram() -> str:
    """
    Return the states of an appointment and what leads from one to the next, as a Mermaid diagram.

    Source:
        :data:`kept.core.booking.TRANSITIONS`, which is also what decides.
    """
    rows = ["stateDiagram-v2", "    [*] --> REQUESTED: book, to be confirmed", "    [*] --> CONFIRMED: book"]
    for status, row in TRANSITIONS.items():
        rows += [f"    {status.value} --> {after.value}: {event.value}" for event, after in row.items()]
        if not row:
            rows.append(f"    {status.value} --> [*]")
    return "\n".join(rows) + "\n"


def status_table() -> str:
    """Return the same as a Markdown table: a row for each state, a column for each event, empty where refused."""
    events = list(AppointmentEvent)
    rows = [["state", *(event.value for event in events)], ["---"] * (len(events) + 1)]
    for status, row in TRANSITIONS.items():
        rows.append([status.value, *(row[event].value if event in row else "" for event in events)])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _planned(notification: Notification, zone: str) -> str:
    due = _when(notification.due_at, zone)
    return f"Planned: {_purpose(notification)}, due {due}, by {_ways(notification.plan)}."


def _purpose(notification: Notification) -> str:
    """Return what it is for; a rule is named by its lead where it has one."""
    if notification.about in _PURPOSES:
        return _PURPOSES[notification.about]
    count, _, unit = reminder_type(notification.rule).partition("_")
    if not count.isdecimal():
        return "a reminder"
    return f"a reminder {count} {unit}{'' if count == '1' else 's'} before the appointment"


def _ways(plan: Stages) -> str:
    return ", then ".join(" and ".join(_CHANNELS[c] for c in stage) for stage in plan)


def _meanwhile(notification: Notification, appointment: Appointment | None) -> Iterator[StoryLine]:
    """Yield what happened to the appointment between the planning and the end."""
    for happening in appointment.history if appointment else ():
        is_after_planning = happening.at > notification.planned_at
        is_before_end = notification.done_at is None or happening.at <= notification.done_at
        if is_after_planning and is_before_end:
            what = _EVENTS.get(happening.what, "changed")
            yield StoryLine(at=happening.at, text=f"The appointment was {what}.")


def _note_line(*, channel: ChannelName, reason: Reason, at: datetime) -> StoryLine:
    return StoryLine(at=at, text=f"No {_CHANNELS[channel]}: {reason_text(reason)}.")


def _attempt_lines(notification: Notification, attempt: Attempt, zone: str) -> Iterator[StoryLine]:
    earlier = [a for a in notification.attempts if a.channel is attempt.channel and a.number < attempt.number]
    why = ""
    if earlier:
        was_unknown = earlier[-1].state is AttemptState.UNKNOWN
        why = ", once more, because nobody knows whether the last one was taken" if was_unknown else ", tried again"
    elif unheard := _unheard_of(notification, attempt):
        why = f", because no word came in time that the {_CHANNELS[unheard.channel]} had been delivered"
    what = f"{_CHANNELS[attempt.channel].capitalize()} {attempt.number}"
    yield StoryLine(at=attempt.started_at, text=f"{what}: handed to {attempt.provider}{why}.")
    if attempt.state is not AttemptState.SENDING:
        ended_at = attempt.ended_at or attempt.lease_until
        at = max(ended_at, attempt.heard_at or ended_at)
        yield StoryLine(at=at, text=f"{what}: {_end(attempt, zone)}.")


def _unheard_of(notification: Notification, attempt: Attempt) -> Attempt | None:
    """Return the message in whose place this one was sent because nobody said that it had been delivered, if any."""
    stages = {channel: number for number, stage in enumerate(notification.plan) for channel in stage}
    taken = {AttemptState.ACCEPTED, AttemptState.DELIVERED}
    before = [a for a in notification.attempts if stages.get(a.channel, 0) < stages.get(attempt.channel, 0)]
    return next((a for a in before if a.awaits_receipt and a.state in taken), None)


def _end(attempt: Attempt, zone: str) -> str:
    """Return how an attempt ended; the provider's own word stands in brackets."""
    said = f" ({attempt.code})" if _CODE.fullmatch(attempt.code) else ""
    if attempt.state is AttemptState.ACCEPTED:
        return f"taken by {attempt.provider}"
    if attempt.state is AttemptState.DELIVERED:
        return f"delivered, says {attempt.provider}"
    if attempt.state is AttemptState.UNDELIVERED:
        return f"taken by {attempt.provider}, and not delivered{said}"
    if attempt.state is AttemptState.REFUSED:
        return f"refused by {attempt.provider}{said}; it will not be tried again this way"
    if attempt.state is AttemptState.NOT_SENT:
        wait = f"; asked to wait until {_when(attempt.retry_after, zone)}" if attempt.retry_after else ""
        return f"not taken by {attempt.provider}{said}{wait}"
    asked = f"; {attempt.provider} was asked {_often(attempt.lookups)} what became of it" if attempt.lookups else ""
    return f"no certain answer{said}, so nobody knows whether {attempt.provider} took it{asked}"


def _last_line(notification: Notification) -> Iterator[StoryLine]:
    if notification.is_done:
        end = OUTCOME_TEXTS[notification.outcome] if notification.outcome else "Ended, and nothing says how"
        why = f": {reason_text(notification.reason)}" if notification.reason else ""
        heard = (a.heard_at for a in notification.attempts if a.heard_at)
        at = max([notification.done_at or notification.due_at, *heard])
        yield StoryLine(at=at, text=f"{end}{why}{_failures(notification)}.")
    elif notification.wake_at:
        what = "to be looked at again" if notification.attempts or notification.notes else "to be sent"
        yield StoryLine(at=notification.wake_at, text=f"Next: {what}{_failures(notification)}.")


def _failures(notification: Notification) -> str:
    if not notification.failures:
        return ""
    return f"; our own program failed on it {_often(notification.failures)}"


def _often(count: int) -> str:
    return _TIMES.get(count, f"{count} times")


def _when(instant: datetime, zone: str) -> str:
    return when_text(instant.astimezone(UTC), zone, tongue_for(FALLBACK_LANGUAGE))
