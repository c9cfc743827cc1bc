"""Claim, record, answer: each step of handing over, on a store in memory."""

from __future__ import annotations

from concurrent.futures import wait
from datetime import datetime, timedelta
from functools import partial

import msgspec
import pytest

from kept.adapters.memory import MemoryStore
from kept.core.dispatch import LOOKUP_AFTER, LOOKUP_LEASE, Capabilities, Carrier
from kept.core.notifications import (
    BOTH_AT_ONCE,
    Attempt,
    AttemptState,
    Notification,
    NotificationState,
    Outcome,
    Reason,
    SendOutcome,
    due_shard,
)
from kept.core.people import ChannelName, Patient
from kept.core.practice import Practice
from kept.core.schedules import Place
from kept.flow.dispatch import (
    MAX_FAILURES,
    MAX_RETRY_AFTER_S,
    AttemptRef,
    Claimed,
    answer,
    backlog,
    claim,
    dedupe_key,
    due_ids,
    message_facts,
    next_due,
    note_failure,
    record,
)
from kept.ports.store import Entity, Transaction
from tests.dispatching import (
    ACCEPTED,
    DUE,
    EMAIL,
    LEASE,
    NOT_SENT,
    PHONE,
    REFUSED,
    START,
    UNKNOWN,
    appointment,
    cancelled,
    consent,
    notification,
    patient,
)

SMS, MAIL = ChannelName.SMS, ChannelName.EMAIL
SECOND = timedelta(seconds=1)


def carriers(can: Capabilities | None = None) -> dict[ChannelName, Carrier]:
    carrier = Carrier(provider="fake", capabilities=can or Capabilities(), lease=LEASE)
    return {SMS: carrier, MAIL: carrier}


def store_of(*entities: Entity) -> MemoryStore:
    store = MemoryStore()
    for entity in entities:
        store.submit(partial(put, entity=entity)).result()
    return store


def put(tx: Transaction, *, entity: Entity) -> None:
    tx.put(entity)


def practice_store(planned: Notification | None = None) -> MemoryStore:
    """Return a store with a patient who may be written to, a visit and its reminder."""
    return store_of(
        Practice(name="Elm Clinic", phone="206-555-0100"),
        patient(),
        appointment(),
        consent(SMS, PHONE),
        consent(MAIL, EMAIL),
        planned or notification(),
    )


def claimed(store: MemoryStore, *, now: datetime = DUE, can: Capabilities | None = None) -> Claimed:
    return store.submit(partial(claim, notification_id="ntf_1", carriers=carriers(can), now=now)).result()


def recorded(
    store: MemoryStore, ref: AttemptRef, outcome: SendOutcome, *, now: datetime = DUE + SECOND
) -> Notification:
    after = store.submit(partial(record, ref=ref, outcome=outcome, now=now)).result()
    assert after is not None
    return after


def current(store: MemoryStore) -> Notification:
    return store.load(Notification, ["ntf_1"])[0]


def ref_of(found: Claimed, place: int = 0) -> AttemptRef:
    return found.handovers[place].ref


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

    found = due_ids(store, now=DUE, skip={p.id for p in poisoned}, limit=3)

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


@pytest.mark.parametrize("entity", [cancelled(), patient(phone=None), consent(SMS, PHONE, granted=False)])
def test_a_claim_that_lost_a_race_against_a_change_is_decided_anew(entity: Entity) -> None:
    store = practice_store()
    runs: list[Claimed] = []

    def overtaken(tx: Transaction) -> Claimed:
        found = claim(tx, "ntf_1", carriers=carriers(), now=DUE)
        if not runs:
            store.submit(partial(put, entity=msgspec.structs.replace(entity, version=1))).result()  # type: ignore[type-var]
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


# ---- recording


def test_an_accepted_message_ends_the_notification() -> None:
    store = practice_store()

    after = recorded(store, ref_of(claimed(store)), ACCEPTED)

    assert (after.state, after.outcome, after.wake_at, after.done_at) == (
        NotificationState.DONE,
        Outcome.ACCEPTED,
        None,
        DUE + SECOND,
    )
    assert after.attempts[0].provider_message_id == "m1"


@pytest.mark.parametrize("outcome", [REFUSED, NOT_SENT, UNKNOWN])
def test_any_other_outcome_is_decided_on_at_once(outcome: SendOutcome) -> None:
    store = practice_store()

    after = recorded(store, ref_of(claimed(store)), outcome)

    assert (after.state, after.wake_at) == (NotificationState.WAITING, DUE + SECOND)
    assert (after.attempts[0].state, after.attempts[0].code) == (outcome.state, outcome.code)


def test_the_outcome_of_one_of_two_waits_for_the_other() -> None:
    store = practice_store(notification(plan=BOTH_AT_ONCE))
    found = claimed(store)

    between = recorded(store, ref_of(found, 0), ACCEPTED)
    after = recorded(store, ref_of(found, 1), ACCEPTED)

    assert (between.state, between.wake_at) == (NotificationState.SENDING, DUE + LEASE)
    assert after.outcome is Outcome.ACCEPTED


def test_absurd_wishes_of_a_provider_are_cut() -> None:
    store = practice_store()
    wish = SendOutcome(state=AttemptState.NOT_SENT, code="throttled", retry_after_s=1e12)

    after = recorded(store, ref_of(claimed(store)), wish)

    assert after.attempts[0].retry_after == DUE + SECOND + timedelta(seconds=MAX_RETRY_AFTER_S)


@pytest.mark.parametrize("fence", [0, 2])
def test_a_claim_that_made_no_such_attempt_tells_nothing(fence: int) -> None:
    store = practice_store()
    ref = ref_of(claimed(store))

    after = recorded(store, msgspec.structs.replace(ref, fence=fence), ACCEPTED)

    assert after.attempts[0].state is AttemptState.SENDING


def test_a_late_outcome_still_counts_for_an_unknown() -> None:
    store = practice_store()
    ref = ref_of(claimed(store))
    claimed(store, now=DUE + LEASE)

    after = recorded(store, ref, ACCEPTED, now=DUE + LEASE + SECOND)

    assert after.outcome is Outcome.ACCEPTED


def test_a_late_unknown_tells_nothing_new() -> None:
    store = practice_store()
    ref = ref_of(claimed(store))
    claimed(store, now=DUE + LEASE)
    before = current(store)

    after = recorded(store, ref, UNKNOWN, now=DUE + LEASE + SECOND)

    assert after == before


def test_an_outcome_that_was_told_stays_whatever_comes_later() -> None:
    store = practice_store()
    ref = ref_of(claimed(store))
    first = recorded(store, ref, REFUSED)

    again = recorded(store, ref, ACCEPTED)

    assert again == first


def test_what_is_done_stays_done() -> None:
    store = practice_store()
    ref = ref_of(claimed(store))
    end = recorded(store, ref, ACCEPTED)

    assert recorded(store, ref, REFUSED) == end


def test_an_outcome_for_what_does_not_exist_is_dropped() -> None:
    ref = AttemptRef(notification_id="ntf_1", attempt_id="x", fence=1)

    after = MemoryStore().submit(partial(record, ref=ref, outcome=ACCEPTED, now=DUE)).result()

    assert after is None
    assert recorded(practice_store(), ref, ACCEPTED).attempts == ()


def test_a_refused_text_message_is_followed_by_a_mail_once() -> None:
    store = practice_store()
    recorded(store, ref_of(claimed(store)), REFUSED)

    mail = claimed(store, now=DUE + SECOND)
    after = recorded(store, ref_of(mail), ACCEPTED, now=DUE + 2 * SECOND)

    assert [h.message.channel for h in mail.handovers] == [MAIL]
    assert (after.outcome, after.stage) == (Outcome.ACCEPTED, 1)


# ---- unknowns


ASKABLE = Capabilities(lookup=True)


def asked_store() -> tuple[MemoryStore, Claimed]:
    """Return a store whose message ended unknown, with the first question about it claimed."""
    store = practice_store()
    recorded(store, ref_of(claimed(store, can=ASKABLE)), UNKNOWN)
    claimed(store, now=DUE + SECOND, can=ASKABLE)
    return store, claimed(store, now=DUE + SECOND + LOOKUP_AFTER[0], can=ASKABLE)


def test_a_question_is_counted_before_it_is_asked() -> None:
    store, found = asked_store()

    assert found.question is not None
    assert (found.question.channel, found.question.dedupe_key) == (SMS, "ntf_1.sms")
    assert current(store).attempts[0].lookups == 1
    assert current(store).wake_at == DUE + SECOND + LOOKUP_AFTER[0] + LOOKUP_LEASE


@pytest.mark.parametrize(
    ("found", "state", "next_channels"),
    [
        (ACCEPTED, NotificationState.DONE, []),
        (REFUSED, NotificationState.WAITING, [MAIL]),
        (NOT_SENT, NotificationState.WAITING, []),
    ],
    ids=["taken", "refused", "not taken"],
)
def test_an_answer_settles_the_unknown(
    found: SendOutcome, state: NotificationState, next_channels: list[ChannelName]
) -> None:
    store, asked = asked_store()
    assert asked.question is not None
    now = DUE + timedelta(minutes=2)

    after = store.submit(partial(answer, ref=asked.question.ref, found=found, now=now)).result()
    then = claimed(store, now=now, can=ASKABLE)

    assert after is not None
    assert after.state is state
    assert [h.message.channel for h in then.handovers] == next_channels


@pytest.mark.parametrize("found", [None, UNKNOWN])
def test_no_answer_means_asking_again_later(found: SendOutcome | None) -> None:
    store, asked = asked_store()
    assert asked.question is not None
    now = DUE + timedelta(minutes=2)

    store.submit(partial(answer, ref=asked.question.ref, found=found, now=now)).result()
    claimed(store, now=now, can=ASKABLE)

    assert current(store).wake_at == DUE + SECOND + LOOKUP_AFTER[1]


def test_an_answer_about_what_is_done_or_gone_changes_nothing() -> None:
    store, asked = asked_store()
    assert asked.question is not None
    end = recorded(store, asked.question.ref, ACCEPTED)

    after = store.submit(partial(answer, ref=asked.question.ref, found=None, now=DUE)).result()
    nothing = MemoryStore().submit(partial(answer, ref=asked.question.ref, found=None, now=DUE)).result()

    assert (after, nothing) == (end, None)


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
