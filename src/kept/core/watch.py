"""Whether messages still leave, and whether word of them still comes back: what is kept of it, and when it alarms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from kept.core.notifications import Attempt, AttemptState, Notification
from kept.core.recording import TAKEN
from kept.core.records import IndexEntry

HEARTBEAT_ID: Final = "sender"
LONGEST_SILENCE: Final = timedelta(minutes=5)
"""How long something may be due without any message leaving. Ours: a reminder an hour ahead is still of use then."""
LONGEST_ABSENCE: Final = timedelta(minutes=3)
"""How long no worker may have looked; it notes its look each minute. Ours."""
UNKNOWN_TOO_LONG: Final = timedelta(minutes=15)
"""After this a provider was asked, or one more copy sent: what is still open then needs a look. Ours."""
WORD_AFTER: Final = timedelta(minutes=30)
"""How long word of a message may take before its silence counts. Ours: most carriers answer within minutes."""
ROUTE_SAMPLE: Final = 20
"""So many messages without a word make a route silent. Ours: one handset that is off says nothing of the others."""

_ENDED: Final = TAKEN | {AttemptState.UNDELIVERED}


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One provider and the country that its messages went to, and what came back of the newest of them."""

    provider: str
    country: str
    """ISO 3166 alpha-2; empty for mail, and for numbers of no single country."""
    messages: int
    """Newest ones looked at, up to 20."""
    heard: int
    """Of those: word of their delivery has come."""

    @property
    def is_silent(self) -> bool:
        """Whether there were enough messages, and no word of any."""
        return self.messages >= ROUTE_SAMPLE and not self.heard


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One message that was accepted long enough ago."""

    provider: str
    country: str
    accepted_at: datetime
    is_heard: bool


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """What the process that sends last knew; every process may read it, and it outlives a restart."""

    kind: ClassVar[str] = "heartbeat"

    id: str = HEARTBEAT_ID
    version: int = 0
    looked_at: datetime
    """When the worker last came round."""
    left_at: datetime | None = None
    """When the last message was accepted by a provider."""
    due: int = 0
    oldest_due_at: datetime | None = None
    routes: tuple[Route, ...] = ()
    """Those on which word of delivery is expected, by provider and country."""
    unknown_open: int = 0
    """Recent notifications, not done, of which a try has been unknown for too long."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return nothing: there is one, read by its id."""
        return ()


class AlarmKind(StrEnum):
    """What is wrong with sending."""

    SILENT = "silent"
    """Something has been due for too long, and nothing has left meanwhile."""
    ABSENT = "absent"
    """No worker has looked for too long."""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Sending has stopped."""

    about: AlarmKind
    since: datetime | None
    """Last message for SILENT, last look for ABSENT; None: there was none."""
    due: int
    """How many wait."""


def alarm_of(beat: Heartbeat | None, *, due: int, oldest_at: datetime | None, now: datetime) -> Alarm | None:
    """
    Return the alarm, or None while all is well.

    What rests - for the night, for a breaker, for a rate - has a later wake time and is not due. A folder in which no
    worker has looked yet is only silent. After the clock was put back, a look in the future is no sign of life.

    Args:
        beat: What the worker wrote; None: it never has.
        due: How many notifications wait to be looked at.
        oldest_at: Since when the longest of them waits; None: none does.
        now: The one reading of the clock.
    """
    if beat and abs(now - beat.looked_at) > LONGEST_ABSENCE:
        return Alarm(about=AlarmKind.ABSENT, since=beat.looked_at, due=due)
    left_at = beat.left_at if beat else None
    is_late = oldest_at is not None and now - oldest_at > LONGEST_SILENCE
    if is_late and (left_at is None or now - left_at > LONGEST_SILENCE):
        return Alarm(about=AlarmKind.SILENT, since=left_at, due=due)
    return None


def is_expected(attempt: Attempt, *, now: datetime) -> bool:
    """Tell whether word of an attempt should have come by now: it was taken long enough ago, and its provider tells."""
    taken_at = attempt.ended_at if attempt.state in _ENDED else None
    return attempt.awaits_receipt and taken_at is not None and taken_at + WORD_AFTER <= now


def is_heard(attempt: Attempt) -> bool:
    """Tell whether its provider has said what became of it."""
    return attempt.heard_at is not None or attempt.state is not AttemptState.ACCEPTED


def is_unknown_too_long(notification: Notification, *, now: datetime) -> bool:
    """Tell whether nobody has found out for too long what became of a try, and it is not put aside either."""
    ends = [a.ended_at or a.lease_until for a in notification.attempts if a.state is AttemptState.UNKNOWN]
    return not notification.is_done and any(end + UNKNOWN_TOO_LONG < now for end in ends)


def routes_of(samples: Iterable[Sample]) -> tuple[Route, ...]:
    """Return the routes that some messages took, judged by the newest of each."""
    by_route: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for sample in samples:
        by_route[sample.provider, sample.country].append(sample)
    return tuple(_route(*key, by_route[key]) for key in sorted(by_route))


def _route(provider: str, country: str, samples: list[Sample]) -> Route:
    newest = sorted(samples, key=lambda sample: sample.accepted_at)[-ROUTE_SAMPLE:]
    heard = sum(sample.is_heard for sample in newest)
    return Route(provider=provider, country=country, messages=len(newest), heard=heard)
