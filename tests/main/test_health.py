"""What is told of sending by a process that need not be the one that sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.adapters.prometheus import PrometheusMeter
from kept.core.balance import Nightly
from kept.core.reports import Metric
from kept.core.watch import Alarm, AlarmKind, Heartbeat, Route
from kept.main.health import HealthWatch
from kept.ports.store import Entity
from tests.dispatching import notification
from tests.entrypoints.worker.world import CountingMeter

NOW = datetime(2026, 5, 4, 14, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SILENT = Route(provider="twilio", country="US", messages=20, heard=0)
HEARD = Route(provider="ses", country="", messages=20, heard=4)
DUE = notification(wake_at=NOW - 6 * MINUTE)
LEFT = NOW - 5 * MINUTE - timedelta(seconds=30)


def watch(*stored: Entity) -> HealthWatch:
    """Return what a process without a worker sees of a store."""
    store = MemoryStore()
    for entity in stored:
        store.submit(lambda tx, entity=entity: tx.put(entity)).result()  # type: ignore[misc]
    return HealthWatch(store, SimulatedClock(NOW), None)


def beat(*, looked: timedelta = MINUTE, left_at: datetime | None = LEFT, **more: object) -> Heartbeat:
    return Heartbeat(looked_at=NOW - looked, left_at=left_at, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stored", "said", "ok"),
    [
        ((), "none yet", True),
        ((beat(),), "left at 2026-05-04T14:04Z", True),
        ((beat(), DUE), "no message left since 2026-05-04T14:04Z though 1 were due", False),
        ((beat(left_at=None), DUE), "no message has ever left though 1 were due", False),
        ((beat(left_at=NOW - MINUTE), DUE), "left at 2026-05-04T14:09Z", True),
        ((beat(looked=4 * MINUTE),), "no worker has looked since 2026-05-04T14:06Z; 0 are due", False),
    ],
    ids=["fresh", "idle", "silent", "never", "slow", "absent"],
)
def test_says_when_messages_stop_leaving_whichever_process_sends(
    stored: tuple[Entity, ...],
    said: str,
    ok: bool,  # noqa: FBT001
) -> None:
    found = watch(*stored).report()

    assert (found.checks["lastMessage"], found.ok) == (said, ok)


def test_says_which_routes_are_silent_and_what_the_night_has_found_without_calling_itself_unwell() -> None:
    nightly = Nightly(checked_at=NOW, found={"overdue": 2, "missing": 1})

    found = watch(beat(routes=(HEARD, SILENT)), nightly).report()

    assert found.ok
    assert found.checks["receipts"] == "no word of the last 20 messages by twilio US"
    assert found.checks["balance"] == "1 missing, 2 overdue; run kept balance"


def test_says_that_word_comes_back_and_that_the_night_found_nothing() -> None:
    found = watch(beat(routes=(HEARD,)), Nightly(checked_at=NOW)).report()

    assert (found.checks["receipts"], found.checks["balance"]) == ("ok", "balanced at 2026-05-04T14:10Z")


def test_says_since_when_no_night_was_checked() -> None:
    at = NOW - timedelta(hours=26, seconds=1)

    well, found = (watch(Nightly(checked_at=at, found=each)).report().checks["balance"] for each in ({}, {"stuck": 1}))

    assert well == "balanced at 2026-05-03T12:09Z; not checked since 2026-05-03T12:09Z"
    assert found == "1 stuck; run kept balance; not checked since 2026-05-03T12:09Z"


def test_the_pages_are_told_the_same() -> None:
    nightly = Nightly(checked_at=NOW, found={"overdue": 2, "missing": 1})

    found = watch(beat(routes=(HEARD, SILENT)), nightly, DUE).sending()

    assert found.alarm == Alarm(about=AlarmKind.SILENT, since=LEFT, due=1)
    assert (found.silent, found.unbalanced) == ((SILENT,), 3)


def test_any_process_shows_the_gauges_of_the_one_that_sends() -> None:
    meter = CountingMeter()

    watch(beat(routes=(SILENT,), unknown_open=3), Nightly(checked_at=NOW, found={"stuck": 2}), DUE).measure(meter)

    assert meter.gauges == {
        Metric.SENDING_STOPPED: 1,
        Metric.NOTIFICATIONS_DUE: 1,
        Metric.OLDEST_DUE_SECONDS: 360,
        Metric.LAST_HANDOVER: LEFT.timestamp(),
        Metric.UNKNOWN_OPEN: 3,
        Metric.SILENT_ROUTES: 1,
        f"{Metric.ROUTE_MESSAGES}/twilio/US": 20,
        f"{Metric.ROUTE_HEARD}/twilio/US": 0,
        Metric.BALANCE_FINDINGS: 2,
        Metric.BALANCE_CHECKED: NOW.timestamp(),
    }


def test_before_anything_was_noted_all_gauges_stand_at_zero() -> None:
    meter, real = CountingMeter(), PrometheusMeter()

    watch().measure(meter)
    watch().measure(real)

    assert set(meter.gauges.values()) == {0}
    assert b"kept_sending_stopped 0.0" in real.page()


def test_a_store_that_cannot_be_read_leaves_the_gauges_as_they_were() -> None:
    store, meter = MemoryStore(), CountingMeter()
    store.close()

    HealthWatch(store, SimulatedClock(NOW), None).measure(meter)

    assert meter.gauges == {}
