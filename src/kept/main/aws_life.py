"""Some appointments' lives, run in this process as the functions run them, with everything counted that is paid for."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final

from kept.adapters.clock import SimulatedClock, SystemClock, SystemIds
from kept.adapters.cloudwatch_logs import EmfMeter
from kept.adapters.dynamodb import ALL_TABLES, DynamoStore, create_table
from kept.core.access import ApiKey, Scope, full_key, secret_hash
from kept.core.errors import RefusedError
from kept.entrypoints.aws_lambda.invocation import Invocation
from kept.flow.access import create_key
from kept.main.aws_day import PRACTICE, SENDER, text_event
from kept.main.aws_emulator import Emulator
from kept.main.aws_fakes import ENDPOINT_VARIABLE, Carrier
from kept.main.aws_parts import CloudParts
from kept.main.logs import set_up_logs
from kept.main.settings import load_settings

LIVES: Final = 10
"""As many as one delivery of a queue holds, so that what they share is shared as it would be."""
WRITES: Final = "DynamoDB write request units"
READS: Final = "DynamoDB read request units"
LOGS: Final = "log bytes"
SUFFIX: Final = "cost"
QUEUE: Final = "Reminder-cost"
_LEFT_S: Final = 60.0
_DAY: Final = timedelta(days=1)
_HALF_AN_HOUR: Final = timedelta(minutes=30)


@contextmanager
def environment_for(emulator: Emulator, carrier: Carrier) -> Iterator[dict[str, str]]:
    """Make tables and queue, and yield the variables by which functions find them; the emulator forgets the rest."""
    tables = emulator.client("dynamodb")
    for table in ALL_TABLES.tables:
        parameters = create_table(ALL_TABLES, table) | {"TableName": f"{table.name}-{SUFFIX}"}
        tables.create_table(**parameters)
    url = emulator.client("sqs").create_queue(QueueName=QUEUE)["QueueUrl"]
    emulator.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    yield emulator.environment() | {
        ENDPOINT_VARIABLE: carrier.url,
        "KEPT_TABLES_SUFFIX": SUFFIX,
        "KEPT_QUEUE_REMINDER": url,
        "KEPT_SMS": "end_user_messaging",
        "KEPT_SMS_ORIGINATION": "phone-number/phone-cost",
        "KEPT_SMS_CONFIGURATION_SET": "cost",
        "KEPT_SMS_RATE": "500",
        "KEPT_EMAIL": "ses",
        "KEPT_SES_SENDER": SENDER,
        "KEPT_AWS_REGION": "us-east-1",
    }


class Lives:
    """
    The lives; each step answers what it took in all.

    Args:
        emulator: Where the tables are.
        carrier: Takes the texts.
    """

    def __init__(self, emulator: Emulator, carrier: Carrier) -> None:
        self._emulator = emulator
        self._carrier = carrier
        self._log = io.StringIO()
        self._clock = SimulatedClock(_next_morning())
        self._visit = self._clock.now() + 3 * _DAY
        self._parts = CloudParts(load_settings())
        set_up_logs("INFO", stream=self._log)
        self._parts.clock = self._clock
        self._parts.meter = EmfMeter("Kept", SUFFIX, clock=self._clock, write=lambda line: self._log.write(line + "\n"))
        self._told: set[str] = set()
        self._key = ""

    def close(self) -> None:
        """Release connections."""
        self._parts.close()

    def set_up(self) -> None:
        """Make the practice, its patients, and what a process learns in its first call."""
        secret = SystemIds().secret()
        key = ApiKey(
            id="key_cost", name="cost", scope=Scope.ADMIN, secret_hash=secret_hash(secret), created_at=self._clock.now()
        )
        self._parts.store.submit(lambda tx: create_key(tx, key)).result()
        self._key = full_key(key.id, secret)
        doctors = [{"id": f"dr-{n}", "name": f"Dr. {n}", "placeId": "elm"} for n in range(LIVES)]
        self._http("PUT", "/api/practice", {**PRACTICE, "practitioners": doctors})
        for n in range(LIVES):
            person = {"firstName": "Ann", "lastName": "Lee", "phone": f"+120655501{n:02}"}
            self._http("POST", "/api/patients", {"patientId": f"pat-{n}", "email": f"p{n}@example.com", **person})

    def book(self) -> Mapping[str, float]:
        """Book each by HTTP."""
        with self._counting() as counts:
            for n in range(LIVES):
                body = {
                    "patientId": f"pat-{n}",
                    "practitionerId": f"dr-{n}",
                    "start": self._visit.isoformat(),
                    "end": (self._visit + _HALF_AN_HOUR).isoformat(),
                }
                self._http("POST", "/api/appointments", body)
        return counts

    def remind(self, lead: timedelta) -> Mapping[str, float]:
        """Queue what is due, and hand it over as one delivery of the queue."""
        self._clock.set(self._visit - lead + timedelta(minutes=1))
        before = len(self._carrier.texts())
        with self._counting() as counts:
            self._parts.sweep.run(_invocation())
            self._parts.meter.flush()
            records = self._delivered()
            self._parts.reminders.run({"Records": records}, _invocation())
            self._parts.meter.flush()
        sent = len(self._carrier.texts()) - before
        if sent != LIVES:
            raise RefusedError("cost", f"{sent} texts left instead of {LIVES}; the counts would be wrong")
        return counts

    def batch(self, size: int) -> Mapping[str, float]:
        """Send so many texts as one batch, by the function that answers with its summary."""
        items = [
            {
                "patientId": f"batch-{n}",
                "phoneNumber": f"+120655501{LIVES + n:02}",
                "email": f"b{n}@example.com",
                "appointmentTime": self._visit.isoformat(),
                "doctorName": "Lee",
                "location": "12 Elm St",
                "appointmentId": f"theirs-{n}",
            }
            for n in range(size)
        ]
        with self._counting() as counts:
            answer = self._parts.batches.run({"appointments": items}, _invocation())
            self._parts.meter.flush()
        results = json.loads(str(answer["body"]))["results"]
        if results != {"success": size, "failed": 0, "fallback": 0}:
            raise RefusedError("cost", f"a batch of {size} ended as {results}; the counts would be wrong")
        return counts

    def idle(self) -> Mapping[str, float]:
        """Look once when nothing is due."""
        with self._counting() as counts:
            self._parts.sweep.run(_invocation())
            self._parts.meter.flush()
        return counts

    def hear(self) -> Mapping[str, float]:
        """Apply the receipt of each text that has none yet, as one delivery of the queue."""
        texts = [text for text in self._carrier.texts() if text.message_id not in self._told]
        self._told |= {text.message_id for text in texts}
        bodies = [
            {
                "Type": "Notification",
                "MessageId": f"sns-{text.message_id}",
                "TopicArn": "arn:aws:sns:us-east-1:000000000000:Kept-Receipts-cost",
                "Timestamp": self._clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "Message": json.dumps(text_event(text, "DELIVERED", self._clock.now())),
            }
            for text in texts
        ]
        with self._counting() as counts:
            records = [{"messageId": b["MessageId"], "body": json.dumps(b)} for b in bodies]
            answer = self._parts.returns.run({"Records": records}, _invocation())
            self._parts.meter.flush()
        if answer["batchItemFailures"]:
            raise RefusedError("cost", "receipts were not applied; the counts would be wrong")
        return counts

    def _http(self, method: str, path: str, body: object) -> None:
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"authorization": f"Bearer {self._key}", "content-type": "application/json", "host": "api"},
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "192.0.2.1", "protocol": "HTTP/1.1"}
            },
            "body": json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self._parts.gateway.answer(event)
        self._parts.meter.flush()
        status = answer["statusCode"]
        if not isinstance(status, int) or status >= 300:  # noqa: PLR2004 the first status that is no success
            raise RefusedError("cost", f"{method} {path} answers {status}; the counts would be wrong")

    def _delivered(self) -> list[dict[str, str]]:
        """Take what is in the queue as a function would be given it."""
        queues, url = self._emulator.client("sqs"), self._parts.settings.queue_reminder
        records = []
        while taken := queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in taken:
                queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                records.append({"messageId": message["MessageId"], "body": message["Body"]})
        return records

    @contextmanager
    def _counting(self) -> Iterator[Counter[str]]:
        """Count what the store and the log take while the block runs."""
        counts: Counter[str] = Counter()
        before, began = self._units(), self._log.tell()
        yield counts
        after = self._units()
        counts.update({name: after[name] - before[name] for name in after})
        counts[LOGS] = self._log.tell() - began

    def _units(self) -> dict[str, float]:
        store: Any = self._parts.store
        spent = store.capacity.spent().values() if isinstance(store, DynamoStore) else ()
        return {WRITES: sum(one.writes for one in spent), READS: sum(one.reads for one in spent)}


def _invocation() -> Invocation:
    return Invocation(id="cost", left_s=lambda: _LEFT_S)


def _next_morning() -> datetime:
    """Return an instant that is by day on the calendar of the practice, in New York as in Los Angeles."""
    return (SystemClock().now() + _DAY).replace(hour=17, minute=0, second=0, microsecond=0)
