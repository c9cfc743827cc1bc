from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kept.adapters.outbox import Behaviour, Order, OutboxLedger, OutboxUnavailableError
from kept.core.errors import InvalidInputError
from kept.core.notifications import AttemptState
from kept.core.people import ChannelName
from kept.ports.channel import OutgoingMessage
from tests.contracts.channels import NOW, outgoing

SMS = ChannelName.SMS
EMAIL = ChannelName.EMAIL


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[OutboxLedger]:
    with OutboxLedger(tmp_path / "outbox.db") as opened:
        yield opened


def sms(number: int = 1) -> OutgoingMessage:
    return outgoing(SMS, "+12065550100", dedupe_key=f"ntf_{number}.sms", attempt_id=f"ntf_{number}.sms.1")


def test_keeps_all_of_a_message(ledger: OutboxLedger) -> None:
    message = outgoing(EMAIL, "ann@example.com", html="<p>See you</p>", language="es")

    ledger.hand_over(message, at=NOW)

    [kept] = ledger.messages()
    assert (kept.id, kept.message_id, kept.received_at) == (1, "outbox-1", NOW)
    assert (kept.channel, kept.to, kept.subject) == (EMAIL, "ann@example.com", "Your visit on Monday")
    assert (kept.text, kept.html, kept.language) == (message.text, "<p>See you</p>", "es")
    assert (kept.dedupe_key, kept.attempt_id) == (message.dedupe_key, message.attempt_id)
    assert (kept.expires_at, kept.state, kept.behaviour) == (
        message.expires_at,
        AttemptState.ACCEPTED,
        Behaviour.ACCEPT,
    )
    assert (kept.encoding, kept.segments) == ("", 0)


def test_shows_how_large_an_sms_is_on_the_air(ledger: OutboxLedger) -> None:
    ledger.hand_over(outgoing(SMS, "+12065550100", text="Até amanhã " * 10), at=NOW)

    [kept] = ledger.messages()

    assert (kept.encoding, kept.segments) == ("UCS-2", 2)


def test_returns_pages_from_either_end(ledger: OutboxLedger) -> None:
    for number in range(1, 6):
        ledger.hand_over(sms(number), at=NOW)

    def ids(**page: int) -> list[int]:
        return [message.id for message in ledger.messages(**page)]  # type: ignore[arg-type]

    assert ids() == [1, 2, 3, 4, 5]
    assert ids(after_id=2, limit=2) == [3, 4]
    assert ids(newest_first=True, limit=2) == [5, 4]
    assert ids(newest_first=True, before_id=4, limit=2) == [3, 2]
    assert ids(before_id=3) == [1, 2]
    assert ids(limit=0) == ids(limit=-1) == []


def test_finds_one_message_by_its_number(ledger: OutboxLedger) -> None:
    ledger.hand_over(sms(), at=NOW)

    found = ledger.message(1)

    assert found
    assert found.dedupe_key == "ntf_1.sms"
    assert ledger.message(2) is None


def test_finds_every_copy_and_every_refusal_by_the_dedupe_key(ledger: OutboxLedger) -> None:
    ledger.tell(SMS, Behaviour.REFUSE, times=1)
    for _ in range(3):
        ledger.hand_over(sms(), at=NOW)
    ledger.hand_over(sms(2), at=NOW)

    copies = ledger.copies("ntf_1.sms")

    assert [copy.state.value for copy in copies] == ["refused", "accepted", "accepted"]
    assert ledger.count() == 3


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.touch(mode=0o666)

    with OutboxLedger(path) as ledger:
        ledger.hand_over(sms(), at=NOW)

        modes = {stat.S_IMODE(found.stat().st_mode) for found in tmp_path.iterdir()}

    assert modes == {0o600}


def test_nothing_is_ever_changed_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with OutboxLedger(path) as ledger:
        ledger.hand_over(sms(), at=NOW)
    db = sqlite3.connect(path)

    for statement in ("UPDATE messages SET text = ''", "DELETE FROM messages"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute(statement)

    db.close()


@pytest.mark.parametrize(("synchronous", "level"), [("full", 2), ("normal", 1)])
def test_counts_a_message_as_taken_once_it_survives_what_was_asked(
    tmp_path: Path, synchronous: str, level: int
) -> None:
    with OutboxLedger(tmp_path / "outbox.db", synchronous=synchronous) as ledger:  # type: ignore[arg-type]
        writer = ledger._writer  # noqa: SLF001 the pragma belongs to this connection alone

        assert writer.execute("PRAGMA synchronous").fetchone() == (level,)
        assert writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_was_taken_is_there_after_opening_again(tmp_path: Path) -> None:
    with OutboxLedger(tmp_path / "outbox.db") as ledger:
        ledger.hand_over(sms(), at=NOW)
        ledger.tell(SMS, Behaviour.SLOW, seconds=3)

    with OutboxLedger(tmp_path / "outbox.db") as again:
        assert again.count() == 1
        assert again.orders() == {SMS: Order(channel=SMS, behaviour=Behaviour.SLOW, times=None, seconds=3)}


def test_follows_an_order_as_often_as_it_was_given_and_then_accepts(ledger: OutboxLedger) -> None:
    ledger.tell(SMS, Behaviour.FAIL, times=2)

    answers = [ledger.hand_over(sms(number), at=NOW).behaviour.value for number in range(4)]

    assert answers == ["fail", "fail", "accept", "accept"]
    assert ledger.orders() == {}


def test_counts_down_what_is_left_of_an_order(ledger: OutboxLedger) -> None:
    ledger.tell(SMS, Behaviour.FAIL, times=3)

    ledger.hand_over(sms(), at=NOW)

    assert ledger.orders()[SMS].times == 2


def test_an_order_without_a_number_stands_until_it_is_taken_back(ledger: OutboxLedger) -> None:
    ledger.tell(SMS, Behaviour.LOST)
    lost = [ledger.hand_over(sms(number), at=NOW).behaviour for number in range(3)]

    ledger.tell(SMS, Behaviour.ACCEPT)

    assert lost == [Behaviour.LOST] * 3
    assert ledger.hand_over(sms(), at=NOW).behaviour is Behaviour.ACCEPT


def test_an_order_is_for_one_channel(ledger: OutboxLedger) -> None:
    ledger.tell(SMS, Behaviour.REFUSE)

    answer = ledger.hand_over(outgoing(EMAIL, "ann@example.com"), at=NOW)

    assert answer.behaviour is Behaviour.ACCEPT


def test_another_process_can_give_the_order(ledger: OutboxLedger, tmp_path: Path) -> None:
    with OutboxLedger(tmp_path / "outbox.db") as other:
        other.tell(SMS, Behaviour.REFUSE, times=1)

    answers = [ledger.hand_over(sms(number), at=NOW).behaviour.value for number in range(2)]

    assert answers == ["refuse", "accept"]


@pytest.mark.parametrize(
    ("behaviour", "times", "seconds", "field"),
    [
        (Behaviour.FAIL, 0, None, "times"),
        (Behaviour.FAIL, 1_000_001, None, "times"),
        (Behaviour.SLOW, None, 8.5, "seconds"),
        (Behaviour.SLOW, None, -1, "seconds"),
        (Behaviour.THROTTLE, None, 86_401, "seconds"),
        (Behaviour.LATE, None, float("nan"), "seconds"),
    ],
)
def test_refuses_an_order_that_cannot_be_followed(
    ledger: OutboxLedger, behaviour: Behaviour, times: int | None, seconds: float | None, field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        ledger.tell(SMS, behaviour, times=times, seconds=seconds)

    assert [problem.field for problem in caught.value.problems] == [field]
    assert ledger.orders() == {}


def test_many_threads_lose_nothing_and_use_up_an_order_exactly(ledger: OutboxLedger) -> None:
    ledger.tell(SMS, Behaviour.REFUSE, times=50)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: ledger.hand_over(sms(number), at=NOW), range(400)))

    kept = ledger.messages(limit=1_000)
    assert sorted(answer.id or 0 for answer in answers) == [message.id for message in kept] == list(range(1, 401))
    assert ledger.count() == 350
    assert len({message.dedupe_key for message in kept}) == 400


def test_those_who_wait_are_written_in_one_commit(ledger: OutboxLedger) -> None:
    statements: list[str] = []
    ledger._writer.set_trace_callback(statements.append)  # noqa: SLF001 counts the commits
    ledger._write_lock.acquire()  # noqa: SLF001 holds back the first, as a slow disk would

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(ledger.hand_over, sms(number), at=NOW) for number in range(8)]
        while len(ledger._queue) < 8:  # noqa: SLF001 until all wait
            threading.Event().wait(0.001)
        ledger._write_lock.release()  # noqa: SLF001
        ids = {future.result().id for future in futures}

    assert ids == set(range(1, 9))
    assert statements.count("COMMIT") == 1


def test_who_waits_too_long_leaves_without_being_taken(ledger: OutboxLedger) -> None:
    ledger._patience_s = 0.01  # noqa: SLF001 the real one is longer than a test
    with ledger._write_lock, pytest.raises(OutboxUnavailableError) as caught:  # noqa: SLF001 a writer that hangs
        ledger.hand_over(sms(), at=NOW)

    ledger.hand_over(sms(2), at=NOW)

    assert not caught.value.may_be_taken
    assert [message.dedupe_key for message in ledger.messages()] == ["ntf_2.sms"]


def test_who_waits_too_long_for_a_commit_under_way_cannot_know(ledger: OutboxLedger) -> None:
    ledger._patience_s = 0.05  # noqa: SLF001 the real one is longer than a test
    ledger._write_lock.acquire()  # noqa: SLF001 a writer that has taken the message along and hangs

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(ledger.hand_over, sms(), at=NOW)
        while not ledger._queue:  # noqa: SLF001 until it waits
            threading.Event().wait(0.001)
        ledger._queue.clear()  # noqa: SLF001
        error = future.exception()
    ledger._write_lock.release()  # noqa: SLF001

    assert isinstance(error, OutboxUnavailableError)
    assert error.may_be_taken


def test_a_closed_ledger_takes_and_tells_nothing(tmp_path: Path) -> None:
    ledger = OutboxLedger(tmp_path / "outbox.db")
    ledger.close()
    ledger.close()

    with pytest.raises(OutboxUnavailableError) as caught:
        ledger.hand_over(sms(), at=NOW)
    with pytest.raises(OutboxUnavailableError):
        ledger.messages()
    with pytest.raises(OutboxUnavailableError):
        ledger.tell(SMS, Behaviour.FAIL)

    assert not caught.value.may_be_taken


def test_a_full_disk_takes_nothing_and_recovers(ledger: OutboxLedger) -> None:
    ledger.hand_over(sms(), at=NOW)
    pages = ledger._writer.execute("PRAGMA page_count").fetchone()[0]  # noqa: SLF001
    ledger._writer.execute(f"PRAGMA max_page_count = {pages}")  # noqa: SLF001 SQLite's own way to play a full disk

    with pytest.raises(OutboxUnavailableError, match="SQLITE_FULL") as caught:
        ledger.hand_over(outgoing(SMS, "+12065550100", text="x" * 100_000), at=NOW)
    ledger._writer.execute("PRAGMA max_page_count = 100000")  # noqa: SLF001

    assert not caught.value.may_be_taken
    assert ledger.count() == 1
    assert ledger.hand_over(sms(2), at=NOW).id == 2


class BrokenAtCommit:
    """A connection whose commit fails, as a disk does that dies at the wrong moment."""

    in_transaction = True

    def __init__(self, real: sqlite3.Connection) -> None:
        self._real = real

    def execute(self, statement: str) -> sqlite3.Cursor:
        if statement == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return self._real.execute(statement)

    def executemany(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._real.executemany(statement, *values)  # type: ignore[arg-type]

    def close(self) -> None:
        self._real.close()


def test_a_commit_that_fails_leaves_the_outcome_open(ledger: OutboxLedger) -> None:
    ledger._writer = BrokenAtCommit(ledger._writer)  # type: ignore[assignment]  # noqa: SLF001

    with pytest.raises(OutboxUnavailableError) as caught:
        ledger.hand_over(sms(), at=NOW)

    assert caught.value.may_be_taken


def test_says_which_file_cannot_be_opened_and_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(OutboxUnavailableError, match=r"outbox\.db cannot be opened .* give a folder"):
        OutboxLedger(tmp_path / "missing" / "outbox.db")


def test_refuses_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.write_bytes(b"not a database, and long enough to look like one" * 100)

    with pytest.raises(OutboxUnavailableError, match="cannot be opened"):
        OutboxLedger(path)


def test_refuses_a_file_of_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    OutboxLedger(path).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 3")
    db.close()

    with pytest.raises(OutboxUnavailableError, match="newer Kept"):
        OutboxLedger(path)


def test_instants_are_kept_to_the_microsecond_in_utc(ledger: OutboxLedger) -> None:
    at = datetime(2026, 5, 4, 13, 0, 0, 123_456, tzinfo=UTC)

    ledger.hand_over(sms(), at=at)

    assert ledger.messages()[0].received_at == at
