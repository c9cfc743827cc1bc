"""Booking, moving and closing appointments, step by step."""

from datetime import UTC, datetime, time, timedelta

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.access import request_key
from kept.core.booking import Appointment, AppointmentEvent, AppointmentStatus, BookingRequest, appointment_from
from kept.core.errors import (
    InvalidInputError,
    KeyReusedError,
    NotFoundError,
    SlotTakenError,
    StaleVersionError,
    StateConflictError,
)
from kept.core.intervals import Interval, interval
from kept.core.notifications import Notification, NotificationState, Reason
from kept.core.people import Patient
from kept.core.practice import Practice
from kept.core.schedules import OpenHours, Place, Role, Schedule, ScheduleDay, VisitType
from kept.flow.booking import Change, annotate, apply, book, move, record_past, release_hold
from kept.ports.store import Transaction

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
HALF = timedelta(minutes=30)
REQUEST = BookingRequest(
    patient_id="ann", practitioner_id="prv", start=START, end=START + HALF, zone="America/New_York", by="key_1"
)
WEEKDAYS = tuple(OpenHours(weekday=d, opens=time(8), closes=time(17)) for d in range(5))


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    place = Place(id="north", name="North", zone="America/New_York")
    types = (
        VisitType(id="check", name="Check", duration=HALF),
        VisitType(id="ask", name="On request", duration=HALF, by_request=True),
        VisitType(id="late", name="With notice", duration=HALF, notice=timedelta(days=200)),
        VisitType(id="class", name="Class", duration=HALF, capacity=2),
    )

    def prepare(tx: Transaction) -> None:
        tx.put(Practice(zone="America/New_York", places=(place,), visit_types=types))
        tx.put(Schedule(id="prv", role=Role.PRACTITIONER, name="Dr A", place_id="north", hours=WEEKDAYS))
        tx.put(Schedule(id="room", role=Role.ROOM, name="Room 1", place_id="elsewhere"))
        for patient in ("ann", "ben", "cat"):
            tx.put(Patient(id=patient, created_at=NOW, updated_at=NOW))

    made.submit(prepare).result()
    return made


def booked(store: MemoryStore, request: BookingRequest = REQUEST, appointment_id: str = "a1") -> Appointment:
    return store.submit(lambda tx: book(tx, request, appointment_id=appointment_id, now=NOW)).result()


def like(**fields: object) -> BookingRequest:
    return msgspec.structs.replace(REQUEST, **fields)


def notifications(store: MemoryStore, appointment: Appointment) -> tuple[Notification, ...]:
    return store.load(Notification, appointment.notification_ids)


def busy(store: MemoryStore, day_id: str) -> list[str]:
    return [b.appointment_id for day in store.load(ScheduleDay, [day_id]) for b in day.busy]


def test_books_the_time_of_everyone_concerned_and_plans_the_reminders(store: MemoryStore) -> None:
    made = booked(store, like(room_id="room"))

    assert (made.status, made.version) == (AppointmentStatus.CONFIRMED, 1)
    assert all(busy(store, f"{o}/2026-05-04") == ["a1"] for o in ("patient/ann", "practitioner/prv", "room/room"))
    assert [n.rule for n in notifications(store, made)] == ["24h", "1h"]


def test_a_taken_time_is_refused_and_nothing_is_left_behind(store: MemoryStore) -> None:
    booked(store)

    with pytest.raises(SlotTakenError) as caught:
        booked(store, like(patient_id="ben"), "a2")

    assert caught.value.taken == (interval(START, START + HALF),)
    assert store.load(Appointment, ["a2"]) == ()
    assert busy(store, "patient/ben/2026-05-04") == []


def test_one_person_cannot_be_in_two_places(store: MemoryStore) -> None:
    booked(store)

    with pytest.raises(SlotTakenError, match="patient"):
        booked(store, like(practitioner_id=None, room_id="room"), "a2")


def test_visits_may_follow_each_other_without_a_gap(store: MemoryStore) -> None:
    booked(store)

    assert booked(store, like(patient_id="ben", start=START + HALF, end=START + 2 * HALF), "a2").id == "a2"


def test_a_class_takes_as_many_as_it_has_seats(store: MemoryStore) -> None:
    for number, patient in enumerate(("ann", "ben")):
        booked(store, like(patient_id=patient, visit_type_id="class"), f"a{number}")

    with pytest.raises(SlotTakenError):
        booked(store, like(patient_id="cat", visit_type_id="class"), "a9")


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"patient_id": "nobody"}, "patientId", "unknown_patient"),
        ({"practitioner_id": "nobody"}, "practitionerId", "unknown_practitioner"),
        ({"practitioner_id": "room"}, "practitionerId", "unknown_practitioner"),
        ({"room_id": "prv"}, "roomId", "unknown_room"),
        ({"visit_type_id": "nothing"}, "visitType", "unknown_visit_type"),
        ({"place_id": "nowhere"}, "placeId", "unknown_place"),
        ({"visit_type_id": "late"}, "start", "too_soon"),
        ({"start": NOW - HALF, "end": NOW}, "start", "in_the_past"),
        ({"start": START - timedelta(hours=6), "end": START - timedelta(hours=5)}, "start", "outside_hours"),
        ({"start": START + timedelta(days=5), "end": START + timedelta(days=5, hours=1)}, "start", "outside_hours"),
    ],
)
def test_refuses_what_cannot_be_meant(store: MemoryStore, fields: dict[str, object], field: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        booked(store, like(**fields))

    assert [(p.field, p.code) for p in caught.value.problems] == [(field, code)]
    assert store.load(Appointment, ["a1"]) == ()


def test_an_unknown_patient_is_registered_where_the_asking_system_expects_it(store: MemoryStore) -> None:
    made = booked(store, like(patient_id="user-123", register_patient=True))

    (patient,) = store.load(Patient, ["user-123"])
    assert (made.patient_id, patient.phone, patient.email) == ("user-123", None, None)


def test_the_same_id_again_answers_the_same_appointment(store: MemoryStore) -> None:
    assert booked(store) == booked(store)


def test_the_same_key_again_books_nothing_and_another_request_is_refused(store: MemoryStore) -> None:
    key, other = request_key("k", "once", b"one"), request_key("k", "once", b"two")

    first = store.submit(lambda tx: book(tx, REQUEST, appointment_id="a1", now=NOW, key=key)).result()
    again = store.submit(lambda tx: book(tx, REQUEST, appointment_id="a2", now=NOW, key=key)).result()

    assert first == again
    with pytest.raises(KeyReusedError):
        store.submit(lambda tx: book(tx, REQUEST, appointment_id="a3", now=NOW, key=other)).result()


def test_a_refused_request_does_not_use_up_its_key(store: MemoryStore) -> None:
    key = request_key("k", "once", b"one")
    with pytest.raises(InvalidInputError):
        store.submit(lambda tx: book(tx, like(patient_id="nobody"), appointment_id="a1", now=NOW, key=key)).result()

    assert store.submit(lambda tx: book(tx, REQUEST, appointment_id="a2", now=NOW, key=key)).result().id == "a2"


def changed(
    store: MemoryStore, event: AppointmentEvent, *, version: int | None = None, now: datetime = NOW
) -> Appointment:
    change = Change(appointment_id="a1", by="key_1", version=version)
    return store.submit(lambda tx: apply(tx, change, event, now=now)).result()


def moved(store: MemoryStore, to: Interval, *, version: int | None = None) -> Appointment:
    change = Change(appointment_id="a1", by="key_1", version=version)
    return store.submit(lambda tx: move(tx, change, to, zone="America/New_York", now=NOW)).result()


def test_a_move_takes_the_new_time_gives_the_old_one_back_and_plans_anew(store: MemoryStore) -> None:
    first = booked(store)

    after = moved(store, interval(START + HALF / 2, START + 3 * HALF))

    assert (after.start, after.sequence, after.version) == (START + HALF / 2, 1, 2)
    assert booked(store, like(patient_id="ben", start=START - HALF, end=START), "a2").id == "a2"
    old, new = notifications(store, first), notifications(store, after)[2:]
    assert {n.reason for n in old} == {Reason.APPOINTMENT_MOVED}
    assert [n.state for n in new] == [NotificationState.PLANNED] * 2


def test_a_move_to_another_day_frees_the_old_day(store: MemoryStore) -> None:
    booked(store)

    moved(store, interval(START + timedelta(days=1), START + timedelta(days=1) + HALF))

    assert busy(store, "practitioner/prv/2026-05-04") == []
    assert busy(store, "practitioner/prv/2026-05-05") == ["a1"]


def test_a_move_that_fails_leaves_the_old_booking_whole(store: MemoryStore) -> None:
    booked(store)
    booked(store, like(patient_id="ben", start=START + HALF, end=START + 2 * HALF), "a2")

    with pytest.raises(SlotTakenError):
        moved(store, interval(START + HALF, START + 2 * HALF))

    (kept,) = store.load(Appointment, ["a1"])
    assert (kept.start, kept.version) == (START, 1)
    assert busy(store, "practitioner/prv/2026-05-04") == ["a1", "a2"]
    assert {n.state for n in notifications(store, kept)} == {NotificationState.PLANNED}


def test_a_cancellation_gives_the_time_back_and_ends_what_was_planned(store: MemoryStore) -> None:
    made = booked(store)

    after = changed(store, AppointmentEvent.CANCEL)

    assert after.status is AppointmentStatus.CANCELLED
    assert busy(store, "practitioner/prv/2026-05-04") == busy(store, "patient/ann/2026-05-04") == []
    assert {n.reason for n in notifications(store, made)} == {Reason.APPOINTMENT_CANCELLED}


def test_whoever_decided_on_an_older_version_is_told(store: MemoryStore) -> None:
    booked(store)
    changed(store, AppointmentEvent.CHECK_IN, version=1)

    with pytest.raises(StaleVersionError):
        changed(store, AppointmentEvent.COMPLETE, version=1)


def test_what_does_not_exist_is_not_changed(store: MemoryStore) -> None:
    with pytest.raises(NotFoundError):
        changed(store, AppointmentEvent.CANCEL)


def test_a_request_holds_its_time_without_reminders_until_it_is_confirmed_once(store: MemoryStore) -> None:
    held = booked(store, like(visit_type_id="ask"))
    assert (held.status, held.notification_ids) == (AppointmentStatus.REQUESTED, ())
    with pytest.raises(SlotTakenError):
        booked(store, like(patient_id="ben"), "a2")

    confirmed = changed(store, AppointmentEvent.CONFIRM)

    assert (confirmed.status, len(confirmed.notification_ids)) == (AppointmentStatus.CONFIRMED, 2)
    with pytest.raises(StateConflictError):
        changed(store, AppointmentEvent.CONFIRM)


def test_a_moved_request_stays_a_request(store: MemoryStore) -> None:
    booked(store, like(as_request=True))

    assert moved(store, interval(START + HALF, START + 2 * HALF)).notification_ids == ()


def test_a_hold_that_has_ended_gives_its_time_back(store: MemoryStore) -> None:
    booked(store, like(as_request=True))

    def released(now: datetime) -> bool:
        return store.submit(lambda tx: release_hold(tx, "a1", now=now)).result()

    assert [released(NOW), released(NOW + timedelta(hours=24)), released(START)] == [False, True, False]
    assert busy(store, "practitioner/prv/2026-05-04") == []
    assert store.submit(lambda tx: release_hold(tx, "nothing", now=NOW)).result() is False


def test_a_visit_that_is_over_ends_what_was_planned(store: MemoryStore) -> None:
    made = booked(store)

    changed(store, AppointmentEvent.CHECK_IN)

    assert {n.reason for n in notifications(store, made)} == {Reason.APPOINTMENT_NOT_LIVE}


def test_notes_of_the_desk_change_nothing_else(store: MemoryStore) -> None:
    made = booked(store)

    change = Change(appointment_id="a1", by="key_1", version=1)
    after = store.submit(lambda tx: annotate(tx, change, notes="Bring the card", now=NOW)).result()

    assert (after.notes, after.sequence, after.notification_ids) == ("Bring the card", 0, made.notification_ids)


PAST = like(start=NOW - timedelta(days=9), end=NOW - timedelta(days=9) + HALF)


@pytest.mark.parametrize("status", AppointmentStatus)
def test_the_past_is_recorded_as_it_was_and_plans_nothing(store: MemoryStore, status: AppointmentStatus) -> None:
    old = appointment_from(PAST, None, appointment_id="old", hold=None, booked_at=NOW - timedelta(days=20))
    old = msgspec.structs.replace(old, status=status)
    someone = Patient(id="ann", created_at=NOW, updated_at=NOW)

    first = store.submit(lambda tx: record_past(tx, old, someone)).result()
    again = store.submit(lambda tx: record_past(tx, old, someone)).result()

    assert first == again
    assert first.notification_ids == ()
    held = busy(store, f"patient/ann/{PAST.start.date()}")
    assert held == ([] if status is AppointmentStatus.CANCELLED else ["old"])


def test_the_past_registers_whom_it_does_not_know(store: MemoryStore) -> None:
    old = appointment_from(PAST, None, appointment_id="old", hold=None, booked_at=NOW)
    someone = Patient(id="new", created_at=NOW, updated_at=NOW)

    store.submit(lambda tx: record_past(tx, msgspec.structs.replace(old, patient_id="new"), someone)).result()

    assert store.load(Patient, ["new"])[0].id == "new"


def test_a_fresh_store_books_with_the_settings_of_an_unnamed_practice() -> None:
    made = booked(MemoryStore(), like(practitioner_id=None, register_patient=True))

    assert made.status is AppointmentStatus.CONFIRMED
