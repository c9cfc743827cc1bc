"""What a link does: once, for one visit, as it was seen; written as done by the link."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import Appointment, AppointmentEvent, AppointmentStatus, ParticipationStatus
from kept.core.errors import NotFoundError, SlotTakenError, StateConflictError
from kept.core.holds import SlotHold, hold_id
from kept.core.intervals import Interval
from kept.core.links import UnsubscribeLink, VisitLink
from kept.core.notifications import Notification, NotificationKind, Reason
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.schedules import Schedule
from kept.core.worklist import ItemKind, Subject, WorklistItem, item_for_reply
from kept.flow.booking import Change, apply, move
from kept.flow.links import (
    BY,
    LinkedVisit,
    Seen,
    cancel_visit,
    confirm_visit,
    end_messages,
    keep_time,
    linked_visit,
    move_visit,
    times_to_move_to,
)
from kept.flow.worklist import open_item
from kept.ports.store import Entity, Transaction
from tests.flow.linking import (
    HALF,
    HOUR,
    MINUTE,
    NOW,
    START,
    ZONE,
    booked,
    busy,
    done,
    half_from,
    practice_store,
    visit,
)

TEN = START + HOUR
SEEN = Seen(appointment_id="a1", sequence=0)
LINK = VisitLink(appointment_id="a1", sequence=0)
MORNING = Interval(start=START - HOUR, end=START + 3 * HOUR)
DESK = Change(appointment_id="a1", by="desk")

Step = Callable[[Transaction, Seen], object]


@pytest.fixture(name="store")
def a_store() -> MemoryStore:
    return practice_store()


def looked(store: MemoryStore, link: VisitLink = LINK, now: datetime = NOW) -> LinkedVisit:
    return linked_visit(store, link, now=now)


def offered(store: MemoryStore, appointment: Appointment | None = None) -> list[str]:
    found = times_to_move_to(store, appointment or visit(store), MORNING, now=NOW)
    return [f"{slot.start - START}" for slot in found]


def put(store: MemoryStore, entity: Entity) -> None:
    done(store, lambda tx: tx.put(entity))


def changed_patient(store: MemoryStore, **fields: object) -> None:
    (known,) = store.load(Patient, ["ann"])
    put(store, msgspec.structs.replace(known, **fields))


def confirm(tx: Transaction, seen: Seen) -> object:
    return confirm_visit(tx, seen, now=NOW)


def cancel(tx: Transaction, seen: Seen) -> object:
    return cancel_visit(tx, seen, now=NOW)


def keep(tx: Transaction, seen: Seen) -> object:
    return keep_time(tx, seen, half_from(TEN), now=NOW)


def move_to_ten(tx: Transaction, seen: Seen) -> object:
    return move_visit(tx, seen, half_from(TEN), now=NOW)


STEPS = pytest.mark.parametrize("step", [confirm, cancel, keep, move_to_ten])


# ---- looking


def test_a_link_shows_the_visit_and_the_place_to_call(store: MemoryStore) -> None:
    found = looked(store)

    assert (found.appointment, found.place, found.phone) == (visit(store), "North", "(206) 555-0101")
    assert (found.language, found.hold, found.was_changed) == ("", None, False)


def test_a_visit_without_a_place_has_its_own_words_and_the_number_of_the_practice(store: MemoryStore) -> None:
    booked(store, "a2", start=TEN, end=TEN + HALF, place_id=None, location="By the lake")

    found = looked(store, VisitLink(appointment_id="a2", sequence=0))

    assert (found.place, found.phone) == ("By the lake", "(206) 555-0100")


def test_a_link_older_than_the_time_of_the_visit_is_known_as_such(store: MemoryStore) -> None:
    done(store, lambda tx: move(tx, DESK, half_from(TEN), zone=ZONE, now=NOW))

    assert looked(store).was_changed
    assert not looked(store, VisitLink(appointment_id="a1", sequence=1)).was_changed


def test_the_language_is_the_patients(store: MemoryStore) -> None:
    changed_patient(store, language="es-MX")

    assert looked(store).language == "es-MX"


def test_what_is_left_when_practice_and_patient_are_gone_can_still_be_looked_at(store: MemoryStore) -> None:
    def lose(tx: Transaction) -> None:
        for kind, id_ in ((Practice, PRACTICE_ID), (Patient, "ann")):
            entity = tx.get(kind, id_)
            assert entity
            tx.delete(entity)

    done(store, lose)

    assert (looked(store).practice, looked(store).language) == (Practice(), "")
    assert offered(store) == []


def test_a_visit_that_is_gone_opens_nothing(store: MemoryStore) -> None:
    with pytest.raises(NotFoundError):
        looked(store, VisitLink(appointment_id="gone", sequence=0))


@STEPS
def test_with_a_visit_that_is_gone_nothing_can_be_done(store: MemoryStore, step: Step) -> None:
    with pytest.raises(NotFoundError):
        done(store, lambda tx: step(tx, Seen(appointment_id="gone", sequence=0)))


# ---- free times


def test_times_are_offered_that_are_free_for_everyone(store: MemoryStore) -> None:
    booked(store, "b1", patient_id="ben", start=TEN, end=TEN + HOUR)
    booked(store, "a2", practitioner_id=None, start=TEN + HOUR, end=TEN + 3 * HALF)

    assert offered(store) == ["-1 day, 23:00:00", "-1 day, 23:15:00", "-1 day, 23:30:00", "0:30:00", "2:30:00"]


def test_the_visits_own_room_must_be_free_too(store: MemoryStore) -> None:
    booked(store, "b1", patient_id="ben", practitioner_id=None, room_id="room", start=START - HOUR, end=START)
    booked(store, "b2", patient_id="ben", practitioner_id=None, room_id="room", start=TEN, end=TEN + 2 * HOUR)
    booked(store, "c1", patient_id="cat", room_id="room", start=START + HALF, end=TEN)

    assert offered(store, visit(store, "c1")) == []
    assert len(offered(store)) > 1


def test_a_class_is_moved_into_a_room_that_others_of_it_have(store: MemoryStore) -> None:
    for name, patient, start in (("k1", "ben", START + HALF), ("k2", "cat", TEN)):
        booked(store, name, patient_id=patient, room_id="room", visit_type_id="class", start=start, end=start + HALF)

    assert "1:00:00" in offered(store, visit(store, "k1"))


@pytest.mark.parametrize(
    "fields",
    [{"visit_type_id": None}, {"practitioner_id": None}, {"practitioner_id": "gone"}, {"visit_type_id": "late"}],
    ids=["no type", "no practitioner", "practitioner gone", "all inside the notice"],
)
def test_where_nothing_can_be_offered_nothing_is(store: MemoryStore, fields: dict[str, str | None]) -> None:
    assert offered(store, msgspec.structs.replace(visit(store), **fields)) == []


def test_a_room_in_the_place_of_a_practitioner_offers_nothing(store: MemoryStore) -> None:
    assert store.load(Schedule, ["room"])
    assert offered(store, msgspec.structs.replace(visit(store), practitioner_id="room")) == []


# ---- answering


def test_a_yes_stands_in_the_history_as_said_by_the_link(store: MemoryStore) -> None:
    after = done(store, lambda tx: confirm_visit(tx, SEEN, now=NOW))

    assert after.participation is ParticipationStatus.ACCEPTED
    assert [(line.what, line.by) for line in after.history][-1] == ("accepted", BY)


def test_a_second_yes_changes_nothing(store: MemoryStore) -> None:
    first = done(store, lambda tx: confirm_visit(tx, SEEN, now=NOW))

    assert done(store, lambda tx: confirm_visit(tx, SEEN, now=NOW + HOUR)) == first
    assert visit(store) == first


@pytest.mark.parametrize("kind", ItemKind)
def test_a_yes_spares_the_desk_the_calls_that_would_have_told_of_the_visit(store: MemoryStore, kind: ItemKind) -> None:
    wanted = item_for_reply(kind, Subject(patient_id="ann", appointment=visit(store)), reply_id="r1", now=NOW)
    done(store, lambda tx: open_item(tx, wanted, now=NOW))

    done(store, lambda tx: confirm_visit(tx, SEEN, now=NOW))

    (item,) = store.load(WorklistItem, [wanted.id])
    told = {ItemKind.UNDELIVERABLE, ItemKind.OPTED_OUT, ItemKind.NO_CONTACT, ItemKind.UNKNOWN_OUTCOME}
    assert item.is_open is (kind not in told)


@pytest.mark.parametrize("step", [cancel, move_to_ten])
def test_what_the_desk_was_to_do_about_the_visit_is_done(store: MemoryStore, step: Step) -> None:
    subject = Subject(patient_id="ann", appointment=visit(store))
    kinds = (ItemKind.WANTS_TO_CANCEL, ItemKind.WANTS_TO_MOVE, ItemKind.WRONG_NUMBER)
    items = [item_for_reply(kind, subject, reply_id="r1", now=NOW) for kind in kinds]
    for wanted in items:
        done(store, lambda tx, wanted=wanted: open_item(tx, wanted, now=NOW))  # type: ignore[misc]  # bound now

    done(store, lambda tx: step(tx, SEEN))

    assert [item.is_open for item in store.load(WorklistItem, [i.id for i in items])] == [False, False, True]
    assert store.load(WorklistItem, [items[0].id])[0].closed_by == BY


# ---- cancelling


def test_a_cancelled_visit_gives_its_time_and_the_held_one_back(store: MemoryStore) -> None:
    done(store, lambda tx: keep_time(tx, SEEN, half_from(TEN), now=NOW))

    after = done(store, lambda tx: cancel_visit(tx, SEEN, now=NOW))

    assert after.status is AppointmentStatus.CANCELLED
    assert (after.history[-1].what, after.history[-1].by) == ("cancel", BY)
    assert busy(store) == []
    assert store.load(SlotHold, [hold_id("a1")]) == ()


def test_a_second_no_changes_nothing(store: MemoryStore) -> None:
    first = done(store, lambda tx: cancel_visit(tx, SEEN, now=NOW))

    assert done(store, lambda tx: cancel_visit(tx, SEEN, now=NOW + HOUR)) == first


# ---- moving


def test_a_move_takes_the_held_time_gives_the_old_one_back_and_plans_anew(store: MemoryStore) -> None:
    before = visit(store)
    done(store, lambda tx: keep_time(tx, SEEN, half_from(TEN), now=NOW))

    after = done(store, lambda tx: move_visit(tx, SEEN, half_from(TEN), now=NOW + MINUTE))

    reminders = [n for n in store.load(Notification, after.notification_ids) if n.about is NotificationKind.REMINDER]
    assert (after.start, after.sequence, after.participation) == (TEN, 1, ParticipationStatus.ACCEPTED)
    assert [(line.what, line.by) for line in after.history][-2:] == [("move", BY), ("accepted", BY)]
    assert busy(store) == ["a1"]
    assert store.load(SlotHold, [hold_id("a1")]) == ()
    assert {n.reason for n in reminders if n.id in before.notification_ids} == {Reason.APPOINTMENT_MOVED}
    assert [n.reason for n in reminders if n.id not in before.notification_ids] == [None, None]


def test_a_move_without_a_hold_takes_what_is_free(store: MemoryStore) -> None:
    assert done(store, lambda tx: move_visit(tx, SEEN, half_from(TEN), now=NOW)).start == TEN


def test_a_move_that_cannot_be_had_leaves_everything_as_it_was(store: MemoryStore) -> None:
    done(store, lambda tx: keep_time(tx, SEEN, half_from(TEN), now=NOW))
    booked(store, "b1", patient_id="ben", start=TEN + HOUR, end=TEN + HOUR + HALF)
    before = visit(store), busy(store), store.load(SlotHold, [hold_id("a1")])

    with pytest.raises(SlotTakenError):
        done(store, lambda tx: move_visit(tx, SEEN, half_from(TEN + HOUR), now=NOW))

    assert (visit(store), busy(store), store.load(SlotHold, [hold_id("a1")])) == before


def test_a_second_move_to_the_same_time_changes_nothing(store: MemoryStore) -> None:
    first = done(store, lambda tx: move_visit(tx, SEEN, half_from(TEN), now=NOW))

    assert done(store, lambda tx: move_visit(tx, SEEN, half_from(TEN), now=NOW)) == first


# ---- what was seen


@STEPS
def test_what_was_decided_on_another_time_is_not_done(store: MemoryStore, step: Step) -> None:
    moved = done(store, lambda tx: move(tx, DESK, half_from(TEN + HOUR), zone=ZONE, now=NOW))

    with pytest.raises(StateConflictError) as caught:
        done(store, lambda tx: step(tx, SEEN))

    assert caught.value.code == "changed"
    assert visit(store) == moved


@STEPS
@pytest.mark.parametrize("minutes", [0, 90])
def test_once_it_has_begun_a_visit_is_not_changed_by_a_link(store: MemoryStore, step: Step, minutes: int) -> None:
    late = START + timedelta(minutes=minutes)
    steps: dict[Step, Step] = {
        confirm: lambda tx, seen: confirm_visit(tx, seen, now=late),
        cancel: lambda tx, seen: cancel_visit(tx, seen, now=late),
        keep: lambda tx, seen: keep_time(tx, seen, half_from(START + 4 * HOUR), now=late),
        move_to_ten: lambda tx, seen: move_visit(tx, seen, half_from(START + 4 * HOUR), now=late),
    }

    with pytest.raises(StateConflictError) as caught:
        done(store, lambda tx: steps[step](tx, SEEN))

    assert caught.value.code == "over"


def test_whoever_has_arrived_cancels_at_the_desk(store: MemoryStore) -> None:
    done(store, lambda tx: apply(tx, DESK, AppointmentEvent.CHECK_IN, now=NOW))

    with pytest.raises(StateConflictError, match="call the practice"):
        done(store, lambda tx: cancel_visit(tx, SEEN, now=NOW))


# ---- ending messages


ADDRESS = consent_id(ChannelName.EMAIL, "ann@example.com")
END = UnsubscribeLink(channel=ChannelName.EMAIL, consent_id=ADDRESS, language="en")


@pytest.mark.parametrize("is_known", [False, True])
def test_the_consent_of_the_address_is_withdrawn_with_its_evidence(store: MemoryStore, *, is_known: bool) -> None:
    if is_known:
        given = Consent(
            id=ADDRESS,
            channel=ChannelName.EMAIL,
            granted=True,
            source="form",
            recorded_at=NOW - HOUR,
            recorded_by="desk",
            unusable="permanent",
        )
        put(store, given)

    after = done(store, lambda tx: end_messages(tx, END, now=NOW))

    assert (after.granted, after.source, after.recorded_by, after.recorded_at) == (False, BY, BY, NOW)
    assert after.unusable == ("permanent" if is_known else "")
    assert store.load(Consent, [ADDRESS]) == (after,)


def test_ending_messages_twice_changes_nothing(store: MemoryStore) -> None:
    first = done(store, lambda tx: end_messages(tx, END, now=NOW))

    assert done(store, lambda tx: end_messages(tx, END, now=NOW + HOUR)) == first
