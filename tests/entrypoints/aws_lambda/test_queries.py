"""Questions about appointments."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.entrypoints.aws_lambda.world import CloudWorld, body_in
from tests.entrypoints.worker.world import START

ROW = {
    "appointmentId": "apt_1",
    "patientId": "pat_1",
    "appointmentDate": "2026-05-04",
    "startTime": "09:00",
    "endTime": "09:30",
    "status": "CONFIRMED",
    "notes": "",
    "createdAt": "2026-05-01T12:00:00Z",
    "updatedAt": "2026-05-01T12:00:00Z",
}


def practice() -> CloudWorld:
    world = CloudWorld()
    for number in (1, 2):
        world.patient(number)
        world.visit(number, start=START + timedelta(days=number - 1))
    return world


def test_one_appointment_is_told_in_the_members_of_that_system() -> None:
    answer = practice().queries.run({"appointmentId": "apt_1"})

    assert (answer["statusCode"], body_in(answer)) == (200, ROW)


def test_no_such_appointment_is_said() -> None:
    answer = practice().queries.run({"appointmentId": "apt_9"})

    assert (answer["statusCode"], body_in(answer)) == (404, {"error": "Appointment not found"})


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ({"patientId": "pat_2"}, ["apt_2"]),
        ({"date": "2026-05-04"}, ["apt_1"]),
        ({"status": "CONFIRMED"}, ["apt_1", "apt_2"]),
        ({"status": "CANCELLED"}, []),
        ({"patientId": "pat_1", "date": "2026-05-05"}, []),
        ({"requestContext": {}, "queryStringParameters": {"patientId": "pat_1", "limit": "5"}}, ["apt_1"]),
        ({"requestContext": {}}, ["apt_1", "apt_2"]),
    ],
)
def test_appointments_are_found(question: dict[str, object], found: list[str]) -> None:
    answer = practice().queries.run(question)

    assert [row["appointmentId"] for row in body_in(answer)["appointments"]] == found


def test_a_page_goes_on_where_the_one_before_ended() -> None:
    world = practice()

    first = body_in(world.queries.run({"status": "CONFIRMED", "limit": 1}))
    second = body_in(world.queries.run({"status": "CONFIRMED", "limit": 1, "cursor": first["nextCursor"]}))

    assert [row["appointmentId"] for row in (*first["appointments"], *second["appointments"])] == ["apt_1", "apt_2"]


@pytest.mark.parametrize("question", [{"status": "LOST"}, {"date": "soon"}, {"else": 1}, {"limit": "x"}])
def test_what_makes_no_sense_is_said(question: dict[str, object]) -> None:
    answer = practice().queries.run({"queryStringParameters": question})

    assert answer["statusCode"] == 400
