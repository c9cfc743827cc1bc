"""A provider made up for tests, which signs its calls, and the door through which it comes back."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
from starlette.applications import Starlette

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.core.receipts import DeliveryReceipt, IncomingReply, ReceiptState, ReceivedCall
from kept.entrypoints.http_api import Limits
from kept.entrypoints.http_api.door import Door
from kept.entrypoints.webhooks import WebhookParts, webhook_routes
from kept.flow.receipts import calls_to_apply
from kept.ports.webhook import ForgedError, WebhookRequest
from tests.entrypoints.http_api.world import Asked, HeldStore, NumberedIds, Reply, sent
from tests.entrypoints.worker.world import CountingMeter

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
PUBLIC = "https://kept.example/behind"
PATH = "/webhooks/pigeon"
BODY = b'[{"message":"m1","says":"delivered"}]'


class PigeonReader:
    """Reads what pigeons bring: a JSON list, signed over the address and the body."""

    provider = "pigeon"

    def verify(self, request: WebhookRequest) -> None:
        if not hmac.compare_digest(request.headers.get("x-ring", ""), ring(request.url, request.body)):
            raise ForgedError("the ring does not fit")

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        events = msgspec.json.decode(request.body, type=list[dict[str, str]])
        return tuple(
            DeliveryReceipt(
                id=f"{event['message']}-{event['says']}",
                provider=self.provider,
                provider_message_id=event["message"],
                state=ReceiptState(event["says"]),
                at=request.received_at,
                is_final=event["says"] in {"delivered", "failed"},
            )
            for event in events
        )


def ring(url: str, body: bytes) -> str:
    """Return the signature."""
    return hmac.new(b"secret", url.encode() + body, hashlib.sha256).hexdigest()


@dataclass(kw_only=True)
class Loft:
    """The door and what is behind it."""

    store: HeldStore = field(default_factory=lambda: HeldStore(MemoryStore()))
    limits: Limits = field(default_factory=Limits)
    reader: PigeonReader = field(default_factory=PigeonReader)
    meter: CountingMeter = field(default_factory=CountingMeter)
    woken: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = SimulatedClock(NOW)
        parts = WebhookParts(
            store=self.store,
            clock=clock,
            meter=self.meter,
            readers={"pigeon": self.reader},
            public_url=PUBLIC + "/",
            wake=lambda: self.woken.append(1),
            limits=self.limits,
        )
        app = Starlette(routes=list(webhook_routes(parts)))
        app.add_middleware(Door, ids=NumberedIds(), limits=self.limits)
        self.app = app

    def call(
        self, path: str = PATH, *, body: bytes = BODY, method: str = "POST", signed: str = "", **asked: object
    ) -> Reply:
        """Send one call, rightly signed unless told otherwise."""
        query = str(asked.pop("query", ""))
        url = f"{PUBLIC}{path}{'?' if query else ''}{query}"
        headers = {"x-ring": signed or ring(url, body), "content-type": "application/json", "host": "evil.example"}
        wanted = Asked(body=body, headers=headers, query=query, scope=None, **asked)  # type: ignore[arg-type]
        return asyncio.run(sent(self.app, method, path, wanted))

    def kept(self) -> list[ReceivedCall]:
        """Return what is on record, oldest first."""
        return list(self.store.load(ReceivedCall, calls_to_apply(self.store)))
