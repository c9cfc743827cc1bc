"""The deployed stack from outside: what comes in by each door, and what of it reaches people."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.notifications import AttemptState, Notification, Outcome
from kept.core.zones import zone_named
from kept.flow.due import due_ids
from kept.flow.worklist import worklist
from kept.main.aws_stack import Client, adapted, deployed, translated
from tests.aws.emulator import running_emulator
from tests.aws.providers import Providers
from tests.aws.stack import (
    DEPLOY,
    ZONE,
    Stack,
    add_patient,
    choice_for,
    packed,
    until,
)
from tests.aws.steps_of_messages import bounced

CLIENTS: Final = 40
"""Through functions; the store alone is raced by more, in its own tests."""
HOUR: Final = timedelta(hours=1)
QUEUES: Final = ("AppointmentRequest", "Confirmation", "Receipts", "Reminder", "Replies")
TOPICS: Final = ("AlarmsTopic", "ReceiptsTopic", "RepliesTopic")
SENDING_ROLES: Final = ("DuePipe", "Reminder", "Request", "Sweep")
POLICIES: Final = (*(f"{q}Queue" for q in QUEUES), *(f"{q}Dlq" for q in QUEUES), *TOPICS)
LEFT_OUT: Final = (
    *(f"{name}Policy: asks for no TLS, which is not spoken here" for name in POLICIES),
    *(f"{role}Role: may send batches, which AWS counts as sending" for role in SENDING_ROLES),
    "BalanceRule: its schedule does not run",
    "CatchUpRule: its schedule does not run",
    "ReminderFunctionQueue: its concurrency is a plain number",
    "SmsConfigurationSet: left out, AWS::SMSVOICE::ConfigurationSet is not known",
    "SmsOptOutList: left out, AWS::SMSVOICE::OptOutList is not known",
    "SweepRule: its schedule does not run",
)
"""All that the emulator is spared; who makes it longer says why here."""


def test_is_deployed_whole_but_for_what_no_emulator_knows(stack: Stack) -> None:
    assert stack.parts.failures == ()
    assert stack.parts.status == "CREATE_COMPLETE"
    assert stack.plan.changes == tuple(sorted(LEFT_OUT))


def test_books_a_time_once_over_http(stack: Stack) -> None:
    one, other = add_patient(stack, 101), add_patient(stack, 102)

    with stack.http() as caller:
        answers = [caller.post("/api/appointments", json=booking(patient, stack.day(20))) for patient in (one, other)]
        found = caller.get(f"/api/appointments/{answers[0].json()['appointmentId']}")

    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].headers["content-type"] == "application/problem+json"
    assert found.json()["patientId"] == one


def test_refuses_who_has_no_key_over_http(stack: Stack) -> None:
    with stack.http() as caller:
        answer = caller.get("/api/appointments", headers={"Authorization": "Bearer none"})

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_gives_one_slot_to_one_of_many_clients(stack: Stack) -> None:
    patients = [add_patient(stack, 200 + number) for number in range(CLIENTS)]

    with stack.http() as caller, ThreadPoolExecutor(8) as crowd:
        asked = list(
            crowd.map(lambda p: caller.post("/api/appointments", json=booking(p, stack.day(21))).status_code, patients)
        )

    assert sorted(asked) == [201] + [409] * (CLIENTS - 1)


def test_books_and_confirms_what_comes_by_the_queue(stack: Stack) -> None:
    patient, start = add_patient(stack, 103), stack.day(22)
    request = {
        "appointmentId": "apt_by_queue",
        "patientId": patient,
        "appointmentDate": local(start).date().isoformat(),
        "startTime": local(start).strftime("%H:%M"),
        "endTime": local(start + HOUR).strftime("%H:%M"),
        "notes": "First visit",
    }

    stack.put("AppointmentRequestQueue", request)
    until(lambda: status_of(stack, "apt_by_queue") is AppointmentStatus.CONFIRMED, what="confirmed by the queue")
    asked = stack.invoke("Query", {"appointmentId": "apt_by_queue"})

    assert asked["statusCode"] == 200
    assert json.loads(asked["body"])["status"] == "CONFIRMED"


def test_reminds_at_its_time_and_not_before(stack: Stack) -> None:
    start = stack.day(23)
    visit = booked(stack, 104, start)
    due = start - 24 * HOUR

    stack.set_clock(due - timedelta(minutes=1))
    stack.invoke("Sweep", {})
    early = due_ids(stack.store, now=due - timedelta(minutes=1))
    stack.set_clock(due + timedelta(seconds=1))
    stack.invoke("Sweep", {})
    until(lambda: sent_to(stack, 104), what="the text to the patient")

    assert reminder_of(stack, visit).id not in early
    stack.publish("ReceiptsTopic", receipt(stack, 104, "TEXT_DELIVERED", due))
    until(lambda: AttemptState.DELIVERED in tries(stack, visit), what="the receipt applied")
    assert sent_to(stack, 104) == ["sms"]


def test_goes_from_a_text_that_fails_to_a_mail_and_then_to_a_person(stack: Stack) -> None:
    start = stack.day(24)
    visit = booked(stack, 105, start)
    due = start - 24 * HOUR
    stack.set_clock(due + timedelta(seconds=1))
    stack.invoke("Sweep", {})
    until(lambda: tries(stack, visit) == [AttemptState.ACCEPTED], what="the text, on record")

    stack.publish("ReceiptsTopic", receipt(stack, 105, "TEXT_INVALID", due))
    until(lambda: AttemptState.UNDELIVERED in tries(stack, visit), what="the receipt applied")
    stack.set_clock(due + timedelta(minutes=1))
    stack.invoke("Sweep", {})
    until(lambda: AttemptState.ACCEPTED in tries(stack, visit), what="the mail after the text, on record")
    stack.publish("ReceiptsTopic", bounced(stack, due + timedelta(minutes=2)))
    until(lambda: tries(stack, visit).count(AttemptState.UNDELIVERED) == 2, what="the bounce applied")
    stack.set_clock(due + timedelta(minutes=5))
    stack.invoke("Sweep", {})
    until(lambda: reminder_of(stack, visit).is_done, what="the end of the reminder")

    assert sent_to(stack, 105) == ["sms", "email"]
    assert outcome_of(stack, visit) is Outcome.FAILED
    rows = worklist(stack.store, now=due + timedelta(minutes=5)).rows
    assert "p105" in [row.item.patient_id for row in rows]


def test_answers_a_batch_with_its_summary(stack: Stack) -> None:
    stack.set_clock(stack.day(25) - 24 * HOUR)
    items = [item(number, stack.day(25)) for number in (1, 2)] + [{"patientId": "nobody"}]

    answer = stack.invoke("Batch", {"appointments": items})
    body = json.loads(answer["body"])

    assert answer["statusCode"] == 200
    assert body["processed"] == 3
    assert body["results"]["failed"] == 1
    assert body["results"]["success"] + body["pending"] == 2
    assert {sent.to for sent in stack.providers.sent} >= {"+12125559001", "+12125559002"}


def test_leaves_nothing_behind(tmp_path: Path) -> None:
    with ExitStack() as rooms:
        emulator = rooms.enter_context(running_emulator(AUTH="true"))
        providers = rooms.enter_context(Providers(lambda _: True))
        choice = choice_for(tmp_path, providers)
        deployed(emulator.client, adapted(translated(DEPLOY), choice), name="kept", code=packed(), choice=choice)
        formation = emulator.client("cloudformation")

        formation.delete_stack(StackName="kept")
        until(lambda: not formation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"], what="gone")

        assert remains(emulator.client) == {}


def remains(client: Callable[[str], Client]) -> dict[str, list[str]]:
    """Return what is left, by kind; without the bucket of the code, which is not the stack's."""
    found = {
        "tables": client("dynamodb").list_tables()["TableNames"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "topics": [t["TopicArn"] for t in client("sns").list_topics()["Topics"]],
        "functions": [f["FunctionName"] for f in client("lambda").list_functions()["Functions"]],
        "mappings": [m["UUID"] for m in client("lambda").list_event_source_mappings()["EventSourceMappings"]],
        "rules": [r["Name"] for r in client("events").list_rules()["Rules"]],
        "workflows": [m["name"] for m in client("stepfunctions").list_state_machines()["stateMachines"]],
        "pipes": [p["Name"] for p in client("pipes").list_pipes()["Pipes"]],
        "apis": [a["ApiId"] for a in client("apigatewayv2").get_apis()["Items"]],
        "alarms": [a["AlarmName"] for a in client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "dashboards": [d["DashboardName"] for d in client("cloudwatch").list_dashboards()["DashboardEntries"]],
        "logs": [g["logGroupName"] for g in client("logs").describe_log_groups()["logGroups"]],
        "roles": [r["RoleName"] for r in client("iam").list_roles()["Roles"] if r["RoleName"].startswith("Kept")],
        "secrets": [s["Name"] for s in client("secretsmanager").list_secrets()["SecretList"]],
    }
    return {kind: names for kind, names in found.items() if names}


def booking(patient: str, start: datetime) -> dict[str, object]:
    """Return the body that asks for half an hour with Dr A."""
    return {
        "patientId": patient,
        "practitionerId": "dr-a",
        "visitType": "check-up",
        "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "timeZone": ZONE,
    }


def booked(stack: Stack, number: int, start: datetime) -> str:
    """Book over HTTP for a new patient; return the id of the visit."""
    patient = add_patient(stack, number)
    with stack.http() as caller:
        answer = caller.post("/api/appointments", json=booking(patient, start))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["appointmentId"])


def item(number: int, start: datetime) -> dict[str, object]:
    """Return one item of a batch, as the sender of batches writes it."""
    return {
        "patientId": f"batch-{number}",
        "phoneNumber": f"+1212555{9000 + number}",
        "email": f"batch{number}@example.com",
        "appointmentTime": start.isoformat(),
        "doctorName": "Smith",
        "location": "Main Clinic",
        "appointmentId": f"apt-batch-{number}",
    }


def local(instant: datetime) -> datetime:
    return instant.astimezone(zone_named(ZONE))


def status_of(stack: Stack, visit: str) -> AppointmentStatus | None:
    found = stack.store.load(Appointment, [visit])
    return found[0].status if found else None


def reminder_of(stack: Stack, visit: str) -> Notification:
    (appointment,) = stack.store.load(Appointment, [visit])
    return stack.notifications(*appointment.notification_ids)[0]


def outcome_of(stack: Stack, visit: str) -> Outcome | None:
    return reminder_of(stack, visit).outcome


def tries(stack: Stack, visit: str) -> list[AttemptState]:
    return [attempt.state for attempt in reminder_of(stack, visit).attempts]


def sent_to(stack: Stack, number: int) -> list[str]:
    """Return by what channels a patient was written to, oldest first."""
    addresses = {f"+1212555{1000 + number:04d}", f"ann{number}@example.com"}
    return [sent.channel for sent in stack.providers.sent if sent.to in addresses]


def receipt(stack: Stack, number: int, said: str, at: datetime) -> dict[str, object]:
    """Return what a carrier says at last of the text to a patient."""
    (text,) = [sent for sent in stack.providers.sent if sent.to == f"+1212555{1000 + number:04d}"]
    return {
        "eventType": said,
        "eventVersion": "1.0",
        "eventTimestamp": round(at.timestamp() * 1000),
        "isFinal": True,
        "messageId": text.id,
        "context": text.context,
    }
