"""The two calls to a provider, with a net below each: a channel that breaks its promise breaks nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import structlog

from kept.core.channels import MIN_TTL, Carrier
from kept.core.dispatch import OVERTAKEN, PROVIDER_RESTS
from kept.core.notifications import Attempt, AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.flow.dispatch import Handover, Question
from kept.ports.channel import Channel
from kept.ports.clock import Clock

Channels = Mapping[ChannelName, Channel]

LONGEST_WAIT: Final = timedelta(seconds=30)
"""How long a claimed message may wait for a thread; later than that it is claimed anew. Ours: things change."""
ROOM_TO_RECORD: Final = timedelta(seconds=30)
"""What a lease holds beyond the call itself, so that the outcome is on record before it ends. Ours."""

_LATE: Final = SendOutcome(state=AttemptState.NOT_SENT, code="expired")
_NO_LEASE: Final = SendOutcome(state=AttemptState.NOT_SENT, code="waited_too_long")
RESTING: Final = SendOutcome(state=AttemptState.NOT_SENT, code=PROVIDER_RESTS)
"""Claimed before the provider was left alone, and then not handed over."""
CUT_OFF: Final = SendOutcome(state=AttemptState.NOT_SENT, code=OVERTAKEN)
"""Claimed, and then not to be handed over: what is known of its address has changed meanwhile."""
_BROKEN: Final = SendOutcome(state=AttemptState.UNKNOWN, code="channel_error")

log = structlog.get_logger("kept.worker")


def carriers_of(channels: Channels) -> dict[ChannelName, Carrier]:
    """Return what decisions need to know of each channel."""
    return {
        name: Carrier(
            provider=channel.provider,
            capabilities=channel.capabilities,
            lease=LONGEST_WAIT + timedelta(seconds=channel.timeout_s) + ROOM_TO_RECORD,
        )
        for name, channel in channels.items()
    }


def handed_over(channels: Channels, handover: Handover, attempt: Attempt, clock: Clock) -> SendOutcome:
    """
    Return how handing one message over ended.

    It is not begun when its time is over, or when its lease leaves no time for the call and for its outcome: then
    somebody else might already be asking what became of it.
    """
    message = handover.message
    channel = channels[message.channel]
    now = clock.now()
    if now + MIN_TTL > message.expires_at:
        return _LATE
    if now + timedelta(seconds=channel.timeout_s) + ROOM_TO_RECORD > attempt.lease_until:
        return _NO_LEASE
    try:
        return channel.send(message)
    except Exception:
        log.exception("channel_raised", attempt_id=message.attempt_id, channel=message.channel.value)
        return _BROKEN


def asked(channels: Channels, question: Question) -> SendOutcome | None:
    """Return what a provider says became of an unknown; None when it cannot say, or its channel is gone."""
    channel = channels.get(question.channel)
    if channel is None:
        return None
    try:
        return channel.lookup(question.dedupe_key)
    except Exception:
        log.exception("channel_raised", attempt_id=question.ref.attempt_id, channel=question.channel.value)
        return None
