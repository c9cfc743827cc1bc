from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, AppointmentStatus, BookingRequest
from kept.core.contacts import PhoneNumber
from kept.core.errors import InvalidInputError, KeptError, SlotTakenError
from kept.core.imports import Arrival, NextFree
from kept.core.intervals import Interval
from kept.core.notifications import Notification
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import Practice, PracticeSetup
from kept.core.schedules import Place, Role, Schedule, ScheduleDay, VisitType
from kept.flow.imports import Arrived, Fate, add_place, bring_in
from kept.flow.practice import load_practice, save_practice

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
SOON = datetime(2026, 1, 12, 15, tzinfo=UTC)
LONG_AGO = datetime(2016, 5, 4, 10, tzinfo=UTC)
PLACE = Place(id="centro", name="Centro", zone="UTC")
BUFFERED = VisitType(
    id="buffered",
    name="B",
    duration=timedelta(minutes=20),
    buffer_before=timedelta(minutes=5),
    buffer_after=timedelta(minutes=5),
)
PHONE = PhoneNumber("+12065550100")


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    practice = Practice(places=(PLACE,), visit_types=(BUFFERED,))
    doctor = Schedule(id="dr", role=Role.PRACTITIONER, name="Dr", place_id="centro")
    made.submit(lambda tx: save_practice(tx, PracticeSetup(practice=practice, schedules=(doctor,)))).result()
    return made


def arrival(number: int = 1, start: datetime = SOON, patient: str = "p1", **fields: object) -> Arrival:
    """Return a visit of half an hour; *fields* go into its request."""
    request = BookingRequest(patient_id=patient, start=start, end=start + timedelta(minutes=30), zone="UTC")
    return Arrival(
        appointment_id=f"apt_{number}",
        request=msgspec.structs.replace(request, **fields),
        status=AppointmentStatus.CONFIRMED,
        booked_at=min(start, NOW) - timedelta(days=9),
        patient=Patient(id=patient, phone=PHONE, created_at=NOW, updated_at=NOW),
    )


def ended(status: AppointmentStatus, of: Arrival) -> Arrival:
    """Return a visit in another state."""
    return msgspec.structs.replace(of, status=status)


def untimed(
    number: int, patient: str, *, not_before: datetime | None = None, hours: int = 1, **fields: object
) -> Arrival:
    """Return a visit on a day long ago whose time is to be found; its clinic is open for an hour."""
    window = Interval(start=LONG_AGO, end=LONG_AGO + timedelta(hours=hours))
    wanted = NextFree(
        clinic="centro", name="Centro", window=window, length=timedelta(minutes=20), not_before=not_before
    )
    visit = arrival(number, LONG_AGO, patient, place_id="centro", end=window.end, **fields)
    return msgspec.structs.replace(visit, next_free=wanted, status=AppointmentStatus.COMPLETED)


def brought(store: MemoryStore, *arrivals: Arrival) -> list[Arrived | KeptError]:
    """Return what became of some visits in one step."""
    return list(store.submit(lambda tx: bring_in(tx, arrivals, now=NOW)).result())


def stored(store: MemoryStore, number: int) -> Appointment:
    """Return a visit as it is on record."""
    (found,) = store.load(Appointment, [f"apt_{number}"])
    return found


def test_a_visit_to_come_is_planned_like_any_other(store: MemoryStore) -> None:
    (fate,) = brought(store, arrival(practitioner_id="dr"))

    assert isinstance(fate, Arrived)
    assert (fate.fate, fate.is_new_patient, fate.planned) == (Fate.NEW, True, 2)
    notifications = store.load(Notification, stored(store, 1).notification_ids)
    assert {n.due_at for n in notifications} == {SOON - timedelta(hours=24), SOON - timedelta(hours=1)}


def test_a_past_visit_is_recorded_as_it_was(store: MemoryStore) -> None:
    fates = brought(store, ended(AppointmentStatus.NO_SHOW, arrival(start=LONG_AGO)))

    assert [f.planned for f in fates if isinstance(f, Arrived)] == [0]
    visit = stored(store, 1)
    assert (visit.status, visit.notification_ids) == (AppointmentStatus.NO_SHOW, ())
    assert visit.created_at == LONG_AGO - timedelta(days=9)


def test_a_cancelled_visit_takes_no_time(store: MemoryStore) -> None:
    fates = brought(store, ended(AppointmentStatus.CANCELLED, arrival()), arrival(2))

    assert [f.planned for f in fates if isinstance(f, Arrived)] == [0, 2]


def test_a_visit_that_comes_again_changes_nothing(store: MemoryStore) -> None:
    brought(store, arrival())
    before = stored(store, 1)

    fates = brought(store, arrival(notes="changed"), arrival())

    assert [f.fate for f in fates if isinstance(f, Arrived)] == [Fate.DUPLICATE, Fate.DUPLICATE]
    assert stored(store, 1) == before


def test_a_bad_visit_stops_no_other_and_leaves_nothing_behind(store: MemoryStore) -> None:
    fates = brought(
        store, arrival(1), arrival(2, patient="p2", practitioner_id="nobody"), arrival(3, SOON + timedelta(hours=1))
    )

    assert [type(f).__name__ for f in fates] == ["Arrived", "InvalidInputError", "Arrived"]
    assert store.load(Patient, ["p2"]) == ()


def test_a_clash_leaves_nothing_of_its_visit(store: MemoryStore) -> None:
    fates = brought(store, arrival(1, practitioner_id="dr"), arrival(2, patient="p2", practitioner_id="dr"))

    assert isinstance(fates[1], SlotTakenError)
    assert store.load(Patient, ["p2"]) == ()
    assert store.load(ScheduleDay, ["patient/p2/2026-01-12"]) == ()


@pytest.mark.parametrize(
    ("visit", "code"),
    [
        pytest.param(arrival(place_id="nowhere"), "unknown_place", id="a place"),
        pytest.param(arrival(visit_type_id="none"), "unknown_visit_type", id="a visit type"),
        pytest.param(arrival(practitioner_id="nobody"), "unknown_practitioner", id="a practitioner"),
        pytest.param(ended(AppointmentStatus.COMPLETED, arrival()), "not_begun", id="completed before it begins"),
        pytest.param(ended(AppointmentStatus.NO_SHOW, arrival()), "not_begun", id="missed before it begins"),
    ],
)
def test_what_cannot_be_is_refused(store: MemoryStore, visit: Arrival, code: str) -> None:
    (error,) = brought(store, visit)

    assert isinstance(error, InvalidInputError)
    assert error.problems[0].code == code


def test_a_room_is_no_practitioner(store: MemoryStore) -> None:
    room = Schedule(id="room", role=Role.ROOM, name="R", place_id="centro")
    store.submit(lambda tx: tx.put(room)).result()

    (error,) = brought(store, arrival(practitioner_id="room"))

    assert isinstance(error, InvalidInputError)


def test_a_known_patient_stays_as_known_and_so_does_an_opt_out(store: MemoryStore) -> None:
    opted_out = Consent(
        id=consent_id(ChannelName.SMS, PHONE),
        channel=ChannelName.SMS,
        granted=False,
        source="reply STOP",
        recorded_at=NOW,
        recorded_by="x",
    )
    known = Patient(id="p2", first_name="Ann", created_at=NOW, updated_at=NOW)
    store.submit(lambda tx: (tx.put(opted_out), tx.put(known))).result()

    fates = brought(store, arrival(1), arrival(2, patient="p2"))

    assert [f.is_new_patient for f in fates if isinstance(f, Arrived)] == [True, False]
    assert [c.granted for c in store.load(Consent, [opted_out.id])] == [False]
    assert [p.first_name for p in store.load(Patient, ["p2"])] == ["Ann"]


def test_visits_without_a_time_get_the_next_free_one_and_further_desks(store: MemoryStore) -> None:
    brought(store, *(untimed(n, f"p{n}") for n in range(1, 5)))

    times = [(stored(store, n).practitioner_id, stored(store, n).start.minute) for n in range(1, 5)]
    assert times == [("centro", 0), ("centro", 20), ("centro", 40), ("centro:2", 0)]
    assert [s.name for s in store.load(Schedule, ["centro", "centro:2"])] == ["Centro", "Centro 2"]


def test_no_patient_is_in_two_places_at_once(store: MemoryStore) -> None:
    brought(store, untimed(1, "p1"), untimed(2, "p1"), untimed(3, "p2"))

    assert [stored(store, n).start.minute for n in (1, 2, 3)] == [0, 20, 40]


def test_a_visit_booked_on_its_day_comes_after_that(store: MemoryStore) -> None:
    brought(store, untimed(1, "p1", not_before=LONG_AGO + timedelta(minutes=15)), untimed(2, "p2"))

    assert [stored(store, n).start.minute for n in (1, 2)] == [20, 0]


def test_a_visit_booked_after_closing_gets_any_time_of_its_day(store: MemoryStore) -> None:
    brought(store, untimed(1, "p1", not_before=LONG_AGO + timedelta(hours=3)))

    assert stored(store, 1).start == LONG_AGO


def test_a_patient_whose_day_is_full_is_told(store: MemoryStore) -> None:
    fates = brought(store, *(untimed(n, "p1") for n in range(1, 5)))

    assert isinstance(fates[3], InvalidInputError)
    assert fates[3].problems[0].code == "no_time_left"


def test_buffers_are_kept_between_visits_without_a_time(store: MemoryStore) -> None:
    brought(store, *(untimed(n, f"p{n}", visit_type_id="buffered") for n in range(1, 4)))

    times = [(stored(store, n).practitioner_id, stored(store, n).start.minute) for n in range(1, 4)]
    assert times == [("centro", 5), ("centro", 35), ("centro:2", 5)]


def test_the_same_lines_in_several_steps_get_the_same_times(store: MemoryStore) -> None:
    visits = [untimed(n, f"p{n % 3}", hours=2) for n in range(1, 9)]
    brought(store, *visits)
    together = [(stored(store, n).practitioner_id, stored(store, n).start) for n in range(1, 9)]
    other = MemoryStore()
    setup = load_practice(store)
    plain = msgspec.structs.replace(setup.practice, version=0)
    other.submit(lambda tx: save_practice(tx, PracticeSetup(practice=plain))).result()

    for visit in visits:
        brought(other, visit)

    assert [(stored(other, n).practitioner_id, stored(other, n).start) for n in range(1, 9)] == together


def test_a_place_is_added_once(store: MemoryStore) -> None:
    new = Place(id="norte", name="Norte", zone="UTC")

    for _ in range(2):
        store.submit(lambda tx: add_place(tx, new)).result()

    assert load_practice(store).practice.places == (PLACE, new)


def test_a_place_can_be_added_to_a_fresh_store() -> None:
    fresh = MemoryStore()

    fresh.submit(lambda tx: add_place(tx, PLACE)).result()

    assert load_practice(fresh).practice.places == (PLACE,)
