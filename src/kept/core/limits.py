"""How many texts one person gets, what they may cost in a day, and to which countries they go."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.contacts import PhoneNumber, calling_region, region_of
from kept.core.errors import InvalidInputError
from kept.core.people import Told
from kept.core.records import IndexEntry

WEEK: Final = timedelta(days=7)
MOST_TOLD: Final = 100
"""Messages that are remembered of one address: three in a week to each of thirty people. Ours."""


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """
    How many texts a person gets at most; mails are not counted.

    Source:
        47 CFR 64.1200(a)(9)(iv): one message a day and three in a week to each patient.
    """

    per_day: int = 1
    """On one date of the calendar where the person is."""
    per_week: int = 3
    """In any seven days."""

    def __post_init__(self) -> None:
        """
        Refuse numbers that make no sense.

        Raises:
            InvalidInputError: fewer than one, or fewer in a week than on a day.
        """
        if self.per_day < 1 or self.per_week < self.per_day:
            message = "must be at least one a day, and in a week no fewer than on a day"
            raise InvalidInputError.of("caps", "out_of_range", message)


class DaySpend(msgspec.Struct, frozen=True, kw_only=True):
    """How many segments of text were sent on one day."""

    kind: ClassVar[str] = "day_spend"

    id: str
    """See :func:`spend_id`."""
    version: int = 0
    segments: int = 0

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return nothing: it is read by its day."""
        return ()


def spend_id(day: date) -> str:
    """
    Return the id under which a day's segments are counted.

    >>> spend_id(date(2026, 5, 4))
    'sms/2026-05-04'
    """
    return f"sms/{day.isoformat()}"


def has_room(told: tuple[Told, ...], caps: Caps, wanted: Told, zone: ZoneInfo) -> bool:
    """
    Tell whether a person may get one more text.

    Args:
        told: What the number got.
        caps: The practice's limits.
        wanted: The message in question. An earlier try of it, with all that it spoke for, takes no room from it.
        zone: Where the person's days begin.
    """
    tried_at = {t.at for t in told if t.notification_id == wanted.notification_id}
    others = (t for t in told if t.at not in tried_at)
    own = [t for t in others if t.patient_id == wanted.patient_id and t.at > wanted.at - WEEK]
    today = wanted.at.astimezone(zone).date()
    on_the_day = sum(t.at.astimezone(zone).date() == today for t in own)
    return on_the_day < caps.per_day and len(own) < caps.per_week


def counted(told: tuple[Told, ...], more: Told) -> tuple[Told, ...]:
    """
    Return what an address was told with one more message; what is older than a week goes.

    A message that is tried again counts once, at its latest try: a day may lie between the two.
    """
    if more in told:
        return told
    others = [t for t in told if t.notification_id != more.notification_id and t.at > more.at - WEEK]
    return (*others[1 - MOST_TOLD :], more)


@lru_cache(maxsize=4096)
def country_of_number(phone: PhoneNumber) -> str:
    """
    Return the country of a number; empty for one of no single country.

    >>> country_of_number(PhoneNumber("+12423591234")), country_of_number(PhoneNumber("+80012345678"))
    ('BS', '')
    """
    region = region_of(phone) or calling_region(phone)
    return region if region.isalpha() else ""
