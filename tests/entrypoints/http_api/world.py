"""A practice behind the HTTP door: memory store, simulated clock, keys; and a caller that can send any bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.core.access import ApiKey, Scope, full_key, secret_hash
from kept.core.people import Patient
from kept.core.practice import Practice
from kept.core.schedules import OpenHours, Place, Role, Schedule, VisitType
from kept.entrypoints.http_api import ApiParts, Health, Limits, build_api
from kept.flow.access import create_key
from kept.ports.store import Entity, Store, Transaction

T = TypeVar("T")

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECRET = "s3cret" * 8
PATIENT = "pat_1"
PRACTITIONER = "prv_1"
VISIT_TYPE = "svc_30min"

FULL = {
    "patientId": PATIENT,
    "practitionerId": PRACTITIONER,
    "visitType": VISIT_TYPE,
    "start": "2026-05-04T09:00:00-04:00",
    "durationMinutes": 30,
    "timeZone": "America/New_York",
}
"""A good booking."""


class CountingMeter:
    """Counts in a dictionary."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + amount

    def gauge(self, name: str, value: float, **labels: str) -> None: ...


class NumberedIds:
    """Makes ids that a test can foretell."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, prefix: str) -> str:
        self._last += 1
        return f"{prefix}_n{self._last}"

    def secret(self) -> str:
        return SECRET


class HeldStore:
    """A store whose writes can be held back, or refused."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.refuse: Exception | None = None
        self.hold = False
        self.held: list[Callable[[], None]] = []
        self.load = inner.load
        self.query = inner.query
        self.close = inner.close

    def submit(self, step: Callable[[Transaction], T]) -> Future[T]:
        future: Future[T] = Future()
        if self.refuse:
            future.set_exception(self.refuse)
        elif self.hold:
            self.held.append(lambda: _pass_on(self.inner.submit(step), future))
        else:
            return self.inner.submit(step)
        return future

    def let_go(self) -> None:
        for go_on in self.held:
            go_on()
        self.held.clear()


def _pass_on(done: Future[T], to: Future[T]) -> None:
    error = done.exception()
    if error:
        to.set_exception(error)
    else:
        to.set_result(done.result())


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  whatever the answer says
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Place and code of each error."""
        errors = self.json.get("errors", [])
        return [(e.get("pointer") or e.get("parameter") or e.get("header"), e["code"]) for e in errors]


@dataclass(kw_only=True)
class World:
    """Everything behind the door."""

    store: HeldStore
    clock: SimulatedClock
    meter: CountingMeter
    app: ASGIApp
    woken: list[int] = field(default_factory=list)
    on_wake: list[Callable[[], object]] = field(default_factory=list)
    """What a worker would do when it is woken."""
    healthy: list[bool] = field(default_factory=lambda: [True])
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def close(self) -> None:
        self.loop.close()
        self.store.close()

    def do(self, step: Callable[[Transaction], T]) -> T:
        return self.store.inner.submit(step).result(timeout=10)

    def put(self, *entities: Entity) -> None:
        self.do(lambda tx: [tx.put(entity) for entity in entities])

    def snapshot(self) -> dict[tuple[str, str], int]:
        """Every stored entity with its version, to see that nothing was written."""
        inner = self.store.inner
        assert isinstance(inner, MemoryStore)
        return {key: entity.version for key, entity in inner._entities.items()}  # noqa: SLF001

    def call(self, method: str, path: str, **asked: Any) -> Reply:  # noqa: ANN401  see Asked
        return self.loop.run_until_complete(self.acall(method, path, Asked(**asked)))

    async def acall(self, method: str, path: str, asked: Asked) -> Reply:
        """Send one request, exactly as asked."""
        return await sent(self.app, method, path, asked)


@dataclass(kw_only=True)
class Asked:
    """What is sent with a request."""

    json: object = None
    body: bytes | None = None
    chunks: Sequence[bytes] | None = None
    """Sent one by one; the last is never marked as such when *stalls*."""
    stalls: bool = False
    gone: bool = False
    """Whether the caller hangs up instead of sending the body."""
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = ()
    query: str = ""
    scope: Scope | None = Scope.ADMIN
    """Of the key that is sent; None: none is."""

    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        given = list(self.headers.items()) if isinstance(self.headers, Mapping) else list(self.headers)
        if self.json is not None:
            given.append(("content-type", "application/json"))
        if self.scope is not None:
            given.append(("authorization", f"Bearer {key_of(self.scope)}"))
        return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in given]

    def messages(self) -> list[Message]:
        if self.gone:
            return []
        body = json.dumps(self.json).encode() if self.json is not None else self.body or b""
        chunks = list(self.chunks or [body])
        last = len(chunks) - 1
        return [
            {"type": "http.request", "body": chunk, "more_body": n < last or self.stalls}
            for n, chunk in enumerate(chunks)
        ]


async def sent(app: ASGIApp, method: str, path: str, asked: Asked, *, receive: Receive | None = None) -> Reply:
    """Return what an application answers; *receive* brings the body instead of what was asked."""
    messages = asked.messages()
    answers: list[Message] = []

    async def pieces() -> Message:
        if messages:
            return messages.pop(0)
        if asked.stalls:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": asked.query.encode("utf-8", "surrogatepass"),
        "headers": asked.raw_headers(),
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50_000),
    }
    await app(scope, receive or pieces, send)
    if not answers:
        return Reply(status=0, headers=[], body=b"")
    start = next(message for message in answers if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in answers if message["type"] == "http.response.body")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return Reply(status=start["status"], headers=headers, body=body)


def key_of(scope: Scope) -> str:
    return full_key(f"key_{scope.value}", SECRET)


def practice() -> Practice:
    """A clinic in New York, open 08:00 to 17:00, Monday to Friday."""
    return Practice(
        name="Elm Street Clinic",
        phone="+1 206 555 0199",
        zone="America/New_York",
        places=(Place(id="plc_1", name="Elm Street", zone="America/New_York"),),
        visit_types=(VisitType(id=VISIT_TYPE, name="Visit", duration=timedelta(minutes=30)),),
    )


def furnished(store: Store, *, now: datetime) -> None:
    """Write the practice, one practitioner, one room, two patients and a key of each scope."""
    hours = tuple(OpenHours(weekday=d, opens=time(8), closes=time(17)) for d in range(5))
    schedules = (
        Schedule(id=PRACTITIONER, role=Role.PRACTITIONER, name="Dr. Day", place_id="plc_1", hours=hours),
        Schedule(id="room_1", role=Role.ROOM, name="Room 1", place_id="plc_1"),
    )
    patients = (
        Patient(id=PATIENT, full_name="Maria Lopez", created_at=now, updated_at=now),
        Patient(id="pat_2", full_name="Mark Lang", created_at=now, updated_at=now),
    )
    keys = tuple(
        ApiKey(id=f"key_{s.value}", name=s.value, scope=s, secret_hash=secret_hash(SECRET), created_at=now)
        for s in Scope
    )

    def step(tx: Transaction) -> None:
        for entity in (practice(), *schedules, *patients):
            tx.put(entity)
        for key in keys:
            create_key(tx, key)

    store.submit(step).result(timeout=10)


def world(*, now: datetime = NOW, inner: Store | None = None, limits: Limits | None = None, docs: bool = True) -> World:
    """Return a furnished world; answers to a batch do not wait for a worker that is not there."""
    store = HeldStore(inner or MemoryStore())
    furnished(store.inner, now=now)
    clock, meter, woken = SimulatedClock(now), CountingMeter(), list[int]()
    on_wake, healthy = list[Callable[[], object]](), [True]

    def wake() -> None:
        woken.append(1)
        for work in on_wake:
            work()

    parts = ApiParts(
        store=store,
        clock=clock,
        ids=NumberedIds(),
        meter=meter,
        wake=wake,
        metrics_page=lambda: b"# HELP kept_sending Sending\n",
        health=lambda: Health(ok=healthy[0], checks={"store": "ok"}),
        limits=limits or Limits(batch_wait_s=0.0, recent_s=0.0),
        docs=docs,
    )
    app = build_api(parts)
    return World(store=store, clock=clock, meter=meter, app=app, woken=woken, on_wake=on_wake, healthy=healthy)
