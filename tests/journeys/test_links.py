"""A patient answers by the link in a mail, against the whole program."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tests.entrypoints.web.html import Element, parsed
from tests.entrypoints.web.world import defaults
from tests.main.programs import Server, eventually, key_for, run, serving

LINK = re.compile(r"http://[^ \"<>]+/a/[A-Za-z0-9_-]+")

PORT = re.compile(r'"port":([0-9]+),"event":"serving"')


class Desk:
    """The practice's own system, with a key."""

    def __init__(self, server: Server, data: Path) -> None:
        self.data = data
        self.url = f"{server.url}/api"
        self.headers = {"Authorization": f"Bearer {key_for(data)}"}

    def ask(self, method: str, path: str, **arguments: Any) -> Any:  # noqa: ANN401  JSON
        """Return what the API answers."""
        answer = httpx.request(method, self.url + path, headers=self.headers, timeout=30, **arguments)
        assert answer.is_success, answer.text
        return answer.json()

    def booked(self) -> str:
        """Register a patient and book a visit in a week; return its id."""
        zoe = self.ask("POST", "/patients", json={"firstName": "Zoe", "email": "zoe@example.com"})
        first = datetime.now(UTC) + timedelta(days=7)  # noqa: TID251  the program's own clock runs too
        query = {"visitType": "quick-visit", "practitionerId": "nurse-chavez"}
        times = {"from": first.isoformat(), "to": (first + timedelta(days=7)).isoformat()}
        start = self.ask("GET", "/slots", params=query | times)["slots"][0]["start"]
        wish = {"patientId": zoe["patientId"], **query, "start": start}
        return str(self.ask("POST", "/appointments", json=wish)["appointmentId"])

    def mail(self) -> str:
        """Return the text of the first mail to the patient."""
        found: list[str] = []

        def came() -> bool:
            messages = json.loads(run(self.data, "outbox", "list", "--json").stdout)["messages"]
            found.extend(m["text"] for m in messages if m["to"] == "zoe@example.com")
            return bool(found)

        assert eventually(came)
        return found[0]


def pressed(url: str, page: Element, button: str) -> httpx.Response:
    """Press a button on a page and follow where it leads."""
    form, found = next((f, b) for f in page.all("form") for b in f.all("button") if b.text.startswith(button))
    extra = {found.get("name") or "": found.get("value") or ""} if found.get("name") else {}
    return httpx.post(
        urljoin(url, form.get("action") or ""), data={**defaults(form), **extra}, follow_redirects=True, timeout=30
    )


def test_a_visit_is_moved_by_the_link_in_its_mail_and_reminded_of_anew(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with serving(data, "--demo") as server:
        desk = Desk(server, data)
        visit = desk.booked()
        before = desk.ask("GET", f"/appointments/{visit}")
        (url,) = set(LINK.findall(desk.mail()))

        shown = httpx.get(url)
        moving = httpx.get(f"{url}?show=move")
        times = parsed(moving.text).all("button")
        kept = pressed(str(moving.url), parsed(moving.text), times[-1].text)
        moved = pressed(str(kept.url), parsed(kept.text), "Move my visit to this time")
        after = desk.ask("GET", f"/appointments/{visit}")
        planned = desk.ask("GET", f"/patients/{after['patientId']}/notifications")["notifications"]

    log = (tmp_path / "var.log").read_text(encoding="utf-8")
    assert [r.status_code for r in (shown, moving, kept, moved)] == [200] * 4
    assert "Elm Street Clinic" in shown.text
    assert "Zoe" not in shown.text + moving.text + kept.text + moved.text
    assert after["start"] != before["start"]
    assert after["participation"] == "accepted"
    assert len([n for n in planned if n["reason"] is None]) > 0
    assert urlsplit(url).path.rpartition("/")[2][:16] not in log
    assert '"/a/{token}"' in log


def test_by_hand_a_link_is_the_same_right(tmp_path: Path) -> None:
    data = tmp_path / "var"
    with serving(data, "--demo") as server:
        desk = Desk(server, data)
        visit = desk.booked()
        address = urlsplit(server.url)

        told = run(data, "link", visit, KEPT_PORT=str(address.port)).stdout.strip()
        page = httpx.get(told)
        cancelled = pressed(told, parsed(httpx.get(f"{told}?show=cancel").text), "Yes, cancel the visit")

    assert page.status_code == 200
    assert "This visit is cancelled." in cancelled.text


def test_beyond_this_machine_links_open_and_the_pages_of_the_desk_do_not(tmp_path: Path) -> None:
    data = tmp_path / "var"
    public = {"KEPT_PUBLIC_URL": "https://visits.example"}
    with serving(data, "--demo", "--host", "0.0.0.0", **public) as server:  # noqa: S104  that is what is tested
        log = tmp_path / "var.log"
        assert eventually(lambda: PORT.search(log.read_text()) is not None)
        server.url = f"http://127.0.0.1:{PORT.findall(log.read_text())[0]}"
        visit = Desk(server, data).booked()
        path = urlsplit(run(data, "link", visit, **public).stdout.strip()).path

        opened = httpx.get(server.url + path)
        style = httpx.get(f"{server.url}/a/{parsed(opened.text).one('link', rel='stylesheet').get('href')}")
        desk = httpx.get(f"{server.url}/worklist")

    assert (opened.status_code, style.status_code, desk.status_code) == (200, 200, 403)
