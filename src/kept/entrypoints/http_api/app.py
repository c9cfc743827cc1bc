"""The HTTP API as one ASGI application."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kept.entrypoints.http_api import (
    appointment_changes,
    appointment_search,
    appointments,
    balance,
    batches,
    docs,
    health,
    messages,
    notices,
    notifications,
    patient_search,
    patients,
    practice,
    replies,
    reports,
    slots,
    templates,
    worklist,
)
from kept.entrypoints.http_api.answers import Answer, problem_answer, send_answer
from kept.entrypoints.http_api.door import Door
from kept.entrypoints.http_api.endpoint import PathEndpoint
from kept.entrypoints.http_api.openapi import openapi_document
from kept.entrypoints.http_api.operations import Call, Operation, Room
from kept.entrypoints.http_api.parts import ApiParts
from kept.entrypoints.http_api.problems import Problem

DESCRIBED: Final[tuple[Operation, ...]] = tuple(
    operation
    for room in (
        appointments,
        appointment_search,
        appointment_changes,
        slots,
        patients,
        patient_search,
        notifications,
        batches,
        notices,
        messages,
        templates,
        replies,
        worklist,
        practice,
        reports,
        balance,
        health,
    )
    for operation in room.OPERATIONS
)
"""What the OpenAPI document describes, in its order."""


def build_api(parts: ApiParts) -> Starlette:
    """
    Return the application.

    Pages may be mounted on it afterwards: whatever is not below ``/api`` is theirs, and the same door is around them.
    """
    room = Room(parts)
    by_path: dict[str, list[Operation]] = defaultdict(list)
    for operation in (*DESCRIBED, *(_documents() if parts.docs else ())):
        by_path[operation.path].append(operation)
    # a name in a path goes before an id in its place
    paths = sorted(by_path, key=lambda path: "{" in path.rpartition("/")[2])
    routes = [Route(path, PathEndpoint(path, tuple(by_path[path]), room)) for path in paths]
    app = Starlette(routes=[*routes, Route("/api/{rest:path}", _Nothing())])
    app.router.redirect_slashes = False
    app.add_middleware(Door, ids=parts.ids, limits=parts.limits)
    return app


def _documents() -> tuple[Operation, ...]:
    """Return the operations that serve the documentation."""

    async def document(_: Call) -> Answer:
        return Answer(body=_description())

    described = Operation(
        name="getOpenApi",
        method="GET",
        path="/api/openapi.json",
        scope=None,
        run=document,
        summary="Describe the API",
        tag="Operation",
        answers={200: ()},
    )
    return (*docs.OPERATIONS, described)


@cache
def _description() -> bytes:
    """Return the OpenAPI document; made when somebody reads it, because that takes a part of a cold start."""
    return msgspec.json.encode(openapi_document(DESCRIBED))


class _Nothing:
    """Answers below ``/api`` where there is nothing, so that no page is shown to a program."""

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        problem = Problem(kind="not-found", detail="There is nothing at this address; see /api/docs.")
        await send_answer(problem_answer(problem, scope["kept.correlation_id"]), send)
