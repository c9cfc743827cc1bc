from __future__ import annotations

import pytest

from kept.core.access import Scope
from kept.core.booking import Appointment
from kept.core.practice import PRACTICE_ID, Practice
from kept.entrypoints.http_api.parts import Limits
from tests.entrypoints.http_api.world import PRACTITIONER, World, world


def test_what_is_shown_can_be_put_back(anywhere: World) -> None:
    shown = anywhere.call("GET", "/api/practice")

    put = anywhere.call("PUT", "/api/practice", json=shown.json, headers={"If-Match": shown.header("etag") or ""})

    assert (shown.status, put.status) == (200, 200)
    assert put.json == shown.json
    assert put.header("etag") != shown.header("etag")


def test_a_change_counts_and_schedules_that_are_left_out_stay(anywhere: World) -> None:
    put = anywhere.call("PUT", "/api/practice", json={"practice": {"name": "New name", "timeZone": "Europe/Paris"}})

    (practice,) = anywhere.store.load(Practice, [PRACTICE_ID])
    assert (practice.name, practice.zone, practice.places) == ("New name", "Europe/Paris", ())
    assert [p["id"] for p in put.json["practitioners"]] == [PRACTITIONER]


def test_every_mistake_is_told_and_nothing_is_changed(here: World) -> None:
    before = here.snapshot()

    put = here.call("PUT", "/api/practice", json={"practice": {"timeZone": "Mars"}, "places": [{"id": "a b"}], "x": 1})

    assert put.status == 422
    assert set(put.codes) == {
        ("#/practice/timeZone", "unknown_zone"),
        ("#/places/0/id", "invalid_id"),
        ("#/places/0/name", "required"),
        ("#/x", "unknown_field"),
    }
    assert here.snapshot() == before


def test_someone_elses_change_is_not_overwritten(anywhere: World) -> None:
    shown = anywhere.call("GET", "/api/practice")
    anywhere.call("PUT", "/api/practice", json={"practice": {"name": "First"}})

    late = anywhere.call("PUT", "/api/practice", json={}, headers={"If-Match": shown.header("etag") or ""})

    assert late.status == 412


@pytest.mark.parametrize("scope", [Scope.READ, Scope.DESK, None])
def test_only_an_admin_may(anywhere: World, scope: Scope | None) -> None:
    statuses = {anywhere.call(method, "/api/practice", scope=scope, json={}).status for method in ("GET", "PUT")}

    assert statuses == {401 if scope is None else 403}


def test_a_change_counts_for_the_very_next_request() -> None:
    here = world(limits=Limits(recent_s=60.0))
    here.call("GET", "/api/slots?visitType=brand-new&practitionerId=x&from=2026-05-04&to=2026-05-05")

    here.call("PUT", "/api/practice", json={"practice": {"timeZone": "Asia/Tokyo"}})
    booked = here.call(
        "POST",
        "/api/appointments",
        json={"patientId": "new", "appointmentDate": "2026-05-04", "startTime": "09:00", "endTime": "09:30"},
    )

    (made,) = here.store.load(Appointment, [booked.json["appointmentId"]])
    assert made.zone == "Asia/Tokyo"
    here.close()
