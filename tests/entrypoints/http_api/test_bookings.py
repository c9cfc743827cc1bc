"""Booking over HTTP: the three forms, idempotency keys, conflicts, and what comes back."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from kept.core.access import Scope
from kept.core.booking import Appointment
from kept.core.errors import ConflictError, StorageUnavailableError
from kept.core.people import Patient
from kept.core.reports import Metric
from tests.architecture.sources import ROOT
from tests.entrypoints.http_api.world import FULL, Asked, Reply, World, world

PATH = "/api/appointments"
FREE = {**FULL, "start": "2026-05-04T10:00:00-04:00"}


def seed(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "tests/samples/seeds" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_books_what_our_own_form_asks_for(anywhere: World) -> None:
    asked = {
        **FULL,
        "roomId": "room_1",
        "placeId": "plc_1",
        "notes": "line 1\nline 2",
        "details": {"description": "Knee", "location": "Room 1"},
    }

    reply = anywhere.call("POST", PATH, json=asked)

    told = reply.json
    assert reply.status == 201
    assert told["message"] == "Appointment scheduled successfully"
    assert told["status"] == "CONFIRMED"
    assert reply.header("location") == f"/api/appointments/{told['appointmentId']}"
    shown = anywhere.call("GET", f"{PATH}/{told['appointmentId']}")
    assert shown.header("etag") == reply.header("etag") == '"1"'
    assert {name: shown.json[name] for name in ("start", "end", "timeZone", "startLocal", "roomId", "notes")} == {
        "start": "2026-05-04T09:00:00-04:00",
        "end": "2026-05-04T09:30:00-04:00",
        "timeZone": "America/New_York",
        "startLocal": "2026-05-04T09:00:00",
        "roomId": "room_1",
        "notes": "line 1\nline 2",
    }
    assert len(shown.json["notificationIds"]) == 2
    assert shown.json["history"] == [{"at": "2026-01-05T12:00:00Z", "what": "book", "by": "key_admin"}]


def test_answers_the_documented_call_of_a_user_to_the_letter() -> None:
    wanted = seed("user_booking")
    here = world(now=datetime(2024, 1, 5, 12, tzinfo=UTC))

    first = here.call("POST", PATH, json=wanted["request"])
    second = here.call("POST", PATH, json=wanted["request"])

    assert first.status == wanted["status"]
    assert first.json == {**wanted["answer"], "appointmentId": first.json["appointmentId"]}
    assert second.status == wanted["conflict_status"]
    assert {name: second.json[name] for name in wanted["conflict"]} == wanted["conflict"]
    assert here.store.load(Patient, ("user-123",))[0].phone is None
    here.close()


def test_holds_what_a_patient_requests_until_it_is_confirmed() -> None:
    wanted = seed("patient_request")
    here = world(now=datetime(2024, 1, 5, 12, tzinfo=UTC))

    reply = here.call("POST", PATH, json=wanted["request"])
    confirmed = here.call("POST", f"{PATH}/{reply.json['appointmentId']}/confirm")

    assert reply.status == 201
    assert reply.json["status"] == wanted["status"]
    assert confirmed.json["status"] == "CONFIRMED"
    assert confirmed.json["startLocal"] == "2024-01-22T09:00:00"
    here.close()


def test_a_request_in_our_own_form_is_held_too(here: World) -> None:
    reply = here.call("POST", PATH, json={**FULL, "asRequest": True})

    assert reply.json["status"] == "REQUESTED"
    assert "held" in reply.json["message"]


def test_the_zone_is_the_places_where_none_is_given(here: World) -> None:
    asked = {"patientId": "pat_1", "placeId": "plc_1", "start": "2026-05-04T13:00:00Z", "durationMinutes": 30}

    booked = here.call("POST", PATH, json=asked)

    shown = here.call("GET", f"{PATH}/{booked.json['appointmentId']}").json
    assert (shown["timeZone"], shown["startLocal"]) == ("America/New_York", "2026-05-04T09:00:00")


def test_a_conflict_tells_times_and_offers_others_and_nothing_of_the_other_patient(here: World) -> None:
    here.call("POST", PATH, json={**FULL, "notes": "CANARY", "details": {"description": "CANARY"}})

    reply = here.call("POST", PATH, json={**FULL, "patientId": "pat_2"})

    told = reply.json
    assert reply.status == 409
    assert told["type"] == "problems/slot-taken"
    assert told["error"] == "Appointment conflict detected"
    assert told["conflictingAppointment"] == {
        "startTime": "2026-05-04T13:00:00+00:00",
        "endTime": "2026-05-04T13:30:00+00:00",
    }
    assert told["freeTimes"][0] == {"start": "2026-05-04T09:30:00-04:00", "end": "2026-05-04T10:00:00-04:00"}
    assert len(told["freeTimes"]) == 5
    assert b"CANARY" not in reply.body
    assert b"pat_1" not in reply.body
    assert here.meter.counts == {
        Metric.BOOKING_ATTEMPTS: 2,
        Metric.BOOKING_SUCCESS: 1,
        Metric.BOOKING_CONFLICTS: 1,
    }


def test_the_same_request_under_the_same_key_is_answered_again_and_not_done_again(anywhere: World) -> None:
    headers = {"Idempotency-Key": "k1"}

    first = anywhere.call("POST", PATH, json=FULL, headers=headers)
    again = anywhere.call("POST", PATH, json=FULL, headers=headers)

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.header("idempotency-replayed") == "true"
    assert first.header("idempotency-replayed") is None
    assert anywhere.meter.counts[Metric.BOOKING_SUCCESS] == 1


def test_keys_of_different_callers_never_meet(here: World) -> None:
    headers = {"Idempotency-Key": "k1"}

    first = here.call("POST", PATH, json=FULL, headers=headers, scope=Scope.DESK)
    other = here.call("POST", PATH, json=FREE, headers=headers, scope=Scope.ADMIN)

    assert (first.status, other.status) == (201, 201)


def test_a_refused_request_does_not_use_its_key_up(here: World) -> None:
    headers = {"Idempotency-Key": "k1"}

    wrong = here.call("POST", PATH, json={**FULL, "start": "soon"}, headers=headers)
    right = here.call("POST", PATH, json=FULL, headers=headers)

    assert (wrong.status, right.status) == (422, 201)


def test_a_key_whose_first_request_is_still_running_is_told_to_wait(here: World) -> None:
    here.store.hold = True
    asked = Asked(json=FULL, headers={"Idempotency-Key": "k2"})

    async def both() -> tuple[Reply, Reply]:
        first = asyncio.ensure_future(here.acall("POST", PATH, asked))
        for _ in range(10):  # until it waits for the store
            await asyncio.sleep(0)
        second = await here.acall("POST", PATH, asked)
        here.store.let_go()
        return await first, second

    first, second = here.loop.run_until_complete(both())

    assert first.status == 201
    assert second.status == 409
    assert second.json["type"] == "problems/idempotency-in-progress"
    assert second.header("retry-after") == "1"


def test_a_store_that_cannot_write_is_told_and_reads_go_on(here: World) -> None:
    before = here.snapshot()
    here.store.refuse = StorageUnavailableError("database or disk is full", retry_after_s=7)

    refused = here.call("POST", PATH, json=FULL)
    read = here.call("GET", PATH)

    assert refused.status == 503
    assert refused.json["type"] == "problems/storage-unavailable"
    assert refused.header("retry-after") == "7"
    assert b"disk" not in refused.body
    assert read.status == 200
    assert here.snapshot() == before
    assert here.meter.counts[Metric.BOOKING_ERRORS] == 1


def test_a_race_that_was_lost_every_time_is_told_as_a_conflict(here: World) -> None:
    here.store.refuse = ConflictError("what the step depends on was changed each time it ran")

    reply = here.call("POST", PATH, json=FULL)

    assert reply.status == 409
    assert reply.json["code"] == "changed_meanwhile"
    assert "freeTimes" not in reply.json


def test_of_many_who_ask_at_once_exactly_one_gets_the_time(anywhere: World) -> None:
    times = [f"2026-05-04T09:{minute:02}:00-04:00" for minute in range(0, 30, 2)]
    patients = [Patient(id=f"p{n}", full_name="N", created_at=anywhere.clock.now(), updated_at=anywhere.clock.now())
                for n in range(len(times))]  # fmt: skip
    anywhere.put(*patients)

    async def all_at_once() -> list[Reply]:
        asked = [Asked(json={**FULL, "patientId": f"p{n}", "start": start}) for n, start in enumerate(times)]
        return await asyncio.gather(*(anywhere.acall("POST", PATH, one) for one in asked))

    replies = anywhere.loop.run_until_complete(all_at_once())

    assert sorted(reply.status for reply in replies) == [201] + [409] * (len(times) - 1)


def test_an_appointment_of_a_deleted_zone_name_is_never_stored(here: World) -> None:
    here.call("POST", PATH, json={**FULL, "timeZone": "Nowhere/None"})

    assert [key for key in here.snapshot() if key[0] == Appointment.kind] == []


@pytest.mark.parametrize("scope", [Scope.DESK, Scope.ADMIN])
def test_desk_and_admin_may_book(here: World, scope: Scope) -> None:
    assert here.call("POST", PATH, json=FULL, scope=scope).status == 201
