"""The day: who comes when, what each was told, what is free, and how the day's messages stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import msgspec
from starlette.responses import Response

from kept.core.booking import Appointment, AppointmentEvent, after_event
from kept.core.errors import InvalidInputError, NotFoundError, StateConflictError
from kept.core.intervals import Interval
from kept.core.notifications import Notification
from kept.core.people import Patient
from kept.core.reports import tally
from kept.core.schedules import Place, Schedule
from kept.core.zones import parse_date, whole_day, zone_named
from kept.entrypoints.web.calls import Call
from kept.entrypoints.web.clocks import local_day
from kept.entrypoints.web.finding import appointments_on, free_on, notifications_due_in
from kept.entrypoints.web.rendering import page, see_other, with_query
from kept.entrypoints.web.told import Told, bar, told_of
from kept.entrypoints.web.wishes import choice

SLOTS_SHOWN = 4
"""Starts of a free stretch that are shown at once; the rest unfolds."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A free time to click."""

    text: str
    href: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a column: a visit, a free stretch, or the present moment."""

    start: datetime
    time: str
    """Start and end as they are written."""
    appointment: Appointment | None = None
    patient: str = ""
    visit: str = ""
    """Name of the visit type."""
    told: tuple[Told, ...] = ()
    events: tuple[str, ...] = ()
    """What can be done with it now, apart from moving and cancelling."""
    can_move: bool = False
    can_cancel: bool = False
    slots: tuple[Link, ...] = ()
    more: tuple[Link, ...] = ()
    is_now: bool = False


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """The day of one practitioner."""

    id: str
    name: str
    rows: tuple[Row, ...]
    cancelled: tuple[Row, ...] = ()


def today(call: Call) -> Response:
    """Show the present day, or go to the one that was asked for."""
    place = _place(call)
    wanted = call.query.get("on", "")
    if wanted:
        return see_other(f"/day/{wanted}", **{k: v for k, v in call.query.items() if k in {"place", "visit"}})
    return _day(call, local_day(call.now, _zone(call, place)), place)


def day_page(call: Call) -> Response:
    """Show one day."""
    try:
        day = parse_date(call.args["day"], field="day")
    except InvalidInputError:
        raise NotFoundError("day") from None
    return _day(call, day, _place(call))


def possible_events(appointment: Appointment, now: datetime) -> tuple[AppointmentEvent, ...]:
    """Return what can happen to an appointment at this moment, as the rules have it."""
    return tuple(event for event in AppointmentEvent if _is_possible(appointment, event, now))


def _is_possible(appointment: Appointment, event: AppointmentEvent, now: datetime) -> bool:
    try:
        after_event(appointment, event, now=now)
    except StateConflictError:
        return False
    return True


def _day(call: Call, day: date, place: Place | None) -> Response:
    zone = _zone(call, place)
    times = whole_day(day, zone_named(zone))
    now = call.now if local_day(call.now, zone) == day else None
    kept = {k: v for k, v in call.query.items() if k in {"place", "visit"}}
    ledger = tally(notifications_due_in(call.parts.store, times))
    columns = _columns(call, day, place, zone)
    return page(
        call,
        "day.html",
        day=day,
        place=place,
        zone=zone,
        is_today=now is not None,
        columns=columns,
        visits=sum(row.appointment is not None for column in columns for row in column.rows),
        visit_type=call.visit_type(call.query.get("visit")),
        ledger=ledger,
        parts=bar(call, ledger),
        before=with_query(f"/day/{day - timedelta(days=1)}", **kept),
        after=with_query(f"/day/{day + timedelta(days=1)}", **kept),
        noon=times.start + timedelta(hours=12),
    )


def _place(call: Call) -> Place | None:
    """Return the place that is asked for, or the first; None for a practice without places."""
    wanted = call.query.get("place")
    places = call.practice.places
    if not wanted:
        return next(iter(places), None)
    place = call.practice.place(wanted)
    if place is None:
        raise NotFoundError("place")
    return place


def _zone(call: Call, place: Place | None) -> str:
    return place.zone if place else call.practice.zone


def _columns(call: Call, day: date, place: Place | None, zone: str) -> list[Column]:
    staff = [s for s in call.practitioners if place is None or s.place_id == place.id]
    here = [a for a in appointments_on(call.parts.store, day) if _is_here(call, a, place)]
    rows = _rows_of(call, here, zone)
    free = {s.id: _free_rows(call, s, day, [r.start for r in rows[s.id]], zone) for s in staff}
    now = call.now if local_day(call.now, zone) == day else None
    marker = [Row(start=call.now, time=call.clocks.time(call.now, zone), is_now=True)] if now else []
    columns = [_column(s.id, s.name, [*rows[s.id], *free[s.id], *marker]) for s in staff]
    others = [row for owner, found in rows.items() if owner not in free for row in found]
    if others:
        columns.append(_column("", call.say("day.nobody"), [*others, *marker]))
    return columns


def _column(owner: str, name: str, rows: list[Row]) -> Column:
    rows = sorted(rows, key=lambda row: (row.start, not row.is_now))
    gone = [row for row in rows if row.appointment and row.appointment.status.value == "CANCELLED"]
    return Column(id=owner, name=name, rows=tuple(r for r in rows if r not in gone), cancelled=tuple(gone))


def _is_here(call: Call, appointment: Appointment, place: Place | None) -> bool:
    """Tell whether an appointment belongs on this place's page; what names no place belongs to the practitioner's."""
    if place is None:
        return True
    own = call.practice.place(appointment.place_id) or call.place_of(call.practitioner(appointment.practitioner_id))
    return own == place


def _rows_of(call: Call, appointments: list[Appointment], zone: str) -> dict[str, list[Row]]:
    """Return a row for each appointment, by practitioner."""
    store = call.parts.store
    names = {p.id: p.name for p in store.load(Patient, {a.patient_id for a in appointments})}
    ids = [i for a in appointments for i in a.notification_ids]
    notifications = {n.id: n for n in store.load(Notification, ids)}
    rows: dict[str, list[Row]] = defaultdict(list)
    for appointment in appointments:
        own = [notifications[i] for i in appointment.notification_ids if i in notifications]
        name = names.get(appointment.patient_id) or call.say("patient.nameless", id=appointment.patient_id)
        rows[appointment.practitioner_id or ""].append(visit_row(call, appointment, name, told_of(call, own, zone)))
    return rows


def visit_row(call: Call, appointment: Appointment, patient: str, messages: tuple[Told, ...]) -> Row:
    """Return the line for an appointment, times in its own zone."""
    possible = possible_events(appointment, call.now)
    kind = call.practice.visit_type(appointment.visit_type_id)
    apart = {AppointmentEvent.MOVE, AppointmentEvent.CANCEL}
    return Row(
        start=appointment.start,
        time=call.clocks.span(appointment.interval, appointment.zone),
        appointment=appointment,
        patient=patient,
        visit=kind.name if kind else appointment.description,
        told=messages,
        events=tuple(event.value for event in possible if event not in apart),
        can_move=AppointmentEvent.MOVE in possible,
        can_cancel=AppointmentEvent.CANCEL in possible,
    )


def _free_rows(call: Call, schedule: Schedule, day: date, starts: Iterable[datetime], zone: str) -> list[Row]:
    """Return the free times of a practitioner as stretches that no visit interrupts."""
    visit_type = call.visit_type(call.query.get("visit"))
    if visit_type is None:
        return []
    borders = sorted(starts)
    stretches: list[list[Interval]] = []
    for slot in free_on(call, schedule, visit_type, day):
        last = stretches[-1][-1] if stretches else None
        is_apart = last is None or last.end < slot.start or any(last.start < b <= slot.start for b in borders)
        if is_apart:
            stretches.append([])
        stretches[-1].append(slot)
    return [_free_row(call, schedule, stretch, zone) for stretch in stretches]


def _free_row(call: Call, schedule: Schedule, stretch: list[Interval], zone: str) -> Row:
    visit = call.visit_type(call.query.get("visit"))
    links = tuple(
        Link(
            text=call.clocks.time(slot.start, zone),
            href=with_query(
                "/book",
                visit=visit.id if visit else None,
                practitioner=schedule.id,
                day=local_day(slot.start, zone).isoformat(),
                start=choice(call, slot.start, zone).value,
            ),
        )
        for slot in stretch
    )
    whole = Interval(start=stretch[0].start, end=stretch[-1].end)
    return Row(
        start=whole.start,
        time=call.clocks.span(whole, zone),
        slots=links[:SLOTS_SHOWN],
        more=links[SLOTS_SHOWN:],
    )
