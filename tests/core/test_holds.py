"""A time that is kept for a visit: for how long, and once more."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.errors import StateConflictError
from kept.core.holds import HOLD_LASTS, extended, held

NOW = datetime(2026, 5, 4, 13, tzinfo=UTC)
VISIT = Appointment(
    id="a1",
    patient_id="ann",
    start=NOW + timedelta(days=1),
    end=NOW + timedelta(days=1, minutes=30),
    zone="UTC",
    start_local=(NOW + timedelta(days=1)).replace(tzinfo=None),
    status=AppointmentStatus.CONFIRMED,
    created_at=NOW,
    updated_at=NOW,
)
HOLD = held(VISIT, ("patient/ann/2026-05-05",), now=NOW)


def test_a_time_is_kept_for_ten_minutes_and_found_by_its_end() -> None:
    (row,) = HOLD.index_entries()

    assert HOLD.interval == VISIT.interval
    assert HOLD.ends_at == NOW + HOLD_LASTS == NOW + timedelta(minutes=10)
    assert (row.index, row.sort) == ("slot_holds_by_end", "2026-05-04T13:10:00.000000")


def test_it_is_kept_ten_minutes_longer_from_when_that_is_asked_for() -> None:
    later = extended(HOLD, now=NOW + timedelta(minutes=9))

    assert (later.ends_at, later.is_extended) == (NOW + timedelta(minutes=19), True)


def test_it_is_kept_longer_once_only() -> None:
    with pytest.raises(StateConflictError) as caught:
        extended(msgspec.structs.replace(HOLD, is_extended=True), now=NOW)

    assert caught.value.code == "hold_extended"


def test_what_has_ended_is_not_kept_longer() -> None:
    with pytest.raises(StateConflictError) as caught:
        extended(HOLD, now=HOLD.ends_at)

    assert caught.value.code == "hold_ended"
