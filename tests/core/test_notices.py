"""What a patient is told when something happens to a visit."""

from datetime import timedelta

import pytest

from kept.core.notices import ASK_BACK_FOR, NEWS_FOR, TELLABLE, notice_of
from kept.core.notifications import NotificationKind
from kept.core.people import ChannelName
from tests.dispatching import DUE, START, appointment

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("about", TELLABLE)
def test_news_is_due_at_once_and_planned_once(about: NotificationKind) -> None:
    made = notice_of(appointment(), about, now=DUE)

    assert (made.about, made.due_at, made.wake_at, made.template) == (about, DUE, DUE, about.value)
    assert notice_of(appointment(), about, now=DUE + HOUR).id == made.id
    assert notice_of(appointment(sequence=1), about, now=DUE).id != made.id


def test_news_is_of_use_for_a_day_and_never_once_the_visit_has_begun() -> None:
    far = notice_of(appointment(), NotificationKind.MOVED, now=START - 30 * HOUR)
    near = notice_of(appointment(), NotificationKind.MOVED, now=START - 2 * HOUR)

    assert far.deadline_at == START - 30 * HOUR + NEWS_FOR
    assert near.deadline_at == START


def test_a_move_is_told_before_the_time_that_the_patient_still_knows() -> None:
    known = START - 20 * HOUR

    made = notice_of(appointment(), NotificationKind.MOVED, now=DUE, known_start=known)

    assert made.deadline_at == known


def test_a_missed_visit_is_asked_about_for_two_days() -> None:
    made = notice_of(appointment(), NotificationKind.MISSED, now=START + HOUR)

    assert made.deadline_at == START + HOUR + ASK_BACK_FOR


def test_a_booking_is_told_by_mail_only() -> None:
    assert notice_of(appointment(), NotificationKind.BOOKED, now=DUE).plan == ((ChannelName.EMAIL,),)
