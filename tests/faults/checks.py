"""The invariants, checked after every run against the providers' ledgers and what clients were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.booking import Appointment
from kept.core.notifications import AttemptState, Notification, Outcome, Reason, due_shards
from kept.core.people import ChannelName
from kept.ports.store import Store
from tests.faults.history import Expected, History
from tests.faults.outside import Line
from tests.faults.practice import ZONE, double_bookings
from tests.faults.scenario import PATIENTS

_VOID: Final = {Reason.APPOINTMENT_CANCELLED, Reason.APPOINTMENT_MOVED, Reason.OPTED_OUT}
_TAKEN: Final = {Outcome.ACCEPTED, Outcome.DELIVERED}
_TELLABLE: Final = {Outcome.ACCEPTED, Outcome.FAILED}
"""Ends after which it may become known that a message was delivered: taken, or lost sight of."""
ENDS: Final = ("calls_by_end", "exchanges_by_end", "provider_messages_by_end", "replies_by_end")
_TROUBLE: Final = {"fail", "throttle", "lost"}


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run is judged by."""

    history: History
    lines: list[Line]
    notifications: dict[str, Notification]
    """As stored at the end."""
    ended_before: dict[str, Notification]
    """Those that were done when the program was started again."""
    appointments: tuple[Appointment, ...]
    may_be_unknown: bool
    """Whether a provider that cannot be asked was used."""
    is_called: bool = False
    """Whether providers call with receipts and replies, and what they said is forgotten at the end."""

    def lines_of(self, notification_id: str) -> list[Line]:
        """Return what providers took for a notification."""
        return [line for line in self.lines if line.notification_id == notification_id and line.is_accepted]


def problems(evidence: Evidence, store: Store) -> list[str]:
    """Return every way in which the promise was broken, as sentences."""
    expected = evidence.history.expected()
    found = [
        *_not_asked_for(evidence, expected),
        *_extra(evidence),
        *[f"double booking: {pair}" for pair in double_bookings(evidence.appointments)],
        *_after_opt_out(evidence),
        *_stuck(evidence, store),
        *_backwards(evidence),
        *_receipts_lost(evidence),
    ]
    if evidence.is_called:
        found += [f"forgotten: {index} still holds something" for index in ENDS if store.query(index, "all").hits]
    for each in expected.values():
        found += _lost(evidence, each)
        found += _too_late(evidence, each)
    return found


def _not_asked_for(evidence: Evidence, expected: dict[str, Expected]) -> Iterator[str]:
    """Every message belongs to a reminder of a visit that somebody was told of, and to an attempt on record."""
    for line in evidence.lines:
        if line.notification_id not in expected:
            yield f"not asked for: {line.dedupe_key} went to a provider, and belongs to no visit that was answered"
            continue
        stored = evidence.notifications.get(line.notification_id)
        if stored is None or not any(a.channel is line.channel for a in stored.attempts):
            yield f"not on record: {line.dedupe_key} went to a provider without an attempt"


def _extra(evidence: Evidence) -> Iterator[str]:
    """Per reminder and channel one copy, or two when an attempt's end is unknown and nobody can be asked."""
    for key, copies in Counter(line.dedupe_key for line in evidence.lines if line.is_accepted).items():
        notification_id, _, channel = key.rpartition(".")
        stored = evidence.notifications.get(notification_id)
        attempts = [a for a in stored.attempts if a.channel.value == channel] if stored else []
        unknown = sum(a.state is AttemptState.UNKNOWN for a in attempts) if evidence.may_be_unknown else 0
        if copies > 1 + min(1, unknown):
            yield f"no extra: {copies} copies of {key} with {unknown} unknown attempts"
    for notification_id in evidence.notifications:
        channels = {line.channel for line in evidence.lines_of(notification_id)}
        if len(channels) > 1:
            yield f"fallback at most once: {notification_id} was taken by {len(channels)} channels"


def _after_opt_out(evidence: Evidence) -> Iterator[str]:
    """Nothing goes to an address after its owner said no, however it is spelt."""
    for line in evidence.lines:
        for no in evidence.history.opt_outs:
            if (no.channel, no.address) == (line.channel, line.to.casefold()) and line.at > no.at:
                yield f"none to opted-out: {line.dedupe_key} at {line.at}, said no at {no.at}"


def _stuck(evidence: Evidence, store: Store) -> Iterator[str]:
    """At the end nothing is under way and nothing is waiting."""
    for each in evidence.notifications.values():
        if not each.is_done:
            yield f"nothing stuck: {each.id} is {each.state}, to be looked at {each.wake_at}"
    if any(store.query("notifications_due", shard, limit=1).hits for shard in due_shards()):
        yield "drains: something is still waiting to be due"
    if store.query("calls_to_apply", "all", limit=1).hits:
        yield "drains: a call was never applied"


def _backwards(evidence: Evidence) -> Iterator[str]:
    """What was over stays as it was; only that a message was delivered may still become known."""
    for before in evidence.ended_before.values():
        after = evidence.notifications.get(before.id)
        is_news = after is not None and after.outcome is Outcome.DELIVERED and before.outcome in _TELLABLE
        if after != before and not (is_news and evidence.is_called):
            yield f"forward only: {before.id} was {before.outcome}, and changed after that"


def _receipts_lost(evidence: Evidence) -> Iterator[str]:
    """Whatever the outbox was answered that we know to be delivered is on record so, and nothing else is."""
    for each in evidence.notifications.values():
        lines = [line for line in evidence.lines_of(each.id) if line.is_reported]
        delivered = {a.channel for a in each.attempts if a.state is AttemptState.DELIVERED}
        told = {line.channel for line in lines if any(line.at < at for at in evidence.history.told_at)}
        may_be_told = {line.channel for line in lines if any(line.at < at for at in evidence.history.telling_at)}
        if told - delivered:
            yield f"acknowledged is durable: a receipt of {each.id} was answered, and is not on record"
        if delivered - may_be_told:
            yield f"none lost: {each.id} counts as delivered, and nobody has said so"


def _lost(evidence: Evidence, each: Expected) -> Iterator[str]:
    """Every reminder that was due was taken by a provider, or stands with a reason that is true."""
    stored = evidence.notifications.get(each.id)
    if stored is None:
        yield f"none lost: the {each.rule} reminder of {each.phase} was never planned"
        return
    taken = evidence.lines_of(each.id)
    if stored.outcome in _TAKEN and not taken:
        yield f"none lost: {each.id} ({each.rule} of {each.phase}) counts as accepted, and no provider has it"
    if stored.outcome not in _TAKEN and not _is_true(evidence, each, stored):
        yield f"none lost: {each.id} ({each.rule} of {each.phase}) ended {stored.outcome} because {stored.reason}"
    if each.is_inside_lead and taken:
        yield f"none too late: {each.id} was due before its visit was booked, and went out"


def _is_true(evidence: Evidence, each: Expected, stored: Notification) -> bool:
    """Tell whether the reason that the program gives for not having sent is one that happened."""
    if each.is_inside_lead:
        return stored.reason is Reason.BOOKED_INSIDE_LEAD
    is_void = each.phase.until is not None and each.phase.until <= (stored.done_at or each.due)
    if stored.reason is Reason.OUTCOME_UNKNOWN:
        unknown = Counter(a.channel for a in stored.attempts if a.state is AttemptState.UNKNOWN)
        return evidence.may_be_unknown and unknown[ChannelName.EMAIL] in ({1, 2} if is_void else {2})
    if is_void:
        return stored.reason in _VOID
    patient = PATIENTS[each.phase.patient]
    addresses = {(c, (patient.address(c) or "").casefold()) for c in ChannelName}
    match stored.reason:
        case Reason.OPTED_OUT:
            return any((no.channel, no.address) in addresses for no in evidence.history.opt_outs)
        case Reason.REFUSED:
            return any(line.notification_id == each.id and not line.is_accepted for line in evidence.lines)
        case Reason.TRIES_EXHAUSTED:
            return any(order.behaviour.value in _TROUBLE for order in evidence.history.orders)
        case _:
            return False


def _too_late(evidence: Evidence, each: Expected) -> Iterator[str]:
    """Nothing goes out after a cancellation or a move, and no text names a time that is not the visit's."""
    local = each.phase.start.astimezone(ZoneInfo(ZONE))
    said = f"{local.hour % 12 or 12}:{local.minute:02d}"
    for line in evidence.lines_of(each.id):
        if each.phase.until is not None and line.at > each.phase.until:
            yield f"none after cancel or move: {each.id} at {line.at}, void since {each.phase.until}"
        if said not in line.text:
            yield f"no stale time: {each.id} does not say {said}"
        if line.at < each.due or line.at >= each.phase.start:
            yield f"in time: {each.id} was due {each.due} and went out {line.at}"
