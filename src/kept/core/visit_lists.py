"""
Several visits said in one message: as a list to read, and as numbered choices to answer.

A first name stands beside a visit only when it is given; it is for telephones that several people share.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

import msgspec

from kept.core.message_values import first_name_in, name_in
from kept.core.moments import Occasion, Saying, Tongue, long_saying, short_sayings
from kept.core.people import ChannelName
from kept.core.sms import Encoding, encoding_of
from kept.core.texts import LANGUAGE_WORDS


class VisitFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One of several visits."""

    start: datetime
    """UTC."""
    zone: str
    """IANA zone of the place."""
    place: str = ""
    first_name: str = ""
    """Whose it is; empty when all are one person's."""


class VisitList(msgspec.Struct, frozen=True, kw_only=True):
    """One way to write several visits."""

    visits: str = ""
    options: str = ""
    """The same, numbered from 1."""


class Viewpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads, and when it is written."""

    reader_zone: str | None
    now: datetime


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """One visit in words."""

    day: str
    dated: str
    who_when: str
    """``9:00 AM Ana``."""
    zone: str
    place: str


def mail_list(visits: Sequence[VisitFacts], seen: Viewpoint, tongue: Tongue) -> VisitList:
    """
    Return several visits with a line for each.

    >>> from datetime import UTC
    >>> from kept.core.moments import tongue_for
    >>> at = datetime(2026, 5, 4, 13, tzinfo=UTC)
    >>> visit = VisitFacts(start=at, zone="America/New_York", place="12 Elm St", first_name="Ana")
    >>> mail_list([visit], Viewpoint(reader_zone=None, now=at), tongue_for("en")).options
    '1: Monday, May 4, 2026, 9:00 AM Ana, 12 Elm St'
    """
    clock = LANGUAGE_WORDS[tongue.language].clock
    said = [_line(v, long_saying(_occasion(v, seen), tongue), ChannelName.EMAIL, clock) for v in visits]
    lines = [_joined(line.dated, f"{line.who_when}{line.zone}", line.place) for line in said]
    return VisitList(visits="\n".join(lines), options="\n".join(_numbered(lines)))


def sms_lists(visits: Sequence[VisitFacts], seen: Viewpoint, tongue: Tongue) -> tuple[VisitList, ...]:
    """
    Return the ways to write several visits in a text message, the fullest first; the last drop place and weekday.

    Visits of one day are said together: ``tomorrow (Mon, May 4): 9:00 AM Ana, 9:30 AM Ben``.
    """
    clock = LANGUAGE_WORDS[tongue.language].clock
    sayings = [short_sayings(_occasion(v, seen), tongue) for v in visits]
    ways = ([_fullest(ways) for ways in sayings], [_sparest(ways) for ways in sayings])
    lists = []
    for way in ways:
        lines = [_line(v, saying, ChannelName.SMS, clock) for v, saying in zip(visits, way, strict=True)]
        lists += [_short_list(lines), _short_list([msgspec.structs.replace(line, place="") for line in lines])]
    return tuple(dict.fromkeys(lists))


def _short_list(lines: Sequence[_Line]) -> VisitList:
    days = []
    for (day, zone, place), group in groupby(lines, key=lambda line: (line.day, line.zone, line.place)):
        days.append(_joined(f"{day}: {', '.join(line.who_when for line in group)}{zone}", place))
    ends = {(line.zone, line.place) for line in lines}
    if len(ends) > 1:
        numbered = _numbered([_joined(line.dated, f"{line.who_when}{line.zone}", line.place) for line in lines])
        return VisitList(visits="; ".join(days), options="; ".join(numbered))
    numbered = _numbered([f"{line.dated}, {line.who_when}" for line in lines])
    end = "".join(f"{zone}, {place}" if place else zone for zone, place in ends)
    return VisitList(visits="; ".join(days), options="; ".join(numbered) + end)


def _line(visit: VisitFacts, saying: Saying, channel: ChannelName, clock: str) -> _Line:
    name = first_name_in(channel, visit.first_name)
    at = clock.replace("{0}", saying.time)
    return _Line(
        day=saying.day,
        dated=saying.dated,
        who_when=f"{at} {name}" if name else at,
        zone=saying.zone,
        place=name_in(channel, visit.place),
    )


def _occasion(visit: VisitFacts, seen: Viewpoint) -> Occasion:
    return Occasion(start=visit.start, zone=visit.zone, reader_zone=seen.reader_zone, now=seen.now)


def _fullest(ways: Sequence[Saying]) -> Saying:
    """Return the fullest way that GSM-7 can write."""
    return next((way for way in ways if encoding_of(way.day + way.zone) is Encoding.GSM_7), ways[0])


def _sparest(ways: Sequence[Saying]) -> Saying:
    """Return the shortest way that GSM-7 can write."""
    return min(ways, key=lambda way: (encoding_of(way.day + way.zone) is not Encoding.GSM_7, len(way.day + way.zone)))


def _numbered(lines: Sequence[str]) -> list[str]:
    return [f"{number}: {line}" for number, line in enumerate(lines, start=1)]


def _joined(*pieces: str) -> str:
    return ", ".join(filter(None, pieces))
