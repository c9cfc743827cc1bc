"""The check of everything that is stored, with one mistake planted at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.balance import Account, Finding, FindingKind, Nightly
from kept.core.booking import Appointment, AppointmentEvent, AppointmentStatus, BookingRequest
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.intervals import Interval
from kept.core.leads import Lead
from kept.core.notifications import Notification, NotificationState, Outcome, Reason
from kept.core.people import Patient
from kept.core.practice import PRACTICE_ID, Practice
from kept.core.reminders import ReminderPolicy, ReminderRule
from kept.core.schedules import Place
from kept.core.worklist import WorklistItem
from kept.flow.balance import MOST_SHOWN, Balance, Check, keep_nightly, load_nightly, nightly_of
from kept.flow.booking import Change, apply, book, move
from kept.flow.people import register
from kept.flow.worklist import list_unreached
from kept.ports.store import Transaction

ZONE = "America/New_York"
BOOKED = datetime(2026, 5, 1, 12, tzinfo=UTC)
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
"""Monday at nine; its reminders are due on Sunday at nine and on Monday at eight."""
NOW = START - timedelta(hours=20)
SUNDAY, MONDAY = date(2026, 5, 3), date(2026, 5, 4)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def store() -> MemoryStore:
    """Return a store with a visit on Monday whose first reminder was sent and whose second is still to come."""
    store = MemoryStore()
    people = Patient(
        id="pat_1",
        phone=PhoneNumber("+12065550111"),
        email=EmailAddress("a@example.com"),
        created_at=BOOKED,
        updated_at=BOOKED,
    )
    place = Place(id="elm", name="12 Elm St", zone=ZONE)
    put(store, Practice(name="Elm", zone=ZONE, places=(place,)))
    store.submit(lambda tx: register(tx, people, (), by="desk", now=BOOKED)).result()
    request = BookingRequest(patient_id="pat_1", start=START, end=START + HOUR, zone=ZONE, place_id="elm")
    store.submit(partial(book, request=request, appointment_id="apt_1", now=BOOKED)).result()
    change(store, first(store), state=NotificationState.DONE, outcome=Outcome.ACCEPTED, wake_at=None)
    return store


def put(store: MemoryStore, *entities: Appointment | Notification | Practice) -> None:
    def step(tx: Transaction) -> None:
        for entity in entities:
            tx.put(entity)

    store.submit(step).result()


def change(store: MemoryStore, entity: Appointment | Notification, **changes: object) -> None:
    put(store, msgspec.structs.replace(entity, **changes))


def visit(store: MemoryStore) -> Appointment:
    return store.load(Appointment, ["apt_1"])[0]


def reminders(store: MemoryStore) -> tuple[Notification, ...]:
    return store.load(Notification, visit(store).notification_ids)


def first(store: MemoryStore) -> Notification:
    return reminders(store)[0]


def second(store: MemoryStore) -> Notification:
    return reminders(store)[1]


def checked(store: MemoryStore, day: date = SUNDAY, last: date = MONDAY, *, now: datetime = NOW) -> Balance:
    return Check(store, day, last, now=now).run()


# ---- in balance


def test_what_was_sent_and_what_is_still_to_come_balances(store: MemoryStore) -> None:
    found = checked(store)

    assert found.balances
    assert (found.findings, found.visits) == ((), 1)
    assert found.total == Account(planned=2, sent={"accepted": 1}, pending={"planned": 1})
    assert [(one.day, one.place, one.account.planned) for one in found.days] == [(SUNDAY, "elm", 1), (MONDAY, "elm", 1)]


def test_an_empty_store_balances() -> None:
    found = Check(MemoryStore(), SUNDAY, SUNDAY, now=NOW).run()

    assert found.balances
    assert (found.days, found.visits) == ((), 0)


def test_a_day_begins_when_it_does_at_the_practice(store: MemoryStore) -> None:
    change(store, second(store), due_at=datetime(2026, 5, 4, 3, 59, tzinfo=UTC))

    found = checked(store, SUNDAY, SUNDAY)

    assert found.total.planned == 2


@pytest.mark.parametrize(
    "happening",
    [
        pytest.param(AppointmentEvent.CANCEL, id="cancelled"),
        pytest.param(AppointmentEvent.CHECK_IN, id="checked in"),
    ],
)
def test_what_happens_to_a_visit_leaves_the_balance(store: MemoryStore, happening: AppointmentEvent) -> None:
    wish = Change(appointment_id="apt_1", by="desk")
    store.submit(lambda tx: apply(tx, wish, happening, now=NOW)).result()

    assert checked(store).balances


def test_a_move_leaves_the_balance_and_so_do_rules_that_were_changed(store: MemoryStore) -> None:
    to = Interval(start=START + 48 * HOUR, end=START + 49 * HOUR)
    wish = Change(appointment_id="apt_1", by="desk")
    store.submit(lambda tx: move(tx, wish, to, zone=ZONE, now=NOW)).result()
    rules = (ReminderRule(name="2h", lead=Lead(exact=2 * HOUR), useful_for=HOUR),)
    practice = store.load(Practice, [PRACTICE_ID])[0]
    put(store, msgspec.structs.replace(practice, policies=(ReminderPolicy(id="default", rules=rules),)))

    assert checked(store).balances


# ---- planted mistakes


def _lose_the_second(store: MemoryStore) -> None:
    store.submit(partial(_delete, gone=second(store))).result()


def _never_plan(store: MemoryStore) -> None:
    gone = reminders(store)
    change(store, visit(store), notification_ids=())
    for one in gone:
        store.submit(partial(_delete, gone=one)).result()


def _delete(tx: Transaction, gone: Notification) -> None:
    tx.delete(gone)


def _move_without_voiding(store: MemoryStore) -> None:
    change(store, visit(store), sequence=1)


def _cancel_without_voiding(store: MemoryStore) -> None:
    change(store, visit(store), status=AppointmentStatus.CANCELLED, sequence=1)


def _fail_unseen(store: MemoryStore) -> None:
    change(store, first(store), outcome=Outcome.FAILED, reason=Reason.REFUSED)


def _forget_to_wake(store: MemoryStore) -> None:
    change(store, second(store), wake_at=None)


def _let_it_lie(store: MemoryStore) -> None:
    change(store, second(store), due_at=NOW - 9 * HOUR, wake_at=NOW - 9 * HOUR, deadline_at=NOW - 6 * MINUTE)


def _hang(store: MemoryStore) -> None:
    change(store, second(store), state=NotificationState.SENDING, wake_at=NOW - HOUR)


def _end_for_no_reason(store: MemoryStore) -> None:
    change(store, first(store), outcome=Outcome.FAILED, reason=None)


def _wake_the_dead(store: MemoryStore) -> None:
    change(store, first(store), wake_at=NOW + HOUR)


PLANTED = [
    pytest.param(_lose_the_second, {FindingKind.MISSING: 1}, id="a reminder was lost"),
    pytest.param(_never_plan, {FindingKind.MISSING: 2}, id="nothing was planned"),
    pytest.param(
        _move_without_voiding, {FindingKind.SUPERSEDED: 1, FindingKind.MISSING: 2}, id="moved, and not voided"
    ),
    pytest.param(_cancel_without_voiding, {FindingKind.SUPERSEDED: 1}, id="cancelled, and not voided"),
    pytest.param(_fail_unseen, {FindingKind.NOT_LISTED: 1}, id="unreached, and nobody told"),
    pytest.param(_forget_to_wake, {FindingKind.NOT_SCHEDULED: 1}, id="never to be woken"),
    pytest.param(_let_it_lie, {FindingKind.OVERDUE: 1}, id="past its deadline"),
    pytest.param(_hang, {FindingKind.STUCK: 1}, id="sending for ever"),
    pytest.param(_end_for_no_reason, {FindingKind.UNACCOUNTED: 1}, id="failed for no reason"),
    pytest.param(_wake_the_dead, {FindingKind.STILL_SCHEDULED: 1}, id="done, and to be woken"),
]


@pytest.mark.parametrize("day", [SUNDAY, date(2026, 4, 1)], ids=["on its day", "on any other day"])
@pytest.mark.parametrize(("plant", "found"), PLANTED)
def test_a_planted_mistake_is_found_once_whatever_days_are_asked_for(
    store: MemoryStore, plant: Callable[[MemoryStore], None], found: dict[FindingKind, int], day: date
) -> None:
    plant(store)

    seen = checked(store, day, day)

    assert seen.found == found
    assert not seen.balances
    assert all(finding.notification_id and finding.remedy for finding in seen.findings)


def test_a_reminder_that_reached_nobody_is_no_finding_once_it_is_listed(store: MemoryStore) -> None:
    _fail_unseen(store)
    store.submit(lambda tx: list_unreached(tx, first(store), now=NOW)).result()

    assert checked(store).balances
    assert len(store.query("worklist_open", "all").hits) == 1
    assert store.load(WorklistItem, [store.query("worklist_open", "all").hits[0].id])


def test_what_is_due_without_a_visit_is_found_on_whatever_day_it_was_due(store: MemoryStore) -> None:
    lost = msgspec.structs.replace(
        second(store),
        id="ntf_batch",
        version=0,
        appointment_id=None,
        due_at=NOW - 90 * HOUR,
        wake_at=NOW - 90 * HOUR,
        deadline_at=NOW - 70 * HOUR,
    )
    put(store, lost)

    (found,) = checked(store).findings

    assert found == Finding(about=FindingKind.OVERDUE, notification_id="ntf_batch")


def test_many_findings_of_one_kind_are_counted_and_a_hundred_of_them_named(store: MemoryStore) -> None:
    for n in range(MOST_SHOWN + 5):
        put(store, msgspec.structs.replace(second(store), id=f"ntf_{n}", version=0, wake_at=None, appointment_id=None))

    found = checked(store)

    assert found.found == {FindingKind.NOT_SCHEDULED: MOST_SHOWN + 5}
    assert len(found.findings) == MOST_SHOWN
    assert found.total.pending == {"planned": MOST_SHOWN + 6}


def test_goes_on_from_page_to_page_and_tells_how_far_it_has_come(store: MemoryStore) -> None:
    extra = [msgspec.structs.replace(first(store), id=f"ntf_{n}", version=0, appointment_id=None) for n in range(1200)]
    put(store, *extra)
    told: list[float] = []

    found = Check(store, SUNDAY, MONDAY, now=NOW, on_progress=told.append).run()

    assert found.total.planned == 1202
    assert told == sorted(told)
    assert told[-1] == 1.0


# ---- by night


def test_the_check_by_night_keeps_how_many_it_found_and_a_few_of_them(store: MemoryStore) -> None:
    _fail_unseen(store)
    night = datetime(2026, 5, 4, 7, tzinfo=UTC)

    nightly = nightly_of(store, now=night)
    store.submit(partial(keep_nightly, nightly=nightly)).result()
    store.submit(partial(keep_nightly, nightly=msgspec.structs.replace(nightly, checked_at=night + HOUR))).result()

    kept = load_nightly(store)
    assert kept is not None
    assert (kept.checked_at, kept.found, len(kept.examples)) == (night + HOUR, {"not_listed": 1}, 1)


def test_before_the_first_night_nothing_is_kept() -> None:
    assert load_nightly(MemoryStore()) is None
    assert nightly_of(MemoryStore(), now=NOW) == Nightly(checked_at=NOW)
