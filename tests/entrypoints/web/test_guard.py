"""Who may look and who may change; what every answer carries."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from kept.core.booking import AppointmentStatus
from kept.entrypoints.web.app import CHANGING, LOOKING, build_pages
from kept.entrypoints.web.guard import host_name, is_loopback
from kept.entrypoints.web.words import LANGUAGES
from tests.entrypoints.web.world import Browser, World, opened

ELEVEN = datetime(2026, 5, 4, 15, tzinfo=UTC)
NAMES = {
    "text_id": "reminder.sms.en",
    "notice_id": "ntc_0123456789",
    "appointment_id": "a1",
    "event": "cancel",
    "patient_id": "ann",
    "day": "2026-05-04",
    "notification_id": "ntf_1",
    "number": "1",
    "item_id": "wli_1",
}


def filled(route: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda m: NAMES[m[1]], route)


FORMS = [filled(route) for route, _ in CHANGING]
PAGES = [filled(route) for route, _ in LOOKING]


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "https://evil.example"}, id="another site"),
        pytest.param({"Origin": "http://127.0.0.1:9999"}, id="another port"),
        pytest.param({"Origin": "null"}, id="no origin, and no word of the browser"),
        pytest.param({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, id="cross-site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="same site, other origin"),
    ],
)
def test_a_form_from_elsewhere_changes_nothing(world: World, path: str, headers: dict[str, str]) -> None:
    before = world.book("a1", "ann", ELEVEN)
    world.browser.look("/")
    body = {"token": world.browser.cookies["kept_form"], "version": "1"}

    answer = world.browser.ask("POST", path, headers=headers, body=encoded(body))

    assert answer.status == 403
    assert "This form is too old, or not from here" in answer.text
    assert world.stored("a1") == before


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_a_form_without_its_token_changes_nothing(world: World, path: str, token: str) -> None:
    world.book("a1", "ann", ELEVEN)
    world.browser.look("/")

    answer = world.browser.post(path, {"token": token, "version": "1"})

    assert answer.status == 403
    assert world.stored("a1").status is AppointmentStatus.CONFIRMED


def test_the_token_alone_is_no_proof_without_its_cookie(world: World) -> None:
    world.book("a1", "ann", ELEVEN)
    world.browser.look("/")
    token = world.browser.cookies["kept_form"]
    stranger = Browser(world.parts)

    answer = stranger.post("/appointments/a1/cancel", {"token": token, "version": "1"})

    assert answer.status == 403


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin"}, {"Origin": "HTTP://127.0.0.1:8080"}, {}],
)
def test_a_form_of_ours_is_taken(world: World, headers: dict[str, str]) -> None:
    world.book("a1", "ann", ELEVEN)
    world.browser.look("/")
    body = {"token": world.browser.cookies["kept_form"], "version": "1"}

    answer = world.browser.ask("POST", "/appointments/a1/cancel", headers=headers, body=encoded(body))

    assert answer.status == 303
    assert world.stored("a1").status is AppointmentStatus.CANCELLED


def test_a_program_is_told_in_its_own_form(world: World) -> None:
    headers = {"Origin": "https://evil.example", "Accept": "*/*"}

    answer = world.browser.ask("POST", "/book", headers=headers)

    assert answer.status == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert '"type":"problems/csrf"' in answer.body
    assert '"title":"CSRF check failed"' in answer.body


def test_the_cookie_is_for_this_site_and_no_script(world: World) -> None:
    cookie = world.browser.look("/").headers["set-cookie"]

    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()


@pytest.mark.parametrize("cookie", ["short", "<script>", "a" * 500])
def test_a_cookie_that_is_none_of_ours_is_replaced(world: World, cookie: str) -> None:
    world.browser.cookies = {"kept_form": cookie}

    page = world.browser.look("/book?day=2026-05-04&start=2026-05-04T11:00:00-04:00")

    tokens = {field.get("value") for field in page.page.all("input", name="token")}
    assert tokens == {world.browser.cookies["kept_form"]}
    assert cookie not in tokens


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", PAGES)
def test_looking_changes_nothing(world: World, method: str, path: str) -> None:
    world.book("a1", "ann", ELEVEN)
    before = dict(world.store.__dict__["_entities"])

    world.browser.ask(method, path)

    assert world.store.__dict__["_entities"] == before
    assert world.wakes == 0


@pytest.mark.parametrize("path", [*PAGES, "/nothing-here", "/appointments/a1/cancel"])
def test_every_answer_carries_the_headers_that_protect_it(world: World, path: str) -> None:
    headers = world.browser.look(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("path", PAGES)
def test_no_page_needs_what_its_policy_forbids(world: World, path: str) -> None:
    world.book("a1", "ann", ELEVEN)

    page = world.browser.look(path).page

    assert page.all("script", "style", "iframe", "object", "embed") == []
    assert [e.tag for e in page.walk() if any(name == "style" or name.startswith("on") for name in e.attributes)] == []
    sources = [e.get("src") or e.get("href") or "" for e in page.all("img", "link")]
    assert [source for source in sources if not source.startswith(("/assets/", "data:"))] == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "localhost", "LOCALHOST:8080", "[::1]:8080", "127.8.9.1", "desk.test:80"]
)
def test_pages_are_served_under_a_name_of_this_machine(tmp_path: Path, host: str) -> None:
    with opened(tmp_path, hosts=("Desk.test",)) as world:
        assert world.browser.look("/", Host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "192.168.1.5:8080", "127.0.0.1.evil.example", "", "localhost@evil", "::1"]
)
@pytest.mark.parametrize("path", ["/", "/nothing-here", "/patients/ann"])
def test_pages_are_not_served_under_another_name(world: World, host: str, path: str) -> None:
    answer = world.browser.look(path, Host=host)

    assert answer.status == 403
    assert "Pages are served to this machine only" in answer.text
    assert "loopback" in answer.text
    assert "Ann" not in answer.body


@pytest.mark.parametrize("listens_on", ["0.0.0.0", "::", "192.168.1.5", "example.com"])  # noqa: S104  to see it refused
def test_no_page_is_served_while_others_can_reach_the_server(tmp_path: Path, listens_on: str) -> None:
    with opened(tmp_path, host=listens_on) as world:
        assert world.browser.look("/").status == 403
        assert world.browser.post("/book", {}).status == 403


def test_a_program_learns_why_the_pages_are_off(world: World) -> None:
    answer = world.browser.look("/", Host="evil.example", Accept="application/json")

    assert '"type":"problems/pages-only-on-this-machine"' in answer.body


@pytest.mark.parametrize(
    ("header", "name"),
    [("a:b:c", ""), ("[::1", ""), ("127.0.0.1:999999", ""), ("localhost:", ""), ("[::1]", "::1")],
)
def test_reads_the_name_in_a_host_header(header: str, name: str) -> None:
    assert host_name(header) == name


def test_knows_which_names_are_this_machine() -> None:
    assert [is_loopback(n) for n in ("localhost", "127.0.0.1", "::1", "10.0.0.1", "")] == [True] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        pytest.param("application/json", b"{}", 415, id="another type"),
        pytest.param("application/x-www-form-urlencoded", b"x=" + b"a" * 70_000, 413, id="too large"),
        pytest.param("application/x-www-form-urlencoded", b"x=%ff", 400, id="not UTF-8"),
        pytest.param("application/x-www-form-urlencoded", b"x=\xff", 400, id="not ASCII"),
        pytest.param("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 101), 400, id="too many fields"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(world: World, kind: str, body: bytes, status: int) -> None:
    answer = world.browser.ask("POST", "/book", headers={"Content-Type": kind}, body=body)

    assert answer.status == status
    assert answer.page.one("h1").text == "The form cannot be read"


def test_a_page_that_is_not_there_says_so(world: World) -> None:
    assert world.browser.look("/nothing-here").status == 404
    assert world.browser.look("/nothing-here", Accept="*/*").headers["content-type"] == "application/problem+json"
    assert world.browser.look("/appointments/a1/cancel").status == 405


def test_the_stylesheet_may_be_kept_for_ever_under_its_own_name(world: World) -> None:
    href = world.browser.look("/").page.one("link", rel="stylesheet").get("href") or ""

    answer = world.browser.look(href)

    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert world.browser.look("/assets/other.css").status == 404
    assert world.browser.look(href, Host="evil.example").status == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_is_remembered(world: World, language: str) -> None:
    world.browser.look(f"/?lang={language}")

    assert world.browser.look("/").page.one("html").get("lang") == language


def test_every_route_is_known_to_these_tests(world: World) -> None:
    routes: list[Any] = list(build_pages(world.parts).routes)

    methods = {
        (filled(r.path), m) for r in routes if isinstance(r, Route) and "assets" not in r.path for m in r.methods or ()
    }

    assert {path for path, method in methods if method == "POST"} == set(FORMS)
    assert {method for _, method in methods} == {"GET", "HEAD", "POST"}


def encoded(fields: dict[str, str]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in fields.items()).encode()
