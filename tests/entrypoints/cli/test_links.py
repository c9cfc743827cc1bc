"""``kept link``: a link by hand, for whoever calls and asks for one."""

from __future__ import annotations

from tests.entrypoints.cli.world import NOW, Desk

BOOKING = ("book", "--patient", "p1", "--register", "--start", "2024-02-01T09:00", "--minutes", "30")


def booked(desk: Desk) -> str:
    return str(desk.ask(*BOOKING)["appointmentId"])


def test_prints_the_link_of_a_visit(desk: Desk) -> None:
    visit = booked(desk)

    url = desk.run("link", visit).stdout.strip()
    told = desk.ask("link", visit)

    assert desk.parts.links
    assert desk.parts.links.opened_visit(url.rpartition("/")[2], now=NOW).appointment_id == visit
    assert url.startswith("https://visits.example/a/")
    assert told == {"appointmentId": visit, "url": url, "endsAt": "2024-02-02T17:30:00+00:00"}


def test_a_visit_that_is_not_there_has_none(desk: Desk) -> None:
    told = desk.run("link", "apt_gone")

    assert (told.exit_code, told.stderr) == (3, "kept: no such appointment\n")


def test_where_nobody_could_open_one_safely_there_is_none(desk: Desk) -> None:
    desk.parts.links = None

    told = desk.run("link", booked(desk))

    assert told.exit_code == 78
    assert "public_url: must begin with https:// for links" in told.stderr
