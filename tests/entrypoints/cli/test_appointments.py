from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.entrypoints.cli.world import Desk, sample

START = "2024-01-22T09:00"


def book(desk: Desk, *words: str, start: str = START) -> str:
    """Book a visit of patient p1; return its id."""
    document = desk.ask("book", "--patient", "p1", "--register", "--start", start, "--minutes", "30", *words)
    return str(document["appointmentId"])


def test_books_by_options_on_the_clocks_of_the_practice(desk: Desk) -> None:
    words = ("--patient", "p1", "--register", "--practitioner", "dr-lee", "--visit-type", "check-up")

    document = desk.ask("book", *words, "--start", START)

    assert document["message"] == "Appointment scheduled successfully"
    assert document["start"] == "2024-01-22T09:00:00-08:00"
    assert document["end"] == "2024-01-22T09:30:00-08:00"
    assert len(document["notificationIds"]) == 2


def test_a_time_with_an_offset_is_an_instant(desk: Desk) -> None:
    document = desk.ask(
        "book", "--patient", "p1", "--register", "--start", "2024-01-22T17:00:00Z", "--end", "2024-01-22T17:20:00Z"
    )

    assert document["startLocal"] == "2024-01-22T09:00:00"


def test_the_first_documented_form_prints_its_documented_answer(desk: Desk) -> None:
    seed = sample("user_booking.json")
    file = desk.file("body.json", seed["request"])

    answer = desk.ask("book", "--file", file)
    again = desk.ask("book", file, exit_code=4)

    assert answer == {**seed["answer"], "appointmentId": "apt_1"}
    assert seed["conflict"].items() <= again.items()


def test_the_second_documented_form_is_held_as_a_request(desk: Desk) -> None:
    seed = sample("patient_request.json")

    answer = desk.ask("book", "-", stdin=json.dumps(seed["request"]))

    assert (answer["status"], answer["startLocal"]) == ("REQUESTED", "2024-01-22T09:00:00")


def test_our_own_form_is_taken_from_a_file(desk: Desk) -> None:
    desk.run("patients", "add", "--id", "p1", "--first-name", "Ann")
    file = desk.file("ours.json", {"patientId": "p1", "start": "2024-01-22T17:00:00Z", "durationMinutes": 20})

    answer = desk.ask("book", file)

    assert answer["status"] == "CONFIRMED"


def test_a_taken_time_is_a_conflict_that_tells_only_times(desk: Desk) -> None:
    book(desk, "--practitioner", "dr-lee")

    answer = desk.ask(
        "book", "--patient", "p2", "--register", "--practitioner", "dr-lee", "--start", START, "--minutes", "10",
        exit_code=4,
    )  # fmt: skip

    assert answer["taken"] == [{"start": "2024-01-22T17:00:00+00:00", "end": "2024-01-22T17:30:00+00:00"}]
    assert "p1" not in str(answer)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param((), "patient: ", id="nothing"),
        pytest.param(("--patient", "p1"), "start: ", id="no start"),
        pytest.param(("--patient", "p1", "--start", START), "minutes: ", id="no length"),
        pytest.param(("--patient", "p 1", "--start", START, "--minutes", "5"), "patient: ", id="not an id"),
        pytest.param(("--patient", "p1", "--start", "soon", "--minutes", "5"), "start: ", id="not a time"),
        pytest.param(
            ("--patient", "p1", "--start", "2024-03-10T02:30", "--minutes", "5"), "start: ", id="a skipped time"
        ),
        pytest.param(("--patient", "p1", "--start", START, "--minutes", "5"), "patient: ", id="an unknown patient"),
        pytest.param(
            ("--patient", "p1", "--start", START, "--minutes", "5", "--zone", "Mars/Base"), "zone: ", id="a zone"
        ),
    ],
)
def test_a_wrong_option_is_named_with_a_remedy(desk: Desk, words: tuple[str, ...], said: str) -> None:
    result = desk.run("book", *words)

    assert result.exit_code == 2
    assert result.stderr.startswith(f"kept: {said}")
    assert result.stdout == ""


def test_a_file_in_no_known_form_names_its_fields(desk: Desk) -> None:
    result = desk.run("book", "-", stdin='{"userId": "u", "startTime": "x"}')

    assert result.exit_code == 2
    assert [line.split(":")[1].strip() for line in result.stderr.splitlines()] == ["endTime", "startTime"]


def test_moves_and_gives_the_old_time_back(desk: Desk) -> None:
    appointment = book(desk, "--practitioner", "dr-lee")

    moved = desk.ask("move", appointment, "--start", "2024-01-22T11:00")

    assert moved["start"] == "2024-01-22T11:00:00-08:00"
    assert moved["end"] == "2024-01-22T11:30:00-08:00"
    assert book(desk, "--practitioner", "dr-lee") != appointment


def test_a_move_needs_a_time_and_an_appointment(desk: Desk) -> None:
    appointment = book(desk)

    assert desk.run("move", appointment).exit_code == 2
    assert desk.run("move", "apt_none", "--start", START).exit_code == 3
    assert desk.run("move", appointment, "--start", "2024-01-23T09:00", "--version", "9").exit_code == 4


def test_a_visit_is_confirmed_checked_in_and_completed(desk: Desk) -> None:
    appointment = book(desk, "--request")

    confirmed = desk.ask("confirm", appointment)
    desk.parts.clock.set(datetime(2024, 1, 22, 17, tzinfo=UTC) - timedelta(minutes=5))
    here = desk.ask("check-in", appointment)
    done = desk.ask("complete", appointment)

    assert [d["status"] for d in (confirmed, here, done)] == ["CONFIRMED", "CHECKED_IN", "COMPLETED"]


def test_an_event_out_of_order_is_a_conflict(desk: Desk) -> None:
    appointment = book(desk)
    desk.run("cancel", appointment)

    result = desk.run("confirm", appointment)

    assert result.exit_code == 4
    assert "while the appointment is CANCELLED" in result.stderr


def test_a_missed_visit_is_noted_after_its_start_only(desk: Desk) -> None:
    appointment = book(desk)

    early = desk.run("no-show", appointment)
    desk.parts.clock.set(datetime(2024, 1, 22, 18, tzinfo=UTC))

    assert early.exit_code == 4
    assert desk.ask("no-show", appointment)["status"] == "NO_SHOW"


def test_lists_a_day_and_a_patient(desk: Desk) -> None:
    late = book(desk, start="2024-01-22T15:00")
    early = book(desk)

    of_day = desk.ask("appointments", "list", "--day", "2024-01-22")
    of_patient = desk.ask("appointments", "list", "--patient", "p1")
    printed = desk.run("appointments", "list", "--day", "2024-01-22").stdout

    assert [a["appointmentId"] for a in of_day["appointments"]] == [early, late]
    assert of_patient == of_day
    assert early in printed


@pytest.mark.parametrize("words", [(), ("--day", "2024-01-22", "--patient", "p"), ("--day", "monday")])
def test_a_list_needs_one_question(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.run("appointments", "list", *words).exit_code == 2


def test_an_empty_list_says_so(desk: Desk) -> None:
    assert desk.run("appointments", "list", "--day", "2024-01-22").stdout.strip() == "Nothing found."
