"""
The rival beside Kept on AWS: what people write by hand to book by HTTP, in one function, without any guard.

It looks for what overlaps by two queries of an index, then puts the appointment, tells a metric, makes two schedules
for reminders and logs a line. Between look and put anybody else may do the same. It is packed as it stands, alone.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import boto3

LONGEST = timedelta(hours=4)
"""How far back it looks for a visit that may reach into the one that is wanted."""
LEADS = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}

TABLE: Any = boto3.resource("dynamodb").Table(os.environ["TABLE"])
METRICS: Any = boto3.client("cloudwatch")
SCHEDULES: Any = boto3.client("scheduler")


def book(event: Mapping[str, Any], _context: object) -> dict[str, object]:
    """Book the time that a request asks for, unless somebody has it."""
    wanted = json.loads(event["body"])
    start, end = (datetime.fromisoformat(wanted[name]) for name in ("start", "end"))
    if _overlapping(wanted["practitionerId"], start, end):
        _count("BookingConflicts")
        return _answer(409, {"error": "That time is taken."})
    made = {
        "id": f"apt_{uuid.uuid4().hex}",  # noqa: TID251 the rival draws its own
        "practitionerId": wanted["practitionerId"],
        "patientId": wanted["patientId"],
        "startTime": start.isoformat(),
        "endTime": end.isoformat(),
        "status": "CONFIRMED",
    }
    TABLE.put_item(Item=made, ConditionExpression="attribute_not_exists(id)")
    _count("BookingSuccess")
    for name, lead in LEADS.items():
        _remind(made["id"], name, start - lead)
    print(json.dumps({"event": "booked", "appointmentId": made["id"]}))
    return _answer(201, {"appointmentId": made["id"], "message": "Appointment scheduled successfully"})


def _overlapping(practitioner: str, start: datetime, end: datetime) -> bool:
    begins = "practitionerId = :who AND startTime BETWEEN :first AND :last"
    inside = TABLE.query(
        IndexName="by_practitioner",
        KeyConditionExpression=begins,
        ExpressionAttributeValues={":who": practitioner, ":first": start.isoformat(), ":last": end.isoformat()},
    )["Items"]
    if any(item["startTime"] != end.isoformat() for item in inside):
        return True
    before = TABLE.query(
        IndexName="by_practitioner",
        KeyConditionExpression=begins,
        FilterExpression="endTime > :start",
        ExpressionAttributeValues={
            ":who": practitioner,
            ":first": (start - LONGEST).isoformat(),
            ":last": start.isoformat(),
            ":start": start.isoformat(),
        },
    )
    return bool(before["Items"])


def _count(name: str) -> None:
    METRICS.put_metric_data(Namespace="Rival", MetricData=[{"MetricName": name, "Value": 1, "Unit": "Count"}])


def _remind(appointment_id: str, name: str, at: datetime) -> None:
    SCHEDULES.create_schedule(
        Name=f"{appointment_id}-{name}",
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target={
            "Arn": os.environ["REMINDER_ARN"],
            "RoleArn": os.environ["REMINDER_ROLE_ARN"],
            "Input": json.dumps({"appointmentId": appointment_id}),
        },
    )


def _answer(status: int, body: Mapping[str, object]) -> dict[str, object]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
