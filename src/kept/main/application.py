"""Everything that answers over HTTP, as one application: the API, what providers call, and the pages."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec
from starlette.applications import Starlette

from kept.adapters.outbox import Behaviour, OutboxLedger
from kept.core.errors import InvalidInputError
from kept.core.people import ChannelName
from kept.entrypoints.http_api import ApiParts, Limits, build_api
from kept.entrypoints.links import LinkParts, link_routes
from kept.entrypoints.web.app import build_pages
from kept.entrypoints.web.parts import WebParts
from kept.entrypoints.webhooks import WebhookParts, webhook_routes
from kept.entrypoints.worker import SeatedDispatcher
from kept.main.assembly import Parts
from kept.main.health import HealthWatch
from kept.main.settings import Settings, StoreEngine, has_outbox, public_url

SMALL_CHUNK: Final = 10
"""Items of a batch that are planned in one step where a step may touch a hundred records only."""


def application(parts: Parts, sender: SeatedDispatcher | None) -> Starlette:
    """
    Return the application.

    Args:
        parts: What the program is made of.
        sender: The worker in this process; None: another one sends, and looks by itself every second.
    """
    watch = HealthWatch(parts.store, parts.clock, sender)
    app = build_api(_api_parts(parts, sender, watch))
    app.router.routes.extend(webhook_routes(_webhook_parts(parts, sender)))
    link_parts = _link_parts(parts, sender)
    app.router.routes.extend(link_routes(link_parts) if link_parts else ())
    app.mount("/", build_pages(_web_parts(parts, sender, watch)))
    return app


def _api_parts(parts: Parts, sender: SeatedDispatcher | None, watch: HealthWatch) -> ApiParts:
    settings = parts.settings
    return ApiParts(
        store=parts.store,
        clock=parts.clock,
        ids=parts.ids,
        meter=parts.meter,
        wake=sender.wake if sender else _nobody,
        metrics_page=partial(_metrics_page, parts, watch),
        health=watch.report,
        limits=_limits(settings),
    )


def _metrics_page(parts: Parts, watch: HealthWatch) -> bytes:
    """Return the page of metrics, with what whoever sends has noted, be it this process or another."""
    watch.measure(parts.meter)
    return parts.meter.page()


def _webhook_parts(parts: Parts, sender: SeatedDispatcher | None) -> WebhookParts:
    return WebhookParts(
        store=parts.store,
        clock=parts.clock,
        meter=parts.meter,
        readers=parts.readers,
        public_url=public_url(parts.settings),
        wake=sender.wake if sender else _nobody,
        limits=_limits(parts.settings),
    )


def _link_parts(parts: Parts, sender: SeatedDispatcher | None) -> LinkParts | None:
    """Return what the pages behind links need; they are for everyone who has a link, wherever the program listens."""
    wake = sender.wake if sender else _nobody
    return LinkParts(store=parts.store, clock=parts.clock, links=parts.links, wake=wake) if parts.links else None


def _limits(settings: Settings) -> Limits:
    plain = Limits(requests_per_s=settings.requests_per_second, burst=settings.request_burst)
    return plain if settings.store is StoreEngine.SQLITE else msgspec.structs.replace(plain, batch_chunk=SMALL_CHUNK)


def _web_parts(parts: Parts, sender: SeatedDispatcher | None, watch: HealthWatch) -> WebParts:
    settings = parts.settings
    return WebParts(
        store=parts.store,
        clock=parts.clock,
        ids=parts.ids,
        outbox=parts.ledger if has_outbox(settings) else None,
        tell_outbox=partial(_tell, parts.ledger),
        voice=parts.voice,
        health=watch.sending,
        wake=sender.wake if sender else _nobody,
        host=settings.host,
        hosts=settings.allowed_hosts,
    )


def _tell(ledger: OutboxLedger, channel: ChannelName, behaviour: str, times: int | None) -> object:
    """
    Order how the outbox treats the next messages of a channel.

    Raises:
        InvalidInputError: no such behaviour.
    """
    if behaviour not in list(Behaviour):
        raise InvalidInputError.of("behaviour", "unknown_behaviour", f"must be one of: {', '.join(Behaviour)}")
    return ledger.tell(channel, Behaviour(behaviour), times=times)


def _nobody() -> None:
    """Wake nobody."""
