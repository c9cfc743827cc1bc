"""One message for several visits, and what becomes of those for whom it speaks."""

from datetime import timedelta

import msgspec
import pytest

from kept.core.booking import Appointment
from kept.core.merging import (
    LOOK_AGAIN,
    MOST_OF_ONE_NUMBER,
    Companion,
    after_main,
    is_companion,
    may_merge,
    spoken_for,
    with_patient,
    without_patient,
)
from kept.core.notifications import (
    Attempt,
    AttemptState,
    Notification,
    NotificationKind,
    NotificationState,
    Outcome,
    Reason,
)
from kept.core.people import ChannelName, Consent
from kept.core.recording import Finish
from tests.core.moves import MAIL, SMS
from tests.dispatching import DUE, PHONE, START, appointment, attempt, cancelled, history, notification, patient

HOUR = timedelta(hours=1)
SISTER = patient(id="pat_2", first_name="Bea")


def hers(visit: Appointment | None = None, **changes: object) -> Companion:
    own = {"id": "ntf_2", "patient_id": "pat_2", "appointment_id": "apt_2", **changes}
    made = msgspec.structs.replace(notification(), **own)
    its_visit = visit or appointment(id="apt_2", patient_id="pat_2", start=START + HOUR, end=START + 2 * HOUR)
    return Companion(notification=made, appointment=its_visit, patient=SISTER)


def heard(state: AttemptState, *, awaits_receipt: bool = True) -> Attempt:
    return msgspec.structs.replace(attempt("a"), state=state, awaits_receipt=awaits_receipt)


def done(given: Notification) -> Notification:
    return msgspec.structs.replace(given, state=NotificationState.DONE, wake_at=None)


@pytest.mark.parametrize(
    ("other", "is_one"),
    [
        (hers(), True),
        (hers(appointment(id="apt_2", start=START + 3 * HOUR, end=START + 4 * HOUR)), False),
        (hers(cancelled()), False),
        (hers(appointment(id="apt_2", sequence=1)), False),
        (hers(rule="1h"), False),
        (hers(plan=((MAIL,),)), False),
        (hers(about=NotificationKind.MOVED), False),
        (hers(addresses={SMS: PHONE}), False),
        (hers(state=NotificationState.DONE), False),
        (hers(state=NotificationState.WAITING), False),
        (hers(said_in="ntf_9"), False),
        (hers(said_in="ntf_1"), True),
        (hers(deadline_at=DUE), False),
        (Companion(notification=notification(), appointment=appointment(), patient=SISTER), False),
    ],
    ids=[
        "an hour later",
        "three hours later",
        "cancelled",
        "moved since",
        "another rule",
        "mail only",
        "news",
        "another address",
        "done",
        "begun",
        "another speaks for it",
        "this one speaks for it",
        "too late",
        "itself",
    ],
)
def test_what_can_be_said_together(other: Companion, *, is_one: bool) -> None:
    main = Companion(notification=notification(), appointment=appointment(), patient=patient())

    assert is_companion(main, other, within=2 * HOUR, now=DUE) is is_one


def test_only_reminders_to_a_patients_own_number_speak_for_others() -> None:
    assert may_merge(notification())
    assert not may_merge(notification(addresses={SMS: PHONE}))
    assert not may_merge(notification(about=NotificationKind.CANCELLED))


ALONE_BY_TEXT, ALONE_BY_MAIL = "alone by text", "alone by mail"


def fate_of(main: Notification | None) -> str:
    """Return what becomes of a reminder for which another speaks, in a word."""
    companion = spoken_for(hers().notification, notification(), now=DUE)
    fate = after_main(companion, main, now=DUE + HOUR)
    if isinstance(fate, Finish):
        assert (fate.outcome, fate.reason) == (Outcome.SKIPPED, Reason.MERGED)
        return "merged"
    if isinstance(fate, Notification):
        assert fate.said_in == ""
        return ALONE_BY_MAIL if fate.notes else ALONE_BY_TEXT
    assert fate == DUE + HOUR + LOOK_AGAIN
    return "wait"


@pytest.mark.parametrize(
    ("main", "fate"),
    [
        (None, ALONE_BY_TEXT),
        (notification(), ALONE_BY_TEXT),
        (notification(attempt("s")), "wait"),
        (notification(attempt("a")), "merged"),
        (notification(heard(AttemptState.ACCEPTED)), "wait"),
        (notification(heard(AttemptState.DELIVERED)), "merged"),
        (done(notification(heard(AttemptState.ACCEPTED))), "merged"),
        (notification(heard(AttemptState.ACCEPTED), stage=1), ALONE_BY_MAIL),
        (notification(attempt("u")), "wait"),
        (notification(attempt("u"), stage=1), ALONE_BY_MAIL),
        (done(notification(attempt("u"))), ALONE_BY_MAIL),
        (notification(attempt("r"), stage=1), ALONE_BY_MAIL),
        (done(notification(attempt("r"))), ALONE_BY_MAIL),
        (notification(heard(AttemptState.UNDELIVERED), stage=1), ALONE_BY_MAIL),
        (notification(attempt("n")), "wait"),
        (done(notification(attempt("n"))), ALONE_BY_TEXT),
        (notification(*history("nnn"), stage=1), ALONE_BY_TEXT),
    ],
    ids=[
        "gone",
        "nothing sent",
        "under way",
        "taken",
        "word is waited for",
        "delivered",
        "taken and done",
        "no word came",
        "unknown",
        "unknown for good",
        "unknown at the end",
        "refused",
        "refused at the end",
        "not delivered",
        "to be tried again",
        "cancelled before it left",
        "never taken",
    ],
)
def test_nobody_is_forgotten_for_whom_another_spoke(main: Notification | None, fate: str) -> None:
    assert fate_of(main) == fate


def test_a_number_has_each_patient_once_and_no_more_than_a_family() -> None:
    home = with_patient(with_patient(number_of(), "ana"), "ana")
    full = number_of(*(str(n) for n in range(MOST_OF_ONE_NUMBER)))

    assert home.patient_ids == ("ana",)
    assert without_patient(home, "ana").patient_ids == ()
    assert with_patient(full, "one more") is full


def number_of(*patient_ids: str) -> Consent:
    return Consent(
        id="number",
        channel=ChannelName.SMS,
        granted=True,
        source="test",
        recorded_at=DUE,
        recorded_by="test",
        patient_ids=patient_ids,
    )
