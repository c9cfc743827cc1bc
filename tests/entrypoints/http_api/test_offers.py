"""Free times, previews of messages and the practice's own page of settings, over HTTP."""

from __future__ import annotations

from datetime import time

import msgspec
import pytest

from kept.core.practice import PRACTICE_ID, Practice
from kept.core.schedules import OpenHours, Role, Schedule
from tests.entrypoints.http_api.world import FULL, VISIT_TYPE, World

SLOTS = "/api/slots"
PREVIEW = "/api/messages/preview"


def starts(here: World, query: str) -> list[str]:
    reply = here.call("GET", SLOTS, query=f"visitType={VISIT_TYPE}&{query}")
    assert reply.status == 200, reply.body
    return [f"{slot['practitionerId']} {slot['start'][5:16]}" for slot in reply.json["slots"]]


def test_offers_what_is_free_and_not_what_is_booked(here: World) -> None:
    here.call("POST", "/api/appointments", json=FULL)

    offered = starts(here, "practitionerId=prv_1&from=2026-05-04T12:00:00Z&to=2026-05-04T14:00:00Z")

    assert offered == ["prv_1 05-04T08:00", "prv_1 05-04T08:15", "prv_1 05-04T08:30", "prv_1 05-04T09:30"]


def test_every_offer_can_be_booked(here: World) -> None:
    slot = here.call("GET", SLOTS, query=f"visitType={VISIT_TYPE}&from=2026-03-02&to=2026-03-02").json["slots"][-1]

    booked = here.call(
        "POST",
        "/api/appointments",
        json={
            "patientId": "pat_1",
            "practitionerId": slot["practitionerId"],
            "visitType": VISIT_TYPE,
            "start": slot["start"],
            "timeZone": slot["timeZone"],
        },
    )

    assert slot["end"] == "2026-03-02T17:00:00-05:00"
    assert booked.status == 201


def test_offers_nothing_in_the_past_and_every_practitioner_when_none_is_named(here: World) -> None:
    hours = (OpenHours(weekday=0, opens=time(8), closes=time(9)),)
    other = Schedule(id="prv_2", role=Role.PRACTITIONER, name="Dr. Ear", place_id="plc_1", hours=hours)
    here.put(other)

    today = starts(here, "from=2026-01-05&to=2026-01-05")

    assert today[:4] == ["prv_1 01-05T08:00", "prv_2 01-05T08:00", "prv_1 01-05T08:15", "prv_2 01-05T08:15"]
    assert starts(here, "from=2025-12-01&to=2025-12-05") == []
    assert starts(here, "practitionerId=prv_1&from=2025-12-01&to=2025-12-05") == []


def test_says_when_there_are_more_offers_than_it_shows(here: World) -> None:
    round_the_clock = Schedule(id="prv_3", role=Role.PRACTITIONER, name="Night", place_id="plc_1")
    here.put(round_the_clock)

    few = here.call("GET", SLOTS, query=f"visitType={VISIT_TYPE}").json
    many = here.call(
        "GET", SLOTS, query=f"visitType={VISIT_TYPE}&practitionerId=prv_3&from=2026-03-01&to=2026-03-20"
    ).json

    assert few["isComplete"]
    assert (len(many["slots"]), many["isComplete"]) == (1_000, False)


def test_a_day_that_begins_with_a_jump_of_the_clocks_is_offered_from_there(here: World) -> None:
    here.do(
        lambda tx: tx.put(
            msgspec.structs.replace(tx.get(Practice, PRACTICE_ID) or Practice(), zone="America/Sao_Paulo")
        )
    )
    here.put(Schedule(id="prv_4", role=Role.PRACTITIONER, name="X", place_id="plc_none"))

    reply = here.call("GET", SLOTS, query=f"visitType={VISIT_TYPE}&practitionerId=prv_4&from=2026-11-01&to=2026-11-01")

    assert reply.json["slots"][0]["start"] == "2026-11-01T00:00:00-03:00"


@pytest.mark.parametrize(
    ("asked", "encoding", "segments"),
    [
        pytest.param({"text": "See you"}, "GSM-7", 1, id="plain"),
        pytest.param({"text": "See you 👋"}, "UCS-2", 1, id="emoji"),
        pytest.param({"text": "a" * 161, "channel": "sms"}, "GSM-7", 2, id="a letter too much"),
        pytest.param({"text": "See you", "channel": "email"}, None, 0, id="e-mail"),
    ],
)
def test_previews_a_text(here: World, asked: dict[str, str], encoding: str | None, segments: int) -> None:
    told = here.call("POST", PREVIEW, json=asked).json

    assert (told["text"], told["encoding"], told["segments"]) == (asked["text"], encoding, segments)


@pytest.mark.parametrize(
    ("asked", "subject", "begins"),
    [
        ({"name": "booked"}, "", "Elm Street Clinic: you are booked tomorrow"),
        ({"name": "cancelled", "language": "de"}, "", "Elm Street Clinic: Ihr Termin morgen"),
        ({"name": "notice", "channel": "email"}, "Elm Street Clinic: a notice for you", "We are closed on Friday"),
        (
            {"name": "missed", "channel": "email", "template": "{practice}: call us", "subject": "{practice}: {day}"},
            "Elm Street Clinic: tomorrow",
            "Elm Street Clinic: call us",
        ),
    ],
    ids=["shipped", "in German", "a notice", "own"],
)
def test_previews_a_text_by_its_name(here: World, asked: dict[str, str], subject: str, begins: str) -> None:
    told = here.call("POST", PREVIEW, json=asked).json

    assert told["subject"].startswith(subject)
    assert told["text"].startswith(begins)
    assert [p for p in told["problems"] if not p.get("warning")] == []


def test_previews_no_text_that_kept_does_not_have(here: World) -> None:
    assert here.call("POST", PREVIEW, json={"name": "newsletter"}).status == 422


def test_fills_a_template_and_tells_every_rule_it_breaks(here: World) -> None:
    good = here.call(
        "POST", PREVIEW, json={"template": "{practice}: {day} at {time}, {place}. {phone}. STOP to opt out."}
    )
    bad = here.call("POST", PREVIEW, json={"template": "Hi {patient.__class__}"})

    assert good.json["text"].startswith("Elm Street Clinic: ")
    assert [p for p in good.json["problems"] if not p.get("warning")] == []
    assert bad.status == 200
    assert bad.json["text"] == ""
    assert "unknown_placeholder" in {problem["code"] for problem in bad.json["problems"]}


def test_shows_and_replaces_the_practice(anywhere: World) -> None:
    shown = anywhere.call("GET", "/api/practice")
    document = {**shown.json, "practice": {**shown.json["practice"], "name": "Oak Clinic"}}

    stale = anywhere.call("PUT", "/api/practice", json=document, headers={"If-Match": '"9"'})
    replaced = anywhere.call("PUT", "/api/practice", json=document, headers={"If-Match": shown.header("etag") or ""})

    assert stale.status == 412
    assert replaced.status == 200, replaced.body
    assert anywhere.call("GET", "/api/practice").json["practice"]["name"] == "Oak Clinic"
    assert len(replaced.json["practitioners"]) == 1
