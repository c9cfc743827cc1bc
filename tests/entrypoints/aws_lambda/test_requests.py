"""Requests by queue and by proxy event: twice, out of order, and refused."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.errors import StorageUnavailableError
from kept.entrypoints.aws_lambda.requests import made_id
from tests.entrypoints.aws_lambda.world import CloudWorld, body_in, called, failed_in, from_queue
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import START

REQUEST = {
    "patientId": "patient-1",
    "appointmentDate": "2026-05-04",
    "startTime": "09:00",
    "endTime": "09:30",
    "notes": "First visit",
}
USER = {"userId": "user-1", "startTime": "2026-05-04T13:00:00Z", "endTime": "2026-05-04T14:00:00Z"}


def stored(world: CloudWorld, appointment_id: str) -> Appointment | None:
    return next(iter(world.store.load(Appointment, (appointment_id,))), None)


def test_a_request_is_held_and_handed_on_to_be_confirmed() -> None:
    world = CloudWorld()

    answer = world.requests.run(from_queue(REQUEST), called())
    confirmed = world.requests.confirm(from_queue(*world.confirmations.taken()), called())

    made = stored(world, made_id("m-1"))
    assert failed_in(answer) == failed_in(confirmed) == []
    assert made is not None
    assert (made.patient_id, made.start, made.status) == ("patient-1", START, AppointmentStatus.CONFIRMED)
    assert made.notification_ids


def test_without_a_queue_of_confirmations_a_request_waits_for_a_person() -> None:
    world = CloudWorld()
    requests = world.requests
    requests._confirmations = None  # noqa: SLF001  as it is built without the setting

    requests.run(from_queue(REQUEST), called())

    made = stored(world, made_id("m-1"))
    assert made is not None
    assert made.status is AppointmentStatus.REQUESTED


@pytest.mark.parametrize("seed", range(10))
def test_all_messages_twice_and_shuffled_end_in_the_same_appointments(seed: int) -> None:
    random = Random(seed)
    world = CloudWorld()
    create = REQUEST | {"appointmentId": "apt_1", "action": "CREATE"}
    other = REQUEST | {"appointmentId": "apt_2", "patientId": "patient-2"}
    update = {**REQUEST, "appointmentId": "apt_1", "action": "UPDATE", "startTime": "10:00", "endTime": "10:30"}
    cancel = {"appointmentId": "apt_2", "action": "cancel"}
    waiting = [(f"m-{n}", m) for n, m in enumerate((create, other, update, cancel)) for _ in range(2)]
    random.shuffle(waiting)

    for _ in range(3):
        records = [{"messageId": i, "body": json.dumps(m)} for i, m in waiting]
        again = set(failed_in(world.requests.run({"Records": records}, called())))
        waiting = [(i, m) for i, m in waiting if i in again]

    first, second = stored(world, "apt_1"), stored(world, "apt_2")
    assert first is not None
    assert second is not None
    assert waiting == []
    assert (first.start, first.sequence) == (START + timedelta(hours=1), 1)
    assert second.status is AppointmentStatus.CANCELLED


def test_a_request_for_a_time_that_is_taken_is_refused_and_does_not_come_again() -> None:
    world = CloudWorld()

    answer = world.requests.run(from_queue(REQUEST, REQUEST | {"startTime": "09:15"}), called())
    world.emf.flush()

    assert failed_in(answer) == []
    assert world.lines[0]["BookingConflicts"] == 1
    assert world.lines[0]["BookingSuccess"] == 1


@pytest.mark.parametrize(
    "body",
    ["{", "[]", REQUEST | {"action": "EXPLODE"}, REQUEST | {"action": 3}, REQUEST | {"startTime": "25:00"}, {}],
)
def test_what_cannot_be_understood_goes_back_until_the_queue_puts_it_aside(body: object) -> None:
    world = CloudWorld()

    answer = world.requests.run(from_queue(REQUEST, body), called())

    assert failed_in(answer) == ["m-2"]


@pytest.mark.parametrize("action", ["CREATE", "UPDATE"])
def test_what_only_requests_may_ask_goes_back_from_the_queue_of_confirmations(action: str) -> None:
    world = CloudWorld()

    answer = world.requests.confirm(from_queue(REQUEST | {"appointmentId": "apt_1", "action": action}), called())

    assert failed_in(answer) == ["m-1"]
    assert stored(world, "apt_1") is None


def test_a_request_comes_again_when_it_cannot_be_handed_on() -> None:
    world = CloudWorld()
    world.confirmations.refuses = True

    first = world.requests.run(from_queue(REQUEST), called())
    world.confirmations.refuses = False
    second = world.requests.run(from_queue(REQUEST), called())

    assert (failed_in(first), failed_in(second)) == (["m-1"], [])
    assert len(world.confirmations.notes) == 1


def test_a_confirmation_comes_twice_and_a_cancel_before_it_wins() -> None:
    world = CloudWorld()
    world.requests.run(from_queue(REQUEST | {"appointmentId": "apt_1"}), called())
    cancel = {"appointmentId": "apt_1", "action": "CANCEL", "version": 1}

    answer = world.requests.confirm(
        from_queue(cancel, {"appointmentId": "apt_1"}, {"appointmentId": "apt_1"}), called()
    )

    made = stored(world, "apt_1")
    assert failed_in(answer) == []
    assert made is not None
    assert made.status is AppointmentStatus.CANCELLED


def test_nothing_is_begun_without_time() -> None:
    world = CloudWorld()

    answer = world.requests.run(from_queue(REQUEST), called(1.0))

    assert failed_in(answer) == ["m-1"]


def test_a_store_that_refuses_is_counted_and_the_message_comes_again() -> None:
    store = BreakingStore()
    world = CloudWorld(store=store)
    store.refuse_all(StorageUnavailableError("full"))

    answer = world.requests.run(from_queue(REQUEST), called())
    world.emf.flush()

    assert failed_in(answer) == ["m-1"]
    assert world.lines[0]["BookingErrors"] == 1


def test_the_log_follows_a_request_by_the_id_its_sender_gave(logged: list[MutableMapping[str, Any]]) -> None:
    import structlog

    world = CloudWorld()

    world.requests.run(from_queue(REQUEST, correlation_id="order-7"), called())

    assert [line["event"] for line in logged] == ["requested"]
    assert structlog.contextvars.get_contextvars()["correlation_id"] == "order-7"


def test_a_proxy_event_books_once_and_tells_of_a_conflict() -> None:
    world = CloudWorld()
    event = {"body": json.dumps(USER), "requestContext": {"requestId": "r-1"}}
    later = {"body": json.dumps(USER | {"startTime": "2026-05-04T13:30:00Z"})}

    answers = [world.requests.run(e, called()) for e in (event, event, later, {"body": "{}"})]

    assert [answer["statusCode"] for answer in answers] == [201, 201, 409, 400]
    assert body_in(answers[0]) == body_in(answers[1])
    assert body_in(answers[0])["message"] == "Appointment scheduled successfully"
    assert body_in(answers[2]) == {
        "error": "Appointment conflict detected",
        "conflictingAppointment": {
            "startTime": "2026-05-04T13:00:00+00:00",
            "endTime": "2026-05-04T14:00:00+00:00",
        },
    }
    assert "userId" in body_in(answers[3])["error"]
