"""The whole deployment on an emulator that enforces IAM, and hands on everything that a proof wants to touch."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

import kept
from kept.adapters.clock import SystemClock
from kept.adapters.dynamodb import ALL_TABLES, DynamoStore
from kept.core.access import ApiKey, Scope, full_key, secret_hash
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.notifications import Notification
from kept.core.people import Patient
from kept.flow.people import register
from kept.flow.practice import save_practice
from kept.formats.practice_file import parsed_text, practice_from
from kept.main.aws_stack import Adapted, Choice, DeployedStack, adapted, code_of, deployed, translated
from kept.main.kinds import KINDS
from kept.ports.store import Transaction
from tests.aws.emulator import REGION, Emulator, running_emulator
from tests.aws.providers import Asked, Providers

SOURCES: Final = Path(kept.__file__).parent
DEPLOY: Final = SOURCES.parents[1] / "deploy" / "aws"
SUFFIX: Final = "proof"
DAYS_APART: Final = 6
PATIENCE_S: Final = 30.0
LOOK_S: Final = 0.02
SECRET: Final = "not-a-secret"
HEADERS: Final = {"Authorization": f"Bearer {full_key('key_stack', SECRET)}"}
ROOM: Final = "room-1"
ZONE: Final = "America/New_York"
SENDER: Final = "reminders@practice.example"
PARAMETERS: Final = {
    "EnvironmentSuffix": SUFFIX,
    "KeepData": "false",
    "ProtectData": "false",
    "Emulator": "true",
    "Sms": "end_user_messaging",
    "SmsOrigination": "phone-number/phone-1",
    "SesIdentity": "practice.example",
    "SesSender": SENDER,
}
PRACTICE: Final = f"""
[practice]
name = "Elm Clinic"
phone = "212-555-0100"
timeZone = "{ZONE}"

[messages]
notices = []
cancelWord = "optout_and_cancel"

[[places]]
id = "elm"
name = "Elm Street"

[[practitioners]]
id = "dr-a"
name = "Dr A"
placeId = "elm"

[[practitioners]]
id = "dr-b"
name = "Dr B"
placeId = "elm"

[[rooms]]
id = "room-1"
name = "Room 1"
placeId = "elm"

[[visitTypes]]
id = "check-up"
name = "Check-up"
minutes = 30
reminderPolicy = "eve"

[[reminderPolicies]]
id = "eve"

[[reminderPolicies.reminders]]
name = "24h"
lead = "24 h"
usefulFor = "6 h"
patience = "2 h"
plan = [["sms"], ["email"]]
"""


class FunctionFailedError(Exception):
    """A function has ended in an error."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One look of the emulator's access control."""

    key: str
    who: str
    action: str
    on: str
    is_denied: bool

    @property
    def role(self) -> str:
        """The role that asked; empty: the account itself."""
        return self.who.partition(":assumed-role/")[2].partition("/")[0]


class Stack:
    """
    The deployment.

    Args:
        emulator: Where it is.
        parts: What was deployed.
        plan: The template that was deployed.
        providers: Who takes texts and mails.
        folder: Where its clock and the plans to kill are.
    """

    def __init__(
        self, emulator: Emulator, parts: DeployedStack, plan: Adapted, *, providers: Providers, folder: Path
    ) -> None:
        self.emulator = emulator
        self.parts = parts
        self.plan = plan
        self.providers = providers
        self.folder = folder
        tables = msgspec.structs.replace(ALL_TABLES, suffix=SUFFIX)
        self.store = DynamoStore(tables, kinds=KINDS, client=emulator.client("dynamodb"))
        self._clients: dict[str, Any] = {}
        self._days: dict[object, datetime] = {}
        self._read = 0
        self._heard: dict[str, int] = {}

    def client(self, service: str) -> Any:  # noqa: ANN401 the SDK has no types
        """Return a client of the account itself, always the same."""
        if service not in self._clients:
            self._clients[service] = self.emulator.client(service)
        return self._clients[service]

    def invoke(self, function: str, event: object) -> Any:  # noqa: ANN401 any JSON
        """Call a function and wait; return its answer."""
        name = f"Kept-{function}-{SUFFIX}"
        said = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event, default=str).encode())
        answer = json.loads(said["Payload"].read() or b"null")
        if "FunctionError" in said:
            raise FunctionFailedError(f"{function}: {str(answer)[:2_000]}")
        return answer

    def deliver(self, function: str, *bodies: object) -> list[str]:
        """Hand messages to a function as its queue would, ten at once at most; return which came back."""
        records = [record(number, body) for number, body in enumerate(bodies)]
        answer = self.invoke(function, {"Records": records})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def http(self) -> httpx.Client:
        """Return a caller of the deployed API, with a key."""
        host = f"{self.parts.ids['HttpApi']}.execute-api.localhost"
        return httpx.Client(
            base_url=self.emulator.url, headers=HEADERS | {"Host": host}, timeout=PATIENCE_S, trust_env=False
        )

    def put(self, queue: str, body: object) -> None:
        """Put a message into a queue, as another system would."""
        self.client("sqs").send_message(QueueUrl=self.parts.ids[queue], MessageBody=json.dumps(body, default=str))

    def publish(self, topic: str, event: object) -> None:
        """Say something through a topic, as a provider would."""
        self.client("sns").publish(TopicArn=self.parts.ids[topic], Message=json.dumps(event, default=str))

    def day(self, whose: object) -> datetime:
        """
        Return a noon of its own for each, later than all before: the functions' clock never goes back.

        So far apart that whoever looks at the last or next few days finds nobody else's.
        """
        return self._days.setdefault(whose, day_in(20 + DAYS_APART * len(self._days)))

    def set_clock(self, instant: datetime) -> None:
        """Move the functions' clock."""
        new = self.folder / "clock.new"
        new.write_text(instant.isoformat(), encoding="utf-8")
        new.replace(self.folder / "clock")

    def kill(self, function: str, *, call: int, after: bool) -> None:
        """Let a function end as by a power cut, before or after its so-and-so-many-th call to AWS."""
        name = f"kill-Kept-{function}-{SUFFIX}"
        new = self.folder / f"{name}.new"
        new.write_text(json.dumps({"call": call, "after": after}), encoding="utf-8")
        new.replace(self.folder / name)

    def is_killing(self, function: str) -> bool:
        """Tell whether it still waits for that call; forget it then."""
        place = self.folder / f"kill-Kept-{function}-{SUFFIX}"
        is_left = place.exists()
        place.unlink(missing_ok=True)
        return is_left

    def decisions(self) -> list[Decision]:
        """Return what access control decided since this was asked last."""
        with (self.folder / "decisions").open("rb") as file:
            file.seek(self._read)
            lines = file.read()
            self._read = file.tell()
        return [msgspec.json.decode(line, type=Decision) for line in lines.splitlines()]

    def errors(self, function: str) -> list[str]:
        """Return what a function has logged as errors since this was asked last."""
        group = f"/kept/{SUFFIX}/{function}"
        lines = [event["message"] for event in self.client("logs").filter_log_events(logGroupName=group)["events"]]
        fresh = lines[self._heard.get(function, 0) :]
        self._heard[function] = len(lines)
        return [line for line in fresh if '"level":"error"' in line]

    def purge(self, queue: str) -> None:
        """Empty a queue."""
        self.client("sqs").purge_queue(QueueUrl=self.parts.ids[queue])

    def waiting(self, queue: str) -> int:
        """Return how many messages of a queue may be taken later, and not yet."""
        name = "ApproximateNumberOfMessagesDelayed"
        told = self.client("sqs").get_queue_attributes(QueueUrl=self.parts.ids[queue], AttributeNames=[name])
        return int(told["Attributes"][name])

    def role_of(self, function: str) -> str:
        """Return the name of a function's role."""
        return f"Kept-{function}-{SUFFIX}-{REGION}"

    def notifications(self, *ids: str) -> tuple[Notification, ...]:
        """Return notifications as they stand."""
        return self.store.load(Notification, ids)


def record(number: int, body: object) -> dict[str, object]:
    """Return a message as Lambda gets it from SQS."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": "handle",
        "body": body if isinstance(body, str) else json.dumps(body, default=str),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
    }


def until(is_so: Callable[[], object], *, what: str) -> None:
    """Wait until something has become so, and fail by name when it has not."""
    waiting = threading.Event()
    for _ in range(round(PATIENCE_S / LOOK_S)):
        if is_so():
            return
        waiting.wait(LOOK_S)
    raise AssertionError(f"never: {what}")


@contextmanager
def deployed_stack(folder: Path) -> Iterator[Stack]:
    """Deploy everything to an emulator of its own, with a practice in its tables."""
    decisions = folder / "decisions"
    decisions.touch()
    command = (sys.executable, "-m", "tests.aws.watched")
    with running_emulator(*command, AUTH="true", EMULATOR_DECISIONS=str(decisions)) as emulator:
        judge = _Judge(emulator, decisions)
        with Providers(judge.may) as providers, pytest.MonkeyPatch.context() as patch:
            for name, value in emulator.environment().items():
                patch.setenv(name, value)
            choice = choice_for(folder, providers)
            plan = adapted(translated(DEPLOY), choice)
            parts = deployed(emulator.client, plan, name="kept", code=packed(), choice=choice)
            stack = Stack(emulator, parts, plan, providers=providers, folder=folder)
            stack.store.submit(furnish).result()
            yield stack
            stack.store.close()


def choice_for(folder: Path, providers: Providers) -> Choice:
    """Return how the proofs run it: schedules stand still, and the clock is a file."""
    rates = {"KEPT_SMS_RATE": "1000", "KEPT_EMAIL_RATE": "1000"}
    environment = {**providers.environment, **rates, "REHEARSAL_FOLDER": str(folder)}
    return Choice(parameters=PARAMETERS, environment=environment, handlers="rehearsal", keeps_time=False)


def packed() -> bytes:
    """Return the package: the product, and the handlers on a clock that is moved; libraries are the emulator's."""
    return code_of([(SOURCES, "kept/"), (Path(__file__).with_name("rehearsal.py"), "")])


def furnish(tx: Transaction) -> None:
    """Write the practice, a key to its API, and Ann."""
    now = SystemClock().now()
    save_practice(tx, practice_from(parsed_text(PRACTICE)))
    tx.put(ApiKey(id="key_stack", name="stack", scope=Scope.DESK, secret_hash=secret_hash(SECRET), created_at=now))


def add_patient(stack: Stack, number: int) -> str:
    """Register somebody with a number and an address of her own; return her id."""
    now = SystemClock().now()
    patient = Patient(
        id=f"p{number}",
        first_name="Ann",
        phone=PhoneNumber(f"+1212555{1000 + number:04d}"),
        email=EmailAddress(f"ann{number}@example.com"),
        created_at=now,
        updated_at=now,
    )
    stack.store.submit(lambda tx: register(tx, patient, (), by="desk", now=now)).result()
    return patient.id


def day_in(days: int) -> datetime:
    """Return noon in New York, or about, so many days from now."""
    return SystemClock().now().replace(hour=16, minute=0, second=0, microsecond=0) + timedelta(days=days)


class _Judge:
    """Says for the providers what AWS would say for itself: whether the caller's role allows a call."""

    def __init__(self, emulator: Emulator, decisions: Path) -> None:
        self._iam = emulator.client("iam")
        self._decisions = decisions

    def may(self, asked: Asked) -> bool:
        role = self._role(asked.key)
        names = self._iam.list_role_policies(RoleName=role)["PolicyNames"]
        policies = [self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        results = [_evaluated(asked, resource, policies) for resource in asked.resources]
        self._note(asked, role, results)
        return all(results)

    def _role(self, key: str) -> str:
        """Return whose key it is: it has read its tables before."""
        with self._decisions.open(encoding="utf-8") as file:
            found = [msgspec.json.decode(line, type=Decision) for line in file if f'"{key}"' in line]
        return found[-1].role

    def _note(self, asked: Asked, role: str, results: list[bool]) -> None:
        with self._decisions.open("a", encoding="utf-8") as file:
            for resource, result in zip(asked.resources, results, strict=True):
                who = f"arn:aws:sts::000000000000:assumed-role/{role}/provider"
                line = Decision(key=asked.key, who=who, action=asked.action, on=resource, is_denied=not result)
                file.write(msgspec.json.encode(line).decode() + "\n")


def _evaluated(asked: Asked, resource: str, policies: list[Any]) -> bool:
    """Ask the emulator's own judge, which takes no conditions from outside."""
    context = EvalContext(
        principal_arn="",
        principal_type="role",
        principal_account="000000000000",
        action=asked.action,
        resource_arn=resource,
        region=REGION,
        service_context={name.lower(): value for name, value in asked.context.items()},
    )
    decision = evaluate(context, [parse_policy_document(json.dumps(policy)) for policy in policies]).decision
    return bool(decision == "Allow")


def environment_of(stack: Stack) -> dict[str, str]:
    """Return the variables of this process with which a program of ours finds the stack."""
    return {**os.environ, **stack.emulator.environment()}
