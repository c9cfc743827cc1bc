"""
Requests for appointments that come by a queue, or by the proxy event of a function that stands behind a gateway.

Each may come twice and in any order. A request is known by its own id, so that it is booked once; a change that is made
already changes nothing; one for a visit that is not there yet comes again until it is.
"""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from functools import partial
from typing import Final

import msgspec
import structlog

from kept.core.booking import Appointment, AppointmentEvent, AppointmentStatus, BookingRequest
from kept.core.errors import ConflictError, InvalidInputError, NotFoundError, OutsideError, SlotTakenError
from kept.core.intervals import Interval
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.reports import Metric
from kept.entrypoints.aws_lambda.invocation import Answer, Event, Invocation, fields_of, text_in
from kept.entrypoints.aws_lambda.letters import Letter, handled, letters_of
from kept.entrypoints.aws_lambda.proxy import body_of, proxy_answer
from kept.flow.booking import Change, apply, book, move
from kept.formats.seed_events import (
    Home,
    booking_by_request,
    booking_by_user,
    conflict_answer,
    user_booking_answer,
)
from kept.formats.strict_json import parsed
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.queue import Note, Queue
from kept.ports.store import Store

BY: Final = "queue"

_ENVELOPE: Final = frozenset({"action", "appointmentId", "requestId", "version"})
"""Members that say what is to be done; the others say what is wanted."""

log = structlog.get_logger("kept.lambda")


class Action(StrEnum):
    """What a message asks for."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    CANCEL = "CANCEL"
    CONFIRM = "CONFIRM"


_EVENTS: Final = {
    Action.CANCEL: (AppointmentEvent.CANCEL, AppointmentStatus.CANCELLED),
    Action.CONFIRM: (AppointmentEvent.CONFIRM, AppointmentStatus.CONFIRMED),
}


class Requests:
    """
    Books, moves, confirms and cancels.

    Args:
        store: Where appointments are.
        clock: Says when.
        meter: Counts.
        confirmations: Takes what is to be confirmed next; None: a person or another system confirms it.
    """

    def __init__(self, store: Store, *, clock: Clock, meter: Meter, confirmations: Queue | None = None) -> None:
        self._store = store
        self._clock = clock
        self._meter = meter
        self._confirmations = confirmations

    def run(self, event: Event, invocation: Invocation) -> Answer:
        """Take the messages of the queue of requests, or the one request of a proxy event."""
        if "Records" not in fields_of(event) and "body" in fields_of(event):
            return self._proxied(event, invocation)
        return handled(letters_of(event), partial(self._take, wanted=tuple(Action)), invocation)

    def confirm(self, event: Event, invocation: Invocation) -> Answer:
        """Take the messages of the queue of confirmations."""
        return handled(letters_of(event), partial(self._take, wanted=(Action.CONFIRM, Action.CANCEL)), invocation)

    def _take(self, letter: Letter, wanted: tuple[Action, ...]) -> None:
        """
        Do what a message asks for; the first of what its queue is for, if it does not say.

        Raises:
            InvalidInputError: it cannot be understood; after some tries the queue puts it aside for a person.
            NotFoundError: there is no such appointment, perhaps not yet.
        """
        document = parsed(letter.body.encode("utf-8", "replace"))
        action = _action(document, wanted)
        try:
            if action is Action.CREATE:
                self._create(document, letter)
            else:
                self._change(document, action)
        except ConflictError as error:
            self._meter.count(Metric.BOOKING_CONFLICTS)
            log.warning("request_refused", code=type(error).__name__, appointment_id=text_in(document, "appointmentId"))

    def _create(self, document: object, letter: Letter) -> None:
        asked = fields_of(document)
        wanted = {name: value for name, value in asked.items() if name not in _ENVELOPE}
        read = booking_by_user if "userId" in wanted else booking_by_request
        new_id = text_in(asked, "appointmentId") or made_id(text_in(asked, "requestId") or letter.id)
        appointment = self._booked(read(wanted, self._home()), new_id)
        log.info("requested", appointment_id=appointment.id, state=appointment.status.value)
        if self._confirmations is not None and appointment.status is AppointmentStatus.REQUESTED:
            note = Note(body=json.dumps({"appointmentId": appointment.id}))
            if self._confirmations.put([note]) < 1:
                raise OutsideError("the queue of confirmations takes nothing now; the request comes again")

    def _booked(self, request: BookingRequest, new_id: str) -> Appointment:
        self._meter.count(Metric.BOOKING_ATTEMPTS)
        known = self._store.load(Appointment, (new_id,))
        asked = msgspec.structs.replace(request, by=BY)
        step = partial(book, request=asked, appointment_id=new_id, now=self._clock.now())
        try:
            appointment = self._store.submit(step).result()
        except OutsideError:
            self._meter.count(Metric.BOOKING_ERRORS)
            raise
        if not known:
            self._meter.count(Metric.BOOKING_SUCCESS)
        return appointment

    def _change(self, document: object, action: Action) -> None:
        appointment_id = text_in(document, "appointmentId")
        found = self._store.load(Appointment, (appointment_id,))
        if not found:
            raise NotFoundError("appointment")
        version = fields_of(document).get("version")
        change = Change(appointment_id=appointment_id, by=BY, version=version if isinstance(version, int) else None)
        if action is Action.UPDATE:
            self._move(document, found[0], change)
            return
        event, status = _EVENTS[action]
        if found[0].status is not status:
            self._store.submit(partial(apply, change=change, event=event, now=self._clock.now())).result()
        log.info("changed", appointment_id=appointment_id, doing=action.value)

    def _move(self, document: object, appointment: Appointment, change: Change) -> None:
        """Move it, unless it is there already: the same message again tells nobody anything."""
        wanted = {name: value for name, value in fields_of(document).items() if name not in _ENVELOPE}
        request = booking_by_request({"patientId": appointment.patient_id} | wanted, self._home())
        to = Interval(start=request.start, end=request.end)
        if (appointment.start, appointment.end) != (to.start, to.end):
            step = partial(move, change=change, to=to, zone=request.zone, now=self._clock.now())
            self._store.submit(step).result()
        log.info("changed", appointment_id=appointment.id, doing=Action.UPDATE.value)

    def _proxied(self, event: Event, invocation: Invocation) -> Answer:
        request_id = text_in(fields_of(event).get("requestContext"), "requestId") or invocation.id
        try:
            request = booking_by_user(parsed(body_of(event)), self._home())
            appointment = self._booked(request, made_id(request_id))
        except SlotTakenError as error:
            self._meter.count(Metric.BOOKING_CONFLICTS)
            taken = error.taken[0]
            return proxy_answer(409, conflict_answer(taken.start, taken.end))
        except InvalidInputError as error:
            return proxy_answer(400, {"error": str(error)})
        return proxy_answer(201, user_booking_answer(appointment.id))

    def _home(self) -> Home:
        practice = next(iter(self._store.load(Practice, (PRACTICE_ID,))), None) or Practice()
        return Home(zone=practice.zone, region=practice.region)


def made_id(known_by: str) -> str:
    """
    Return the id of the appointment that a message asks for: the same each time it comes.

    >>> made_id("m-1") == made_id("m-1") != made_id("m-2")
    True
    """
    return "apt_" + hashlib.sha256(known_by.encode("utf-8", "replace")).hexdigest()[:26]


def _action(document: object, wanted: tuple[Action, ...]) -> Action:
    given = fields_of(document).get("action", wanted[0].value)
    named = given.upper() if isinstance(given, str) else ""
    if named not in wanted:
        raise InvalidInputError.of("action", "unknown_action", f"must be one of: {', '.join(wanted)}")
    return Action(named)
