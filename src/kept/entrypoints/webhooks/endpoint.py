"""
One path for each provider.

Nobody has a key here: a call proves by the provider's own signature that it is the provider's. If it does, it is on
record before it is answered, so that nothing is lost when we die in between; if it does not, it changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kept.core.errors import KeptError, NotFoundError
from kept.core.reports import Metric
from kept.entrypoints.http_api.answers import NO_CONTENT, Answer, problem_answer, send_answer
from kept.entrypoints.http_api.bodies import ClientGoneError, read_body
from kept.entrypoints.http_api.bridge import Bridge
from kept.entrypoints.http_api.limits import Buckets
from kept.entrypoints.http_api.parts import Limits
from kept.entrypoints.http_api.problems import DoorError, problem_of
from kept.flow.receipts import keep_call, received
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.store import Store
from kept.ports.webhook import ForgedError, WebhookReader, WebhookRequest

PATHS: Final = ("/webhooks/{provider}", "/webhooks/{provider}/replies")
"""Both take everything: some providers let one name an address for replies of its own."""
MOST_BYTES: Final = 64 * 1024
"""Longest call that is read. Ours: the longest that a provider makes of one message are a few kilobytes."""
KEPT_HEADERS: Final = frozenset({"content-type"})
"""What the worker needs to read a call again; signatures have done their work by then."""

log = structlog.get_logger("kept.webhooks")


@dataclass(frozen=True, kw_only=True)
class WebhookParts:
    """The outside of this door."""

    store: Store
    clock: Clock
    meter: Meter
    readers: Mapping[str, WebhookReader]
    """By the name in the path."""
    public_url: str
    """How providers reach this server; they sign the address that they call, and a Host header proves nothing."""
    wake: Callable[[], None]
    """Tell the worker that there is something to apply."""
    limits: Limits = field(default_factory=Limits)


def webhook_routes(parts: WebhookParts) -> tuple[Route, ...]:
    """Return the routes of this door, to be put before those of the pages."""
    endpoint = _Endpoint(parts)
    return tuple(Route(path, _Path(path, endpoint)) for path in PATHS)


class _Path:
    """One path; its name is all that the log says of it."""

    def __init__(self, path: str, endpoint: _Endpoint) -> None:
        self._path = path
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        scope["kept.route"] = self._path
        try:
            answer = await self._endpoint.answer(scope, receive)
        except ClientGoneError:
            return
        except KeptError as error:
            answer = problem_answer(problem_of(error), scope["kept.correlation_id"])
        await send_answer(answer, send)


class _Endpoint:
    """Verifies, keeps and answers."""

    def __init__(self, parts: WebhookParts) -> None:
        self._parts = parts
        self._bridge = Bridge()
        self._buckets = Buckets(per_s=parts.limits.requests_per_s, burst=parts.limits.burst)

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """
        Return the answer to one call, once what it says is on record.

        Raises:
            DoorError: it is not a POST, too long, too slow, forged, or one of too many.
            NotFoundError: no such provider here.
            OutsideError: it cannot be verified or kept now; the provider should call again.
        """
        reader = self._reader(scope)
        if scope["method"] != "POST":
            raise DoorError("method-not-allowed", "This path takes POST.", headers=(("Allow", "POST"),))
        now = self._parts.clock.now()
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        timeout_s = self._parts.limits.body_timeout_s
        said = headers.get("content-length")
        body = await read_body(receive, said=said, limit=MOST_BYTES, timeout_s=timeout_s)
        request = WebhookRequest(url=self._url(scope), headers=headers, body=body, received_at=now)
        outcome = "not_now"
        try:
            await asyncio.to_thread(reader.verify, request)  # in a thread: a reader may have to fetch a certificate
            self._buckets.take(reader.provider)
            await self._keep(reader, request)
            outcome = "kept"
        except ForgedError as error:
            outcome = "refused"
            log.warning("webhook_refused", provider=reader.provider, why=str(error))
            detail = "The call is not signed as this provider signs; nothing of it was kept."
            raise DoorError("bad-signature", detail) from None
        finally:
            self._parts.meter.count(Metric.WEBHOOK_CALLS, provider=reader.provider, outcome=outcome)
        return Answer(status=NO_CONTENT)

    def _reader(self, scope: Scope) -> WebhookReader:
        reader = self._parts.readers.get(scope["path_params"]["provider"])
        if reader is None:
            raise NotFoundError("provider")
        return reader

    def _url(self, scope: Scope) -> str:
        """Return the address as the provider knows it: the configured beginning, then what was called."""
        path = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0].decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        return f"{self._parts.public_url.rstrip('/')}{path}{'?' if query else ''}{query}"

    async def _keep(self, reader: WebhookReader, request: WebhookRequest) -> None:
        """Put the call on record; only then may it be answered."""
        kept = {name: value for name, value in request.headers.items() if name in KEPT_HEADERS}
        call = received(reader.provider, request, headers=kept)
        await self._bridge.result(self._parts.store.submit(partial(keep_call, call=call)))
        self._parts.wake()
