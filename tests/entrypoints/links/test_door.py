"""Who comes in by a link, what every answer carries, and what no answer and no log does."""

from __future__ import annotations

import asyncio
import random
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator

import pytest
import structlog
from starlette.applications import Starlette
from starlette.types import Message

from kept.adapters.clock import SystemIds
from kept.core.links import Links
from kept.entrypoints.http_api.door import Door
from kept.entrypoints.http_api.parts import Limits
from kept.entrypoints.links import link_routes
from kept.entrypoints.links.door import BURST
from kept.flow.links import Seen, keep_time
from tests.entrypoints.links.world import DAY, HOUR, KEY, LinkWorld
from tests.entrypoints.web.world import Browser, Shown

PROGRAM = {"Accept": "application/json"}
ORIGIN = "http://127.0.0.1:8080"


def links_of(world: LinkWorld) -> tuple[str, str]:
    return world.link(), world.end_link()


def bent(url: str, bit: int) -> str:
    """Return an address with one bit of its token turned."""
    head, _, token = url.rpartition("/")
    content = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    return f"{head}/{urlsafe_b64encode(content).rstrip(b'=').decode()}"


# ---- looking changes nothing


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(world: LinkWorld, method: str) -> None:
    before = world.everything()

    shown = [
        world.patient.ask(method, f"{url}?show={show}&do={do}&start=2026-05-05T15:00:00Z")
        for url in links_of(world)
        for show in ("", "move", "cancel", "held", "oops")
        for do in ("confirm", "cancel", "keep", "end")
    ]

    assert {s.status for s in shown} == {200}
    assert world.everything() == before
    assert world.wakes == 0


def test_a_scanner_that_follows_every_link_and_sends_no_form_changes_nothing(world: LinkWorld) -> None:
    seen = Seen(appointment_id="a1", sequence=0)
    visit = world.stored("a1")
    to = type(visit.interval)(start=visit.start + HOUR, end=visit.end + HOUR)
    world.do(lambda tx: keep_time(tx, seen, to, now=world.clock.now()))
    before = world.everything()

    found = crawled(world, *links_of(world))

    assert len(found) > 20
    assert {shown.status for shown in found.values()} == {200}
    assert world.everything() == before


def crawled(world: LinkWorld, *urls: str, most: int = 40) -> dict[str, Shown]:
    """Follow every link from these pages; return what was seen."""
    found: dict[str, Shown] = {}
    waiting = list(urls)
    while waiting and len(found) < most:
        url = waiting.pop(0)
        if url in found:
            continue
        found[url] = world.patient.look(url)
        hrefs = [a.get("href") or "" for a in found[url].page.all("a", "link")]
        base = url.partition("?")[0].rpartition("/")[0]
        waiting += [f"{base}/{h}" for h in hrefs if not h.startswith(("#", "tel:", "data:"))]
    return found


# ---- what does not open


@pytest.mark.parametrize("kind", [0, 1], ids=["visit", "end"])
def test_a_link_that_was_bent_is_not_found(world: LinkWorld, kind: int) -> None:
    url, chance = links_of(world)[kind], random.Random(7)
    before = world.everything()

    for bit in chance.sample(range(8 * 40), 60):
        for method in ("GET", "POST"):
            assert world.patient.ask(method, bent(url, bit), b"do=confirm").status == 404

    assert world.everything() == before


def test_links_for_one_purpose_do_not_open_the_other(world: LinkWorld) -> None:
    visit, end = links_of(world)

    assert world.patient.look(visit.replace("/a/", "/u/")).status == 404
    assert world.patient.look(end.replace("/u/", "/a/")).status == 404


def test_a_bent_link_and_a_visit_that_is_gone_look_the_same(world: LinkWorld) -> None:
    url = world.link()
    visit = world.stored("a1")
    world.do(lambda tx: tx.delete(visit))

    gone, forged = world.patient.look(url), world.patient.look(bent(url, 300))

    assert (gone.status, forged.status) == (404, 404)
    assert gone.text == forged.text
    assert "This link opens nothing" in gone.text


def test_a_link_that_is_over_says_so_to_people_and_programs(world: LinkWorld) -> None:
    urls = links_of(world)
    world.clock.advance(400 * DAY)

    for url in urls:
        page, document = world.patient.look(url), world.patient.ask("GET", url, **PROGRAM)
        assert (page.status, "This link has ended" in page.text) == (410, True)
        assert document.status == 410
        assert document.headers["content-type"] == "application/problem+json"
        assert '"type":"problems/link-expired","title":"Link expired","status":410' in document.body


def test_a_day_after_the_visit_is_soon_enough(world: LinkWorld) -> None:
    url = world.link()
    world.clock.advance(DAY + HOUR / 2 + DAY - HOUR / 2)

    assert world.patient.look(url).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_taken(world: LinkWorld, method: str) -> None:
    shown = world.patient.ask(method, world.link(), **PROGRAM)

    assert (shown.status, shown.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site", "Origin": "null"}, {"Origin": "null.evil"}],
    ids=["another origin", "another site", "no origin at all"],
)
def test_a_form_of_another_site_is_refused(world: LinkWorld, headers: dict[str, str]) -> None:
    before = world.everything()

    shown = world.patient.ask("POST", world.link(), b"do=cancel&sequence=0", **headers)

    assert (shown.status, world.everything()) == (403, before)
    assert "Nothing was done." in shown.text


@pytest.mark.parametrize("origin", [ORIGIN, "null", None])
def test_our_own_form_is_taken_with_and_without_an_origin(world: LinkWorld, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}

    assert world.patient.ask("POST", world.link(), b"do=confirm&sequence=0", **headers).status == 303


def test_the_public_address_is_our_own_behind_a_proxy(world: LinkWorld) -> None:
    links = Links(base_url="https://visits.example", keys=(KEY,))
    parts = type(world.link_parts)(store=world.store, clock=world.clock, links=links, wake=world.link_parts.wake)
    world.patient.browser.app = Starlette(routes=list(link_routes(parts)))

    shown = world.patient.ask("POST", world.link(), b"do=confirm&sequence=0", Origin="https://visits.example")

    assert shown.status == 303
    assert shown.headers["location"] == world.link().rpartition("/")[2]


def test_a_body_that_is_too_long_is_not_read(world: LinkWorld) -> None:
    assert world.patient.ask("POST", world.link(), b"x" * 9_000).status == 413


def test_who_sends_too_much_is_told_to_wait(world: LinkWorld) -> None:
    url = world.link()

    statuses = [world.patient.ask("GET", url).status for _ in range(BURST + 3)]
    shown = world.patient.ask("GET", url)

    assert statuses[:BURST] == [200] * BURST
    assert (shown.status, int(shown.headers["retry-after"])) == (429, 1)
    assert "One moment, please" in shown.text
    assert world.patient.look(world.end_link()).status == 200


# ---- what every answer carries


def answers(world: LinkWorld) -> Iterator[Shown]:
    """Yield one of each: pages, a redirect, refusals."""
    for url in links_of(world):
        yield world.patient.ask("GET", url)
        yield world.patient.ask("GET", bent(url, 80))
        yield world.patient.ask("PUT", url)
    yield world.patient.ask("POST", world.link(), b"do=laugh")
    yield world.patient.ask("POST", world.link(), b"do=confirm&sequence=0")
    yield world.patient.ask("GET", world.link(), **PROGRAM)


def test_no_answer_is_kept_found_framed_or_told_on(world: LinkWorld) -> None:
    for shown in answers(world):
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["x-robots-tag"] == "noindex, nofollow"
        assert shown.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
        assert "set-cookie" not in shown.headers
        assert "<script" not in shown.body


def test_the_stylesheet_stands_beside_each_page_and_nothing_else_does(world: LinkWorld) -> None:
    for url in links_of(world):
        name = world.patient.look(url).page.one("link", rel="stylesheet").get("href") or ""
        folder = url.rpartition("/")[0]

        shown = world.patient.look(f"{folder}/{name}")

        assert (shown.status, shown.headers["content-type"]) == (200, "text/css; charset=utf-8")
        assert world.patient.look(f"{folder}/other.css").status == 404


def test_the_log_names_the_route_and_never_the_token(world: LinkWorld) -> None:
    app = Door(Starlette(routes=list(link_routes(world.link_parts))), ids=SystemIds(), limits=Limits())
    browser = Browser()
    browser.app = app  # type: ignore[assignment]  # any ASGI application
    tokens = [url.rpartition("/")[2] for url in links_of(world)]

    with structlog.testing.capture_logs() as lines:
        for url in links_of(world):
            path = url.removeprefix(ORIGIN)
            browser.ask("GET", path)
            browser.ask("POST", path, body=b"do=confirm&sequence=0")
            browser.ask("GET", path + "x")

    assert {line["route"] for line in lines} == {"/a/{token}", "/u/{token}"}
    assert not [line for line in lines if any(token[:12] in repr(line) for token in tokens)]


def test_a_caller_who_goes_away_gets_no_answer(world: LinkWorld) -> None:
    (route, _) = link_routes(world.link_parts)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    token = world.link().rpartition("/")[2]
    scope = {
        "type": "http", "method": "POST", "path": f"/a/{token}", "path_params": {"token": token},
        "headers": [], "query_string": b"",
    }  # fmt: skip
    asyncio.run(route.app(scope, receive, send))  # type: ignore[arg-type]  # an ASGI application is awaitable

    assert sent == []
