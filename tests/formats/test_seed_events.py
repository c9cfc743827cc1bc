from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from kept.core.errors import InvalidInputError
from kept.core.notifications import BOTH_AT_ONCE, SMS_THEN_EMAIL
from kept.core.people import ChannelName
from kept.formats.seed_events import (
    BatchResults,
    Home,
    NoAppointmentsError,
    batch,
    batch_answer,
    batch_item,
    batch_results,
    booking_by_request,
    booking_by_user,
    conflict_answer,
    user_booking_answer,
)
from tests.architecture.sources import ROOT
from tests.dispatching import attempt, notification

NEW_YORK = Home(zone="America/New_York", region="US")


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "tests/samples/seeds" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def problems_of(error: InvalidInputError) -> list[tuple[str, str]]:
    return [(p.field, p.code) for p in error.problems]


def test_reads_the_documented_booking_of_a_user() -> None:
    document = sample("user_booking")["request"]

    request = booking_by_user(document, NEW_YORK)

    assert request.patient_id == "user-123"
    assert request.start == datetime(2024, 1, 20, 14, tzinfo=UTC)
    assert request.end == datetime(2024, 1, 20, 15, tzinfo=UTC)
    assert (request.description, request.location) == ("Annual checkup", "Clinic Room 5")
    assert request.zone == "America/New_York"
    assert request.register_patient
    assert not request.as_request


def test_answers_a_user_as_documented() -> None:
    wanted = sample("user_booking")

    answer = user_booking_answer(wanted["answer"]["appointmentId"])
    conflict = conflict_answer(datetime(2024, 1, 20, 14, tzinfo=UTC), datetime(2024, 1, 20, 15, tzinfo=UTC))

    assert answer == wanted["answer"]
    assert conflict == wanted["conflict"]


def test_reads_a_patients_request_on_the_practices_clocks() -> None:
    document = sample("patient_request")["request"]

    request = booking_by_request(document, NEW_YORK)

    assert request.start == datetime(2024, 1, 22, 14, tzinfo=UTC)
    assert request.end == datetime(2024, 1, 22, 14, 30, tzinfo=UTC)
    assert request.as_request
    assert request.register_patient
    assert request.notes == "First visit"


@pytest.mark.parametrize(
    "day", ["2024-01-22", "2024-01-22T00:00:00Z", "2024-01-22T00:00:00.000Z", "2024-01-22T00:00:00+00:00"]
)
def test_takes_a_date_that_is_written_as_its_midnight(day: str) -> None:
    document = {**sample("patient_request")["request"], "appointmentDate": day}

    assert booking_by_request(document, NEW_YORK).start == datetime(2024, 1, 22, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param({"startTime": "9:00"}, [("startTime", "not_a_time")], id="one digit"),
        pytest.param({"startTime": "24:00"}, [("startTime", "not_a_time")], id="hour 24"),
        pytest.param({"endTime": "09:00"}, [("endTime", "before_start")], id="no length"),
        pytest.param({"endTime": "08:30"}, [("endTime", "before_start")], id="backwards"),
        pytest.param({"appointmentDate": "22.01.2024"}, [("appointmentDate", "not_a_date")], id="German date"),
        pytest.param(
            {"appointmentDate": "2024-01-22T09:00:00Z"}, [("appointmentDate", "not_a_date")], id="with a time"
        ),
        pytest.param({"appointmentDate": "2024-02-30"}, [("appointmentDate", "not_a_date")], id="30 February"),
        pytest.param(
            {"appointmentDate": "2024-03-10", "startTime": "02:30", "endTime": "04:00"},
            [("startTime", "nonexistent_time")],
            id="clocks skip it",
        ),
        pytest.param(
            {"appointmentDate": "2024-11-03", "startTime": "01:30", "endTime": "04:00"},
            [("startTime", "ambiguous_time")],
            id="clocks show it twice",
        ),
        pytest.param({"patientId": None, "notes": 7}, [("patientId", "required"), ("notes", "not_a_string")], id="two"),
        pytest.param({"status": "CONFIRMED"}, [("status", "unknown_field")], id="unknown member"),
    ],
)
def test_tells_everything_that_is_wrong_with_a_request(
    changes: dict[str, object], wanted: list[tuple[str, str]]
) -> None:
    document = {**sample("patient_request")["request"], **changes}

    with pytest.raises(InvalidInputError) as refused:
        booking_by_request(document, NEW_YORK)

    assert problems_of(refused.value) == wanted


def test_reads_a_batch_item_by_item() -> None:
    reading = batch(sample("sms_then_email_batch")["request"], NEW_YORK)

    first, second, third = reading.items
    assert reading.processed == 4
    assert first.plan == SMS_THEN_EMAIL
    assert (first.phone, first.email, first.place) == ("+12065550101", "one@example.com", "Main Clinic")
    assert second.phone is None, "a number that cannot be written to counts as none, so that the e-mail goes"
    assert second.start == datetime(2024, 1, 20, 20, tzinfo=UTC), "without an offset: the practice's clocks"
    assert (third.phone, third.email) == (None, None)
    assert [(r.index, r.problems[0].field, r.problems[0].code) for r in reading.refused] == [
        (3, "patientId", "required")
    ]


def test_reads_an_item_for_both_channels_at_once() -> None:
    wanted = sample("both_at_once_item")

    item = batch_item(wanted["item"], NEW_YORK)
    again = batch_item({**wanted["item"], "appointmentId": "apt-101"}, NEW_YORK)

    assert item.plan == BOTH_AT_ONCE
    assert item.start.isoformat() == wanted["start"]
    assert (item.phone, item.email) == ("+12065550110", "customer@example.com")
    assert item.patient_id == again.patient_id, "the same address is the same person"


@pytest.mark.parametrize("document", [{}, {"appointments": []}, {"appointments": None}])
def test_says_that_there_are_no_appointments(document: object) -> None:
    with pytest.raises(NoAppointmentsError, match="No appointments provided"):
        batch(document, NEW_YORK)


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        pytest.param([], ("", "not_an_object"), id="a list"),
        pytest.param({"appointments": {}}, ("appointments", "not_a_list"), id="an object"),
        pytest.param({"appointments": [], "now": 1}, ("now", "unknown_field"), id="unknown member"),
        pytest.param({"appointments": [1] * 10_001}, ("appointments", "too_many"), id="too many"),
    ],
)
def test_refuses_what_is_no_batch(document: object, wanted: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError) as refused:
        batch(document, NEW_YORK)

    assert problems_of(refused.value) == [wanted]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"appointmentTime": -1}, "out_of_range", id="before 1970"),
        pytest.param({"appointmentTime": 10**15}, "out_of_range", id="milliseconds"),
        pytest.param({"appointmentTime": True}, "wrong_type", id="a boolean"),
        pytest.param({"appointmentTime": 1.5}, "wrong_type", id="half a second"),
        pytest.param({"appointmentTime": "soon"}, "not_a_datetime", id="words"),
        pytest.param({"appointmentTime": "2024-03-10T02:30:00"}, "nonexistent_time", id="clocks skip it"),
        pytest.param({"appointmentTime": None}, "required", id="none"),
    ],
)
def test_refuses_an_item_whose_time_cannot_be_read(changes: dict[str, object], code: str) -> None:
    document = {**sample("both_at_once_item")["item"], **changes}

    with pytest.raises(InvalidInputError) as refused:
        batch_item(document, NEW_YORK)

    assert problems_of(refused.value) == [("appointmentTime", code)]


@pytest.mark.parametrize("document", [None, 7, "x", [], True])
def test_refuses_an_item_that_is_no_object(document: object) -> None:
    with pytest.raises(InvalidInputError) as refused:
        batch_item(document, NEW_YORK)

    assert problems_of(refused.value) == [("", "not_an_object")]


def test_answers_a_batch_as_documented() -> None:
    answer = batch_answer("bat_1", BatchResults(success=38, failed=1, fallback=1))

    assert (answer.processed, answer.success_rate) == (40, "97.50%")
    assert batch_answer("bat_1", BatchResults(success=0, failed=0, fallback=0)).success_rate == "0.00%"


def test_an_item_that_a_provider_has_counts_as_sent_though_word_of_it_is_still_waited_for() -> None:
    awaited = msgspec.structs.replace(attempt("a"), awaits_receipt=True)
    later = msgspec.structs.replace(attempt("a", channel=ChannelName.EMAIL), awaits_receipt=True)
    by_text, by_mail = notification(awaited), notification(attempt("r"), later, stage=1)

    results, pending = batch_results([by_text, by_mail, notification(), notification(attempt("s"))], refused=1)

    assert results == BatchResults(success=1, failed=1, fallback=1)
    assert pending == 2
