from __future__ import annotations

from kept.adapters.memory import MemoryStore
from kept.core.practice import Practice, PracticeSetup
from kept.core.schedules import Role, Schedule
from kept.flow.practice import load_practice, save_practice


def saved(store: MemoryStore, name: str, *schedules: Schedule) -> PracticeSetup:
    """Save a practice of a name."""
    setup = PracticeSetup(practice=Practice(name=name), schedules=schedules)
    return store.submit(lambda tx: save_practice(tx, setup)).result()


def doctor(number: int, name: str = "Dr") -> Schedule:
    """Return a practitioner's schedule."""
    return Schedule(id=f"dr-{number}", role=Role.PRACTITIONER, name=name, place_id="")


def test_a_fresh_store_has_the_plain_defaults() -> None:
    assert load_practice(MemoryStore()) == PracticeSetup(practice=Practice())


def test_what_is_saved_is_loaded_and_saved_again_on_top() -> None:
    store = MemoryStore()
    saved(store, "North", doctor(1))

    again = saved(store, "South", doctor(1, "Dr. A"))

    assert load_practice(store) == again
    assert (again.practice.name, again.practice.version, again.schedules[0].version) == ("South", 2, 2)


def test_a_schedule_that_is_not_given_stays() -> None:
    store = MemoryStore()
    saved(store, "North", doctor(1), doctor(2))

    saved(store, "North", doctor(2))

    assert [s.id for s in load_practice(store).schedules] == ["dr-1", "dr-2"]


def test_many_schedules_are_all_loaded() -> None:
    store = MemoryStore()

    saved(store, "North", *(doctor(n) for n in range(1203)))

    assert len(load_practice(store).schedules) == 1203
