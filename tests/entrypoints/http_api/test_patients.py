"""Patients and what they allow, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from kept.core.people import ChannelName, Consent, Patient, consent_id
from tests.entrypoints.http_api.test_bookings import seed
from tests.entrypoints.http_api.world import Reply, World

PATH = "/api/patients"
ANN = {"firstName": "Ann", "lastName": "Lee", "email": "ann@example.com", "phone": "+1 206 555 0100"}


def registered(here: World, **members: object) -> Reply:
    reply = here.call("POST", PATH, json={**ANN, **members})
    assert reply.status == 201, reply.body
    return reply


def noted(*, granted: bool, source: str, at: str, wording: str = "") -> dict[str, Any]:
    return {"granted": granted, "proven": True, "source": source, "wording": wording, "recordedAt": at}


def changed(here: World, reply: Reply, wanted: dict[str, Any]) -> Reply:
    tag = reply.header("etag") or ""
    return here.call("PATCH", f"{PATH}/{reply.json['patientId']}", json=wanted, headers={"If-Match": tag})


def test_registers_a_patient_with_everything(anywhere: World) -> None:
    asked = {
        **ANN,
        "patientId": "patient-8",
        "dateOfBirth": "1990-05-17",
        "language": "es-MX",
        "timeZone": "America/Chicago",
        "consents": {"sms": False, "email": {"granted": True, "source": "web form", "wording": "Yes, write to me."}},
    }

    reply = anywhere.call("POST", PATH, json=asked)

    assert reply.status == 201
    assert reply.header("location") == "/api/patients/patient-8"
    shown = anywhere.call("GET", f"{PATH}/patient-8").json
    assert shown == reply.json
    at = "2026-01-05T12:00:00Z"
    assert shown == {
        "patientId": "patient-8",
        "name": "Ann Lee",
        "firstName": "Ann",
        "lastName": "Lee",
        "email": "ann@example.com",
        "phone": "+12065550100",
        "dateOfBirth": "1990-05-17",
        "language": "es-MX",
        "timeZone": "America/Chicago",
        "consents": {
            "sms": noted(granted=False, source="given to the practice", at=at),
            "email": noted(granted=True, source="web form", at=at, wording="Yes, write to me."),
        },
        "version": 1,
        "createdAt": at,
        "updatedAt": at,
    }


@pytest.mark.parametrize(
    ("said", "granted", "proven"), [({}, True, False), ({"consents": {"sms": False}}, False, True)], ids=["", "no"]
)
def test_a_number_that_a_stranger_typed_waits_to_be_proven(
    here: World, said: dict[str, Any], *, granted: bool, proven: bool
) -> None:
    reply = registered(here, selfEntered=True, **said)

    sms = reply.json["consents"]["sms"]
    assert (sms["granted"], sms["proven"]) == (granted, proven)
    assert reply.json["consents"]["email"]["proven"]

    noted = {"channel": "sms", "granted": True, "source": "told us by phone"}
    here.call("POST", f"{PATH}/{reply.json['patientId']}/consents", json=noted)
    assert here.call("GET", f"{PATH}/{reply.json['patientId']}").json["consents"]["sms"]["proven"]


def test_takes_the_documented_patient_of_another_system(here: World) -> None:
    wanted = seed("patient_request")["patient"]

    reply = here.call("POST", PATH, json=wanted)

    assert reply.status == 201
    assert {name: reply.json[name] for name in wanted} == wanted


def test_the_same_registration_under_the_same_key_is_done_once(anywhere: World) -> None:
    headers = {"Idempotency-Key": "k1"}

    first = anywhere.call("POST", PATH, json=ANN, headers=headers)
    again = anywhere.call("POST", PATH, json=ANN, headers=headers)

    assert again.status == 201
    assert again.json["patientId"] == first.json["patientId"]


def test_an_address_allows_messages_unless_the_person_says_no(here: World) -> None:
    patient = registered(here).json

    assert {channel: one["granted"] for channel, one in patient["consents"].items()} == {"sms": True, "email": True}


def test_an_opt_out_of_a_number_stays_for_whoever_has_it_next(here: World) -> None:
    registered(here, consents={"sms": False})

    second = registered(here, firstName="Bo")

    assert second.json["consents"]["sms"]["granted"] is False


def test_a_change_keeps_what_it_does_not_name_and_takes_away_what_is_null(here: World) -> None:
    first = registered(here, dateOfBirth="1990-05-17", language="es")

    second = changed(here, first, {"phone": "+12065550199", "email": None, "dateOfBirth": None, "timeZone": "UTC"})

    told = second.json
    assert second.status == 200
    assert (told["phone"], told["email"], told["dateOfBirth"], told["language"], told["timeZone"]) == (
        "+12065550199",
        None,
        None,
        "es",
        "UTC",
    )
    assert list(told["consents"]) == ["sms"]
    assert told["version"] == 2


def test_a_whole_name_takes_the_place_of_its_parts_and_back(here: World) -> None:
    first = registered(here)

    whole = changed(here, first, {"name": "Ann Marie Lee"})
    parts = changed(here, whole, {"lastName": "Lee"})

    assert (whole.json["name"], whole.json["firstName"]) == ("Ann Marie Lee", "")
    assert parts.json["name"] == "Lee"


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        pytest.param({"firstName": None, "lastName": None}, [("#/name", "required")], id="no name left"),
        pytest.param({"patientId": "x"}, [("#/patientId", "unknown_field")], id="another id"),
        pytest.param({"phone": None, "consents": {"sms": True}}, [("#/consents/sms", "no_address")], id="no number"),
        pytest.param({}, [("#/firstName", "required")], id="nothing"),
        pytest.param([], [("#", "not_an_object")], id="a list"),
        pytest.param({"name": "A", "lastName": "B"}, [("#/name", "conflicts_with")], id="two names"),
    ],
)
def test_refuses_a_change_that_makes_no_sense(here: World, wanted: Any, codes: list[tuple[str, str]]) -> None:  # noqa: ANN401
    refused = changed(here, registered(here), wanted)

    assert refused.status == 422
    assert [code for code in codes if code not in refused.codes] == []


def test_a_change_on_an_old_version_is_told_so(here: World) -> None:
    first = registered(here)
    changed(here, first, {"language": "en"})

    assert changed(here, first, {"language": "es"}).status == 412


def test_notes_what_a_patient_says_whatever_was_said_before(anywhere: World) -> None:
    patient_id = registered(anywhere).json["patientId"]
    path = f"{PATH}/{patient_id}/consents"

    no = anywhere.call("POST", path, json={"channel": "sms", "granted": False, "source": "at the desk"})
    yes = anywhere.call("POST", path, json={"channel": "sms", "granted": True, "wording": "Text me."})

    assert (no.status, no.json["granted"], no.json["source"]) == (201, False, "at the desk")
    assert (yes.json["granted"], yes.json["wording"]) == (True, "Text me.")
    record = anywhere.store.load(Consent, (consent_id(ChannelName.SMS, "+12065550100"),))[0]
    assert (record.granted, record.recorded_by) == (True, "key_admin")


def test_a_consent_needs_a_patient_with_an_address(here: World) -> None:
    wish = {"channel": "email", "granted": True}

    nobody = here.call("POST", f"{PATH}/pat_nobody/consents", json=wish)
    without = here.call("POST", f"{PATH}/pat_1/consents", json=wish)

    assert nobody.status == 404
    assert without.codes == [("#/channel", "no_address")]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("email=ANN@Example.com", ["Ann Lee"], id="by address, in any case"),
        pytest.param("phone=%2B12065550100", ["Ann Lee"], id="by number"),
        pytest.param("phone=+12065550100", ["Ann Lee"], id="by number, its plus sign not encoded"),
        pytest.param("phone=(206)%20555-0100", ["Ann Lee"], id="by number as one writes it"),
        pytest.param("name=ann", ["Ann Lee", "Anna Berg"], id="by the beginning of the name"),
        pytest.param("name=anna%20B", ["Anna Berg"], id="by more of it"),
        pytest.param("name=zzz", [], id="nobody"),
    ],
)
def test_finds_patients(here: World, query: str, names: list[str]) -> None:
    registered(here)
    here.call("POST", PATH, json={"name": "Anna Berg"})

    reply = here.call("GET", PATH, query=query)

    assert [one["name"] for one in reply.json["patients"]] == names


def test_pages_of_patients_add_up(here: World) -> None:
    for number in range(5):
        here.call("POST", PATH, json={"name": f"Anna {number}"})

    first = here.call("GET", PATH, query="name=anna&limit=3").json
    second = here.call("GET", PATH, query=f"name=anna&limit=3&cursor={first['nextCursor']}").json

    names = [one["name"] for one in (*first["patients"], *second["patients"])]
    assert names == [f"Anna {number}" for number in range(5)]
    assert second["nextCursor"] is None


def test_what_a_person_writes_comes_back_as_it_was(here: World) -> None:
    name = "Zoë 👩🏽‍⚕️ <img src=x onerror=alert(1)>"

    reply = here.call("POST", PATH, json={"name": name})

    assert reply.json["name"] == name
    assert here.store.load(Patient, (reply.json["patientId"],))[0].full_name == name
