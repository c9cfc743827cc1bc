"""The pages as one ASGI application: who may come in, which page answers, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kept.core.errors import KeptError
from kept.entrypoints.web import (
    appointments,
    booking,
    day,
    moving,
    notices,
    notifications,
    outbox,
    patients,
    texts,
    worklist,
)
from kept.entrypoints.web.calls import Call, FormError, read_form
from kept.entrypoints.web.failures import broken_page, failure_page
from kept.entrypoints.web.guard import (
    SECURITY_HEADERS,
    TOKEN_COOKIE,
    TOKEN_FIELD,
    Refusal,
    locality_refusal,
    origin_refusal,
    sound_token,
    token_refusal,
)
from kept.entrypoints.web.parts import WebParts
from kept.entrypoints.web.rendering import error_page, problem, stylesheet
from kept.entrypoints.web.words import LANGUAGES, wanted_language, words_in
from kept.flow.practice import load_practice

Page = Callable[[Call], Response]

LOOKING: Final[tuple[tuple[str, Page], ...]] = (
    ("/", day.today),
    ("/day/{day}", day.day_page),
    ("/book", booking.booking_page),
    ("/appointments/{appointment_id}", appointments.appointment_page),
    ("/appointments/{appointment_id}/move", moving.moving_page),
    ("/notifications/{notification_id}", notifications.notification_page),
    ("/patients", patients.search_page),
    ("/patients/{patient_id}", patients.patient_page),
    ("/worklist", worklist.worklist_page),
    ("/texts", texts.texts_page),
    ("/texts/{text_id}", texts.text_page),
    ("/notice", notices.notice_page),
    ("/notice/{notice_id}", notices.became_page),
    ("/outbox", outbox.outbox_page),
    ("/outbox/orders", outbox.orders_page),
    ("/outbox/{number}", outbox.message_page),
)
"""Pages to look at; none of them changes anything."""

CHANGING: Final[tuple[tuple[str, Page], ...]] = (
    ("/book", booking.book_visit),
    ("/appointments/{appointment_id}/move", moving.move_visit),
    ("/appointments/{appointment_id}/{event}", appointments.change_visit),
    ("/patients/{patient_id}/consent", patients.keep_consent),
    ("/worklist/{item_id}/close", worklist.close),
    ("/worklist/{item_id}/reopen", worklist.reopen),
    ("/texts/{text_id}", texts.write_text),
    ("/texts/{text_id}/reset", texts.reset),
    ("/notice", notices.tell),
    ("/outbox/orders", outbox.give_order),
    ("/outbox/always", outbox.order_for_address),
    ("/outbox/{number}/say", outbox.say_of_message),
    ("/outbox/{number}/reply", outbox.answer_message),
)
"""Forms."""

ROUTE: Final = "kept.route"
"""Where the door around everything finds what its log calls a request: the route, because paths hold ids."""
_LANGUAGE_COOKIE: Final = "kept_lang"
_YEAR_S: Final = 365 * 86_400


def build_pages(parts: WebParts) -> Starlette:
    """Return the application; mount it at the root, behind everything else."""
    routes = [Route(path, _looked_at(parts, path, page), methods=["GET"]) for path, page in LOOKING]
    routes += [Route(path, _changed_by(parts, path, page), methods=["POST"]) for path, page in CHANGING]
    routes.append(Route("/assets/{name}", _asset(parts), methods=["GET"]))

    async def nothing_here(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.NOT_FOUND
        refusal = locality_refusal(parts, request.headers.get("host"))
        if refusal:
            return _dressed(request, "", _refused(_bare_call(parts, request), refusal, HTTPStatus.FORBIDDEN, request))
        return _dressed(request, "", _no_such_page(_bare_call(parts, request), status, request))

    return Starlette(routes=routes, exception_handlers={HTTPException: nothing_here})


def _looked_at(parts: WebParts, route: str, page: Page) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        request.scope[ROUTE] = route
        refusal = locality_refusal(parts, request.headers.get("host"))
        call = _bare_call(parts, request)
        if refusal:
            return _dressed(request, "", _refused(call, refusal, HTTPStatus.FORBIDDEN, request))
        return _dressed(request, call.token, await run_in_threadpool(_answer, call, page))

    return endpoint


def _changed_by(parts: WebParts, route: str, page: Page) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        request.scope[ROUTE] = route
        call = _bare_call(parts, request)
        refusal = locality_refusal(parts, request.headers.get("host"))
        refusal = refusal or origin_refusal(request.headers, scheme=request.url.scheme)
        if refusal:
            return _dressed(request, "", _refused(call, refusal, HTTPStatus.FORBIDDEN, request))
        try:
            form = await read_form(request)
        except FormError as error:
            bad = Refusal(kind="form", title="The form cannot be read", detail=error.detail)
            return _dressed(request, "", _refused(call, bad, error.status, request))
        refusal = token_refusal(request.cookies.get(TOKEN_COOKIE, ""), form.pop(TOKEN_FIELD, ""))
        if refusal:
            return _dressed(request, call.token, _refused(call, refusal, HTTPStatus.FORBIDDEN, request))
        call = _bare_call(parts, request, form)
        return _dressed(request, call.token, await run_in_threadpool(_answer, call, page))

    return endpoint


def _asset(parts: WebParts) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        text, version = stylesheet()
        if locality_refusal(parts, request.headers.get("host")) or request.path_params["name"] != f"{version}.css":
            raise HTTPException(HTTPStatus.NOT_FOUND)
        cached = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(text, media_type="text/css", headers={**SECURITY_HEADERS, **cached})

    return endpoint


def _bare_call(parts: WebParts, request: Request, form: dict[str, str] | None = None) -> Call:
    """Return the request as pages see it, before the store is asked anything."""
    query = dict(request.query_params)
    language = wanted_language(
        query.pop("lang", None), request.cookies.get(_LANGUAGE_COOKIE), request.headers.get("accept-language")
    )
    return Call(
        parts=parts,
        say=words_in(language),
        now=parts.clock.now(),
        path=request.url.path,
        args={name: str(value) for name, value in request.path_params.items()},
        query={name: value.strip() for name, value in query.items()},
        form=form or {},
        token=sound_token(request.cookies.get(TOKEN_COOKIE)) or parts.ids.secret(),
    )


def _answer(call: Call, page: Page) -> Response:
    """Return what a page answers, or a page that says why it cannot; in a thread, because the store may wait."""
    try:
        call = replace(call, setup=load_practice(call.parts.store))
        return page(call)
    except KeptError as error:
        return failure_page(call, error)
    except Exception as error:  # noqa: BLE001  whatever it is, the person gets a page and the log the rest
        return broken_page(call, error)


def _refused(call: Call, refusal: Refusal, status: int, request: Request) -> Response:
    if not _wants_html(request):
        return problem(refusal, status=status)
    known = f"refused.{refusal.kind}"
    return error_page(
        call, status=status, title=call.say(f"{known}.title"), detail=call.say(f"{known}.text", detail=refusal.detail)
    )


def _no_such_page(call: Call, status: int, request: Request) -> Response:
    kind = "method-not-allowed" if status == HTTPStatus.METHOD_NOT_ALLOWED else "not-found"
    title = HTTPStatus(status).phrase
    refusal = Refusal(kind=kind, title=title, detail="There is nothing of this kind at this address.")
    if not _wants_html(request):
        return problem(refusal, status=status)
    words = ("failed.not_found.title", "failed.not_found.text")
    return error_page(call, status=status, title=call.say(words[0]), detail=call.say(words[1]))


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _dressed(request: Request, token: str, response: Response) -> Response:
    """Return the answer with the headers that every page carries, and the cookies that are new."""
    for name, value in SECURITY_HEADERS.items():
        response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Accept-Language, Cookie"
    if token and request.cookies.get(TOKEN_COOKIE) != token:
        response.set_cookie(TOKEN_COOKIE, token, httponly=True, samesite="strict", path="/")
    language = request.query_params.get("lang")
    if language in LANGUAGES:
        response.set_cookie(_LANGUAGE_COOKIE, language, httponly=True, samesite="strict", path="/", max_age=_YEAR_S)
    return response
