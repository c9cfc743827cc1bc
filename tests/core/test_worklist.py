"""What a person must do, and when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from kept.core.booking import Appointment, AppointmentStatus
from kept.core.errors import StateConflictError
from kept.core.notifications import Notification, NotificationKind, NotificationState, Outcome, Reason
from kept.core.worklist import (
    MOST_CAUSES,
    WHY,
    ItemKind,
    ItemState,
    Subject,
    WorklistItem,
    closed,
    is_moot,
    item_for_reply,
    item_for_unreached,
    joined,
    reopened,
)
from tests.dispatching import DUE, START, appointment, cancelled, notification

HOUR = timedelta(hours=1)
CALLS_FOR_NOBODY = {
    Reason.APPOINTMENT_GONE,
    Reason.APPOINTMENT_CANCELLED,
    Reason.APPOINTMENT_MOVED,
    Reason.APPOINTMENT_NOT_LIVE,
    Reason.NOT_CONFIRMED,
    Reason.BOOKED_INSIDE_LEAD,
    Reason.LATE,
    Reason.MERGED,
    Reason.TOLD_THAT_DAY,
}


def ended(outcome: Outcome = Outcome.FAILED, reason: Reason | None = Reason.REFUSED, **changes: object) -> Notification:
    end = {"state": NotificationState.DONE, "outcome": outcome, "reason": reason, "done_at": DUE, "wake_at": None}
    return msgspec.structs.replace(notification(), **{**end, **changes})


def item_of(reason: Reason) -> WorklistItem | None:
    return item_for_unreached(ended(reason=reason), appointment(), now=DUE)


def a_reply(
    reply_id: str = "r1", about: ItemKind = ItemKind.UNCLEAR_REPLY, visit: Appointment | None = None
) -> WorklistItem:
    subject = Subject(patient_id="pat_1", appointment=visit, address="+12065550111")
    return item_for_reply(about, subject, reply_id=reply_id, now=DUE)


def test_every_kind_has_plain_words() -> None:
    assert set(WHY) == set(ItemKind)


@pytest.mark.parametrize("reason", Reason)
def test_a_reminder_that_reached_nobody_calls_for_a_person_when_its_reason_does(reason: Reason) -> None:
    assert (item_of(reason) is None) is (reason in CALLS_FOR_NOBODY)


def test_the_item_says_whom_when_and_why() -> None:
    made = item_for_unreached(ended(), appointment(), now=DUE)

    assert made
    assert (made.about, made.patient_id, made.appointment_id, made.visit_start) == (
        ItemKind.UNDELIVERABLE,
        "pat_1",
        "apt_1",
        START,
    )
    assert made.notification_ids == ("ntf_1",)
    assert [line.what for line in made.history] == ["opened"]


@pytest.mark.parametrize(
    ("about", "visit", "now"),
    [
        (notification(), appointment(), DUE),
        (ended(Outcome.ACCEPTED, None), appointment(), DUE),
        (ended(about=NotificationKind.BATCH), appointment(), DUE),
        (ended(), cancelled(), DUE),
        (ended(), appointment(sequence=1), DUE),
        (ended(), appointment(), START),
        (ended(Outcome.DELIVERED, Reason.REFUSED), appointment(), DUE),
    ],
    ids=["not done", "sent", "a batch", "cancelled", "moved", "begun", "delivered"],
)
def test_nobody_is_called_for(about: Notification, visit: Appointment, now: datetime) -> None:
    assert item_for_unreached(about, visit, now=now) is None


def test_the_same_cause_makes_one_item_and_another_visit_or_kind_another() -> None:
    made = a_reply(visit=appointment())

    assert a_reply("r2", visit=appointment()).id == made.id
    assert a_reply(visit=appointment(sequence=1)).id != made.id
    assert a_reply(about=ItemKind.WANTS_TO_MOVE, visit=appointment()).id != made.id
    assert a_reply().id != made.id


def test_a_known_cause_changes_nothing_and_a_new_one_is_added() -> None:
    item = a_reply()

    assert joined(item, a_reply(), now=DUE) is item
    assert joined(item, a_reply("r2"), now=DUE).reply_ids == ("r1", "r2")


def test_the_newest_causes_stay() -> None:
    item = a_reply("r0")

    for number in range(1, MOST_CAUSES + 10):
        item = joined(item, a_reply(f"r{number}"), now=DUE)

    assert (len(item.reply_ids), item.reply_ids[-1]) == (MOST_CAUSES, f"r{MOST_CAUSES + 9}")


def test_a_new_reply_opens_a_closed_item_again_and_a_reminder_does_not() -> None:
    done = closed(a_reply(), done="called", by="key_1", now=DUE)
    reminded = item_for_unreached(ended(), appointment(), now=DUE)
    other = item_for_unreached(ended(id="ntf_2"), appointment(), now=DUE)
    assert reminded
    assert other
    called = closed(reminded, done="called", by="key_1", now=DUE)

    again = joined(done, a_reply("r2"), now=DUE + HOUR)
    still = joined(called, other, now=DUE + HOUR)

    assert (again.state, again.done, [e.what for e in again.history]) == (
        ItemState.OPEN,
        "",
        ["opened", "closed", "reopened"],
    )
    assert (still.state, still.done) == (ItemState.CLOSED, "called")


def test_what_was_done_stays_in_the_history() -> None:
    item = reopened(closed(a_reply(), done="called", by="key_1", now=DUE), by="key_2", now=DUE)

    assert [(e.what, e.by, e.done) for e in item.history] == [
        ("opened", "reply", ""),
        ("closed", "key_1", "called"),
        ("reopened", "key_2", ""),
    ]


def test_nothing_is_closed_or_opened_twice() -> None:
    done = closed(a_reply(), done="called", by="key_1", now=DUE)

    with pytest.raises(StateConflictError):
        closed(done, done="again", by="key_1", now=DUE)
    with pytest.raises(StateConflictError):
        reopened(a_reply(), by="key_1", now=DUE)


def test_open_ones_are_found_by_the_visit_and_closed_ones_by_the_day() -> None:
    with_visit, without = a_reply(visit=appointment()), a_reply()
    done = closed(without, done="called", by="key_1", now=DUE + HOUR)

    found = [[(e.index, e.partition, e.sort) for e in i.index_entries()] for i in (with_visit, without, done)]

    assert found == [
        [("worklist_open", "all", "2026-05-04T13:00:00.000000")],
        [("worklist_open", "all", "2026-05-03T13:00:00.000000")],
        [("worklist_closed", "2026-05-03", "2026-05-03T14:00:00.000000")],
    ]


@pytest.mark.parametrize(
    ("visit", "now", "moot"),
    [
        (appointment(), DUE, False),
        (appointment(), START, True),
        (appointment(sequence=1), DUE, True),
        (appointment(status=AppointmentStatus.COMPLETED), DUE, True),
        (None, DUE, True),
    ],
)
def test_an_item_is_moot_when_its_visit_is(visit: Appointment | None, now: datetime, *, moot: bool) -> None:
    assert is_moot(a_reply(visit=appointment()), visit, now=now) is moot
    assert not is_moot(a_reply(), None, now=DUE)
