"""
What we ask of a channel: hand one message to one provider, once, and say truly how that ended.

Whatever went wrong is told by *where* it went wrong, because only that says whether a second copy may be sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from kept.core.calendar import CalendarEntry
from kept.core.channels import Capabilities
from kept.core.notifications import SendOutcome
from kept.core.people import ChannelName

__all__ = ["Capabilities", "Channel", "OutgoingMessage"]


class OutgoingMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message, ready to leave."""

    dedupe_key: str
    """Same for every copy of the same message: the notification and its channel."""
    attempt_id: str
    channel: ChannelName
    to: str
    """E.164 number or e-mail address. One."""
    subject: str = ""
    """Empty where the channel has none."""
    text: str
    html: str = ""
    """Empty where the channel has none."""
    language: str = "en"
    expires_at: datetime
    """After this instant the provider must drop it: passed on as time to live, never left out."""
    unsubscribe_url: str = ""
    """One-click address for mails; empty: none is offered."""
    calendar: CalendarEntry | None = None
    """The visit for the reader's calendar, in mails; None: none is attached."""


class Channel(Protocol):
    """
    A way to one provider.

    1. ``send`` makes one try and no retry of its own.
    2. It raises nothing: an outcome says accepted, refused, not_sent or unknown.
    3. ``not_sent`` only when no byte of the message can have been taken; ``refused`` only on the provider's own word;
       anything else that is not an acceptance is ``unknown``.
    4. It returns within ``timeout_s``.
    5. An outcome holds no address and no text.
    6. ``lookup`` answers what became of a dedupe key, or None when the provider cannot say.
    """

    name: ChannelName
    provider: str
    capabilities: Capabilities
    timeout_s: float

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand the message over."""

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Ask what became of a message sent earlier."""

    def close(self) -> None:
        """Release connections."""
