"""A channel that may not begin now is waited for, or given up for the next one."""

from datetime import timedelta

import msgspec
import pytest

from kept.core.booking import AppointmentStatus
from kept.core.channels import Capabilities, Carrier, Facts
from kept.core.dispatch import MAX_TTL, MOST_ATTEMPTS, NOT_LET_IN, Wait, expires_at, next_move
from kept.core.notifications import Notification, NotificationKind, Reason
from kept.core.quiet_hours import Daylight
from tests.core.moves import MAIL, PLAIN, SMS, told
from tests.dispatching import (
    DEADLINE,
    DUE,
    LEASE,
    PHONE,
    START,
    appointment,
    attempt,
    cancelled,
    consent,
    facts,
    history,
    notification,
    patient,
)

HOUR = timedelta(hours=1)
NIGHT = Daylight(again_at=DUE + 10 * HOUR)
ENDLESS_NIGHT = Daylight()
TOO_LATE = Daylight(again_at=DEADLINE)
ONLY_SMS = ((SMS,),)


def at_night(light: Daylight = NIGHT, given: Facts | None = None) -> Facts:
    return msgspec.structs.replace(given or facts(), daylight={SMS: light})


def resting(until_hours: float, given: Facts | None = None) -> Facts:
    sms = Carrier(provider="fake", capabilities=PLAIN, lease=LEASE, held_until=DUE + timedelta(hours=until_hours))
    mail = Carrier(provider="post", capabilities=PLAIN, lease=LEASE)
    return msgspec.structs.replace(given or facts(), carriers={SMS: sms, MAIL: mail})


def news(**changes: object) -> Notification:
    return msgspec.structs.replace(notification(), about=NotificationKind.MOVED, **changes)


@pytest.mark.parametrize(
    ("given", "found", "move"),
    [
        (notification(), at_night(), "wait"),
        (notification(), at_night(Daylight(until=DUE + HOUR)), "send sms"),
        (notification(), at_night(TOO_LATE), "send email"),
        (notification(), at_night(ENDLESS_NIGHT), "send email"),
        (notification(plan=ONLY_SMS), at_night(TOO_LATE), "skipped quiet_hours"),
        (news(), at_night(), "send email"),
        (news(), at_night(given=facts(person=patient(email=None))), "wait"),
        (notification(*history("n")), at_night(), "wait"),
        (notification(*history("nnn")), at_night(), "send email"),
        (notification(plan=((SMS, MAIL),)), at_night(), "send email"),
    ],
    ids=[
        "the morning serves",
        "it is day",
        "the morning is too late",
        "no common day",
        "nothing but texts",
        "news go by mail",
        "news without an address wait",
        "a second try waits too",
        "all tries used",
        "side by side",
    ],
)
def test_no_text_begins_at_night(given: Notification, found: Facts, move: str) -> None:
    _, decided = next_move(given, found, now=DUE + timedelta(minutes=30))

    assert told(decided) == move


def test_what_is_held_for_the_night_wakes_in_the_morning() -> None:
    _, decided = next_move(notification(), at_night(), now=DUE)

    assert decided == Wait(until=NIGHT.again_at or DUE)


def test_a_text_that_is_given_up_for_the_night_says_so() -> None:
    seen, _ = next_move(notification(), at_night(TOO_LATE), now=DUE)

    assert [(note.channel, note.reason) for note in seen.notes] == [(SMS, Reason.QUIET_HOURS)]


@pytest.mark.parametrize(
    ("given", "found", "hours", "move"),
    [
        (notification(), resting(2), 0, "wait"),
        (notification(), resting(2), 3, "send sms"),
        (notification(), resting(11), 10, "send email"),
        (notification(plan=ONLY_SMS), resting(11), 10, "wait"),
        (notification(), resting(18), 0, "send email"),
        (notification(plan=ONLY_SMS), resting(18), 0, "skipped provider_unavailable"),
    ],
    ids=["waits", "works again", "half the time is over", "nobody else", "beyond the deadline", "nobody at all"],
)
def test_a_provider_that_rests_is_waited_for_half_of_the_time(
    given: Notification, found: Facts, hours: int, move: str
) -> None:
    _, decided = next_move(given, found, now=DUE + hours * HOUR)

    assert told(decided) == move


@pytest.mark.parametrize("reason", [Reason.CAPPED, Reason.OVER_BUDGET, Reason.COUNTRY_NOT_ALLOWED, Reason.UNVERIFIED])
def test_a_limit_closes_the_text_and_leaves_the_mail(reason: Reason) -> None:
    barred = msgspec.structs.replace(facts(), barred={SMS: reason})

    seen, decided = next_move(notification(), barred, now=DUE)

    assert told(decided) == "send email"
    assert [note.reason for note in seen.notes] == [reason]


def test_who_writes_to_us_is_answered_without_a_consent_and_never_against_one() -> None:
    answer = notification(about=NotificationKind.ANSWER, appointment_id=None, plan=ONLY_SMS, addresses={SMS: PHONE})
    unknown = facts(consents={SMS: None})
    refused = facts(consents={SMS: consent(SMS, PHONE, granted=False)})

    assert told(next_move(answer, unknown, now=DUE)[1]) == "send sms"
    assert told(next_move(answer, refused, now=DUE)[1]) == "skipped opted_out"


def test_no_text_lives_into_the_night() -> None:
    dusk = DUE + timedelta(minutes=90)

    assert expires_at(notification(), Daylight(until=dusk), now=DUE) == dusk
    assert expires_at(notification(), Daylight(until=DUE + 9 * HOUR), now=DUE) == DUE + MAX_TTL


@pytest.mark.parametrize(
    ("about", "visit", "move"),
    [
        (NotificationKind.CANCELLED, cancelled(), "send sms"),
        (NotificationKind.CANCELLED, appointment(sequence=1), "skipped appointment_not_live"),
        (NotificationKind.REMINDER, cancelled(), "skipped appointment_cancelled"),
        (NotificationKind.MISSED, appointment(status=AppointmentStatus.NO_SHOW, sequence=1), "send sms"),
        (NotificationKind.MISSED, appointment(status=AppointmentStatus.CHECKED_IN, sequence=1), "not live"),
        (NotificationKind.NOTICE, appointment(status=AppointmentStatus.REQUESTED, sequence=1), "send sms"),
        (NotificationKind.MOVED, appointment(sequence=2), "skipped appointment_moved"),
    ],
)
def test_each_kind_is_told_while_its_cause_stands(about: NotificationKind, visit: object, move: str) -> None:
    given = notification(about=about, appointment_sequence=1, deadline_at=START)

    _, decided = next_move(given, facts(visit=visit), now=DUE)  # type: ignore[arg-type]

    assert told(decided).endswith(move.removeprefix("skipped ").replace("not live", "appointment_not_live"))


def test_a_failure_of_our_own_credentials_costs_no_try_and_ends_all_the_same() -> None:
    locked_out = [
        msgspec.structs.replace(attempt("n", n + 1, at=DUE - timedelta(days=1)), code=NOT_LET_IN)
        for n in range(MOST_ATTEMPTS)
    ]

    early = next_move(notification(*locked_out[:-1]), facts(can=Capabilities()), now=DUE + HOUR)[1]
    late = next_move(notification(*locked_out), facts(can=Capabilities()), now=DUE + HOUR)[1]

    assert (told(early), told(late)) == ("send sms", "send email")


@pytest.mark.parametrize(("letter", "reason"), [("n", Reason.TRIES_EXHAUSTED), ("u", Reason.OUTCOME_UNKNOWN)])
def test_a_channel_whose_next_try_would_come_too_late_leaves_the_time_to_the_next_one(
    letter: str, reason: Reason
) -> None:
    late = attempt(letter, at=DEADLINE - timedelta(seconds=30))
    put_off = msgspec.structs.replace(late, retry_after=DEADLINE + HOUR)

    now = DEADLINE - timedelta(seconds=20)

    assert told(next_move(notification(put_off), facts(), now=now)[1]) == "send email"
    assert told(next_move(notification(put_off, plan=ONLY_SMS), facts(), now=now)[1]) == f"failed {reason}"
