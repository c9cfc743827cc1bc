"""Moves as words, and the providers for which they are decided."""

from __future__ import annotations

from datetime import timedelta

from kept.core.channels import Capabilities
from kept.core.dispatch import Ask, Move, Send, Wait
from kept.core.people import ChannelName
from kept.core.recording import Finish
from tests.dispatching import DUE

SMS, MAIL = ChannelName.SMS, ChannelName.EMAIL
PLAIN = Capabilities()
ASKABLE = Capabilities(lookup=True)
KNOWS_KEYS = Capabilities(idempotency_window=timedelta(hours=24))
BARELY_KNOWS_KEYS = Capabilities(idempotency_window=timedelta(minutes=5))
LATER = DUE + timedelta(minutes=30)
"""Long after the last attempt: every pause and every wait for a lookup is over."""


def told(move: Move) -> str:
    """Return a move in a word or two."""
    match move:
        case Send(channels=channels):
            return "send " + "+".join(channels)
        case Ask(attempt=asked):
            return f"ask {asked.channel} {asked.number}"
        case Wait():
            return "wait"
        case Finish(outcome=outcome, reason=reason):
            return f"{outcome} {reason}" if reason else str(outcome)
