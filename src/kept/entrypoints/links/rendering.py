"""Templates into answers: HTML for people, problem+json for programs, a redirect after a change."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.responses import HTMLResponse, RedirectResponse, Response

from kept.entrypoints.http_api.problems import MEDIA_TYPE, Problem
from kept.entrypoints.links.calls import Frame, LinkCall
from kept.entrypoints.web.rendering import stylesheet
from kept.entrypoints.web.words import LANGUAGES

if TYPE_CHECKING:
    import jinja2

_TEMPLATES: Final = Path(__file__).with_name("templates")
_FAMILIES: Final = {
    HTTPStatus.NOT_FOUND: "unknown",
    HTTPStatus.GONE: "expired",
    HTTPStatus.FORBIDDEN: "elsewhere",
    HTTPStatus.TOO_MANY_REQUESTS: "busy",
    HTTPStatus.SERVICE_UNAVAILABLE: "busy",
}
"""Which text a status has; every other one is said to be our fault or the form's."""


@cache
def _templates() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 slow to load; who asks for no page need not wait for it

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["instant"] = lambda start: start.strftime("%Y-%m-%dT%H:%M:%SZ")
    made.filters["digits"] = lambda phone: "".join(c for c in phone if c in "+0123456789")
    return made


def page(frame: Frame, template: str, *, status: int = HTTPStatus.OK, **context: object) -> Response:
    """Return a whole page."""
    call = frame.call
    everything = {
        "say": frame.say,
        "clocks": frame.clocks,
        "practice": frame.practice,
        "call": call,
        "style": f"{stylesheet()[1]}.css",
        "languages": [
            {"code": code, "name": name, "href": call.href(lang=code, show=call.query.get("show"))}
            for code, name in LANGUAGES.items()
        ],
        **context,
    }
    return HTMLResponse(_templates().get_template(template).render(everything), status_code=status)


def failure_page(frame: Frame, problem: Problem) -> Response:
    """Return the page that says why there is none."""
    kind = _FAMILIES.get(HTTPStatus(problem.status), "broken")
    answer = page(frame, "failed.html", status=problem.status, kind=kind)
    answer.headers.update(dict(problem.headers))
    return answer


def failure_document(problem: Problem, trace_id: str) -> Response:
    """Return the same for a program."""
    headers = dict(problem.headers)
    return Response(problem.body(trace_id), status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def see_other(call: LinkCall, *, token: str = "", show: str | None = None) -> Response:
    """Send the browser on to a page of a link, so that loading it again repeats nothing."""
    return RedirectResponse(call.href(token=token, show=show), status_code=HTTPStatus.SEE_OTHER)
