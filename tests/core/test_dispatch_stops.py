"""Why a channel may not be used, and why nothing may start any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kept.core.booking import AppointmentStatus
from kept.core.channels import MIN_TTL, Capabilities, address_for
from kept.core.dispatch import LOOKUP_AFTER, next_move, reason_to_stop
from kept.core.notifications import (
    ChannelNote,
    Reason,
)
from tests.core.moves import ASKABLE, KNOWS_KEYS, LATER, MAIL, PLAIN, SMS, told
from tests.dispatching import (
    DEADLINE,
    DUE,
    EMAIL,
    PHONE,
    appointment,
    attempt,
    cancelled,
    consent,
    facts,
    history,
    notification,
    patient,
)

# ---- what may not be used


@pytest.mark.parametrize(
    ("given", "reasons", "expected"),
    [
        (facts(person=patient(phone=None)), [Reason.NO_CONTACT], "send email"),
        (
            facts(consents={SMS: consent(SMS, PHONE, granted=False), MAIL: consent(MAIL, EMAIL)}),
            [Reason.OPTED_OUT],
            "send email",
        ),
        (facts(consents={SMS: None, MAIL: consent(MAIL, EMAIL)}), [Reason.NO_CONSENT], "send email"),
        (facts(person=patient(phone=None, email=None)), [Reason.NO_CONTACT] * 2, "skipped no_contact"),
        (
            facts(person=patient(email=None), consents={SMS: consent(SMS, PHONE, granted=False)}),
            [Reason.OPTED_OUT, Reason.NO_CONTACT],
            "skipped opted_out",
        ),
        (facts(carriers={}), [Reason.NO_CHANNEL] * 2, "skipped no_channel"),
    ],
    ids=["no number", "opted out", "never asked", "no contact", "opted out and no address", "no channels"],
)
def test_a_channel_that_may_not_be_used_is_noted_and_the_next_one_tried(
    given: object, reasons: list[Reason], expected: str
) -> None:
    seen, move = next_move(notification(), given, now=DUE)  # type: ignore[arg-type]

    assert [note.reason for note in seen.notes] == reasons
    assert told(move) == expected


def test_an_opt_out_after_a_first_try_ends_the_channel() -> None:
    no = {SMS: consent(SMS, PHONE, granted=False), MAIL: consent(MAIL, EMAIL)}

    seen, move = next_move(notification(attempt("n")), facts(consents=no), now=LATER)

    assert [(note.channel, note.reason) for note in seen.notes] == [(SMS, Reason.OPTED_OUT)]
    assert told(move) == "send email"


@pytest.mark.parametrize(
    ("letter", "can", "lookups", "expected"),
    [
        ("u", ASKABLE, 0, "ask sms 1"),
        ("u", ASKABLE, len(LOOKUP_AFTER), "send email"),
        ("u", PLAIN, 0, "send email"),
        ("u", KNOWS_KEYS, 0, "send email"),
        ("n", ASKABLE, 0, "send email"),
    ],
)
def test_an_opt_out_while_an_unknown_is_open_still_asks_before_the_next_channel(
    letter: str, can: Capabilities, lookups: int, expected: str
) -> None:
    no = {SMS: consent(SMS, PHONE, granted=False), MAIL: consent(MAIL, EMAIL)}

    _, move = next_move(notification(attempt(letter, lookups=lookups)), facts(consents=no, can=can), now=LATER)

    assert told(move) == expected


def test_a_note_is_made_once() -> None:
    noted = notification(notes=(ChannelNote(channel=SMS, reason=Reason.OPTED_OUT, at=DUE),))

    seen, _ = next_move(noted, facts(consents={SMS: None, MAIL: consent(MAIL, EMAIL)}), now=LATER)

    assert len(seen.notes) == 1


def test_a_plan_without_stages_ends_as_skipped() -> None:
    _, move = next_move(notification(plan=()), facts(), now=DUE)

    assert told(move) == "skipped no_channel"


def test_addresses_given_with_the_notification_count_before_the_patients_own() -> None:
    given = notification(addresses={SMS: "+12065550199"})

    assert address_for(given, patient(), SMS) == "+12065550199"
    assert address_for(given, patient(), MAIL) == EMAIL
    assert address_for(given, None, MAIL) is None


# ---- reasons to stop


@pytest.mark.parametrize(
    ("visit", "reason"),
    [
        (None, Reason.APPOINTMENT_GONE),
        (cancelled(), Reason.APPOINTMENT_CANCELLED),
        (appointment(sequence=1), Reason.APPOINTMENT_MOVED),
        (appointment(status=AppointmentStatus.REQUESTED), Reason.NOT_CONFIRMED),
        (appointment(status=AppointmentStatus.CHECKED_IN), Reason.APPOINTMENT_NOT_LIVE),
        (appointment(status=AppointmentStatus.COMPLETED), Reason.APPOINTMENT_NOT_LIVE),
        (appointment(status=AppointmentStatus.NO_SHOW), Reason.APPOINTMENT_NOT_LIVE),
        (appointment(), None),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_an_appointment_that_no_longer_calls_for_a_reminder_stops_it(visit: object, reason: Reason | None) -> None:
    assert reason_to_stop(notification(), visit, now=DUE) is reason  # type: ignore[arg-type]


def test_nothing_starts_when_too_little_time_is_left() -> None:
    last = DEADLINE - MIN_TTL

    on_time = reason_to_stop(notification(), appointment(), now=last)
    too_late = reason_to_stop(notification(), appointment(), now=last + timedelta(microseconds=1))

    assert (on_time, too_late) == (None, Reason.LATE)


def test_a_message_without_an_appointment_stops_only_when_it_is_late() -> None:
    batch = notification(appointment_id=None)

    assert reason_to_stop(batch, None, now=DUE) is None
    assert reason_to_stop(batch, None, now=DEADLINE) is Reason.LATE


@pytest.mark.parametrize(
    ("letters", "can", "expected"),
    [
        ("", PLAIN, "skipped appointment_cancelled"),
        ("s", PLAIN, "wait"),
        ("a", PLAIN, "accepted"),
        ("r", PLAIN, "skipped appointment_cancelled"),
        ("n", PLAIN, "skipped appointment_cancelled"),
        ("nnn", PLAIN, "skipped appointment_cancelled"),
        ("u", PLAIN, "failed outcome_unknown"),
        ("uu", PLAIN, "failed outcome_unknown"),
        ("u", ASKABLE, "ask sms 1"),
        ("u", KNOWS_KEYS, "failed outcome_unknown"),
    ],
)
def test_after_a_cancellation_nothing_is_sent_and_unknowns_are_still_asked_about(
    letters: str, can: Capabilities, expected: str
) -> None:
    _, move = next_move(notification(*history(letters)), facts(visit=cancelled(), can=can), now=LATER)

    assert told(move) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("", "skipped late"),
        ("n", "expired deadline_passed"),
        ("r", "expired deadline_passed"),
        ("u", "failed outcome_unknown"),
        ("a", "accepted"),
    ],
)
def test_after_the_deadline_it_ends_with_what_is_known(letters: str, expected: str) -> None:
    _, move = next_move(notification(*history(letters)), facts(), now=DEADLINE)

    assert told(move) == expected


def test_a_stop_makes_no_notes() -> None:
    seen, _ = next_move(notification(), facts(visit=cancelled(), consents={}), now=DUE)

    assert seen.notes == ()
