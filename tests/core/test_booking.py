"""What may happen to an appointment, and when."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kept.core.booking import (
    HISTORY_LIMIT,
    LIVE,
    TRANSITIONS,
    Appointment,
    AppointmentEvent,
    AppointmentStatus,
    BookingRequest,
    Happening,
    ParticipationStatus,
    after_event,
    appointment_from,
    changed,
    check_times,
    moved,
    taken_on,
)
from kept.core.errors import InvalidInputError, StateConflictError
from kept.core.intervals import interval
from kept.core.schedules import Role, VisitType

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
HALF = timedelta(minutes=30)
REQUEST = BookingRequest(patient_id="p", start=START, end=START + HALF, zone="America/New_York", by="key_1")


def appointment(status: AppointmentStatus = AppointmentStatus.CONFIRMED) -> Appointment:
    made = appointment_from(REQUEST, None, appointment_id="a", hold=None, booked_at=NOW)
    return msgspec.structs.replace(made, status=status)


def test_every_state_has_a_row() -> None:
    assert set(TRANSITIONS) == set(AppointmentStatus)


@pytest.mark.parametrize("event", AppointmentEvent)
@pytest.mark.parametrize("status", AppointmentStatus)
def test_an_event_leads_where_the_table_says_or_is_refused(status: AppointmentStatus, event: AppointmentEvent) -> None:
    now = START + timedelta(minutes=1) if event is AppointmentEvent.NO_SHOW else NOW
    expected = TRANSITIONS[status].get(event)

    if expected:
        assert after_event(appointment(status), event, now=now) is expected
    else:
        with pytest.raises(StateConflictError) as caught:
            after_event(appointment(status), event, now=now)
        assert f"not possible while the appointment is {status.value}" in str(caught.value)
        assert all(e.value in str(caught.value) for e in TRANSITIONS[status])


@pytest.mark.parametrize("event", [AppointmentEvent.MOVE, AppointmentEvent.CANCEL])
def test_what_has_begun_is_neither_moved_nor_cancelled(event: AppointmentEvent) -> None:
    with pytest.raises(StateConflictError) as caught:
        after_event(appointment(), event, now=START)

    assert caught.value.code == "already_begun"


def test_a_visit_is_not_missed_before_it_begins() -> None:
    with pytest.raises(StateConflictError) as caught:
        after_event(appointment(), AppointmentEvent.NO_SHOW, now=START - HALF)

    assert caught.value.code == "not_begun"


def test_a_patient_who_left_again_can_be_cancelled_after_the_start() -> None:
    here = appointment(AppointmentStatus.CHECKED_IN)

    assert changed(here, AppointmentEvent.CANCEL, by="k", now=START + HALF).status is AppointmentStatus.CANCELLED


def test_only_a_move_and_a_cancellation_raise_the_sequence() -> None:
    cancelled = changed(appointment(), AppointmentEvent.CANCEL, by="k", now=NOW)
    checked_in = changed(appointment(), AppointmentEvent.CHECK_IN, by="k", now=NOW)
    later = moved(appointment(), interval(START + HALF, START + 2 * HALF), zone="UTC", by="k", now=NOW)

    assert [cancelled.sequence, checked_in.sequence, later.sequence] == [1, 0, 1]


def test_a_move_forgets_the_patients_answer_and_keeps_wall_time_and_zone() -> None:
    before = msgspec.structs.replace(appointment(), participation=ParticipationStatus.ACCEPTED)

    after = moved(before, interval(START + HALF, START + 2 * HALF), zone="Europe/Paris", by="k", now=NOW)

    assert after.participation is ParticipationStatus.NEEDS_ACTION
    assert (after.start_local, after.zone) == (datetime(2026, 5, 4, 15, 30), "Europe/Paris")  # noqa: DTZ001  a wall time
    assert [h.what for h in after.history] == ["book", "move"]


def test_a_request_is_held_until_it_is_confirmed_but_not_past_its_start() -> None:
    held = appointment_from(REQUEST, None, appointment_id="a", hold=timedelta(hours=24), booked_at=NOW)
    soon = appointment_from(REQUEST, None, appointment_id="a", hold=timedelta(days=400), booked_at=NOW)

    assert (held.status, held.hold_until) == (AppointmentStatus.REQUESTED, NOW + timedelta(hours=24))
    assert soon.hold_until == START
    assert changed(held, AppointmentEvent.CONFIRM, by="k", now=NOW).hold_until is None


def test_history_keeps_the_first_line_and_the_newest() -> None:
    lines = tuple(Happening(at=NOW, what=f"line {n}", by="k") for n in range(HISTORY_LIMIT))
    full = msgspec.structs.replace(appointment(), history=lines)

    after = changed(full, AppointmentEvent.CHECK_IN, by="k", now=NOW)

    assert len(after.history) == HISTORY_LIMIT
    assert [after.history[0].what, after.history[1].what, after.history[-1].what] == ["line 0", "line 2", "check-in"]


@pytest.mark.parametrize(
    ("start", "length", "code"),
    [
        (NOW, HALF, "in_the_past"),
        (NOW + timedelta(hours=1), HALF, "too_soon"),
        (NOW + timedelta(days=31), HALF, "too_far"),
        (NOW + timedelta(days=1), timedelta(hours=24, seconds=1), "too_long"),
    ],
)
def test_refuses_times_that_nobody_can_mean(start: datetime, length: timedelta, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_times(interval(start, start + length), now=NOW, notice=timedelta(hours=2), horizon=timedelta(days=30))

    assert caught.value.problems[0].code == code


def test_buffers_are_the_practices_time_and_not_the_patients() -> None:
    wound = VisitType(id="wound", name="Wound", duration=HALF, buffer_before=HALF, buffer_after=2 * HALF)

    made = appointment_from(REQUEST, wound, appointment_id="a", hold=None, booked_at=NOW)

    room, patient = taken_on(Role.ROOM, made), taken_on(Role.PATIENT, made)
    assert (room.start, room.end, room.group) == (START - HALF, START + 3 * HALF, "")
    assert (patient.start, patient.end) == (START, START + HALF)


def test_a_group_visit_names_its_group_on_the_practices_days() -> None:
    request = msgspec.structs.replace(REQUEST, visit_type_id="class")
    group = VisitType(id="class", name="Class", duration=HALF, capacity=8)

    made = appointment_from(request, group, appointment_id="a", hold=None, booked_at=NOW)

    assert (taken_on(Role.PRACTITIONER, made).group, taken_on(Role.PATIENT, made).group) == ("class", "")


def test_is_found_by_patient_by_local_day_and_by_the_end_of_its_hold() -> None:
    request = msgspec.structs.replace(REQUEST, practitioner_id="prv", room_id="r", zone="Pacific/Auckland")
    held = appointment_from(request, None, appointment_id="a", hold=HALF, booked_at=NOW)

    found = {(e.index, e.partition) for e in held.index_entries()}

    assert found == {
        ("appointments_by_patient", "p"),
        ("appointments_by_day", "2026-05-05"),
        ("holds_by_end", "all"),
    }


def test_live_appointments_are_those_that_may_still_take_place() -> None:
    assert {s for s in AppointmentStatus if appointment(s).is_live} == LIVE
