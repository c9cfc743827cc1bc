"""What answers over HTTP on AWS: API and pages behind patients' links; the desk's pages, without sign-in, are off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from kept.entrypoints.http_api import ApiParts, Limits, build_api
from kept.entrypoints.links import LinkParts, link_routes
from kept.main.aws_health import cloud_health

if TYPE_CHECKING:
    from kept.main.aws_parts import CloudParts

BATCH_CHUNK = 10
"""Items of a batch in one transaction: a table takes a hundred writes at once, and an item needs up to eight."""
METRICS_PAGE = b"# Metrics of functions are in CloudWatch, not here.\n"


def cloud_application(parts: CloudParts) -> Starlette:
    """Return the application; nobody is woken, for the stream and the sweep see what is due."""
    settings = parts.settings
    limits = Limits(requests_per_s=settings.requests_per_second, burst=settings.request_burst, batch_chunk=BATCH_CHUNK)
    api = ApiParts(
        store=parts.store,
        clock=parts.clock,
        ids=parts.ids,
        meter=parts.meter,
        wake=_nobody,
        metrics_page=lambda: METRICS_PAGE,
        health=lambda: cloud_health(parts.store, parts.clock),
        limits=limits,
    )
    app = build_api(api)
    if parts.links:
        link_parts = LinkParts(store=parts.store, clock=parts.clock, links=parts.links, wake=_nobody)
        app.router.routes.extend(link_routes(link_parts))
    return app


def _nobody() -> None:
    """Wake nobody."""
