"""What the providers hold: the truth that every run is judged by."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from kept.adapters.outbox import OutboxLedger, OutboxMessage
from kept.core.notifications import AttemptState
from kept.core.people import ChannelName

PAGE: Final = 1_000


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One message that a provider took or refused."""

    channel: ChannelName
    dedupe_key: str
    to: str
    text: str
    at: datetime
    is_accepted: bool
    is_reported: bool = False
    """Whether its provider says later what became of it."""

    @property
    def notification_id(self) -> str:
        """The notification that it belongs to."""
        return self.dedupe_key.rpartition(".")[0]


def taken_by_outbox(ledger: OutboxLedger) -> list[Line]:
    """Return the outbox's whole ledger."""
    messages = ledger.messages(limit=PAGE)
    assert len(messages) < PAGE, "a run this long needs more than one page"
    return [_line(message) for message in messages]


def _line(message: OutboxMessage) -> Line:
    return Line(
        channel=message.channel,
        dedupe_key=message.dedupe_key,
        to=message.to,
        text=message.text,
        at=message.received_at,
        is_accepted=message.state is AttemptState.ACCEPTED,
        is_reported=message.state is AttemptState.ACCEPTED,
    )
