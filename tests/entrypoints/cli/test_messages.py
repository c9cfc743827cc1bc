from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.entrypoints.cli.world import Desk, sample

EVENT = {
    "appointments": [
        {
            "patientId": "patient-1",
            "phoneNumber": "+12065550100",
            "email": "ann@example.com",
            "appointmentTime": "2024-01-16T10:00:00Z",
            "doctorName": "Smith",
            "location": "Main Clinic",
            "appointmentId": "apt-001",
        }
    ]
}
BOTH = {
    "appointmentId": "apt-9",
    "appointmentTime": 1_705_400_000,
    "customerEmail": "ben@example.com",
    "customerPhone": "+12065550101",
}


def test_a_batch_is_sent_and_answered_as_documented(desk: Desk) -> None:
    answer = desk.ask("send", desk.file("event.json", EVENT))

    assert answer == {
        "batchId": "bat_1",
        "processed": 1,
        "results": {"success": 1, "failed": 0, "fallback": 0},
        "successRate": "100.00%",
    }
    (message,) = desk.parts.outbox.messages()
    assert message.to == "+12065550100"


@pytest.mark.parametrize("document", [BOTH, [BOTH], {"appointments": [BOTH]}], ids=["one", "a list", "an event"])
def test_an_item_for_both_channels_goes_out_by_both(desk: Desk, document: object) -> None:
    answer = desk.ask("send", desk.file("item.json", document))

    assert answer["results"] == {"success": 1, "failed": 0, "fallback": 0}
    assert {m.channel.value for m in desk.parts.outbox.messages()} == {"sms", "email"}


def test_the_documented_batch_is_answered_as_documented(desk: Desk) -> None:
    seed = sample("sms_then_email_batch.json")

    answer = desk.ask("send", desk.file("event.json", seed["request"]))
    empty = desk.ask("send", "-", stdin='{"appointments": []}', exit_code=2)

    assert (answer["processed"], answer["results"]) == (4, seed["results"])
    assert answer["successRate"] == seed["successRate"]
    assert seed["empty_answer"]["error"] in empty["error"]


def test_the_documented_item_for_both_channels_is_taken(desk: Desk) -> None:
    seed = sample("both_at_once_item.json")

    answer = desk.ask("send", desk.file("item.json", seed["item"]))

    assert answer["results"] == {"success": 1, "failed": 0, "fallback": 0}


def test_a_running_server_sends_what_the_command_plans(desk: Desk) -> None:
    desk.parts.is_alone = False

    answer = desk.ask("send", "-", stdin=desk_text(EVENT))

    assert answer["results"]["success"] == 1


def test_a_refused_text_message_falls_back_to_email(desk: Desk) -> None:
    desk.run("outbox", "tell", "sms", "refuse", "--times", "1")

    answer = desk.ask("send", desk.file("event.json", EVENT))

    assert answer["results"] == {"success": 0, "failed": 0, "fallback": 1}


def test_a_channel_that_is_down_is_tried_again_before_the_answer(desk: Desk) -> None:
    desk.ask("outbox", "tell", "sms", "fail", "--times", "2")

    answer = desk.ask("send", desk.file("event.json", EVENT))

    assert answer["results"] == {"success": 1, "failed": 0, "fallback": 0}


def test_what_is_still_under_way_is_told_as_pending(desk: Desk) -> None:
    desk.parts.is_alone = False
    answer = desk.ask("send", "-", "--wait", "0", stdin=desk_text(EVENT), exit_code=1)

    assert answer["pending"] == 1


def test_a_bad_item_counts_as_failed_and_stops_no_other(desk: Desk) -> None:
    event = {"appointments": [*EVENT["appointments"], {"patientId": "p2"}]}

    answer = desk.ask("send", desk.file("event.json", event))

    assert answer["processed"] == 2
    assert answer["results"] == {"success": 1, "failed": 1, "fallback": 0}
    assert answer["errors"][0]["index"] == 1
    assert answer["errors"][0]["errors"][0]["pointer"] == "#/appointments/1/appointmentTime"


@pytest.mark.parametrize("text", ["", "[]", '{"appointments": []}', "nonsense", '{"a": 1}'])
def test_what_is_no_batch_is_a_usage_error(desk: Desk, text: str) -> None:
    result = desk.run("send", "-", stdin=text)

    assert result.exit_code == 2
    assert result.stderr.startswith("kept: ")


def test_a_file_that_is_not_there_is_named(desk: Desk) -> None:
    result = desk.run("send", str(desk.folder / "nowhere.json"))

    assert result.exit_code == 2
    assert "nowhere.json cannot be read" in result.stderr


@pytest.mark.parametrize("seconds", ["-1", "nan", "100000"])
def test_an_absurd_wait_is_refused(desk: Desk, seconds: str) -> None:
    assert desk.run("send", desk.file("event.json", EVENT), "--wait", seconds).exit_code == 2


def test_tells_why_a_message_went(desk: Desk) -> None:
    desk.run("send", desk.file("event.json", EVENT))
    (listed,) = desk.ask("notifications", "list", "--batch", "bat_1")["notifications"]

    story = desk.run("why", listed["notificationId"])

    assert story.exit_code == 0
    assert "Done: the provider has it." in story.stdout
    assert desk.ask("why", listed["notificationId"])["story"][-1]["text"] == "Done: the provider has it."


def test_tells_why_a_reminder_waits(desk: Desk) -> None:
    booked = desk.ask("book", "--patient", "p1", "--register", "--start", "2024-01-22T09:00", "--minutes", "30")

    story = desk.run("why", booked["notificationIds"][0])

    assert "Next: to be sent." in story.stdout


def test_an_unknown_notification_is_not_found(desk: Desk) -> None:
    result = desk.run("why", "ntf_none")

    assert result.exit_code == 3
    assert result.stderr == "kept: no such notification\n"


def test_lists_notifications_by_day_patient_and_batch(desk: Desk) -> None:
    desk.run("send", desk.file("event.json", EVENT))

    by_day = desk.ask("notifications", "list", "--day", "2024-01-15")
    by_patient = desk.ask("notifications", "list", "--patient", "patient-1")
    printed = desk.run("notifications", "list", "--batch", "bat_1").stdout

    assert by_day == by_patient
    assert "accepted" in printed
    assert desk.run("notifications", "list").exit_code == 2


def test_reports_the_ledger_of_days(desk: Desk) -> None:
    desk.run("send", desk.file("event.json", EVENT))
    desk.parts.clock.advance(timedelta(hours=1))

    document = desk.ask("report")
    printed = desk.run("report", "--from", "2024-01-14", "--to", "2024-01-16").stdout

    assert document["total"]["sent"] == 1
    assert document["total"]["balances"] is True
    assert [line.split()[0] for line in printed.splitlines() if line.strip()][-2:] == ["2024-01-15", "total"]
    assert desk.run("report", "--from", "2024-01-16", "--to", "2024-01-14").exit_code == 2


def desk_text(document: object) -> str:
    return json.dumps(document)
