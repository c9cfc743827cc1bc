"""The page of one visit: what it is, and the forms to answer, move or cancel it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import Response

from kept.core.booking import Appointment, AppointmentStatus, ParticipationStatus
from kept.core.errors import InvalidInputError, NotFoundError, SlotTakenError, StateConflictError
from kept.core.intervals import Interval, in_utc, interval
from kept.core.links import VisitLink
from kept.core.zones import parse_date, parse_instant, whole_day, zone_named
from kept.entrypoints.links.calls import Frame, LinkCall
from kept.entrypoints.links.rendering import page, see_other
from kept.entrypoints.web.clocks import local_day
from kept.flow.holds import extend_hold
from kept.flow.links import (
    LinkedVisit,
    Seen,
    cancel_visit,
    confirm_visit,
    keep_time,
    linked_visit,
    may_change,
    move_visit,
    times_to_move_to,
)
from kept.ports.store import Transaction

DAYS_SHOWN: Final = 3
"""Days with free times on one page: few enough for a phone."""
DAYS_AHEAD: Final = 60
"""How far free times are looked for."""
_AT_ONCE: Final = 5
_MOST_DIGITS: Final = 5


class DayOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One day with its free times."""

    day: date
    starts: tuple[datetime, ...]


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """What a form asks for."""

    call: LinkCall
    visit: LinkedVisit
    seen: Seen

    @property
    def chosen(self) -> Interval:
        """The time that the form names; as long as the visit is."""
        start = in_utc(parse_instant((self.call.form or {}).get("start", ""), field="start"), field="start")
        return interval(start, start + (self.visit.appointment.end - self.visit.appointment.start))


class _Note(msgspec.Struct, frozen=True, kw_only=True):
    """What is said above a page that was not asked for."""

    word: str = ""
    status: int = HTTPStatus.OK


def visit_page(call: LinkCall, link: VisitLink) -> Response:
    """
    Show the visit of a link, or do what a form on its page asks for.

    Raises:
        NotFoundError: the visit is gone.
    """
    visit = linked_visit(call.parts.store, link, now=call.now)
    if call.form is None:
        return _shown(call, visit, call.query.get("show", ""), _Note())
    do = _DOING.get(call.form.get("do", ""))
    seen = Seen(appointment_id=visit.appointment.id, sequence=_sequence(call.form))
    if do is None:
        return _shown(call, visit, "", _Note(word="unclear", status=HTTPStatus.UNPROCESSABLE_ENTITY))
    try:
        return do(_Wish(call=call, visit=visit, seen=seen))
    except StateConflictError as error:
        return _again(call, link, "", _Note(word=f"state.{error.code}", status=HTTPStatus.CONFLICT))
    except SlotTakenError:
        return _again(call, link, "move", _Note(word="taken", status=HTTPStatus.CONFLICT))
    except InvalidInputError:
        return _again(call, link, "move", _Note(word="not_free", status=HTTPStatus.UNPROCESSABLE_ENTITY))


def _again(call: LinkCall, link: VisitLink, show: str, note: _Note) -> Response:
    """Show a page as things stand now, with what was not done and why."""
    return _shown(call, linked_visit(call.parts.store, link, now=call.now), show, note)


def _shown(call: LinkCall, visit: LinkedVisit, show: str, note: _Note) -> Response:
    frame = call.frame(visit.practice, visit.language)
    can_change = may_change(visit.appointment, now=call.now)
    draw = _PAGES.get(show, _main) if can_change else _main
    return draw(frame, visit, note)


def _main(frame: Frame, visit: LinkedVisit, note: _Note) -> Response:
    can_change = may_change(visit.appointment, now=frame.call.now)
    return _page(frame, visit, note, "visit.html", can_change=can_change, state=_state(visit, can_change=can_change))


def _state(visit: LinkedVisit, *, can_change: bool) -> str:
    """Return the word for how a visit stands."""
    if visit.appointment.status is AppointmentStatus.CANCELLED:
        return "cancelled"
    if not can_change:
        return "over"
    if visit.appointment.participation is ParticipationStatus.ACCEPTED:
        return "confirmed"
    return "requested" if visit.appointment.status is AppointmentStatus.REQUESTED else "booked"


def _cancelling(frame: Frame, visit: LinkedVisit, note: _Note) -> Response:
    return _page(frame, visit, note, "cancel.html")


def _moving(frame: Frame, visit: LinkedVisit, note: _Note) -> Response:
    first = _wanted_day(frame.call, visit.appointment)
    offers, later = _offers(frame.call, visit.appointment, first)
    return _page(frame, visit, note, "move.html", offers=offers, later=later.isoformat() if later else None)


def _deciding(frame: Frame, visit: LinkedVisit, note: _Note) -> Response:
    if visit.hold is None:
        return _moving(frame, visit, _Note(word="hold_ended", status=note.status))
    return _page(frame, visit, note, "held.html", hold=visit.hold)


def _page(frame: Frame, visit: LinkedVisit, note: _Note, template: str, **context: object) -> Response:
    return page(
        frame,
        template,
        status=note.status,
        note=note.word,
        visit=visit,
        appointment=visit.appointment,
        zone=visit.appointment.zone,
        **context,
    )


def _offers(call: LinkCall, appointment: Appointment, first: date) -> tuple[tuple[DayOffer, ...], date | None]:
    """Return the first days with free times from a day on, and the day from which more could be looked for."""
    found: list[DayOffer] = []
    zone = zone_named(appointment.zone)
    for begin in (first + timedelta(days=n) for n in range(0, DAYS_AHEAD, _AT_ONCE)):
        last = begin + timedelta(days=_AT_ONCE - 1)
        within = Interval(start=whole_day(begin, zone).start, end=whole_day(last, zone).end)
        by_day: dict[date, list[datetime]] = {}
        for slot in times_to_move_to(call.parts.store, appointment, within, now=call.now):
            by_day.setdefault(local_day(slot.start, appointment.zone), []).append(slot.start)
        found += [DayOffer(day=day, starts=tuple(starts)) for day, starts in by_day.items()]
        if len(found) >= DAYS_SHOWN:
            shown = tuple(found[:DAYS_SHOWN])
            return shown, shown[-1].day + timedelta(days=1)
    return tuple(found), None


def _wanted_day(call: LinkCall, appointment: Appointment) -> date:
    """Return the day from which times are asked for; never a past one, nor one that no calendar has."""
    today = local_day(call.now, appointment.zone)
    try:
        asked = parse_date(call.query.get("from", ""), field="from")
    except InvalidInputError:
        return today
    return min(max(asked, today), today + timedelta(days=366 * 5))


def _confirm(wish: _Wish) -> Response:
    return _done(wish, partial(confirm_visit, seen=wish.seen, now=wish.call.now))


def _cancel(wish: _Wish) -> Response:
    return _done(wish, partial(cancel_visit, seen=wish.seen, now=wish.call.now))


def _keep(wish: _Wish) -> Response:
    to = _offered(wish)
    wish.call.parts.store.submit(partial(keep_time, seen=wish.seen, to=to, now=wish.call.now)).result()
    return see_other(wish.call, show="held")


def _extend(wish: _Wish) -> Response:
    step = partial(extend_hold, appointment_id=wish.seen.appointment_id, now=wish.call.now)
    try:
        wish.call.parts.store.submit(step).result()
    except NotFoundError:
        raise StateConflictError("this time is kept no longer; choose it again", code="hold_ended") from None
    return see_other(wish.call, show="held")


def _move(wish: _Wish) -> Response:
    return _done(wish, partial(move_visit, seen=wish.seen, to=_offered(wish), now=wish.call.now))


def _offered(wish: _Wish) -> Interval:
    """
    Return the time that a form names, if it is kept for the visit, offered, or the visit's own.

    Raises:
        SlotTakenError: it is none of these, or not any more.
    """
    visit, to = wish.visit, wish.chosen
    appointment, zone = visit.appointment, zone_named(visit.appointment.zone)
    within = whole_day(to.start.astimezone(zone).date(), zone)
    if to in (appointment.interval, visit.taken) or to in times_to_move_to(
        wish.call.parts.store, appointment, within, now=wish.call.now
    ):
        return to
    raise SlotTakenError((to,), owner="practitioner")


def _done(wish: _Wish, step: Callable[[Transaction], Appointment]) -> Response:
    """Do it, and send the browser to the visit as it then stands, by a link that lasts as long as that."""
    parts = wish.call.parts
    after = parts.store.submit(step).result()
    parts.wake()
    return see_other(wish.call, token=parts.links.visit_url(after).rpartition("/")[2])


def _sequence(form: Mapping[str, str]) -> int:
    """Return as what the form showed the visit; of a form that does not say, what no visit has."""
    text = form.get("sequence", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else -1


_PAGES: Final = {"move": _moving, "cancel": _cancelling, "held": _deciding}
_DOING: Final[dict[str, Callable[[_Wish], Response]]] = {
    "confirm": _confirm,
    "cancel": _cancel,
    "keep": _keep,
    "extend": _extend,
    "move": _move,
}
"""What a form may ask for."""
