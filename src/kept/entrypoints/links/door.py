"""
Who comes in by a link, and what every answer to them carries.

The token in the path is the right; nothing of it is logged, because the log names the route and not the path.

Source:
    OWASP ASVS 5.0 V3.4.5 and V14.3.2 (no referrer, nothing kept in caches); RFC 8058.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from kept.core.errors import KeptError
from kept.core.links import UNSUBSCRIBE_PATH, VISIT_PATH
from kept.core.practice import Practice
from kept.entrypoints.http_api.bodies import ClientGoneError, read_body
from kept.entrypoints.http_api.limits import Buckets
from kept.entrypoints.http_api.problems import DoorError, problem_of
from kept.entrypoints.links.calls import LinkCall
from kept.entrypoints.links.parts import LinkParts
from kept.entrypoints.links.rendering import failure_document, failure_page
from kept.entrypoints.links.unsubscribing import unsubscribe_page
from kept.entrypoints.links.visits import visit_page
from kept.entrypoints.web.guard import SECURITY_HEADERS
from kept.entrypoints.web.rendering import stylesheet

MOST_BYTES: Final = 8 * 1024
"""Longest form that is read; ours hold two short fields."""
BODY_TIMEOUT_S: Final = 10.0
REQUESTS_PER_S: Final = 1.0
BURST: Final = 60
"""For each link: more than a person needs, less than a program would like."""
_FORM_TYPE: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 20
_METHODS: Final = ("GET", "HEAD", "POST")
_NO_STORE: Final = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}

Page = Callable[[LinkCall, Any], Response]
Opener = Callable[..., object]


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """One kind of link."""

    path: str
    opened: Opener
    page: Page
    has_own_forms: bool
    """Whether what is sent comes from our own page only; else anybody who has the link may send it."""


def link_routes(parts: LinkParts) -> tuple[Route, ...]:
    """Return the routes of this door, to be put before those of the pages."""
    links, buckets = parts.links, Buckets(per_s=REQUESTS_PER_S, burst=BURST)
    visits = _Kind(path=VISIT_PATH, opened=links.opened_visit, page=visit_page, has_own_forms=True)
    ends = _Kind(path=UNSUBSCRIBE_PATH, opened=links.opened_unsubscribe, page=unsubscribe_page, has_own_forms=False)
    return tuple(Route(f"{kind.path}{{token}}", _Door(parts, kind, buckets)) for kind in (visits, ends))


class _Door:
    """Opens links of one kind."""

    def __init__(self, parts: LinkParts, kind: _Kind, buckets: Buckets) -> None:
        self._parts = parts
        self._kind = kind
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["kept.route"] = f"{self._kind.path}{{token}}"
        request = Request(scope, receive)
        try:
            response = _style(request) or await self._answer(request)
        except ClientGoneError:
            return
        response.headers.update(SECURITY_HEADERS)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        call = self._call(request)
        try:
            link = self._opened(request, call)
            if request.method == "POST":
                self._check_origin(request)
                call = self._call(request, await _form(request))
            response = await run_in_threadpool(self._kind.page, call, link)
        except KeptError as error:
            response = await run_in_threadpool(partial(_failed, request, call, error))
        response.headers.update(_NO_STORE)
        return response

    def _call(self, request: Request, form: dict[str, str] | None = None) -> LinkCall:
        return LinkCall(
            parts=self._parts,
            now=self._parts.clock.now(),
            token=request.path_params["token"],
            query=dict(request.query_params),
            form=form,
            accepted=request.headers.get("accept-language"),
        )

    def _opened(self, request: Request, call: LinkCall) -> object:
        """
        Return what the link gives the right to.

        Raises:
            NotFoundError: it is none of ours.
            ExpiredError: it is over.
            DoorError: another method, or too often.
        """
        if request.method not in _METHODS:
            raise DoorError("method-not-allowed", "A link is looked at, or a form is sent to it.", headers=_ALLOW)
        link = self._kind.opened(call.token, now=call.now)
        self._buckets.take(hashlib.sha256(call.token.encode()).hexdigest())
        return link

    def _check_origin(self, request: Request) -> None:
        """
        Refuse a form from another site, where the browser says so.

        Raises:
            DoorError: it says so.
        """
        origin = request.headers.get("origin", "null")
        own = {urlsplit(self._parts.links.base_url).netloc, request.headers.get("host", "")}
        is_elsewhere = origin != "null" and urlsplit(origin).netloc not in own
        is_cross = request.headers.get("sec-fetch-site") == "cross-site"
        if self._kind.has_own_forms and (is_elsewhere or is_cross):
            raise DoorError("forbidden", "The form did not come from a page of this server.")


_ALLOW: Final = (("Allow", ", ".join(_METHODS)),)


def _style(request: Request) -> Response | None:
    """Return the stylesheet, when that is asked for: no token has a dot."""
    text, version = stylesheet()
    if request.path_params["token"] != f"{version}.css":
        return None
    return Response(text, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"})


async def _form(request: Request) -> dict[str, str]:
    """
    Return the fields of a form, or none of a body of another type: a mail program may send its one field otherwise.

    Raises:
        DoorError: it is too long, or too slow.
    """
    said = request.headers.get("content-length")
    body = await read_body(request.receive, said=said, limit=MOST_BYTES, timeout_s=BODY_TIMEOUT_S)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM_TYPE:
        return {}
    try:
        return dict(parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def _failed(request: Request, call: LinkCall, error: KeptError) -> Response:
    """Return the page or the document for an error; it needs no store."""
    problem = problem_of(error)
    if "text/html" in request.headers.get("accept", ""):
        return failure_page(call.frame(Practice(name=""), ""), problem)
    return failure_document(problem, request.scope.get("kept.correlation_id", ""))
