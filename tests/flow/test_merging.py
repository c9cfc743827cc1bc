"""A family on one phone gets one message, and everybody in it is told whatever becomes of it."""

from datetime import timedelta
from functools import partial

import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import AppointmentEvent, BookingRequest
from kept.core.contacts import PhoneNumber
from kept.core.limits import Caps
from kept.core.merging import LOOK_AGAIN
from kept.core.notifications import Notification, Outcome, Reason, SendOutcome, notification_id
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import Practice
from kept.flow.booking import Change, apply, book
from kept.flow.dispatch import Claimed, claim, record
from kept.flow.people import register, update
from tests.dispatching import ACCEPTED, DUE, NOT_SENT, PHONE, REFUSED, START, patient
from tests.flow.claims import carriers, store_of

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
MERGES = Practice(name="Elm Clinic", phone="206-555-0100", merge_within=2 * HOUR, caps=Caps())
NUMBER = consent_id(ChannelName.SMS, PHONE)


def family(practice: Practice = MERGES) -> MemoryStore:
    """Return a store with Ana and Bea, who share a phone, each with a visit on the same morning."""
    store = store_of(practice)
    people = (patient(), patient(id="pat_2", first_name="Bea", email=None))
    for number, person in enumerate(people, start=1):
        store.submit(partial(register, patient=person, wishes=(), by="t", now=DUE)).result()
        start = START + HOUR * (number - 1)
        wish = BookingRequest(patient_id=person.id, start=start, end=start + HOUR / 2, zone="America/New_York")
        booking = partial(book, request=wish, appointment_id=f"apt_{number}", now=DUE - timedelta(days=5))
        store.submit(booking).result()
    return store


def reminder(number: int) -> str:
    return notification_id(f"apt_{number}", "0", "24h", f"pat_{number}")


def claimed(store: MemoryStore, number: int, *, after: timedelta = timedelta(0)) -> Claimed:
    step = partial(claim, notification_id=reminder(number), carriers=carriers(), now=DUE + after)
    return store.submit(step).result()


def ended(store: MemoryStore, found: Claimed, outcome: SendOutcome) -> None:
    store.submit(partial(record, ref=found.handovers[0].ref, outcome=outcome, now=DUE + SECOND)).result()


def by_id(store: MemoryStore, number: int) -> Notification:
    return store.load(Notification, [reminder(number)])[0]


def test_the_first_one_due_speaks_for_all_of_the_number() -> None:
    store = family()

    (handover,) = claimed(store, 1).handovers

    assert "9:00" in handover.message.text
    assert "10:00" in handover.message.text
    assert by_id(store, 2).said_in == reminder(1)
    assert [line.patient_id for line in store.load(Consent, [NUMBER])[0].told] == ["pat_1", "pat_2"]


def test_once_it_is_taken_nobody_else_gets_a_message() -> None:
    store = family()
    ended(store, claimed(store, 1), ACCEPTED)

    other = claimed(store, 2, after=HOUR)

    assert other.handovers == ()
    assert (by_id(store, 2).outcome, by_id(store, 2).reason) == (Outcome.SKIPPED, Reason.MERGED)


def test_while_nobody_knows_the_others_wait() -> None:
    store = family()
    claimed(store, 1)

    claimed(store, 2, after=LOOK_AGAIN)

    assert by_id(store, 2).wake_at == DUE + 2 * LOOK_AGAIN


def test_when_it_is_refused_each_goes_on_by_the_next_channel() -> None:
    store = family()
    ended(store, claimed(store, 1), REFUSED)
    claimed(store, 1, after=2 * SECOND)

    claimed(store, 2, after=HOUR)

    assert (by_id(store, 2).outcome, by_id(store, 2).reason) == (Outcome.SKIPPED, Reason.REFUSED)


def test_when_its_own_visit_is_cancelled_before_it_leaves_the_other_goes_by_itself() -> None:
    store = family()
    ended(store, claimed(store, 1), NOT_SENT)
    change = Change(appointment_id="apt_1", by="desk")
    store.submit(partial(apply, change=change, event=AppointmentEvent.CANCEL, now=DUE + 2 * SECOND)).result()
    claimed(store, 1, after=3 * SECOND)

    (handover,) = claimed(store, 2, after=HOUR).handovers

    assert "10:00" in handover.message.text
    assert "9:00" not in handover.message.text


def test_a_cancelled_visit_is_not_spoken_of() -> None:
    store = family()
    change = Change(appointment_id="apt_2", by="desk")
    store.submit(partial(apply, change=change, event=AppointmentEvent.CANCEL, now=DUE - HOUR)).result()

    (handover,) = claimed(store, 1).handovers

    assert "10:00" not in handover.message.text


@pytest.mark.parametrize("within", [timedelta(0), timedelta(minutes=59)])
def test_visits_further_apart_get_messages_of_their_own(within: timedelta) -> None:
    store = family(Practice(name="Elm Clinic", phone="206-555-0100", merge_within=within))

    assert [len(claimed(store, number, after=HOUR).handovers) for number in (1, 2)] == [1, 1]


def test_who_changes_the_number_leaves_the_household() -> None:
    store = family()
    (bea,) = store.load(Patient, ["pat_2"])
    moved = patient(id="pat_2", phone=PhoneNumber("+12065550122"), version=bea.version)

    store.submit(partial(update, patient=moved, wishes=(), by="t", now=DUE)).result()

    assert store.load(Consent, [NUMBER])[0].patient_ids == ("pat_1",)
    assert len(claimed(store, 1).handovers) == 1
    assert by_id(store, 2).said_in == ""


def test_who_has_no_number_any_more_is_in_no_household() -> None:
    store = family()
    (bea,) = store.load(Patient, ["pat_2"])
    gone = patient(id="pat_2", phone=None, email="bea@example.com", version=bea.version)

    store.submit(partial(update, patient=gone, wishes=(), by="t", now=DUE)).result()

    assert store.load(Consent, [NUMBER])[0].patient_ids == ("pat_1",)
