"""Moving, noting, confirming, cancelling over HTTP; and finding what was booked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kept.core.access import Scope
from kept.core.notifications import Notification
from tests.entrypoints.http_api.world import FULL, Reply, World

PATH = "/api/appointments"


def booked(here: World, **changes: object) -> str:
    reply = here.call("POST", PATH, json={**FULL, **changes})
    assert reply.status == 201, reply.body
    return str(reply.json["appointmentId"])


def changed(here: World, appointment_id: str, wanted: dict[str, object], *, tag: str = '"1"') -> Reply:
    return here.call("PATCH", f"{PATH}/{appointment_id}", json=wanted, headers={"If-Match": tag})


def test_a_move_frees_the_old_time_and_takes_the_new_one(anywhere: World) -> None:
    appointment_id = booked(anywhere)

    moved = changed(anywhere, appointment_id, {"start": "2026-05-05T09:00:00-04:00"})
    again = anywhere.call("POST", PATH, json={**FULL, "patientId": "pat_2"})

    assert moved.status == 200
    assert moved.header("etag") == '"2"'
    assert (moved.json["start"], moved.json["end"]) == ("2026-05-05T09:00:00-04:00", "2026-05-05T09:30:00-04:00")
    assert again.status == 201
    reasons = [n.reason for n in anywhere.store.load(Notification, moved.json["notificationIds"])]
    assert reasons == ["appointment_moved", "appointment_moved", None, None]


def test_a_move_that_is_refused_changes_nothing(here: World) -> None:
    appointment_id = booked(here)
    booked(here, patientId="pat_2", start="2026-05-05T09:00:00-04:00")
    before = here.snapshot()

    refused = changed(here, appointment_id, {"start": "2026-05-05T09:15:00-04:00", "notes": "moved"})

    assert refused.status == 409
    assert refused.json["conflictingAppointment"]["startTime"] == "2026-05-05T13:00:00+00:00"
    assert here.snapshot() == before


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        pytest.param({"end": "2026-05-04T10:00:00-04:00"}, "09:00", "10:00", id="a later end"),
        pytest.param({"durationMinutes": 45}, "09:00", "09:45", id="another length"),
        pytest.param(
            {"start": "2026-05-04T11:00:00", "durationMinutes": 15}, "11:00", "11:15", id="local, and shorter"
        ),
        pytest.param({"start": "2026-05-04T15:00:00Z"}, "11:00", "11:30", id="in UTC"),
        pytest.param(
            {"start": "2026-05-04T08:00:00", "timeZone": "America/Chicago"}, "08:00", "08:30", id="in another zone"
        ),
    ],
)
def test_a_change_of_time_keeps_what_it_does_not_name(
    here: World, wanted: dict[str, object], start: str, end: str
) -> None:
    moved = changed(here, booked(here), wanted)

    assert moved.status == 200, moved.body
    assert (moved.json["start"][11:16], moved.json["end"][11:16]) == (start, end)


def test_notes_change_alone_or_with_the_time(here: World) -> None:
    appointment_id = booked(here)

    noted = changed(here, appointment_id, {"notes": "bring the letter"})
    both = changed(here, appointment_id, {"notes": None, "start": "2026-05-06T09:00:00-04:00"}, tag='"2"')

    assert (noted.json["notes"], noted.json["version"], noted.json["start"]) == (
        "bring the letter",
        2,
        "2026-05-04T09:00:00-04:00",
    )
    assert (both.json["notes"], both.json["start"]) == ("", "2026-05-06T09:00:00-04:00")


def test_of_two_changes_on_one_version_the_second_is_told_so(here: World) -> None:
    appointment_id = booked(here)

    first = changed(here, appointment_id, {"notes": "a"})
    second = changed(here, appointment_id, {"notes": "b"})

    assert (first.status, second.status) == (200, 412)
    assert second.json["currentVersion"] == 2


def test_a_visit_goes_its_way(here: World) -> None:
    appointment_id = booked(here, asRequest=True)
    path = f"{PATH}/{appointment_id}"

    confirmed = here.call("POST", f"{path}/confirm", headers={"If-Match": '"1"'})
    arrived = here.call("POST", f"{path}/check-in")
    completed = here.call("POST", f"{path}/complete", json={})

    assert [r.json["status"] for r in (confirmed, arrived, completed)] == ["CONFIRMED", "CHECKED_IN", "COMPLETED"]
    assert completed.header("etag") == '"4"'


def test_whoever_does_not_come_is_noted_once_it_has_begun(here: World) -> None:
    appointment_id = booked(here)
    here.clock.advance(timedelta(days=120))

    missed = here.call("POST", f"{PATH}/{appointment_id}/no-show")

    assert missed.json["status"] == "NO_SHOW"


def test_a_cancellation_that_comes_again_under_its_key_is_answered_again(anywhere: World) -> None:
    path = f"{PATH}/{booked(anywhere)}/cancel"
    headers = {"Idempotency-Key": "k1"}

    first = anywhere.call("POST", path, headers=headers)
    again = anywhere.call("POST", path, headers=headers)
    without = anywhere.call("POST", path)

    assert (first.status, again.status, without.status) == (200, 200, 409)
    assert again.body == first.body
    assert "CANCELLED" in without.json["detail"]


def test_head_answers_as_get_without_a_body(here: World) -> None:
    path = f"{PATH}/{booked(here)}"

    got, head = here.call("GET", path), here.call("HEAD", path)

    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == got.header("content-length")
    assert head.header("etag") == got.header("etag")


def found(here: World, query: str) -> list[str]:
    reply = here.call("GET", PATH, query=query, scope=Scope.READ)
    assert reply.status == 200, reply.body
    return [one["startLocal"][:10] for one in reply.json["appointments"]]


@pytest.fixture
def full(here: World) -> World:
    """Five visits in five weeks; the second is cancelled, the last is another patient's."""
    for week in range(4):
        booked(here, start=f"2026-02-{2 + 7 * week:02}T09:00:00-05:00")
    booked(here, start="2026-03-02T09:00:00-05:00", patientId="pat_2")
    second = here.call("GET", PATH, query="from=2026-02-09&to=2026-02-09").json["appointments"][0]
    here.call("POST", f"{PATH}/{second['appointmentId']}/cancel")
    return here


@pytest.mark.parametrize(
    ("query", "days"),
    [
        pytest.param("patientId=pat_1", ["02-02", "02-09", "02-16", "02-23"], id="of a patient"),
        pytest.param("patientId=pat_1&status=CONFIRMED", ["02-02", "02-16", "02-23"], id="of a patient, by status"),
        pytest.param("patientId=pat_1&from=2026-02-09&to=2026-02-16", ["02-09", "02-16"], id="between two days"),
        pytest.param("patientId=pat_1&from=2026-02-16", ["02-16", "02-23"], id="from a day"),
        pytest.param("patientId=pat_1&to=2026-02-09", ["02-02", "02-09"], id="up to a day"),
        pytest.param("patientId=pat_1&from=2026-02-09T14:00:01Z&to=2026-02-23T14:00:00Z", ["02-16"], id="instants"),
        pytest.param("from=2026-02-16&to=2026-03-02", ["02-16", "02-23", "03-02"], id="of some days"),
        pytest.param("from=2026-02-16T14:00:00Z&to=2026-03-02T14:00:00Z", ["02-16", "02-23"], id="days by instants"),
        pytest.param("from=2026-02-09&to=2026-02-09&status=CANCELLED", ["02-09"], id="cancelled ones"),
        pytest.param("", [], id="the seven days from today"),
        pytest.param("patientId=pat_nobody", [], id="of nobody"),
    ],
)
def test_finds_appointments(full: World, query: str, days: list[str]) -> None:
    assert [day[5:] for day in found(full, query)] == days


@pytest.mark.parametrize(
    "query", ["patientId=pat_1", "from=2026-02-01&to=2026-03-31", "patientId=pat_1&status=CONFIRMED"]
)
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_add_up_to_the_whole(full: World, query: str, limit: int) -> None:
    whole = found(full, query)
    pages: list[Any] = []
    cursor = ""
    for _ in range(20):
        reply = full.call("GET", PATH, query=f"{query}&limit={limit}{cursor}").json
        assert len(reply["appointments"]) <= limit
        pages += reply["appointments"]
        if reply["nextCursor"] is None:
            break
        cursor = f"&cursor={reply['nextCursor']}"

    assert [one["startLocal"][:10] for one in pages] == whole
