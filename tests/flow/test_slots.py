"""Free times are those at which booking succeeds."""

from datetime import UTC, datetime, time, timedelta

import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import BookingRequest
from kept.core.errors import InvalidInputError
from kept.core.intervals import Interval, interval
from kept.core.practice import Practice
from kept.core.schedules import OpenHours, Place, Role, Schedule, VisitType
from kept.flow.booking import book
from kept.flow.slots import free_times
from kept.ports.store import Transaction

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
NINE = datetime(2026, 5, 4, 13, tzinfo=UTC)
HALF = timedelta(minutes=30)
MORNING = interval(NINE - timedelta(hours=3), NINE + timedelta(hours=3))


@pytest.fixture(name="store")
def a_store() -> MemoryStore:
    made = MemoryStore()
    types = (
        VisitType(id="check", name="Check", duration=HALF),
        VisitType(id="buffered", name="Buffered", duration=HALF, buffer_before=HALF / 2, buffer_after=HALF / 2),
        VisitType(id="class", name="Class", duration=HALF, capacity=2),
    )
    hours = (OpenHours(weekday=0, opens=time(9), closes=time(11)),)

    def prepare(tx: Transaction) -> None:
        place = Place(id="north", name="North", zone="America/New_York")
        tx.put(Practice(places=(place,), visit_types=types, slot_step=HALF))
        tx.put(Schedule(id="prv", role=Role.PRACTITIONER, name="Dr A", place_id="north", hours=hours))
        tx.put(Schedule(id="gone", role=Role.PRACTITIONER, name="Dr B", place_id="nowhere", away=(MORNING,)))
        tx.put(Schedule(id="room", role=Role.ROOM, name="Room", place_id="north"))

    made.submit(prepare).result()
    return made


def take(store: MemoryStore, visit_type: str, start: datetime, patient: str = "ann") -> None:
    request = BookingRequest(
        patient_id=patient,
        practitioner_id="prv",
        visit_type_id=visit_type,
        start=start,
        end=start + HALF,
        zone="America/New_York",
        register_patient=True,
    )
    store.submit(lambda tx: book(tx, request, appointment_id=f"{patient}{start}", now=NOW)).result()


def offered(store: MemoryStore, visit_type: str, within: Interval = MORNING) -> list[str]:
    return [f"{s.start:%H:%M}" for s in free_times(store, "prv", visit_type, within)]


def test_offers_the_opening_hours_of_the_place(store: MemoryStore) -> None:
    assert offered(store, "check") == ["13:00", "13:30", "14:00", "14:30"]


def test_offers_nothing_that_is_taken(store: MemoryStore) -> None:
    take(store, "check", NINE + HALF)

    assert offered(store, "check") == ["13:00", "14:00", "14:30"]


def test_keeps_the_visits_own_buffers_free(store: MemoryStore) -> None:
    take(store, "check", NINE + HALF)

    assert offered(store, "buffered") == ["14:30"]


def test_offers_a_class_until_its_last_seat(store: MemoryStore) -> None:
    take(store, "class", NINE)
    assert offered(store, "class")[0] == "13:00"

    take(store, "class", NINE, "ben")

    assert offered(store, "class")[0] == "13:30"


def test_offers_nothing_while_someone_is_away(store: MemoryStore) -> None:
    assert free_times(store, "gone", "check", MORNING) == ()


@pytest.mark.parametrize("visit_type", ["check", "buffered", "class"])
@pytest.mark.parametrize("choice", [0, -1], ids=["first", "last"])
def test_every_offer_can_be_booked(store: MemoryStore, visit_type: str, choice: int) -> None:
    take(store, "check", NINE + HALF, "someone")
    slot = free_times(store, "prv", visit_type, MORNING)[choice]

    take(store, visit_type, slot.start)

    assert slot not in free_times(store, "prv", "check", MORNING)


@pytest.mark.parametrize(
    ("practitioner", "visit_type", "code"),
    [
        ("nobody", "check", "unknown_practitioner"),
        ("room", "check", "unknown_practitioner"),
        ("prv", "x", "unknown_visit_type"),
    ],
)
def test_refuses_names_it_does_not_know(store: MemoryStore, practitioner: str, visit_type: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        free_times(store, practitioner, visit_type, MORNING)

    assert caught.value.problems[0].code == code
