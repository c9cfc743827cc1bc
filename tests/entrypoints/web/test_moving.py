"""Moving a visit on the page."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from kept.core.booking import Appointment
from tests.entrypoints.web.world import World

ELEVEN = datetime(2026, 5, 4, 15, tzinfo=UTC)
PAGE = "/appointments/a1/move"


@pytest.fixture
def visit(world: World) -> Appointment:
    return world.book("a1", "ann", ELEVEN)


def test_moves_to_a_free_time(world: World, visit: Appointment) -> None:
    page = world.browser.look(f"{PAGE}?day=2026-05-05")

    done = world.browser.submit(page, PAGE, press=1, start="2026-05-05T09:00:00-04:00")

    after = world.stored("a1")
    assert (after.start, after.sequence) == (datetime(2026, 5, 5, 13, tzinfo=UTC), 1)
    assert "Moved." in done.text
    assert world.wakes == 1


def test_moves_from_the_day_by_typing(world: World, visit: Appointment) -> None:
    world.browser.submit(world.browser.look("/"), PAGE, day="2026-05-06", time="10:45")

    assert world.stored("a1").start_local == datetime(2026, 5, 6, 10, 45)  # noqa: DTZ001  a wall time


@pytest.mark.parametrize(
    ("day", "time", "status", "says"),
    [
        pytest.param("2026-11-01", "01:30", 422, "GMT-5", id="a time that occurs twice"),
        pytest.param("2027-03-14", "02:30", 422, "does not exist", id="a time that does not exist"),
        pytest.param("2026-05-05", "03:00", 422, "outside the hours", id="outside the hours"),
        pytest.param("2026-05-05", "", 422, "must be chosen", id="no time"),
        pytest.param("nonsense", "09:00", 422, "not a local date", id="no date"),
    ],
)
def test_asks_again_for_what_cannot_be(
    world: World, visit: Appointment, day: str, time: str, status: int, says: str
) -> None:
    shown = world.browser.submit(world.browser.look(PAGE), PAGE, press=-1, day=day, time=time)

    assert shown.status == status
    assert says in shown.text
    assert world.stored("a1") == visit


def test_a_taken_time_is_not_taken_again(world: World, visit: Appointment) -> None:
    world.book("a2", "ben", datetime(2026, 5, 5, 13, tzinfo=UTC))

    shown = world.browser.submit(world.browser.look(PAGE), PAGE, press=-1, day="2026-05-05", time="09:00")

    assert shown.status == 409
    assert "That time is taken" in shown.text
    assert world.stored("a1") == visit


def test_a_move_decided_on_an_older_version_is_not_done(world: World, visit: Appointment) -> None:
    page = world.browser.look(PAGE)
    world.browser.submit(world.browser.look("/"), "/appointments/a1/check-in")

    shown = world.browser.submit(page, PAGE, press=-1, day="2026-05-05", time="09:00")

    assert shown.status == 412


def test_a_move_that_is_not_possible_any_more_says_what_is(world: World, visit: Appointment) -> None:
    world.browser.submit(world.browser.look("/"), "/appointments/a1/check-in")

    shown = world.browser.submit(world.browser.look(PAGE), PAGE, press=-1, day="2026-05-05", time="09:00")

    assert shown.status == 409
    assert "possible: cancel, complete" in shown.text


def test_a_day_without_free_times_offers_the_next_ones(world: World, visit: Appointment) -> None:
    shown = world.browser.look(f"{PAGE}?day=2026-05-09")

    assert "No time is free on this day." in shown.text
    assert "Mon, May 11" in shown.text


def test_a_visit_with_nobody_can_still_be_moved(world: World, visit: Appointment) -> None:
    world.do(lambda tx: tx.put(msgspec.structs.replace(visit, practitioner_id=None)))

    world.browser.submit(world.browser.look(PAGE), PAGE, day="2026-05-05", time="04:00")

    assert world.stored("a1").start == datetime(2026, 5, 5, 8, tzinfo=UTC)
