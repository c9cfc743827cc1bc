"""A practice behind the pages: memory store, simulated clock, a real outbox; and a browser without script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from kept.adapters.clock import SimulatedClock, SystemIds
from kept.adapters.memory import MemoryStore
from kept.adapters.outbox import PROVIDER, Behaviour, OutboxChannel, OutboxLedger, OutboxReader, OutboxVoice
from kept.core.booking import Appointment, BookingRequest
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.people import ChannelName, Patient
from kept.core.practice import Practice
from kept.core.receipts import IncomingReply
from kept.core.schedules import OpenHours, Place, Role, Schedule, VisitType
from kept.entrypoints.web.app import build_pages
from kept.entrypoints.web.parts import Health, WebParts
from kept.entrypoints.worker import CallReaders, Dispatcher, InlineExecutor
from kept.flow.booking import book
from kept.flow.people import register
from kept.flow.receipts import keep_call, received
from kept.flow.replies import reply_step
from kept.ports.store import Transaction
from kept.ports.webhook import WebhookRequest
from tests.entrypoints.web.html import Element, parsed

T = TypeVar("T")

NOW = datetime(2026, 5, 4, 14, 10, tzinfo=UTC)
"""A Monday, 10:10 in New York."""
ZONE = "America/New_York"
ORIGIN = "http://127.0.0.1:8080"
HALF = timedelta(minutes=30)
WEEKDAYS = tuple(OpenHours(weekday=day, opens=time(8), closes=time(17)) for day in range(5))

PRACTICE = Practice(
    name="Elm Street",
    zone=ZONE,
    places=(Place(id="elm", name="12 Elm St", zone=ZONE), Place(id="far", name="Far away", zone="Asia/Kathmandu")),
    visit_types=(
        VisitType(id="check", name="Check-up", duration=HALF),
        VisitType(id="ask", name="On request", duration=HALF, by_request=True),
    ),
)
SCHEDULES = (
    Schedule(id="lee", role=Role.PRACTITIONER, name="Dr. Lee", place_id="elm", hours=WEEKDAYS),
    Schedule(id="rao", role=Role.PRACTITIONER, name="Dr. Rao", place_id="far", hours=WEEKDAYS),
    Schedule(id="night", role=Role.PRACTITIONER, name="Nurse Night", place_id="elm"),
)


class Silence:
    """A meter that counts nothing."""

    def count(self, name: str, amount: int = 1, **labels: str) -> None: ...

    def gauge(self, name: str, value: float, **labels: str) -> None: ...


class World:
    """Everything behind the pages."""

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", hosts: tuple[str, ...] = ()) -> None:
        self.store = MemoryStore()
        self.clock = SimulatedClock(NOW)
        self.ids = SystemIds()
        self.ledger = OutboxLedger(folder / "outbox.db", synchronous="normal")
        self.voice = OutboxVoice(self.ledger, clock=self.clock, ids=self.ids, call=self._keep)
        self.health = Health(is_sending=True)
        self.wakes = 0
        self.parts = WebParts(
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            outbox=self.ledger,
            tell_outbox=lambda channel, behaviour, times: self.ledger.tell(channel, Behaviour(behaviour), times=times),
            voice=self.voice,
            health=lambda: self.health,
            wake=self._wake,
            host=host,
            hosts=hosts,
        )
        self.browser = Browser(self.parts)

    def do(self, step: Callable[[Transaction], T]) -> T:
        """Run a step."""
        return self.store.submit(step).result()

    def furnish(self) -> None:
        """Set the practice up, with three patients."""
        people = (
            ("ann", "Ann", "Lee", "+12065550101", "ann@example.com"),
            ("ben", "Ben", "Okafor", "+12065550102", None),
            ("cat", "Cat", "<b>Bold</b>", None, "cat@example.com"),
        )

        def step(tx: Transaction) -> None:
            tx.put(PRACTICE)
            for schedule in SCHEDULES:
                tx.put(schedule)
            for patient_id, first, last, phone, email in people:
                patient = Patient(
                    id=patient_id,
                    first_name=first,
                    last_name=last,
                    phone=PhoneNumber(phone) if phone else None,
                    email=EmailAddress(email) if email else None,
                    created_at=NOW,
                    updated_at=NOW,
                )
                register(tx, patient, (), by="test", now=NOW)

        self.do(step)

    def book(
        self, appointment_id: str, patient: str, start: datetime, visit_type: str = "check", practitioner: str = "lee"
    ) -> Appointment:
        """Book a visit three days ago, so that its reminders were planned in good time."""
        request = BookingRequest(
            patient_id=patient,
            practitioner_id=practitioner,
            place_id=next(s.place_id for s in SCHEDULES if s.id == practitioner),
            visit_type_id=visit_type,
            start=start,
            end=start + HALF,
            zone=ZONE,
            by="test",
        )
        booked_at = NOW - timedelta(days=3)
        return self.do(lambda tx: book(tx, request, appointment_id=appointment_id, now=booked_at))

    def stored(self, appointment_id: str) -> Appointment:
        """Return an appointment as it is stored."""
        return self.store.load(Appointment, [appointment_id])[0]

    def send(self) -> int:
        """Send what is due."""
        channels = {
            name: OutboxChannel(self.ledger, name, clock=self.clock, wait=lambda _: None, voice=self.voice)
            for name in ChannelName
        }
        worker = Dispatcher(
            self.store,
            channels,
            clock=self.clock,
            meter=Silence(),
            pool=InlineExecutor(),
            max_in_flight=1,
            readers=CallReaders({PROVIDER: OutboxReader()}, on_reply=reply_step),
        )
        return worker.run_due()

    def answer(self, text: str, sender: str) -> None:
        """Let somebody answer by text message."""
        now = self.clock.now()
        reply = IncomingReply(
            id=f"{sender} {text}",
            provider="fake",
            channel=ChannelName.SMS,
            sender=sender,
            recipient="",
            text=text,
            at=now,
        )
        self.do(reply_step(self.store, reply, now=now))

    def _keep(self, request: WebhookRequest) -> None:
        call = received(PROVIDER, request, headers={})
        self.do(lambda tx: keep_call(tx, call))

    def _wake(self) -> None:
        self.wakes += 1


@contextmanager
def opened(folder: Path, *, host: str = "127.0.0.1", hosts: tuple[str, ...] = ()) -> Iterator[World]:
    """Yield a furnished world, and close it."""
    world = World(folder, host=host, hosts=hosts)
    world.furnish()
    try:
        yield world
    finally:
        world.ledger.close()


class Shown:
    """One answer."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.text
        self.url = str(response.url)
        self.page: Element = parsed(self.body if "html" in response.headers.get("content-type", "") else "")

    @property
    def text(self) -> str:
        """What a person reads."""
        mains = self.page.all("main")
        return mains[0].text if mains else ""


class Browser:
    """Looks at pages and sends forms, as a browser without script does."""

    def __init__(self, parts: WebParts | None = None, *, origin: str = ORIGIN) -> None:
        self.app = build_pages(parts) if parts else None
        """None: what answers at the origin."""
        self.origin = origin
        self.cookies: dict[str, str] = {}
        self.headers = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"}

    def look(self, path: str, **headers: str) -> Shown:
        """Load a page; redirects are followed."""
        return self._follow(self.ask("GET", path, headers=headers))

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Shown:
        """Send fields to an address, as a form of our own page would."""
        sent = {"Origin": "null", "Sec-Fetch-Site": "same-origin", **headers}
        return self.ask("POST", path, headers=sent, body=urlencode(fields).encode())

    def submit(self, shown: Shown, action: str, press: int = 0, **fields: str) -> Shown:
        """Fill in the form with this action on a page, send it, and follow where it leads."""
        form = shown.page.all("form", action=action)[press]
        values = {**defaults(form), **fields}
        if form.get("method") == "post":
            return self._follow(self.post(action, values))
        return self.look(f"{action.partition('#')[0]}?{urlencode(values)}")

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> Shown:
        """Send one request."""
        return asyncio.run(self._ask(method, path, headers or {}, body))

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Shown:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {}
        if self.cookies:
            kind["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        transport = httpx.ASGITransport(app=self.app) if self.app else httpx.AsyncHTTPTransport()
        async with httpx.AsyncClient(transport=transport, base_url=self.origin) as client:
            response = await client.request(
                method, path, headers={**self.headers, **kind, **headers}, content=body if method == "POST" else None
            )
            self.cookies |= dict(response.cookies)
        return Shown(response)

    def _follow(self, shown: Shown) -> Shown:
        if shown.status != httpx.codes.SEE_OTHER:
            return shown
        parts = urlsplit(urljoin(shown.url, shown.headers["location"]))
        return self.look(f"{parts.path}?{parts.query}")


def defaults(form: Element) -> dict[str, str]:
    """Return what a form sends when nobody touches it."""
    values: dict[str, str] = {}
    for field in form.all("input", "textarea", "select"):
        name, kind = field.get("name"), field.get("type")
        if not name or (kind in {"radio", "checkbox"} and field.get("checked") is None):
            continue
        values[name] = field.get("value") or ""
        if field.tag == "textarea":
            values[name] = field.text
        if field.tag == "select":
            options = field.all("option")
            chosen = [o for o in options if o.get("selected") is not None] or options[:1]
            values[name] = (chosen[0].get("value") or "") if chosen else ""
    return values
