"""
Booking by HTTP through the whole deployment on an emulator, beside the plainest rival on the same emulator.

Both take the same requests through an HTTP API and one function. An emulator shows neither latency nor throughput of
AWS: it adds some tens of milliseconds to each call of a function, and all of it shares this machine. So the ratio
counts, of rounds that alternate.
"""

from __future__ import annotations

import io
import json
import statistics
import zipfile
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

import kept
from bench.load import Load, run_load
from bench.report import Line
from kept.adapters.clock import SystemClock
from kept.core.access import ApiKey, Scope, full_key, secret_hash
from kept.core.contacts import PhoneNumber
from kept.core.people import Patient
from kept.flow.access import create_key
from kept.flow.people import register
from kept.flow.practice import save_practice
from kept.formats.practice_file import practice_from
from kept.main.aws_emulator import REGION, Emulator, environment_of, running_emulator
from kept.main.aws_package import ROOT
from kept.main.aws_stack import Choice, adapted, code_of, deployed, translated
from kept.main.aws_store import open_store
from kept.main.settings import Settings
from kept.ports.store import Store, Transaction

SUFFIX: Final = "bench"
CLIENTS: Final = 8
CROWD: Final = 20
"""Who want one time at once."""
RACES: Final = 3
PEOPLE: Final = 64
DOCTORS: Final = 16
PER_DAY: Final = 16
SECRET: Final = "bench-only"  # noqa: S105 of a key that lives for minutes, on an emulator
PARAMETERS: Final = {
    "EnvironmentSuffix": SUFFIX,
    "KeepData": "false",
    "ProtectData": "false",
    "Emulator": "true",
}
ROLE: Final = "arn:aws:iam::000000000000:role/rival"
TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
RIVAL_TABLE: Final = {
    "TableName": "rival",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": "S"} for name in ("id", "practitionerId", "startTime")
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_practitioner",
            "KeySchema": [
                {"AttributeName": "practitionerId", "KeyType": "HASH"},
                {"AttributeName": "startTime", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """Where one of the two books."""

    name: str
    port: int
    host: str
    key: str = ""

    def asking(self, body: dict[str, str]) -> bytes:
        """Return the request for one booking, whole."""
        content = json.dumps(body).encode()
        key = f"Authorization: Bearer {self.key}\r\n" if self.key else ""
        head = (
            f"POST /api/appointments HTTP/1.1\r\nHost: {self.host}\r\n{key}"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


class Times:
    """Gives each booking a time of its own: a doctor, a patient and half an hour that are free."""

    def __init__(self) -> None:
        self._first = (SystemClock().now() + timedelta(days=10)).replace(hour=8, minute=0, second=0, microsecond=0)
        self._next = 0

    def take(self, count: int) -> list[dict[str, str]]:
        """Return so many bodies; as many as book at once have each a doctor and a patient of their own."""
        first, self._next = self._next, self._next + count
        return [self._body(number) for number in range(first, first + count)]

    def take_one(self, count: int) -> list[dict[str, str]]:
        """Return so many bodies for one time of one doctor, of different patients who book nothing else."""
        (body,) = self.take(1)
        return [body | {"patientId": f"pat-{number}"} for number in range(PEOPLE, PEOPLE + count)]

    def _body(self, number: int) -> dict[str, str]:
        day, place = divmod(number // DOCTORS, PER_DAY)
        start = self._first + timedelta(days=day, minutes=30 * place)
        return {
            "patientId": f"pat-{number % PEOPLE}",
            "practitionerId": f"dr-{number % DOCTORS}",
            "start": _text(start),
            "end": _text(start + timedelta(minutes=30)),
        }


class Rounds:
    """What one of the two has shown in all rounds."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.first_ms = 0.0
        """The very first call, with the start of a process in it."""
        self.loads: dict[int, list[Load]] = {1: [], CLIENTS: []}
        self.accepted: list[int] = []

    def p(self, clients: int, percent: float) -> float:
        """Return a percentile of all rounds, in milliseconds."""
        return _joined(self.loads[clients]).percentile_ms(percent)

    def per_second(self, clients: int) -> float:
        """Return the median of the rounds."""
        return statistics.median(load.per_second for load in self.loads[clients])

    @property
    def failures(self) -> dict[int, int]:
        """What was answered beside 201, by status."""
        found: Counter[int] = Counter()
        for loads in self.loads.values():
            for load in loads:
                found.update(load.statuses)
        del found[201]
        return dict(found)


def measure(*, count: int, rounds: int) -> list[Line]:
    """
    Return how both book.

    Args:
        count: Bookings of each round by one client; by eight clients, four times as many.
        rounds: How often they take turns.
    """
    with running_emulator() as emulator, environment_of(emulator.environment()):
        both = (Rounds(_kept(emulator)), Rounds(_rival(emulator)))
        times = Times()
        for each in both:
            _warm(each, times)
        for number in range(rounds):
            for each in both if number % 2 == 0 else both[::-1]:
                _round(each, times, count)
    return _lines(*both)


def _warm(each: Rounds, times: Times) -> None:
    """Call it once from nothing, then by as many as will call later, until all have their processes."""
    each.first_ms = _load(each.door, times.take(1), 1).percentile_ms(50)
    for _ in range(3):
        _load(each.door, times.take(4 * CLIENTS), CLIENTS)
    _load(each.door, times.take_one(CROWD), CROWD)


def _round(each: Rounds, times: Times, count: int) -> None:
    each.loads[1].append(_load(each.door, times.take(count), 1))
    each.loads[CLIENTS].append(_load(each.door, times.take(4 * count), CLIENTS))
    for _ in range(RACES):
        each.accepted.append(_load(each.door, times.take_one(CROWD), CROWD).statuses.get(201, 0))


def _load(door: Door, bodies: list[dict[str, str]], clients: int) -> Load:
    return run_load(door.port, [door.asking(body) for body in bodies], connections=clients)


def _lines(ours: Rounds, rival: Rounds) -> list[Line]:
    return [
        *(_latency(ours, rival, clients, percent) for clients in (1, CLIENTS) for percent in (50, 95)),
        *(_throughput(ours, rival, clients) for clients in (1, CLIENTS)),
        Line(
            what=f"of {CROWD} who want one time at once, accepted",
            figure=_counts(ours.accepted),
            beside=f"the rival accepted {_counts(rival.accepted)}",
            goal="exactly 1, each time",
            is_met=set(ours.accepted) == {1},
        ),
        Line(
            what="the very first call, with the start of a process",
            figure=f"{ours.first_ms:.0f} ms",
            beside=f"the rival: {rival.first_ms:.0f} ms (ours {ours.first_ms / rival.first_ms:.2f} of it)",
        ),
    ]


def _latency(ours: Rounds, rival: Rounds, clients: int, percent: int) -> Line:
    mine, theirs = ours.p(clients, percent), rival.p(clients, percent)
    return Line(
        what=f"{percent} % of bookings by {clients} at once are answered within",
        figure=f"{mine:.0f} ms{_said(ours)}",
        beside=f"the rival: {theirs:.0f} ms{_said(rival)} (ours {mine / theirs:.2f} of it)",
        goal="no slower than the rival",
        is_met=mine <= theirs and not ours.failures,
    )


def _throughput(ours: Rounds, rival: Rounds, clients: int) -> Line:
    mine, theirs = ours.per_second(clients), rival.per_second(clients)
    return Line(
        what=f"bookings a second by {clients} at once",
        figure=f"{mine:.1f}/s{_said(ours)}",
        beside=f"the rival: {theirs:.1f}/s{_said(rival)} (ours {mine / theirs:.2f} of it)",
        goal="no fewer than the rival",
        is_met=mine >= theirs and not ours.failures,
    )


def _said(each: Rounds) -> str:
    return f" {each.failures}" if each.failures else ""


def _counts(found: list[int]) -> str:
    return ", ".join(map(str, found))


def _joined(loads: list[Load]) -> Load:
    latencies = tuple(each for load in loads for each in load.latencies_s)
    return Load(seconds=sum(load.seconds for load in loads), latencies_s=latencies, statuses={})


def _kept(emulator: Emulator) -> Door:
    """Deploy Kept, with a practice in it."""
    choice = Choice(parameters=PARAMETERS, keeps_time=False)
    plan = adapted(translated(ROOT / "deploy" / "aws"), choice)
    code = code_of([(Path(kept.__file__).parent, "kept/")])
    stack = deployed(emulator.client, plan, name="kept", code=code, choice=choice)
    store = open_store(Settings(tables_suffix=SUFFIX, aws_region=REGION))
    try:
        key = _furnished(store)
    finally:
        store.close()
    return _door("kept", emulator, stack.ids["HttpApi"], key)


def _furnished(store: Store) -> str:
    """Write a practice, its patients and a key; return the key. A booking plans two reminders, as the rival does."""
    now = SystemClock().now()
    practice = {
        "practice": {"name": "Elm Clinic", "phone": "206-555-0100", "timeZone": "UTC"},
        "messages": {"notices": []},
        "places": [{"id": "elm", "name": "12 Elm St"}],
        "practitioners": [{"id": f"dr-{n}", "name": f"Dr. {n}", "placeId": "elm"} for n in range(DOCTORS)],
    }
    key = ApiKey(id="key_bench", name="bench", scope=Scope.DESK, secret_hash=secret_hash(SECRET), created_at=now)

    def step(tx: Transaction) -> None:
        save_practice(tx, practice_from(practice))
        create_key(tx, key)

    store.submit(step).result()
    for number in range(PEOPLE + CROWD):
        person = _patient(number, now)
        store.submit(partial(register, patient=person, wishes=(), by="bench", now=now)).result()
    return full_key(key.id, SECRET)


def _patient(number: int, now: datetime) -> Patient:
    phone = PhoneNumber(f"+1206555{100 + number:04}")
    return Patient(id=f"pat-{number}", first_name="Ann", phone=phone, created_at=now, updated_at=now)


def _rival(emulator: Emulator) -> Door:
    """Deploy the rival."""
    emulator.client("iam").create_role(RoleName="rival", AssumeRolePolicyDocument=json.dumps(TRUST))
    emulator.client("dynamodb").create_table(**RIVAL_TABLE)
    function = emulator.client("lambda").create_function(
        FunctionName="rival",
        Runtime="python3.13",
        Role=ROLE,
        Handler="rival.book",
        Code={"ZipFile": _packed_rival()},
        Timeout=29,
        MemorySize=1024,
        Environment={
            "Variables": {
                "TABLE": "rival",
                "REMINDER_ARN": "arn:aws:lambda:us-east-1:000000000000:function:rival",
                "REMINDER_ROLE_ARN": ROLE,
            }
        },
    )["FunctionArn"]
    gateway = emulator.client("apigatewayv2")
    api = gateway.create_api(Name="rival", ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return _door("rival", emulator, api)


def _packed_rival() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(Path(__file__).with_name("rival.py"), "rival.py")
    return packed.getvalue()


def _door(name: str, emulator: Emulator, api: str, key: str = "") -> Door:
    port = int(emulator.url.rpartition(":")[2])
    return Door(name=name, port=port, host=f"{api}.execute-api.localhost", key=key)


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
