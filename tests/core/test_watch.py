from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kept.core.notifications import AttemptState, NotificationState
from kept.core.watch import (
    Alarm,
    AlarmKind,
    Heartbeat,
    Route,
    Sample,
    alarm_of,
    is_expected,
    is_heard,
    is_unknown_too_long,
    routes_of,
)
from tests.dispatching import attempt, notification

NOW = datetime(2026, 5, 4, 14, 10, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
LONG_AGO = NOW - timedelta(hours=9)


def beat(*, looked: timedelta = MINUTE, left_at: datetime | None = LONG_AGO) -> Heartbeat:
    return Heartbeat(looked_at=NOW - looked, left_at=left_at)


# ---- nothing leaves


@pytest.mark.parametrize(
    ("known", "due", "waits"),
    [
        pytest.param(None, 0, None, id="a fresh folder"),
        pytest.param(beat(), 0, None, id="an idle practice"),
        pytest.param(beat(), 3, 5 * MINUTE, id="due for five minutes"),
        pytest.param(beat(left_at=NOW - 5 * MINUTE), 9000, timedelta(hours=2), id="a long queue of which some left"),
        pytest.param(beat(left_at=NOW + 9 * MINUTE), 3, 8 * MINUTE, id="the clock was put back since the last one"),
        pytest.param(beat(looked=3 * MINUTE), 0, None, id="looked at three minutes ago"),
        pytest.param(None, 3, MINUTE, id="a fresh folder with something due"),
    ],
)
def test_is_quiet_while_all_is_well(known: Heartbeat | None, due: int, waits: timedelta | None) -> None:
    oldest_at = NOW - waits if waits is not None else None

    assert alarm_of(known, due=due, oldest_at=oldest_at, now=NOW) is None


@pytest.mark.parametrize(
    ("known", "alarm"),
    [
        pytest.param(beat(), Alarm(about=AlarmKind.SILENT, since=LONG_AGO, due=12), id="nothing left for hours"),
        pytest.param(
            beat(left_at=NOW - 5 * MINUTE - SECOND),
            Alarm(about=AlarmKind.SILENT, since=NOW - 5 * MINUTE - SECOND, due=12),
            id="nothing left for five minutes",
        ),
        pytest.param(beat(left_at=None), Alarm(about=AlarmKind.SILENT, since=None, due=12), id="nothing ever left"),
        pytest.param(None, Alarm(about=AlarmKind.SILENT, since=None, due=12), id="nobody ever looked"),
        pytest.param(
            beat(looked=3 * MINUTE + SECOND),
            Alarm(about=AlarmKind.ABSENT, since=NOW - 3 * MINUTE - SECOND, due=12),
            id="nobody looks any more",
        ),
        pytest.param(
            beat(looked=-4 * MINUTE),
            Alarm(about=AlarmKind.ABSENT, since=NOW + 4 * MINUTE, due=12),
            id="the clock was put back, and nobody has looked since",
        ),
    ],
)
def test_alarms_when_something_is_due_and_nothing_leaves(known: Heartbeat | None, alarm: Alarm) -> None:
    assert alarm_of(known, due=12, oldest_at=NOW - 5 * MINUTE - SECOND, now=NOW) == alarm


def test_a_worker_that_is_gone_alarms_even_while_nothing_is_due() -> None:
    found = alarm_of(beat(looked=timedelta(hours=1)), due=0, oldest_at=None, now=NOW)

    assert found == Alarm(about=AlarmKind.ABSENT, since=NOW - timedelta(hours=1), due=0)


def test_the_heartbeat_stands_in_no_index() -> None:
    assert beat().index_entries() == ()


# ---- no word comes back


def samples(count: int, *, heard: int = 0, country: str = "US") -> list[Sample]:
    """Return so many messages, a minute apart, of which word came of the newest ones."""
    return [
        Sample(provider="twilio", country=country, accepted_at=NOW + n * MINUTE, is_heard=n >= count - heard)
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("sent", "is_silent"),
    [
        pytest.param(samples(19), False, id="too few to tell"),
        pytest.param(samples(20), True, id="twenty without a word"),
        pytest.param(samples(20, heard=1), False, id="one was heard of"),
        pytest.param([*samples(5, heard=5), *(s for s in samples(26)[6:])], True, id="heard of long ago"),
    ],
)
def test_a_route_is_silent_when_twenty_messages_were_not_heard_of(sent: list[Sample], is_silent: bool) -> None:  # noqa: FBT001
    (route,) = routes_of(sent)

    assert route.is_silent is is_silent


def test_routes_are_judged_apart_by_their_newest_messages() -> None:
    found = routes_of([*samples(25, country="US"), *samples(3, heard=2, country="CA")])

    assert found == (
        Route(provider="twilio", country="CA", messages=3, heard=2),
        Route(provider="twilio", country="US", messages=20, heard=0),
    )


@pytest.mark.parametrize(
    ("state", "awaits", "ago", "expected"),
    [
        (AttemptState.ACCEPTED, True, 30 * MINUTE, True),
        (AttemptState.UNDELIVERED, True, 30 * MINUTE, True),
        (AttemptState.ACCEPTED, True, 29 * MINUTE, False),
        (AttemptState.ACCEPTED, False, 30 * MINUTE, False),
        (AttemptState.REFUSED, True, 30 * MINUTE, False),
        (AttemptState.SENDING, True, 30 * MINUTE, False),
    ],
)
def test_word_is_expected_of_what_was_taken_half_an_hour_ago(
    state: AttemptState,
    awaits: bool,  # noqa: FBT001
    ago: timedelta,
    expected: bool,  # noqa: FBT001
) -> None:
    one = attempt("a", at=NOW - ago - 2 * SECOND)

    assert is_expected(msgspec.structs.replace(one, state=state, awaits_receipt=awaits), now=NOW) is expected


def test_a_message_is_heard_of_once_its_provider_has_said_anything() -> None:
    silent = attempt("a")
    told = [msgspec.structs.replace(silent, heard_at=NOW), attempt("r")]

    assert [is_heard(one) for one in (silent, *told)] == [False, True, True]


@pytest.mark.parametrize(
    ("letter", "ended_ago", "is_done", "expected"),
    [
        ("u", 16 * MINUTE, False, True),
        ("u", 14 * MINUTE, False, False),
        ("u", 16 * MINUTE, True, False),
        ("a", 16 * MINUTE, False, False),
    ],
)
def test_an_unknown_is_open_for_too_long_after_a_quarter_of_an_hour(
    letter: str,
    ended_ago: timedelta,
    is_done: bool,  # noqa: FBT001
    expected: bool,  # noqa: FBT001
) -> None:
    state = NotificationState.DONE if is_done else NotificationState.WAITING
    one = notification(attempt(letter, at=NOW - ended_ago), state=state)

    assert is_unknown_too_long(one, now=NOW) is expected
