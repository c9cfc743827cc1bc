"""A month is lived through by the real planner and worker: what would be sent, when, and why the rest would not."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog

from kept.core.booking import Appointment
from kept.core.notifications import Notification
from kept.flow.practice import load_practice
from tests.entrypoints.cli.world import Desk

FILE = """patient,booked,start,minutes,place,status,phone
p1,2016-04-20T09:00,2016-05-04T09:00,30,elm,COMPLETED,
p2,2016-05-03T20:00,2016-05-04T10:00,30,elm,NO_SHOW,
p3,2016-04-20T09:00,2016-05-04T11:00,30,elm,CANCELLED,
p4,2016-05-04T11:30,2016-05-04T12:00,30,elm,COMPLETED,
p5,2016-05-01T09:00,2016-05-05T09:00,30,elm,CHECKED_IN,+12065550100
p6,2016-05-01T09:00,2016-06-05T09:00,30,elm,COMPLETED,+12065550101
"""
MAPS = ("patientId=patient", "bookedAt=booked", "start=start", "minutes=minutes", "placeId=place", "status=status", "phone=phone")  # fmt: skip  # noqa: E501
DAYS = ("--from", "2016-05-04", "--to", "2016-05-05")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    words = [word for text in MAPS for word in ("--map", text)]
    made.ask("import", made.file("past.csv", FILE), *words)
    return made


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """Keep what is logged out of what is printed, as the program itself does for a simulation."""
    with structlog.testing.capture_logs():
        yield


def simulated(desk: Desk, *words: str) -> dict[str, Any]:
    """Return the report of a simulation."""
    report: dict[str, Any] = desk.ask("simulate", *DAYS, *words)
    return report


def test_every_message_planned_is_sent_or_stands_with_a_reason(desk: Desk) -> None:
    report = simulated(desk, "--assume-contacts", "--price-per-segment", "0.01")

    assert (report["appointments"], report["planned"], report["balances"]) == (5, 10, True)
    assert (report["sent"], report["skipped"], report["failed"], report["pending"]) == (5, 5, 0, 0)
    assert report["reasons"] == {"appointment_cancelled": 2, "booked_inside_lead": 3}
    assert report["byChannel"] == {"sms": 5}
    assert report["cost"] == pytest.approx(0.05)


def test_messages_leave_at_their_hour_on_the_day_they_are_due(desk: Desk) -> None:
    report = simulated(desk, "--assume-contacts")

    assert report["hours"] == {"08": 2, "09": 3}
    assert [(day["day"], day["sent"]) for day in report["days"]] == [
        ("2016-05-03", 1),
        ("2016-05-04", 3),
        ("2016-05-05", 1),
    ]


def test_a_patient_without_a_number_gets_nothing_and_it_says_so(desk: Desk) -> None:
    report = simulated(desk)

    assert report["sent"] == 2
    assert report["reasons"]["no_contact"] == 3


def test_nothing_is_changed_by_it(desk: Desk) -> None:
    before = desk.ask("appointments", "list", "--day", "2016-05-04")

    simulated(desk, "--assume-contacts")

    assert desk.ask("appointments", "list", "--day", "2016-05-04") == before
    assert desk.parts.outbox.messages() == ()
    assert desk.ask("notifications", "list", "--day", "2016-05-03") == {"notifications": []}


def test_faults_are_drawn_the_same_every_time_and_still_balance(desk: Desk) -> None:
    faults = ("--assume-contacts", "--refuse", "30%", "--fail", "0.3", "--unknown", "20%", "--seed", "4")

    first, again = simulated(desk, *faults), simulated(desk, *faults)

    timeless = [{k: v for k, v in report.items() if k != "seconds"} for report in (first, again)]
    assert timeless[0] == timeless[1]
    assert first["attempts"] > first["sent"]
    assert first["balances"] is True
    assert first["pending"] == 0


def test_a_carrier_that_refuses_everything_leaves_only_failures(desk: Desk) -> None:
    report = simulated(desk, "--assume-contacts", "--refuse", "100%")

    assert (report["sent"], report["failed"]) == (0, 5)
    assert report["reasons"]["refused"] == 5


def test_every_message_is_listed_without_text_or_address(desk: Desk) -> None:
    target = desk.folder / "list.csv"

    simulated(desk, "--assume-contacts", "--list", str(target))

    text = target.read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 5
    assert rows[0]["startedAt"] == "2016-05-03T16:00:00Z"
    assert {row["segments"] for row in rows} == {"1"}
    assert "555" not in text
    assert target.stat().st_mode & 0o077 == 0


def test_the_report_for_a_person_shows_days_hours_and_the_balance(desk: Desk) -> None:
    text = desk.run("simulate", *DAYS, "--assume-contacts", "--price-per-segment", "0.01").stdout

    assert "5 appointments: 10 messages planned" in text
    assert "the ledger balances" in text
    assert "3 not sent: booked_inside_lead" in text
    assert "09:00" in text
    assert "cost 0.05" in text


def test_days_without_a_visit_plan_nothing(desk: Desk) -> None:
    report: dict[str, Any] = desk.ask("simulate", "--from", "2020-01-01", "--to", "2020-01-31")

    assert (report["appointments"], report["planned"], report["balances"]) == (0, 0, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "2016-05-05", "--to", "2016-05-04"),
        ("--from", "2016-05-05", "--to", "2018-05-04"),
        ("--from", "May", "--to", "2016-05-04"),
        (*DAYS, "--refuse", "lots"),
        (*DAYS, "--refuse", "150%"),
    ],
)
def test_what_cannot_be_simulated_is_a_usage_error(desk: Desk, words: tuple[str, ...]) -> None:
    assert desk.run("simulate", *words).exit_code == 2


def test_a_visit_still_to_come_is_planned_again_from_nothing(desk: Desk) -> None:
    desk.parts.clock.set(datetime(2024, 1, 15, 12, tzinfo=UTC))
    booked = desk.ask("book", "--patient", "p5", "--start", "2024-01-22T09:00", "--minutes", "30")

    report = desk.ask("simulate", "--from", "2024-01-22", "--to", "2024-01-22")

    assert (report["planned"], report["sent"]) == (2, 2)
    (still,) = desk.parts.store.load(Appointment, [booked["appointmentId"]])
    assert [n.outcome for n in desk.parts.store.load(Notification, still.notification_ids)] == [None, None]
    assert load_practice(desk.parts.store).practice.name == "Elm Clinic"
