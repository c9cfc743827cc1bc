"""The program put together: parts that open and close, a sample practice, and how it says that it is well."""

from __future__ import annotations

import dataclasses
import stat
import zoneinfo
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

import kept.core
from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.adapters.smtp import SmtpChannel
from kept.adapters.sqlite import FileSeat, SqliteStore
from kept.core.errors import InvalidInputError, StorageUnavailableError
from kept.core.notifications import Notification, Outcome, Reason
from kept.core.people import ChannelName
from kept.core.reports import tally
from kept.entrypoints.worker import Dispatcher, InlineExecutor, Pulse
from kept.flow.search import notifications_of
from kept.main.application import application
from kept.main.assembly import Parts, open_parts, sender_of
from kept.main.demo import PEOPLE, plant
from kept.main.health import HealthWatch
from kept.main.kinds import KINDS
from kept.main.settings import Settings, changed, load_settings
from tests.architecture.sources import sources
from tests.entrypoints.worker.breaking import BreakingStore
from tests.entrypoints.worker.world import CountingMeter, RecordingChannel

NOW = datetime(2026, 5, 6, 17, 20, 31, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return changed(load_settings(), data=tmp_path / "var", sending_threads=2)


# ---- parts


def test_every_kind_of_entity_can_be_stored() -> None:
    declared = {
        line.split('"')[1]
        for source in sources("src")
        for line in source.text.splitlines()
        if line.strip().startswith("kind: ClassVar[str] = ")
    }

    assert {kind.kind for kind in KINDS} == declared
    assert kept.core.__name__ == "kept.core"


def test_everything_lies_in_the_data_folder_and_is_closed_to_others(settings: Settings) -> None:
    with open_parts(settings, checkpoints=True) as parts:
        parts.store.submit(partial(plant, now=parts.clock.now())).result()
        zones = zoneinfo.TZPATH

    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in settings.data.iterdir()}
    assert {"kept.db", "outbox.db"} <= files.keys()
    assert set(files.values()) == {0o600}
    assert zones == ()


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, {"sms": "outbox", "email": "outbox"}),
        ({"sms": "none"}, {"email": "outbox"}),
        ({"email": "none"}, {"sms": "outbox"}),
        (
            {"email": "smtp", "smtp_host": "mail.example.com", "smtp_sender": "a@example.com"},
            {"sms": "outbox", "email": "smtp"},
        ),
    ],
)
def test_channels_are_those_that_were_chosen(
    settings: Settings, choice: dict[str, str], expected: dict[str, str]
) -> None:
    with open_parts(changed(settings, **choice), checkpoints=True) as parts:
        found = {name.value: channel.provider for name, channel in parts.channels.items()}

        assert isinstance(parts.channels.get(ChannelName.EMAIL), SmtpChannel) is (choice.get("email") == "smtp")
    assert found == expected


def test_the_whole_application_is_built_with_and_without_a_worker(settings: Settings) -> None:
    with open_parts(settings, checkpoints=True) as parts:
        sender = sender_of(parts, FileSeat(settings.data))

        assert application(parts, sender).routes
        assert application(parts, None).routes
        assert not sender.is_seated


def test_whoever_takes_the_seat_over_keeps_the_log_short(settings: Settings) -> None:
    with open_parts(settings, checkpoints=False) as parts:
        sender = sender_of(parts, FileSeat(settings.data))
        before = _pages_until_checkpoint(parts)

        sender.take()
        after = _pages_until_checkpoint(parts)
        sender.leave()

    assert (before, after) == (0, 4000)


def _pages_until_checkpoint(parts: Parts) -> int:
    parts.store.submit(lambda tx: tx.get(Notification, "any")).result()
    assert isinstance(parts.store, SqliteStore)
    db = parts.store._writer._db  # noqa: SLF001  no promise of the port, and seen nowhere else
    assert db is not None
    (pages,) = db.execute("PRAGMA wal_autocheckpoint").fetchone()
    return int(pages)


def test_the_outbox_is_told_only_what_it_can_do(settings: Settings) -> None:
    from kept.main.application import _tell

    with open_parts(settings, checkpoints=True) as parts:
        order = _tell(parts.ledger, ChannelName.SMS, "refuse", 1)
        with pytest.raises(InvalidInputError, match="must be one of: accept"):
            _tell(parts.ledger, ChannelName.SMS, "explode", None)

        assert parts.ledger.orders() == {ChannelName.SMS: order}


# ---- the sample practice


@pytest.mark.parametrize("hour", range(0, 168, 5))
def test_the_sample_practice_sends_at_once_and_within_a_minute_at_any_hour_of_the_week(hour: int) -> None:
    clock = SimulatedClock(NOW + hour * timedelta(hours=1))
    store = MemoryStore()
    channels = {name: RecordingChannel(name) for name in ChannelName}
    worker = Dispatcher(store, channels, clock=clock, meter=CountingMeter(), pool=InlineExecutor(), max_in_flight=4)

    first = store.submit(partial(plant, now=clock.now())).result()
    again = store.submit(partial(plant, now=clock.now())).result()
    worker.run_due()
    at_once = sum(len(channel.sent) for channel in channels.values())
    clock.advance(MINUTE)
    worker.run_due()
    after_a_minute = sum(len(channel.sent) for channel in channels.values())

    assert (first, again) == (True, False)
    assert at_once >= 5
    assert after_a_minute >= at_once + 2
    assert _reasons(store) >= {Reason.OPTED_OUT, Reason.NO_CONTACT}
    assert tally(_all(store)).balances


def _all(store: MemoryStore) -> list[Notification]:
    return [n for person in PEOPLE for n in notifications_of(store, person.id)]


def _reasons(store: MemoryStore) -> set[Reason | None]:
    return {n.reason for n in _all(store) if n.outcome is Outcome.SKIPPED}


# ---- health


class FakeSender:
    """Stands for a worker, well or not."""

    def __init__(self, pulse: Pulse | None = None, *, is_seated: bool = True) -> None:
        self.is_seated = is_seated
        self._pulse = pulse or Pulse()

    def pulse(self) -> Pulse:
        return self._pulse


class SlowStore(MemoryStore):
    """Never answers."""

    def submit(self, step: object) -> Future[object]:  # type: ignore[override]
        return Future()


def test_says_that_all_is_well() -> None:
    watch = HealthWatch(MemoryStore(), SimulatedClock(NOW), FakeSender())  # type: ignore[arg-type]

    found = watch.report()

    assert found.ok
    assert found.checks == {
        "store": "ok",
        "worker": "sending",
        "providers": "none is left alone",
        "oldestDue": "nothing is waiting",
        "lastMessage": "none yet",
        "receipts": "ok",
        "balance": "not checked yet",
    }


def test_names_a_provider_that_is_left_alone_and_is_well_all_the_same() -> None:
    pulse = Pulse(resting_providers=("twilio (sms: auth)",))
    watch = HealthWatch(MemoryStore(), SimulatedClock(NOW), FakeSender(pulse))  # type: ignore[arg-type]

    found = watch.report()

    assert found.ok
    assert found.checks["providers"] == "left alone but for one message a minute: twilio (sms: auth)"


@pytest.mark.parametrize(
    ("sender", "said", "ok"),
    [
        (None, "not in this process", True),
        (FakeSender(is_seated=False), "another process sends", True),
        (FakeSender(Pulse(last_round_at=NOW - 29 * timedelta(seconds=1))), "sending", True),
        (FakeSender(Pulse(last_round_at=NOW - 31 * timedelta(seconds=1))), "stuck", False),
        (FakeSender(Pulse(is_resting=True)), "resting: the log says why", False),
    ],
    ids=["none", "other", "well", "stuck", "resting"],
)
def test_says_how_the_worker_is(sender: FakeSender | None, said: str, ok: bool) -> None:  # noqa: FBT001
    watch = HealthWatch(MemoryStore(), SimulatedClock(NOW), sender)  # type: ignore[arg-type]

    found = watch.report()

    assert (found.checks["worker"], found.ok, watch.sending().is_sending) == (said, ok, ok)


def test_says_that_the_store_refuses_and_when_it_works_again() -> None:
    store, clock = BreakingStore(), SimulatedClock(NOW)
    store.refuse_all(StorageUnavailableError("kept.db has no room to grow"), times=1)
    watch = HealthWatch(store, clock, None)

    first, second = watch.report(), watch.report()
    clock.advance(timedelta(seconds=2))
    third = watch.report()

    assert first.checks["store"] == second.checks["store"] == "refuses: kept.db has no room to grow"
    assert [found.ok for found in (first, second, third)] == [False, False, True]


def test_says_that_the_store_fails_in_an_unknown_way() -> None:
    store = BreakingStore()
    store.refuse_all(ValueError("canary@example.com"))

    assert HealthWatch(store, SimulatedClock(NOW), None).report().checks["store"] == "ValueError"


def test_a_store_that_hangs_does_not_hang_the_answer() -> None:
    clock = SimulatedClock(NOW)
    watch = HealthWatch(SlowStore(), clock, None)  # type: ignore[arg-type]

    first = watch.report()
    clock.advance(timedelta(seconds=6))
    second = watch.report()

    assert [found.checks["store"] for found in (first, second)] == ["not asked yet", "does not answer"]


def test_says_since_when_something_waits() -> None:
    store, clock = MemoryStore(), SimulatedClock(NOW)
    store.submit(partial(plant, now=NOW)).result()
    watch = HealthWatch(store, clock, None)

    found = watch.report().checks["oldestDue"]
    health = watch.sending()

    assert found == f"waiting for {int(health.oldest_due_s)} s"
    assert health.due > 5


def test_a_store_that_cannot_be_read_is_told_as_such() -> None:
    store = MemoryStore()
    store.close()

    found = HealthWatch(store, SimulatedClock(NOW), None).report()

    assert found.checks["oldestDue"] == "unknown"
    assert not found.ok


def test_parts_cannot_be_changed_by_accident(settings: Settings) -> None:
    with open_parts(settings, checkpoints=False) as parts, pytest.raises(dataclasses.FrozenInstanceError):
        parts.settings = settings  # type: ignore[misc]
