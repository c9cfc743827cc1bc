"""What people answer, as it is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from kept.core.booking import sort_instant
from kept.core.contacts import parse_phone, region_of
from kept.core.errors import InvalidInputError
from kept.core.people import ChannelName
from kept.core.receipts import IncomingReply
from kept.core.records import IndexEntry
from kept.core.replies import Understanding

LONGEST_KEPT: Final = 2_000
"""Characters of a reply that are kept; a text message of ten parts has fewer."""

REPLIES_KEPT_FOR: Final = timedelta(days=400)
"""
How long what people wrote is kept, from when it was applied. Ours: a year and a month, so that whoever asks about the
same visit a year later can still be answered. What a reply did stays where it belongs: in the history of the visit, and
with its words as evidence in the consent of the address.
"""


class Effect(StrEnum):
    """What a reply has led to."""

    MESSAGES_ENDED = "messages_ended"
    MESSAGES_ALLOWED = "messages_allowed"
    ADDRESS_GIVEN_UP = "address_given_up"
    """Nothing is sent there until the desk has spoken to someone."""
    VISIT_CONFIRMED = "visit_confirmed"
    VISIT_DECLINED = "visit_declined"
    """Noted with the visit, which still stands."""
    OTHER_TIME_WANTED = "other_time_wanted"
    VISIT_CANCELLED = "visit_cancelled"
    LISTED = "listed"
    """Somebody was asked to act, on the worklist."""
    ASKED_WHICH_VISIT = "asked_which_visit"
    ANSWERED = "answered"
    """A text of ours was planned for the address."""
    CANCEL_LINK_MAILED = "cancel_link_mailed"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One reply as it came, what it was taken for, and what it was matched to."""

    kind: ClassVar[str] = "reply"

    id: str
    """See :func:`reply_key`."""
    version: int = 0
    channel: ChannelName
    sender: str
    """Number or address it came from."""
    text: str
    """As it came, cut to 2,000 characters."""
    intent: str
    confidence: str
    rule: str
    patient_ids: tuple[str, ...] = ()
    """Everyone who has the number or address."""
    appointment_id: str | None = None
    """The visit that it was taken to be about, if that was beyond doubt and it was one alone."""
    effects: tuple[Effect, ...] = ()
    """What it has led to, in that order; empty: nothing."""
    at: datetime
    """When the provider got it."""
    applied_at: datetime

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return where it is found: by each patient, by the UTC day on which it was applied, and by its end."""
        at = sort_instant(self.applied_at)
        rows = [
            IndexEntry(index="replies_by_patient", partition=patient_id, sort=at)
            for patient_id in dict.fromkeys(self.patient_ids)
        ]
        end = sort_instant(self.applied_at + REPLIES_KEPT_FOR)
        return (
            *rows,
            IndexEntry(index="replies_by_day", partition=at[:10], sort=at),
            IndexEntry(index="replies_by_end", partition="all", sort=end),
        )

    def is_kept(self, *, now: datetime) -> bool:
        """Tell whether its time is not over; a record that nobody has removed yet is shown to nobody."""
        return now < self.applied_at + REPLIES_KEPT_FOR


def reply_key(provider: str, reply_id: str) -> str:
    """
    Return the id under which a reply is kept, so that it is applied once.

    >>> reply_key("twilio", "SM1")
    'twilio/SM1'
    """
    return f"{provider}/{reply_id}"


def kept_reply(reply: IncomingReply, taken: Understanding, *, now: datetime) -> Reply:
    """Return the record of a reply, not yet matched; half a character, as a text cut in two has, is kept as ``?``."""
    return Reply(
        id=reply_key(reply.provider, reply.id),
        channel=reply.channel,
        sender=reply.sender,
        text=reply.text[:LONGEST_KEPT].encode(errors="replace").decode(),
        intent=taken.intent.value,
        confidence=taken.confidence.value,
        rule=taken.rule,
        at=reply.at,
        applied_at=now,
    )


def country_of(reply: IncomingReply, *, fallback: str) -> str:
    """
    Return the country whose customs a reply follows: that of its number, or a fallback for mail.

    Empty for a number of no single country, such as a short code.
    """
    if reply.channel is not ChannelName.SMS:
        return fallback
    try:
        region = region_of(parse_phone(reply.sender, region=None))
    except InvalidInputError:
        return ""
    return region if region and region.isalpha() else ""
