"""What a patient was told, or will be, in a word and a symbol; never by colour alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from kept.core.notifications import Notification, NotificationKind, NotificationState, Outcome
from kept.core.reports import Ledger, reminder_type
from kept.entrypoints.web.calls import Call
from kept.entrypoints.web.clocks import local_day

_BAR_UNITS: Final = 1000
"""Width of the bar in its own units."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One notification in short."""

    id: str
    tone: str
    """``good``, ``bad``, ``quiet`` or ``open``; picks symbol and colour."""
    what: str
    """Which reminder: ``24 hours before``."""
    state: str
    """What became of it."""
    why: str
    """Reason, or when it is due; may be empty."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of the ledger's bar."""

    tone: str
    label: str
    x: int
    width: int


TONES: Final[dict[Outcome, str]] = {
    Outcome.DELIVERED: "good",
    Outcome.ACCEPTED: "good",
    Outcome.FAILED: "bad",
    Outcome.EXPIRED: "bad",
    Outcome.SKIPPED: "quiet",
}


def told(call: Call, notification: Notification, zone: str) -> Told:
    """Return a notification in short, times in the zone given."""
    outcome = notification.outcome
    key = outcome.value if notification.is_done and outcome else notification.state.value
    why = call.say(f"reason.{notification.reason.value}") if notification.reason else ""
    if notification.state is NotificationState.PLANNED:
        is_today = local_day(notification.due_at, zone) == local_day(call.now, zone)
        write = call.clocks.time if is_today else call.clocks.moment
        why = call.say("told.due", when=write(notification.due_at, zone))
    return Told(
        id=notification.id,
        tone=TONES[outcome] if notification.is_done and outcome else "open",
        what=purpose(call, notification),
        state=call.say(f"told.{key}"),
        why=why,
    )


def told_of(call: Call, notifications: Iterable[Notification], zone: str) -> tuple[Told, ...]:
    """Return what belongs to the latest time of an appointment; what was planned for earlier ones is left out."""
    known = tuple(notifications)
    latest = max((n.appointment_sequence for n in known), default=0)
    return tuple(told(call, n, zone) for n in known if n.appointment_sequence == latest)


def purpose(call: Call, notification: Notification) -> str:
    """Return what a notification is for: ``24 hours before``."""
    if notification.about is not NotificationKind.REMINDER:
        return call.say(f"purpose.{notification.about.value}")
    number, _, unit = reminder_type(notification.rule).partition("_")
    if not (number.isdecimal() and unit):
        return notification.rule
    return call.say.count(f"purpose.{unit}", int(number))


def bar(call: Call, ledger: Ledger) -> tuple[Part, ...]:
    """Return the ledger as stretches whose widths add up to the whole bar."""
    shares = (
        ("good", "ledger.sent", ledger.sent),
        ("quiet", "ledger.skipped", ledger.skipped),
        ("bad", "ledger.failed", ledger.failed),
        ("open", "ledger.pending", ledger.pending),
    )
    parts, before = [], 0
    for tone, key, number in shares:
        start, end = (_BAR_UNITS * n // max(ledger.planned, 1) for n in (before, before + number))
        parts.append(Part(tone=tone, label=call.say(key, n=number), x=start, width=end - start))
        before += number
    return tuple(parts)
