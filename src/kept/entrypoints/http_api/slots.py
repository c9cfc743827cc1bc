"""Offer free times."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from kept.core.access import Scope
from kept.core.intervals import Interval
from kept.core.practice import Practice
from kept.core.schedules import Role, Schedule
from kept.core.zones import end_of_gap, instants_of, zone_named
from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.operations import Call, Operation
from kept.entrypoints.http_api.ranges import FROM, TO, Range, wanted_range
from kept.entrypoints.http_api.views import local_text
from kept.flow.slots import free_times
from kept.formats.shapes import Member, Shape, Type, text_of

MOST_SLOTS: Final = 1_000
MOST_DAYS: Final = 31
MOST_PRACTITIONERS: Final = 50

QUERY: Final = Shape(
    name="SlotSearch",
    about="Which visit, with whom, when.",
    members={
        "visitType": Member(types=(Type.ID,), about="Which visit.", required=True),
        "practitionerId": Member(types=(Type.ID,), about="With whom; left out: with anybody."),
        "from": FROM,
        "to": TO,
    },
)


class SlotView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A time that can be booked."""

    start: str
    end: str
    practitioner_id: str
    time_zone: str


class SlotsView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Times that can be booked."""

    slots: tuple[SlotView, ...]
    is_complete: bool
    """False: there are more; ask for a shorter range."""


async def find(call: Call) -> Answer:
    """Show free times in the order of their start."""
    return json_answer(await asyncio.to_thread(_found, call))


def _found(call: Call) -> SlotsView:
    practice = call.practice()
    zone = zone_named(practice.zone)
    today = call.now.astimezone(zone).date()
    wanted = wanted_range(call.query, zone, today=today, days=7, most_days=MOST_DAYS)
    within = _interval(wanted, call.now, practice, text_of(call.query, "visitType"))
    found: list[SlotView] = []
    if within is not None or "practitionerId" in call.query:
        for practitioner_id in _practitioners(call):
            found.extend(_offered(call, practitioner_id, within, practice))
    found.sort(key=lambda slot: (datetime.fromisoformat(slot.start), slot.practitioner_id))
    return SlotsView(slots=tuple(found[:MOST_SLOTS]), is_complete=len(found) <= MOST_SLOTS)


def _offered(call: Call, practitioner_id: str, within: Interval | None, practice: Practice) -> list[SlotView]:
    store = call.parts.store
    span = within or Interval(start=call.now, end=call.now + timedelta(minutes=1))
    free = free_times(store, practitioner_id, text_of(call.query, "visitType"), span)
    if within is None:
        return []
    schedule = next(iter(store.load(Schedule, (practitioner_id,))))
    place = practice.place(schedule.place_id)
    zone = place.zone if place else practice.zone
    return [
        SlotView(
            start=local_text(slot.start, zone),
            end=local_text(slot.end, zone),
            practitioner_id=practitioner_id,
            time_zone=zone,
        )
        for slot in free
    ]


def _practitioners(call: Call) -> tuple[str, ...]:
    if "practitionerId" in call.query:
        return (text_of(call.query, "practitionerId"),)
    page = call.parts.store.query("schedules_by_role", Role.PRACTITIONER.value, limit=MOST_PRACTITIONERS)
    return tuple(hit.id for hit in page.hits)


def _interval(wanted: Range, now: datetime, practice: Practice, visit_type_id: str) -> Interval | None:
    """Return the part of a range in which the visit may still be booked, or None."""
    zone = zone_named(practice.zone)
    visit_type = practice.visit_type(visit_type_id)
    notice = visit_type.notice if visit_type else timedelta(0)
    begin = wanted.start or _begin_of(wanted.first, zone)
    end = wanted.end or _begin_of(wanted.last + timedelta(days=1), zone)
    begin = max(begin, now + notice)
    return Interval(start=begin, end=end) if begin < end else None


def _begin_of(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins; where clocks skip its midnight, when they jump."""
    midnight = datetime.combine(day, datetime.min.time())
    instants = instants_of(midnight, zone)
    return instants[0] if instants else end_of_gap(midnight, zone)


OPERATIONS: Final = (
    Operation(
        name="findSlots",
        method="GET",
        path="/api/slots",
        scope=Scope.READ,
        run=find,
        summary="Find free times",
        about="For a kind of visit, with one practitioner or any; the seven days from today if nothing else is said.",
        tag="Appointments",
        query=QUERY,
        answers={200: (SlotsView,)},
    ),
)
