"""Which channels may be used for a notification: now, later, or not at all and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from kept.core.booking import Appointment
from kept.core.notifications import Notification, NotificationKind, Reason
from kept.core.people import ChannelName, Consent, Patient
from kept.core.quiet_hours import Daylight

MIN_TTL: Final = timedelta(seconds=5)
"""Shortest time to live that providers take; with less left nothing is sent."""

_PROMPT: Final = frozenset(
    {
        NotificationKind.BATCH,
        NotificationKind.BOOKED,
        NotificationKind.MOVED,
        NotificationKind.CANCELLED,
        NotificationKind.NOTICE,
    }
)
"""News: better by mail at once than by text in the morning."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider can do for us; data, compared with the reference table by a test."""

    idempotency_window: timedelta | None = None
    """How long the provider recognises a dedupe key sent again; None: it takes none."""
    lookup: bool = False
    """Whether it can be asked later what became of a message."""
    receipts: bool = False
    """Whether it reports delivery later."""
    names_attempt: bool = False
    """Whether its reports name our attempt, so that its own id need not be remembered for them."""
    replies: bool = False
    """Whether it brings back what people answer."""

    @property
    def tells_by_id(self) -> bool:
        """Whether its reports can be matched by its own id alone."""
        return self.receipts and not self.names_attempt


class Carrier(msgspec.Struct, frozen=True, kw_only=True):
    """Who takes a channel's messages, as far as decisions need to know."""

    provider: str
    capabilities: Capabilities
    lease: timedelta
    """Longest time a send can take, with some to spare."""
    held_until: datetime | None = None
    """Nothing is begun before then: the provider fails, or its rate is used up."""


class Consents(Protocol):
    """What is known of the address of each channel; a mapping, or whoever reads it when it is asked for."""

    def get(self, channel: ChannelName, /) -> Consent | None:
        """Return what is known of the address of a channel, or None."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the claiming transaction has read."""

    appointment: Appointment | None
    patient: Patient | None
    consents: Consents
    """By channel, for the address that the channel would use."""
    carriers: Mapping[ChannelName, Carrier]
    barred: Mapping[ChannelName, Reason] = {}
    """Channels that a limit of the practice closes for this message."""
    daylight: Mapping[ChannelName, Daylight] = {}
    """Channels that keep quiet hours."""


def address_for(notification: Notification, patient: Patient | None, channel: ChannelName) -> str | None:
    """Return where a channel would send to: the address given with the notification, else the patient's own."""
    return notification.addresses.get(channel) or (patient.address(channel) if patient else None)


def held_until(channel: ChannelName, facts: Facts, *, now: datetime) -> datetime | None:
    """Return until when nothing may begin on a channel, or None."""
    light, carrier = facts.daylight.get(channel), facts.carriers.get(channel)
    night_ends = light.again_at if light else None
    rest_ends = carrier.held_until if carrier and carrier.held_until and carrier.held_until > now else None
    return max(night_ends, rest_ends) if night_ends and rest_ends else night_ends or rest_ends


def closed_because(notification: Notification, facts: Facts, channel: ChannelName, *, now: datetime) -> Reason | None:
    """Return why a channel of the present stage is not used and not waited for, or None."""
    return _unusable(notification, facts, channel) or _hopeless(notification, facts, channel, now=now)


def _unusable(notification: Notification, facts: Facts, channel: ChannelName) -> Reason | None:
    """Return why a channel may not or cannot be used, or None."""
    if not address_for(notification, facts.patient, channel):
        return Reason.NO_CONTACT
    consent = facts.consents.get(channel)
    if consent is None and notification.about is not NotificationKind.ANSWER:  # who writes to us may be answered
        return Reason.NO_CONSENT
    if consent and not consent.granted:
        return Reason.OPTED_OUT
    if consent and consent.unusable:
        return Reason.UNUSABLE
    return facts.barred.get(channel) if channel in facts.carriers else Reason.NO_CHANNEL


def _hopeless(notification: Notification, facts: Facts, channel: ChannelName, *, now: datetime) -> Reason | None:
    """Return why a channel that is held back is not waited for, or None."""
    light = facts.daylight.get(channel)
    is_night = light is not None and light.until is None
    ends = held_until(channel, facts, now=now)
    if ends is None:
        return Reason.QUIET_HOURS if is_night else None
    why = Reason.QUIET_HOURS if is_night else Reason.PROVIDER_UNAVAILABLE
    if ends + MIN_TTL > notification.deadline_at:
        return why
    half = notification.due_at + (notification.deadline_at - notification.due_at) / 2
    is_urgent = notification.about in _PROMPT if is_night else now >= half
    return why if is_urgent and _has_other(notification, facts) else None


def _has_other(notification: Notification, facts: Facts) -> bool:
    """Tell whether a channel of a later stage may be used instead."""
    later = (c for stage in notification.plan[notification.stage + 1 :] for c in stage)
    return any(_unusable(notification, facts, channel) is None for channel in later)
