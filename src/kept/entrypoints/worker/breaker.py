"""
A provider that fails is left alone for a while, and then tried with one message at a time.

What counts is the provider's own failure: that it cannot be reached, or leaves us without an answer. What it says of
one address is an answer like any other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kept.core.dispatch import NOT_LET_IN
from kept.core.notifications import AttemptState, SendOutcome

MOST_FAILURES: Final = 5
"""Failures in a row after which a provider is left alone. Ours."""
PROBE_EVERY: Final = timedelta(seconds=60)
"""How often one message is let through to see whether the provider is back. Ours."""

FAULTS: Final = frozenset(
    {
        "connection_lost",
        "connection_refused",
        "dns",
        "garbled_answer",
        "internal",
        "network",
        "outbox_unavailable",
        "protocol",
        "proxy",
        "timeout",
        "tls",
        "tls_certificate",
        "unreachable",
    }
)
"""What channels call a failure without an answer; the words are the same for all of them."""
TO_US: Final = ("smtp_421", "smtp_5")
"""How answers of a mail server begin that are no refusal of a message: it hangs up, or will not have us at all."""

_NO_ANSWER: Final = frozenset({"invalid_message"})
"""Refusals of a channel itself: the provider was not asked."""


class Turning(StrEnum):
    """What an outcome did to a breaker."""

    OPENED = "opened"
    CLOSED = "closed"


class Breaker:
    """Opens after five failures in a row, or one that says that our credentials are gone; closes on an answer."""

    def __init__(self) -> None:
        self._failures = 0
        self.code = ""
        """The last failure's own word."""
        self.opened_at: datetime | None = None
        self.probe_at: datetime | None = None
        """When the next message may be let through; None while closed."""

    def hear(self, outcome: SendOutcome, *, now: datetime) -> Turning | None:
        """Take note of how a handing-over ended; return whether that opened or closed it."""
        if is_answer(outcome):
            self._failures = 0
            was_open = self.probe_at is not None
            self.probe_at = self.opened_at = None
            return Turning.CLOSED if was_open else None
        if not is_fault(outcome):
            return None
        self._failures += 1
        self.code = outcome.code
        is_over = self._failures >= MOST_FAILURES or outcome.code == NOT_LET_IN
        if self.probe_at is not None or not is_over:
            return None
        self.opened_at = now
        self.probe_at = now + PROBE_EVERY
        return Turning.OPENED

    def rests_until(self, now: datetime) -> datetime | None:
        """Return when the next message may be let through, or None when one may be now; a set clock costs one pause."""
        if self.probe_at is not None and self.probe_at > now + PROBE_EVERY:
            self.probe_at = now + PROBE_EVERY
        return self.probe_at if self.probe_at is not None and self.probe_at > now else None


def is_answer(outcome: SendOutcome) -> bool:
    """
    Tell whether the provider is at work: it took the message, or refused this one.

    >>> is_answer(SendOutcome(state=AttemptState.REFUSED, code="invalid_number"))
    True
    """
    is_refusal = outcome.state is AttemptState.REFUSED and outcome.code not in _NO_ANSWER
    return is_refusal or outcome.state in {AttemptState.ACCEPTED, AttemptState.DELIVERED, AttemptState.UNDELIVERED}


def is_fault(outcome: SendOutcome) -> bool:
    """
    Tell whether the provider itself has failed, or does not let us in.

    >>> is_fault(SendOutcome(state=AttemptState.NOT_SENT, code="smtp_450 4.2.0"))
    False
    >>> is_fault(SendOutcome(state=AttemptState.NOT_SENT, code="dns"))
    True
    """
    if outcome.state is AttemptState.UNKNOWN:
        return True
    is_ours = outcome.code == NOT_LET_IN or outcome.code in FAULTS or outcome.code.startswith(TO_US)
    return outcome.state is AttemptState.NOT_SENT and is_ours and outcome.retry_after_s is None
