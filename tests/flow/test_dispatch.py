"""Claim, record, answer: each step of handing over, on a store in memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import wait
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.booking import AppointmentEvent
from kept.core.intervals import Interval
from kept.core.notifications import (
    BOTH_AT_ONCE,
    Attempt,
    AttemptState,
    Notification,
    NotificationKind,
    NotificationState,
    Outcome,
    Reason,
    SendOutcome,
    due_shard,
)
from kept.core.people import Patient
from kept.core.practice import Practice
from kept.core.schedules import Place
from kept.flow.booking import Change, apply, move
from kept.flow.dispatch import MAX_FAILURES, AttemptRef, Claimed, claim, dedupe_key, note_failure
from kept.flow.drafts import message_facts
from kept.flow.due import backlog, due_ids, next_due
from kept.flow.people import ConsentWish, set_consent
from kept.ports.store import Entity, Transaction
from tests.dispatching import (
    ACCEPTED,
    DUE,
    LEASE,
    NOT_SENT,
    PHONE,
    START,
    appointment,
    cancelled,
    consent,
    notification,
    patient,
)
from tests.flow.claims import (
    MAIL,
    SECOND,
    SMS,
    carriers,
    claimed,
    current,
    practice_store,
    put,
    recorded,
    ref_of,
    store_of,
)

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# ---- finding


def test_finds_what_is_due_longest_first_and_nothing_else() -> None:
    late, now, soon = (notification(id=f"ntf_{n}", wake_at=DUE + n * SECOND) for n in (-1, 0, 1))
    store = store_of(soon, now, late, notification(id="ntf_done", state=NotificationState.DONE))

    assert due_ids(store, now=DUE) == ("ntf_-1", "ntf_0")
    assert next_due(store, after=DUE) == DUE + SECOND
    assert next_due(store, after=DUE + SECOND) is None


def test_looks_behind_a_page_of_what_it_is_told_to_skip() -> None:
    poisoned = [notification(id=f"bad_{n}", wake_at=DUE - SECOND) for n in range(40)]
    store = store_of(*poisoned, notification(id="good"))

    found = due_ids(store, now=DUE, skip=lambda hit: hit.id in {p.id for p in poisoned}, limit=3)

    assert found == ("good",)


def test_finds_no_more_in_a_shard_than_it_is_told() -> None:
    store = store_of(*(notification(id=f"ntf_{n}") for n in range(40)))

    found = due_ids(store, now=DUE, limit=2)

    assert len(found) == 8
    assert {due_shard(i) for i in found} == {"0", "1", "2", "3"}


def test_tells_how_much_is_waiting_and_since_when() -> None:
    store = store_of(notification(id="ntf_1", wake_at=DUE - SECOND), notification(id="ntf_2"))

    waiting = backlog(store, now=DUE)
    nothing = backlog(MemoryStore(), now=DUE)

    assert (waiting.due, waiting.oldest_at) == (2, DUE - SECOND)
    assert (nothing.due, nothing.oldest_at) == (0, None)


# ---- claiming


def test_the_attempt_is_on_record_before_there_is_a_message() -> None:
    store = practice_store()

    found = claimed(store)

    (handover,) = found.handovers
    (attempt,) = current(store).attempts
    assert (attempt.id, attempt.state, attempt.fence) == ("ntf_1.sms.1", AttemptState.SENDING, 1)
    assert attempt.lease_until == current(store).wake_at == DUE + LEASE
    assert handover.ref == AttemptRef(notification_id="ntf_1", attempt_id=attempt.id, fence=1)
    assert handover.message.to == PHONE
    assert handover.message.dedupe_key == "ntf_1.sms"
    assert handover.message.expires_at == DUE + timedelta(hours=4)
    assert "Elm Clinic: appointment tomorrow" in handover.message.text
    assert PHONE not in msgspec.json.encode(attempt).decode()


@pytest.mark.parametrize(
    ("planned", "now"),
    [
        (notification(), DUE - SECOND),
        (notification(state=NotificationState.DONE, wake_at=None), DUE),
        (notification(wake_at=None), DUE),
    ],
    ids=["not due yet", "done", "never to be looked at"],
)
def test_leaves_alone_what_is_not_due(planned: Notification, now: datetime) -> None:
    store = practice_store(planned)

    found = claimed(store, now=now)

    assert (found.handovers, found.question) == ((), None)
    assert current(store).version == 1


def test_claiming_what_does_not_exist_answers_nothing() -> None:
    assert claimed(MemoryStore()) == Claimed()


def test_a_second_claim_while_the_first_is_sending_makes_no_message() -> None:
    store = practice_store()
    claimed(store)

    again = claimed(store, now=DUE + SECOND)

    assert again.handovers == ()


def test_both_channels_at_once_make_two_messages_under_one_fence() -> None:
    store = practice_store(notification(plan=BOTH_AT_ONCE))

    found = claimed(store)

    assert [(h.message.channel, h.ref.fence) for h in found.handovers] == [(SMS, 1), (MAIL, 1)]
    assert found.handovers[1].message.subject == "Elm Clinic: appointment reminder"


@pytest.mark.parametrize(
    ("entity", "outcome", "reason"),
    [
        (cancelled(), Outcome.SKIPPED, Reason.APPOINTMENT_CANCELLED),
        (appointment(sequence=1), Outcome.SKIPPED, Reason.APPOINTMENT_MOVED),
        (patient(phone=None, email=None), Outcome.SKIPPED, Reason.NO_CONTACT),
    ],
    ids=["cancelled", "moved", "no contact"],
)
def test_what_was_committed_before_the_claim_counts(entity: Entity, outcome: Outcome, reason: Reason) -> None:
    store = practice_store()
    store.submit(partial(put, entity=msgspec.structs.replace(entity, version=1))).result()  # type: ignore[type-var]

    found = claimed(store)

    assert found.handovers == ()
    assert (current(store).outcome, current(store).reason) == (outcome, reason)


AT_DESK = Change(appointment_id="apt_1", by="desk")
STOP = ConsentWish(channel=SMS, granted=False, source="reply STOP")
OVERTAKING: Final[dict[str, Callable[[Transaction], object]]] = {
    "cancelled": partial(apply, change=AT_DESK, event=AppointmentEvent.CANCEL, now=DUE),
    "moved": partial(move, change=AT_DESK, to=Interval(start=START + DAY, end=START + DAY + HOUR), zone="UTC", now=DUE),
    "opted out": partial(set_consent, address=PHONE, wish=STOP, by="reply", now=DUE),
}


@pytest.mark.parametrize("about", [NotificationKind.REMINDER, NotificationKind.NOTICE])
@pytest.mark.parametrize("tries", [(), (NOT_SENT,)], ids=["the first try", "a further try"])
@pytest.mark.parametrize("change", OVERTAKING.values(), ids=OVERTAKING)
def test_a_claim_that_lost_a_race_against_a_change_is_decided_anew(
    change: Callable[[Transaction], object], tries: tuple[SendOutcome, ...], about: NotificationKind
) -> None:
    listed = ("ntf_1",) if about is NotificationKind.REMINDER else ()
    store = practice_store(notification(about=about), visit=appointment(notification_ids=listed))
    for outcome in tries:
        recorded(store, ref_of(claimed(store)), outcome)
    runs: list[Claimed] = []

    def overtaken(tx: Transaction) -> Claimed:
        found = claim(tx, "ntf_1", carriers=carriers(), now=DUE + MINUTE)
        if not runs:
            store.submit(change).result()
        runs.append(found)
        return found

    found = store.submit(overtaken).result()

    assert [len(run.handovers) for run in runs] == [1, len(found.handovers)]
    assert all(h.message.channel is MAIL for h in found.handovers)


def test_a_text_that_cannot_be_rendered_is_listed_and_nothing_is_sent() -> None:
    store = practice_store(notification(template="no-such-text"))

    found = claimed(store)

    assert found.handovers == ()
    assert (current(store).outcome, current(store).reason) == (Outcome.FAILED, Reason.CANNOT_RENDER)


def test_a_lease_that_ended_leaves_an_unknown_that_is_not_simply_sent_again() -> None:
    store = practice_store()
    claimed(store)

    found = claimed(store, now=DUE + LEASE)

    (attempt,) = current(store).attempts
    assert found.handovers == ()
    assert (attempt.state, attempt.code) == (AttemptState.UNKNOWN, "lease_ended")


# ---- failures of our own


def test_our_own_failures_put_a_notification_aside_for_longer_and_longer() -> None:
    store = practice_store()
    pauses = []

    for _ in range(MAX_FAILURES):
        store.submit(partial(note_failure, notification_id="ntf_1", now=DUE)).result()
        wake_at = current(store).wake_at
        pauses.append(wake_at and (wake_at - DUE).total_seconds())

    assert pauses == [60, 120, 240, 480, None]
    assert (current(store).outcome, current(store).reason) == (Outcome.FAILED, Reason.CANNOT_RENDER)


def test_a_failure_on_what_is_done_or_gone_is_not_noted() -> None:
    store = practice_store()
    end = recorded(store, ref_of(claimed(store)), ACCEPTED)

    after = store.submit(partial(note_failure, notification_id="ntf_1", now=DUE)).result()
    nothing = store.submit(partial(note_failure, notification_id="ntf_2", now=DUE)).result()

    assert (after, nothing) == (end, None)


# ---- what a message says


def test_a_message_names_the_place_and_its_phone() -> None:
    practice = Practice(
        name="Elm Clinic",
        phone="206-555-0100",
        places=(Place(id="lake", name="3 Lake Ave", zone="America/New_York", phone="206-555-0101"),),
    )

    known = message_facts(notification(), appointment(place_id="lake"), patient(zone="UTC"), practice)
    unknown = message_facts(notification(), appointment(location="Room 5"), None, practice)

    assert (known.place, known.phone, known.reader_zone) == ("3 Lake Ave", "206-555-0101", "UTC")
    assert (unknown.place, unknown.phone, unknown.reader_zone) == ("Room 5", "206-555-0100", None)


def test_a_message_without_an_appointment_says_what_came_with_it() -> None:
    given = {"start": START.isoformat(), "zone": "America/New_York", "place": "12 Elm St"}

    say = message_facts(notification(appointment_id=None, facts=given), None, None, Practice())

    assert (say.start, say.zone, say.place) == (START, "America/New_York", "12 Elm St")


def test_a_batch_message_goes_to_the_addresses_that_came_with_it() -> None:
    number = "+12065550177"
    planned = notification(
        appointment_id=None,
        addresses={SMS: number},
        facts={"start": START.isoformat(), "zone": "America/New_York", "place": ""},
    )
    store = store_of(Patient(id="pat_1", created_at=DUE, updated_at=DUE), consent(SMS, number), planned)

    found = claimed(store)

    assert [h.message.to for h in found.handovers] == [number]
    assert dedupe_key("ntf_1", SMS) == found.handovers[0].message.dedupe_key


def test_two_workers_that_claim_at_the_same_moment_make_one_message() -> None:
    store = practice_store()
    step = partial(claim, notification_id="ntf_1", carriers=carriers(), now=DUE)

    futures = [store.submit(step) for _ in range(4)]
    wait(futures)

    assert sum(len(future.result().handovers) for future in futures) == 1
    assert [type(a) for a in current(store).attempts] == [Attempt]
