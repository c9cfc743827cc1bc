"""How many texts a person gets, and where they go."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.core.contacts import PhoneNumber
from kept.core.errors import InvalidInputError
from kept.core.limits import MOST_TOLD, Caps, counted, country_of_number, has_room
from kept.core.people import Told

PACIFIC = ZoneInfo("America/Los_Angeles")
EVENING = datetime(2026, 5, 4, 19, tzinfo=PACIFIC).astimezone(UTC)
HOUR = timedelta(hours=1)


def told(number: int, at: datetime = EVENING, patient_id: str = "ana") -> Told:
    return Told(at=at, patient_id=patient_id, notification_id=f"ntf_{number}")


@pytest.mark.parametrize(("day", "week"), [(0, 3), (2, 1), (-1, -1)])
def test_caps_that_make_no_sense_are_refused(day: int, week: int) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Caps(per_day=day, per_week=week)

    assert caught.value.problems[0].code == "out_of_range"


@pytest.mark.parametrize(
    ("before", "has_one"),
    [
        ((), True),
        ((told(1, EVENING - HOUR),), False),
        ((told(1, EVENING - 19 * HOUR - timedelta(minutes=1)),), True),
        ((told(1, EVENING - HOUR, patient_id="her-brother"),), True),
        (tuple(told(n, EVENING - 24 * HOUR * n) for n in (1, 2)), True),
        (tuple(told(n, EVENING - 24 * HOUR * n) for n in (1, 2, 3)), False),
        (tuple(told(n, EVENING - 24 * HOUR * n) for n in (5, 6, 7)), True),
        ((told(9, EVENING - HOUR),), True),
    ],
    ids=["none", "today", "yesterday", "another's", "two", "three", "a week ago", "this very message"],
)
def test_one_text_a_day_and_three_in_seven_days(before: tuple[Told, ...], *, has_one: bool) -> None:
    assert has_room(before, Caps(), told(9), PACIFIC) is has_one


def test_a_copy_of_the_same_message_counts_once_and_old_lines_go() -> None:
    old = (told(1, EVENING - timedelta(days=8)), told(2, EVENING - HOUR))

    after = counted(old, told(3))

    assert [line.notification_id for line in after] == ["ntf_2", "ntf_3"]
    assert counted(after, told(3)) is after


def test_a_number_that_gets_messages_without_end_remembers_the_latest() -> None:
    lines: tuple[Told, ...] = ()

    for number in range(MOST_TOLD + 5):
        lines = counted(lines, told(number))

    assert len(lines) == MOST_TOLD
    assert lines[-1] == told(MOST_TOLD + 4)


def test_a_message_that_is_tried_again_counts_on_the_day_of_its_latest_try() -> None:
    a_day_later = counted((told(1, EVENING),), told(1, EVENING + timedelta(days=1)))

    assert [line.at for line in a_day_later] == [EVENING + timedelta(days=1)]
    assert not has_room((told(1, EVENING - HOUR), told(2, EVENING - timedelta(days=1))), Caps(), told(2), PACIFIC)


def test_what_a_message_spoke_for_takes_no_room_from_its_next_try() -> None:
    of_one_message = (told(1, EVENING - HOUR), told(2, EVENING - HOUR))

    assert has_room(of_one_message, Caps(), told(1), PACIFIC)
    assert not has_room(of_one_message, Caps(), told(3), PACIFIC)


@given(st.lists(st.integers(0, 30 * 24 * 60), max_size=60))
def test_whatever_is_planned_no_day_and_no_week_has_more_than_its_caps(minutes: list[int]) -> None:
    caps = Caps()
    kept: tuple[Told, ...] = ()
    sent: list[datetime] = []

    for number, minute in enumerate(sorted(minutes)):
        line = told(number, EVENING + timedelta(minutes=minute))
        if has_room(kept, caps, line, PACIFIC):
            kept = counted(kept, line)
            sent.append(line.at)

    days = [at.astimezone(PACIFIC).date() for at in sent]
    assert len(days) == len(set(days))
    assert all(sum(at - timedelta(days=7) < other <= at for other in sent) <= caps.per_week for at in sent)


@pytest.mark.parametrize(
    ("number", "country"),
    [("+12065550100", "US"), ("+12423591234", "BS"), ("+447700900123", "GB"), ("+80012345678", "")],
)
def test_a_number_has_a_country(number: str, country: str) -> None:
    assert country_of_number(PhoneNumber(number)) == country
