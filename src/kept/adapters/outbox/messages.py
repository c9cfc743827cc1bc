"""What stands in the outbox, and what it can be told to do with the next messages."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState
from kept.core.people import ChannelName
from kept.core.sms import size_of


class Behaviour(StrEnum):
    """How the outbox, as a provider, treats a message."""

    ACCEPT = "accept"
    """Takes it and says so."""
    REFUSE = "refuse"
    """Says that it will never take it, and keeps the refusal."""
    FAIL = "fail"
    """Cannot be reached; nothing is taken."""
    SLOW = "slow"
    """Takes it after a while."""
    LATE = "late"
    """Takes it, but the answer is lost: the sender cannot know."""
    LOST = "lost"
    """Does not take it, and the answer is lost: the sender cannot know."""
    THROTTLE = "throttle"
    """Does not take it, and asks for patience."""


SECONDS: Final = {Behaviour.SLOW: 2.0, Behaviour.THROTTLE: 30.0}
"""What ``seconds`` is when nobody says; 0 for the others."""
MOST_SECONDS_OF_WAITING: Final = 8.0
"""Below the channel's time limit, so that a slow acceptance is still an acceptance."""
MOST_SECONDS_OF_PATIENCE: Final = 86_400.0
MOST_TIMES: Final = 1_000_000


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel was told to do."""

    channel: ChannelName
    behaviour: Behaviour
    times: int | None
    """For so many more messages; None: until told otherwise."""
    seconds: float
    """How long an answer takes (slow, late, lost), or the patience asked for (throttle)."""


class OutboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message as the outbox got it."""

    id: int
    """Place in the ledger, from 1, in the order of arrival."""
    message_id: str
    """The id that the sender was told."""
    received_at: datetime
    channel: ChannelName
    to: str
    subject: str
    text: str
    html: str
    language: str
    dedupe_key: str
    attempt_id: str
    expires_at: datetime
    state: AttemptState
    """ACCEPTED or REFUSED."""
    behaviour: Behaviour
    """What the outbox did; a message taken LATE is accepted though its sender was not told."""
    encoding: str = ""
    """``GSM-7`` or ``UCS-2`` for SMS, empty otherwise."""
    segments: int = 0
    """Parts of an SMS, 0 otherwise."""


Row = tuple[int, str, str, str, str, str, str, str, str, str, str, str, str]
"""A line of the table ``messages``, in the order of its columns."""
OrderRow = tuple[str, str, int | None, float]
"""A line of the table ``orders``."""


def checked_order(channel: ChannelName, behaviour: Behaviour, *, times: int | None, seconds: float | None) -> Order:
    """
    Return the order, if the outbox can follow it.

    Raises:
        InvalidInputError: *times* or *seconds* out of bounds.
    """
    if times is not None and not 1 <= times <= MOST_TIMES:
        raise InvalidInputError.of("times", "out_of_range", f"must be 1 to {MOST_TIMES}; leave it out for always")
    wait = SECONDS.get(behaviour, 0.0) if seconds is None else seconds
    most = MOST_SECONDS_OF_PATIENCE if behaviour is Behaviour.THROTTLE else MOST_SECONDS_OF_WAITING
    if not 0 <= wait <= most:
        raise InvalidInputError.of("seconds", "out_of_range", f"must be 0 to {most:g} for {behaviour.value}")
    return Order(channel=channel, behaviour=behaviour, times=times, seconds=wait)


def message_id_of(number: int) -> str:
    """Return the id that a sender is told for a place in the ledger."""
    return f"outbox-{number}"


def message_of(row: Row) -> OutboxMessage:
    """Return a line of the ledger as a value."""
    channel = ChannelName(row[2])
    size = size_of(row[5]) if channel is ChannelName.SMS else None
    return OutboxMessage(
        id=row[0],
        message_id=message_id_of(row[0]),
        received_at=instant_of(row[1]),
        channel=channel,
        to=row[3],
        subject=row[4],
        text=row[5],
        html=row[6],
        language=row[7],
        dedupe_key=row[8],
        attempt_id=row[9],
        expires_at=instant_of(row[10]),
        state=AttemptState(row[11]),
        behaviour=Behaviour(row[12]),
        encoding=size.encoding.value if size else "",
        segments=size.segments if size else 0,
    )


def text_of(instant: datetime) -> str:
    """Return an aware instant as it is kept: UTC, microseconds."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant_of(text: str) -> datetime:
    """Return what :func:`text_of` wrote."""
    return datetime.fromisoformat(text)
