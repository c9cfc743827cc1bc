"""When a visit is to be, as forms say it: a start that was chosen, or a date and a time that were typed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from kept.core.errors import InvalidInputError
from kept.core.intervals import Interval, in_utc
from kept.core.zones import check_offset, instant_of, parse_date, parse_instant, parse_wall, zone_named
from kept.entrypoints.web.calls import Call
from kept.entrypoints.web.clocks import local_day

MOST_MINUTES: Final = 24 * 60


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A time that is offered."""

    value: str
    """As the form sends it: an instant with its offset."""
    text: str
    """Day, time and zone."""
    time: str
    """The time alone, for lists of one day."""
    start: datetime


def chosen_start(fields: dict[str, str], zone: str) -> datetime | None:
    """
    Return the start that a form names, in UTC; None while it names none.

    Args:
        fields: ``start`` as an instant, which counts first; else ``day`` and ``time`` on the clocks of the zone.
        zone: Of the place.

    Raises:
        InvalidInputError: unreadable, or a wall time that clocks skip or show twice; the field is ``start``.
    """
    if fields.get("start"):
        instant = parse_instant(fields["start"], field="start")
        check_offset(instant, zone_named(zone), field="start")
        return in_utc(instant, field="start")
    if not fields.get("time"):
        return None
    wall = parse_wall(f"{fields.get('day', '')}T{fields['time']}", field="start")
    return instant_of(wall, zone_named(zone), field="start")


def length(call: Call, fields: dict[str, str]) -> timedelta:
    """
    Return how long the visit lasts: as its type says, or as was typed where there are no types.

    Raises:
        InvalidInputError: not a number of minutes.
    """
    visit_type = call.visit_type(fields.get("visit"))
    if visit_type:
        return visit_type.duration
    text = fields.get("minutes") or "30"
    minutes = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_MINUTES)) else 0
    if not 1 <= minutes <= MOST_MINUTES:
        raise InvalidInputError.of("minutes", "not_minutes", f"must be 1 to {MOST_MINUTES} minutes")
    return timedelta(minutes=minutes)


def candidates(call: Call, error: InvalidInputError, zone: str) -> tuple[Choice, ...]:
    """Return what a wall time that names no instant, or two, may have meant; each written with its offset."""
    offered: list[str] = []
    for problem in error.problems:
        for name in ("candidates", "suggestions", "expected"):
            found = problem.extra.get(name, [])
            offered += found if isinstance(found, list) else []
    return tuple(choice(call, datetime.fromisoformat(text), zone) for text in offered)


def choice(call: Call, instant: datetime, zone: str) -> Choice:
    """Return a time to choose, in the zone of the place and with its offset, so that no two look the same."""
    local = instant.astimezone(zone_named(zone))
    said = f"{call.clocks.moment(instant, zone)} ({call.clocks.zone(zone, instant)})"
    return Choice(value=local.isoformat(), text=said, time=call.clocks.time(instant, zone), start=instant)


def choices(call: Call, slots: tuple[Interval, ...], zone: str) -> tuple[Choice, ...]:
    """Return free times to choose from."""
    return tuple(choice(call, slot.start, zone) for slot in slots)


def wanted_day(call: Call, fields: dict[str, str], zone: str) -> str:
    """Return the date that a form is about; the present day when it names none or one that no calendar has."""
    try:
        return parse_date(fields.get("day", ""), field="day").isoformat()
    except InvalidInputError:
        return local_day(call.now, zone).isoformat()
