from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from kept.core.notifications import Notification
from kept.core.reports import METRICS
from tests.dispatching import notification
from tests.entrypoints.http_api.world import NOW, World, world

PATH = "/api/reports/balance"


@pytest.fixture
def here() -> Iterator[World]:
    made = world()
    yield made
    made.close()


def put(here: World, one: Notification) -> None:
    here.put(msgspec.structs.replace(one, due_at=NOW, appointment_id=None))


def test_shows_the_account_of_today_and_that_nothing_contradicts_itself(here: World) -> None:
    put(here, notification(wake_at=NOW, deadline_at=NOW))

    told = here.call("GET", PATH).json

    assert told["balances"]
    assert told["total"] == {
        "planned": 1,
        "sent": {},
        "skipped": {},
        "failed": {},
        "pending": {"planned": 1},
        "balances": True,
    }
    assert [(day["placeId"], day["planned"]) for day in told["days"]] == [("", 1)]


def test_names_each_contradiction_with_what_to_do(here: World) -> None:
    put(here, notification(wake_at=None))

    told = here.call("GET", PATH, query="from=2020-01-01&to=2020-01-01").json
    today = here.call("GET", PATH).json

    assert told["balances"]
    assert (today["balances"], today["found"]) == (False, {"not_scheduled": 1})
    (finding,) = today["findings"]
    assert (finding["kind"], finding["notificationId"], finding["appointmentId"]) == ("not_scheduled", "ntf_1", "")
    assert finding["remedy"]


@pytest.mark.parametrize("query", ["from=2026-02-30", "from=2026-01-01&to=2026-03-01", "from=2026-01-02&to=2026-01-01"])
def test_refuses_days_that_make_no_sense_or_are_too_many(here: World, query: str) -> None:
    assert here.call("GET", PATH, query=query).status in {400, 422}


def test_there_is_a_metric_for_every_alarm() -> None:
    names = {metric.value for metric in METRICS}

    assert {"kept_sending_stopped", "kept_silent_routes", "kept_balance_findings", "kept_unknown_open"} <= names
