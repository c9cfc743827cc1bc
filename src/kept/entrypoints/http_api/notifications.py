"""Show notifications: one with its story, those of a patient, a day or a batch."""

from __future__ import annotations

from typing import Final

from kept.core.access import Scope
from kept.core.booking import Appointment
from kept.core.errors import InvalidInputError, NotFoundError
from kept.core.notifications import Notification, NotificationState, Outcome
from kept.core.people import Patient
from kept.core.zones import parse_date
from kept.entrypoints.http_api.answers import Answer, etag, json_answer
from kept.entrypoints.http_api.appointment_search import CURSOR, LIMIT, page_asked, paged
from kept.entrypoints.http_api.operations import Call, Operation
from kept.entrypoints.http_api.views import (
    NotificationPage,
    NotificationStoryView,
    notification_story_view,
    notification_view,
)
from kept.flow.search import Found, Search, page_of_patient, search
from kept.formats.shapes import Member, Shape, Type, Values, text_of

_STATE: Final = Member(
    types=(Type.TEXT,), about="Where it stands.", choices=tuple(state.value for state in NotificationState)
)
_OUTCOME: Final = Member(types=(Type.TEXT,), about="How it ended.", choices=tuple(o.value for o in Outcome))
_NARROWED: Final = {"state": _STATE, "outcome": _OUTCOME, "cursor": CURSOR, "limit": LIMIT}

OF_PATIENT: Final = Shape(name="PatientNotifications", about="Notifications of a patient.", members=_NARROWED)
QUERY: Final = Shape(
    name="NotificationSearch",
    about="Notifications of a day or a batch.",
    members={
        "day": Member(types=(Type.NOTATION,), about="UTC day on which they are due.", example="2030-05-06"),
        "batchId": Member(types=(Type.ID,), about="Of one batch."),
        **_NARROWED,
    },
)


async def show(call: Call) -> Answer:
    """Show one notification with everything that happened to it."""
    notification = call.loaded(Notification, "notification")
    store = call.parts.store
    found = store.load(Appointment, (notification.appointment_id,)) if notification.appointment_id else ()
    view = notification_story_view(notification, found[0] if found else None)
    return json_answer(view, headers=(etag(notification.version),))


async def of_patient(call: Call) -> Answer:
    """Show a patient's notifications, in the order in which they are due."""
    patient_id, store, values = call.id_in_path("patient"), call.parts.store, call.query
    if not store.load(Patient, (patient_id,)):
        raise NotFoundError("patient")
    limit, cursor = page_asked(values)
    found = page_of_patient(store, patient_id, limit=limit, cursor=cursor, keep=lambda n: _is_wanted(n, values))
    return _answer(found)


async def find(call: Call) -> Answer:
    """Show the notifications of a day or a batch."""
    return _page(call, _where(call))


def _where(call: Call) -> Search:
    values = call.query
    if "batchId" in values and "day" in values:
        raise InvalidInputError.of("day", "conflicts_with", "stands beside batchId; give only one of them")
    if "batchId" in values:
        return Search(index="notifications_by_batch", partitions=(text_of(values, "batchId"),))
    day = parse_date(text_of(values, "day"), field="day") if "day" in values else call.now.date()
    return Search(index="notifications_by_day", partitions=(day.isoformat(),))


def _page(call: Call, where: Search) -> Answer:
    values = call.query
    where = paged(where, values)
    return _answer(search(call.parts.store, Notification, where, keep=lambda n: _is_wanted(n, values)))


def _answer(found: Found[Notification]) -> Answer:
    views = tuple(notification_view(notification) for notification in found.entities)
    return json_answer(NotificationPage(notifications=views, next_cursor=found.cursor))


def _is_wanted(notification: Notification, values: Values) -> bool:
    state, outcome = text_of(values, "state"), text_of(values, "outcome")
    ended = notification.outcome.value if notification.outcome else ""
    return (not state or notification.state.value == state) and (not outcome or ended == outcome)


OPERATIONS: Final = (
    Operation(
        name="findNotifications",
        method="GET",
        path="/api/notifications",
        scope=Scope.READ,
        run=find,
        summary="Find notifications",
        about="Of a UTC day, by the time they are due, or of a batch; today's if nothing is said.",
        tag="Notifications",
        query=QUERY,
        answers={200: (NotificationPage,)},
    ),
    Operation(
        name="getNotification",
        method="GET",
        path="/api/notifications/{id}",
        scope=Scope.READ,
        run=show,
        summary="Show a notification and its story",
        about="Every attempt, the reason for every step not taken, and both in words.",
        tag="Notifications",
        answers={200: (NotificationStoryView,)},
        problems=("not-found",),
    ),
    Operation(
        name="getPatientNotifications",
        method="GET",
        path="/api/patients/{id}/notifications",
        scope=Scope.READ,
        run=of_patient,
        summary="Show a patient's notifications",
        tag="Notifications",
        query=OF_PATIENT,
        answers={200: (NotificationPage,)},
        problems=("not-found",),
    ),
)
