"""How the program is doing, for those who watch it; open, because nothing here is about a person."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from kept.entrypoints.http_api.answers import Answer, json_answer
from kept.entrypoints.http_api.operations import Call, Operation

_METRICS_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"


class HealthView(msgspec.Struct, frozen=True, kw_only=True):
    """How the program is doing."""

    status: str
    """``ok`` or ``unhealthy``."""
    checks: dict[str, str]


async def health(call: Call) -> Answer:
    """Tell whether the program can do its work; 503 when it cannot."""
    found = await asyncio.to_thread(call.parts.health)
    view = HealthView(status="ok" if found.ok else "unhealthy", checks=dict(found.checks))
    return json_answer(view, status=200 if found.ok else 503)


async def metrics(call: Call) -> Answer:
    """Show the metrics."""
    return Answer(body=await asyncio.to_thread(call.parts.metrics_page), media_type=_METRICS_TYPE)


OPERATIONS: Final = (
    Operation(
        name="getHealth",
        method="GET",
        path="/healthz",
        scope=None,
        run=health,
        summary="Tell how the program is doing",
        tag="Operation",
        answers={200: (HealthView,), 503: (HealthView,)},
    ),
    Operation(
        name="getMetrics",
        method="GET",
        path="/metrics",
        scope=None,
        run=metrics,
        summary="Show the metrics, in Prometheus' text form",
        tag="Operation",
        answers={200: ()},
    ),
)
