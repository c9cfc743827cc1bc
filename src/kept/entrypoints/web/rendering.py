"""Templates into answers: HTML for people, a redirect after a change, problem+json for programs."""

from __future__ import annotations

import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import msgspec
from starlette.responses import HTMLResponse, RedirectResponse, Response

from kept.core.watch import AlarmKind
from kept.entrypoints.web.calls import Call
from kept.entrypoints.web.guard import Refusal
from kept.entrypoints.web.parts import Health
from kept.entrypoints.web.words import LANGUAGES, words_in

if TYPE_CHECKING:
    import jinja2

_HERE: Final = Path(__file__).parent
LATE_S: Final = 120.0
"""From when on a due message that nobody looks at is worth a banner; ours."""


@cache
def _templates() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 slow to load; who asks for no page need not wait for it

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def stylesheet() -> tuple[bytes, str]:
    """Return the stylesheet and the name of this very version of it."""
    text = (_HERE / "assets" / "kept.css").read_bytes()
    return text, hashlib.sha256(text).hexdigest()[:12]


def page(call: Call, template: str, *, status: int = HTTPStatus.OK, **context: object) -> Response:
    """Return a whole page."""
    health = call.parts.health()
    everything = {
        **_frame(call),
        "banners": _banners(call, health),
        **context,
    }
    return HTMLResponse(_templates().get_template(template).render(everything), status_code=status)


def error_page(call: Call, *, status: int, title: str, detail: str, again: str = "") -> Response:
    """Return a page that says what went wrong and where to go on; it needs no store."""
    context = {
        **_frame(call),
        "banners": (),
        "status": status,
        "title": title,
        "detail": detail,
        "again": again,
    }
    return HTMLResponse(_templates().get_template("error.html").render(context), status_code=status)


def problem(refusal: Refusal, *, status: int) -> Response:
    """
    Return the answer for a program.

    Source:
        RFC 9457.
    """
    document = {"type": f"problems/{refusal.kind}", "title": refusal.title, "status": status, "detail": refusal.detail}
    return Response(msgspec.json.encode(document), status_code=status, media_type="application/problem+json")


def see_other(path: str, **query: str) -> Response:
    """Send the browser on to a page, so that loading it again repeats nothing."""
    return RedirectResponse(with_query(path, **query), status_code=HTTPStatus.SEE_OTHER)


def with_query(path: str, **query: str | None) -> str:
    """Return a path with those values that are not empty."""
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def _banners(call: Call, health: Health) -> tuple[tuple[str, str], ...]:
    """Return what everybody at the desk should see, each as a title and a text; the worst first."""
    say = call.say
    found = [_stopped(call, health)]
    if health.silent:
        named = ", ".join(f"{r.provider} {r.country}".strip() for r in health.silent)
        found.append((say("banner.silent.title"), say("banner.silent.text", routes=named)))
    if health.unbalanced:
        found.append((say("banner.unbalanced.title"), say.count("banner.unbalanced.text", health.unbalanced)))
    return tuple(banner for banner in found if banner)


def _stopped(call: Call, health: Health) -> tuple[str, str] | None:
    """Return what is said when messages do not leave."""
    say, alarm = call.say, health.alarm
    if alarm and alarm.about is AlarmKind.SILENT:
        since = call.clocks.moment(alarm.since, call.practice.zone) if alarm.since else ""
        title = say("banner.nothing_left.title", since=since) if since else say("banner.nothing_ever_left.title")
        return title, say.count("banner.nothing_left.text", alarm.due)
    if alarm and alarm.since:
        since = call.clocks.moment(alarm.since, call.practice.zone)
        return say("banner.absent.title", since=since), say("banner.stopped.text")
    if not health.is_sending:
        return say("banner.stopped.title"), say("banner.stopped.text")
    if health.due > 0 and health.oldest_due_s > LATE_S:
        return say("banner.late.title"), say.count("banner.late.text", health.due)
    return None


def _frame(call: Call) -> dict[str, object]:
    """Return what every page shows around its own content."""
    languages = [
        {"code": code, "name": name, "href": with_query(call.path, **{**call.query, "lang": code})}
        for code, name in LANGUAGES.items()
    ]
    return {
        "say": call.say,
        "english": words_in("en"),
        "clocks": call.clocks,
        "call": call,
        "practice": call.practice,
        "token": call.token,
        "languages": languages,
        "style": f"/assets/{stylesheet()[1]}.css",
        "with_query": with_query,
    }
