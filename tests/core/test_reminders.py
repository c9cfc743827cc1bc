"""Which reminders an appointment gets, and when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given

from kept.core.booking import Appointment, BookingRequest, appointment_from
from kept.core.leads import Lead
from kept.core.notifications import (
    Notification,
    NotificationKind,
    NotificationState,
    Outcome,
    Reason,
    due_shard,
    due_shards,
)
from kept.core.reminders import (
    DEFAULT_POLICY,
    LAST_CALL,
    InsideLead,
    ReminderPolicy,
    ReminderRule,
    planned_reminders,
)
from tests.strategies import instants_near_zone_changes

START = datetime(2026, 5, 4, 13, tzinfo=UTC)
LONG_AGO = START - timedelta(days=30)
HOUR = timedelta(hours=1)


def appointment(start: datetime = START, zone: str = "America/New_York") -> Appointment:
    request = BookingRequest(patient_id="p", start=start, end=start + HOUR, zone=zone)
    return appointment_from(request, None, appointment_id="a", hold=None, booked_at=LONG_AGO)


def policy(lead: Lead, *, useful_for: timedelta = HOUR, inside_lead: InsideLead = InsideLead.SKIP) -> ReminderPolicy:
    return ReminderPolicy(
        id="x", rules=(ReminderRule(name="r", lead=lead, useful_for=useful_for, inside_lead=inside_lead),)
    )


def test_reminds_a_day_and_an_hour_before_by_default() -> None:
    planned = planned_reminders(appointment(), DEFAULT_POLICY, now=LONG_AGO)

    assert [(n.rule, n.due_at, n.deadline_at) for n in planned] == [
        ("24h", START - 24 * HOUR, START - 6 * HOUR),
        ("1h", START - HOUR, START - LAST_CALL),
    ]
    assert {n.state for n in planned} == {NotificationState.PLANNED}


def test_a_day_is_the_same_wall_time_and_24_hours_are_24_hours() -> None:
    monday_nine = datetime(2026, 3, 9, 9, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    visit = appointment(monday_nine)

    (nominal,) = planned_reminders(visit, policy(Lead(days=2)), now=LONG_AGO)
    (exact,) = planned_reminders(visit, policy(Lead(exact=48 * HOUR)), now=LONG_AGO)

    assert nominal.due_at == monday_nine - 47 * HOUR
    assert exact.due_at == monday_nine - 48 * HOUR


def test_planning_the_same_version_again_plans_the_same_ids() -> None:
    once = planned_reminders(appointment(), DEFAULT_POLICY, now=LONG_AGO)
    again = planned_reminders(appointment(), DEFAULT_POLICY, now=LONG_AGO + HOUR)
    moved = planned_reminders(msgspec.structs.replace(appointment(), sequence=1), DEFAULT_POLICY, now=LONG_AGO)

    assert [n.id for n in once] == [n.id for n in again]
    assert not {n.id for n in once} & {n.id for n in moved}


def test_a_reminder_whose_time_had_passed_at_booking_stands_as_skipped() -> None:
    day_before, hour_before = planned_reminders(appointment(), DEFAULT_POLICY, now=START - 3 * HOUR)

    assert (day_before.outcome, day_before.reason) == (Outcome.SKIPPED, Reason.BOOKED_INSIDE_LEAD)
    assert day_before.wake_at is None
    assert not hour_before.is_done


def test_a_rule_may_send_at_once_what_was_booked_inside_its_lead() -> None:
    at_once = policy(Lead(exact=24 * HOUR), useful_for=20 * HOUR, inside_lead=InsideLead.SEND)

    (planned,) = planned_reminders(appointment(), at_once, now=START - 3 * HOUR)

    assert (planned.due_at, planned.wake_at) == (START - 3 * HOUR, START - 3 * HOUR)
    assert planned.deadline_at == START - LAST_CALL


@pytest.mark.parametrize("hours", [0.5, 1, 5, 24])
def test_nothing_is_of_use_later_than_a_quarter_of_an_hour_before(hours: float) -> None:
    (planned,) = planned_reminders(
        appointment(), policy(Lead(exact=hours * HOUR), useful_for=timedelta(days=9)), now=LONG_AGO
    )

    assert planned.deadline_at == START - LAST_CALL


@given(instants_near_zone_changes())
def test_every_reminder_is_due_before_the_visit(drawn: tuple[datetime, ZoneInfo]) -> None:
    start, zone = drawn
    visit = appointment(start, zone.key)

    for lead in (Lead(days=1), Lead(exact=24 * HOUR), Lead(days=2, exact=HOUR)):
        (planned,) = planned_reminders(visit, policy(lead), now=start - timedelta(days=60))
        assert start - timedelta(days=3) < planned.due_at < start


def test_a_waiting_notification_is_found_by_its_wake_time_and_a_finished_one_is_not() -> None:
    waiting, done = planned_reminders(appointment(), DEFAULT_POLICY, now=LONG_AGO)
    done = msgspec.structs.replace(done, state=NotificationState.DONE, wake_at=None)
    batch = msgspec.structs.replace(done, batch_id="b1")

    def indexes(notification: Notification) -> list[str]:
        return [e.index for e in notification.index_entries()]

    assert indexes(waiting) == ["notifications_by_day", "notifications_due"]
    assert indexes(done) == ["notifications_by_day"]
    assert indexes(batch)[-1] == "notifications_by_batch"


def test_what_no_visit_lists_is_found_by_its_patient() -> None:
    listed = planned_reminders(appointment(), DEFAULT_POLICY, now=LONG_AGO)[0]
    told = [
        msgspec.structs.replace(listed, about=NotificationKind.NOTICE),
        msgspec.structs.replace(listed, about=NotificationKind.ANSWER),
        msgspec.structs.replace(listed, about=NotificationKind.BATCH, appointment_id=None),
    ]

    rows = [[e.partition for e in n.index_entries() if e.index == "notifications_by_patient"] for n in (listed, *told)]

    assert rows == [[], *[[listed.patient_id]] * 3]


def test_due_notifications_spread_over_all_shards() -> None:
    assert {due_shard(f"ntf_{n}") for n in range(100)} == set(due_shards())
