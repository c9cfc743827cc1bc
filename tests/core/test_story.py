"""The story of a notification, whole, as the person at the desk reads it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from kept.core.booking import Appointment, AppointmentEvent, AppointmentStatus, Happening
from kept.core.notifications import (
    BOTH_AT_ONCE,
    Attempt,
    AttemptState,
    ChannelNote,
    Notification,
    NotificationKind,
    NotificationState,
    Outcome,
    Reason,
)
from kept.core.people import ChannelName
from kept.core.story import OUTCOME_TEXTS, REASON_TEXTS, reason_text, status_diagram, status_table, story_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "appointment-states.md"
SMS, EMAIL = ChannelName.SMS, ChannelName.EMAIL
BOOKED = datetime(2026, 5, 1, 15, tzinfo=UTC)
DUE = datetime(2026, 5, 3, 13, tzinfo=UTC)
START = datetime(2026, 5, 4, 13, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

VISIT = Appointment(
    id="apt_1",
    patient_id="Ann Lee",
    start=START,
    end=START + 30 * MINUTE,
    zone="America/New_York",
    start_local=datetime(2026, 5, 4, 9),  # noqa: DTZ001 - a wall time
    status=AppointmentStatus.CONFIRMED,
    description="SECRET REASON",
    history=(Happening(at=BOOKED, what="book", by="key_desk"),),
    created_at=BOOKED,
    updated_at=BOOKED,
)
PLANNED = Notification(
    id="ntf_1",
    about=NotificationKind.REMINDER,
    rule="24h",
    patient_id="Ann Lee",
    appointment_id="apt_1",
    template="reminder",
    addresses={SMS: "+12065550100", EMAIL: "ann@example.com"},
    planned_at=BOOKED,
    due_at=DUE,
    deadline_at=DUE + 18 * 60 * MINUTE,
    wake_at=DUE,
)
FIRST_LINE = (
    "05-01 15:00:00 Planned: a reminder 24 hours before the appointment, "
    "due Sun, May 3, 9:00 AM (New York time), by text message, then e-mail."
)


def told(notification: Notification, appointment: Appointment | None = VISIT) -> list[str]:
    return [f"{line.at:%m-%d %H:%M:%S} {line.text}" for line in story_of(notification, appointment)]


def attempt(
    number: int, state: AttemptState, *, at: datetime, channel: ChannelName = SMS, code: str = "", lookups: int = 0
) -> Attempt:
    return Attempt(
        id=f"ntf_1.{channel}.{number}",
        channel=channel,
        provider="outbox",
        number=number,
        fence=number,
        destination_hash="x",
        body_hash="x",
        state=state,
        started_at=at,
        lease_until=at + MINUTE,
        ended_at=None if state is AttemptState.SENDING else at + SECOND,
        code=code,
        lookups=lookups,
    )


def ended(
    outcome: Outcome | None,
    reason: Reason | None = None,
    *,
    attempts: tuple[Attempt, ...] = (),
    notes: tuple[ChannelNote, ...] = (),
    at: datetime = DUE,
) -> Notification:
    return msgspec.structs.replace(
        PLANNED,
        state=NotificationState.DONE,
        outcome=outcome,
        reason=reason,
        attempts=attempts,
        notes=notes,
        done_at=at,
        wake_at=None,
    )


def test_one_that_waits_for_its_time() -> None:
    assert told(PLANNED) == [FIRST_LINE, "05-03 13:00:00 Next: to be sent."]


def test_one_that_went_out_at_once() -> None:
    sent = ended(Outcome.ACCEPTED, attempts=(attempt(1, AttemptState.ACCEPTED, at=DUE),), at=DUE + SECOND)

    assert told(sent) == [
        FIRST_LINE,
        "05-03 13:00:00 Text message 1: handed to outbox.",
        "05-03 13:00:01 Text message 1: taken by outbox.",
        "05-03 13:00:01 Done: the provider has it.",
    ]


def test_one_that_fell_back_to_mail_after_two_tries_and_a_refusal() -> None:
    busy = msgspec.structs.replace(
        attempt(1, AttemptState.NOT_SENT, at=DUE, code="throttled"), retry_after=DUE + 2 * MINUTE
    )
    attempts = (
        busy,
        attempt(2, AttemptState.REFUSED, at=DUE + 2 * MINUTE, code="no such number +12065550100"),
        attempt(1, AttemptState.ACCEPTED, at=DUE + 3 * MINUTE, channel=EMAIL),
    )

    assert told(ended(Outcome.ACCEPTED, attempts=attempts, at=DUE + 4 * MINUTE)) == [
        FIRST_LINE,
        "05-03 13:00:00 Text message 1: handed to outbox.",
        (
            "05-03 13:00:01 Text message 1: not taken by outbox (throttled); "
            "asked to wait until Sun, May 3, 9:02 AM (New York time)."
        ),
        "05-03 13:02:00 Text message 2: handed to outbox, tried again.",
        "05-03 13:02:01 Text message 2: refused by outbox; it will not be tried again this way.",
        "05-03 13:03:00 E-mail 1: handed to outbox.",
        "05-03 13:03:01 E-mail 1: taken by outbox.",
        "05-03 13:04:00 Done: the provider has it.",
    ]


def test_one_whose_outcome_nobody_could_learn() -> None:
    attempts = (
        attempt(1, AttemptState.UNKNOWN, at=DUE, code="lease_ended", lookups=3),
        attempt(2, AttemptState.UNKNOWN, at=DUE + 20 * MINUTE, lookups=1),
    )

    assert told(ended(Outcome.FAILED, Reason.OUTCOME_UNKNOWN, attempts=attempts, at=DUE + 60 * MINUTE)) == [
        FIRST_LINE,
        "05-03 13:00:00 Text message 1: handed to outbox.",
        (
            "05-03 13:00:01 Text message 1: no certain answer (lease_ended), so nobody knows whether outbox took it; "
            "outbox was asked 3 times what became of it."
        ),
        (
            "05-03 13:20:00 Text message 2: handed to outbox, once more, "
            "because nobody knows whether the last one was taken."
        ),
        (
            "05-03 13:20:01 Text message 2: no certain answer, so nobody knows whether outbox took it; "
            "outbox was asked once what became of it."
        ),
        "05-03 14:00:00 Failed: nobody could find out whether the provider had taken it.",
    ]


def test_one_that_no_channel_could_carry() -> None:
    notes = (
        ChannelNote(channel=SMS, reason=Reason.OPTED_OUT, at=DUE),
        ChannelNote(channel=EMAIL, reason=Reason.NO_CONTACT, at=DUE),
    )

    assert told(ended(Outcome.SKIPPED, Reason.OPTED_OUT, notes=notes)) == [
        FIRST_LINE,
        "05-03 13:00:00 No text message: the patient asked not to be written to this way.",
        "05-03 13:00:00 No e-mail: no number or address is known for it.",
        "05-03 13:00:00 Not sent: the patient asked not to be written to this way.",
    ]


def test_one_whose_appointment_was_cancelled_meanwhile() -> None:
    cancelled = msgspec.structs.replace(
        VISIT,
        history=(
            *VISIT.history,
            Happening(at=BOOKED + MINUTE, what="move", by="key_desk"),
            Happening(at=BOOKED + 2 * MINUTE, what="cancel", by="key_desk"),
            Happening(at=DUE, what="something new", by="key_desk"),
            Happening(at=DUE + MINUTE, what="no-show", by="key_desk"),
        ),
    )

    assert told(ended(Outcome.SKIPPED, Reason.APPOINTMENT_CANCELLED), cancelled)[1:] == [
        "05-01 15:01:00 The appointment was moved to another time.",
        "05-01 15:02:00 The appointment was cancelled.",
        "05-03 13:00:00 The appointment was changed.",
        "05-03 13:00:00 Not sent: the appointment was cancelled.",
    ]


def test_one_that_is_on_its_way() -> None:
    sending = msgspec.structs.replace(
        PLANNED,
        state=NotificationState.SENDING,
        attempts=(attempt(1, AttemptState.SENDING, at=DUE),),
        wake_at=DUE + MINUTE,
        failures=2,
    )

    assert told(sending)[1:] == [
        "05-03 13:00:00 Text message 1: handed to outbox.",
        "05-03 13:01:00 Next: to be looked at again; our own program failed on it twice.",
    ]


def test_one_of_a_batch_is_told_in_the_zone_that_came_with_it() -> None:
    batch = msgspec.structs.replace(
        PLANNED,
        about=NotificationKind.BATCH,
        rule="batch",
        appointment_id=None,
        plan=BOTH_AT_ONCE,
        facts={"zone": "Europe/Madrid"},
        wake_at=None,
    )

    assert told(batch, None) == [
        (
            "05-01 15:00:00 Planned: a message of a batch, due Sun, May 3, 3:00 PM (Madrid time), "
            "by text message and e-mail."
        )
    ]


@pytest.mark.parametrize(
    ("rule", "purpose"),
    [
        ("24h", "a reminder 24 hours before the appointment"),
        ("1h", "a reminder 1 hour before the appointment"),
        ("2d", "a reminder 2 days before the appointment"),
        ("recall", "a reminder"),
        ("late_one", "a reminder"),
    ],
)
def test_a_reminder_is_named_by_how_long_before_it_comes(rule: str, purpose: str) -> None:
    first = told(msgspec.structs.replace(PLANNED, rule=rule, facts={}), None)[0]

    assert first == (f"05-01 15:00:00 Planned: {purpose}, due Sun, May 3, 1:00 PM (GMT), by text message, then e-mail.")


def test_an_unknown_attempt_without_an_end_is_told_at_the_end_of_its_lease() -> None:
    lost = msgspec.structs.replace(attempt(1, AttemptState.UNKNOWN, at=DUE), ended_at=None)

    assert told(ended(Outcome.FAILED, Reason.OUTCOME_UNKNOWN, attempts=(lost,), at=DUE + MINUTE))[2] == (
        "05-03 13:01:00 Text message 1: no certain answer, so nobody knows whether outbox took it."
    )


def test_a_record_that_does_not_say_how_it_ended_is_told_so() -> None:
    broken = msgspec.structs.replace(ended(None), done_at=None)

    assert told(broken)[-1] == "05-03 13:00:00 Ended, and nothing says how."


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words_that_end_a_sentence(reason: Reason) -> None:
    text = reason_text(reason)

    assert text[0].islower()
    assert not text.endswith(".")
    assert reason.value not in text or "_" not in reason.value


def test_no_two_reasons_and_no_two_outcomes_read_alike() -> None:
    assert len(set(REASON_TEXTS.values())) == len(Reason)
    assert len(set(OUTCOME_TEXTS.values())) == len(Outcome)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("state", AttemptState)
def test_no_story_holds_a_name_a_number_an_address_or_a_key(outcome: Outcome, state: AttemptState) -> None:
    attempts = (
        attempt(1, state, at=DUE, code="ann@example.com said no"),
        attempt(1, state, at=DUE, code="12065550100", channel=EMAIL),
    )

    story = " ".join(told(ended(outcome, Reason.REFUSED, attempts=attempts)))

    assert not [secret for secret in ("Ann", "ann@", "206", "SECRET", "key_desk", "apt_1", "ntf_1") if secret in story]


def test_the_diagram_shows_every_way_from_state_to_state() -> None:
    assert status_diagram() == (
        "stateDiagram-v2\n"
        "    [*] --> REQUESTED: book, to be confirmed\n"
        "    [*] --> CONFIRMED: book\n"
        "    REQUESTED --> CONFIRMED: confirm\n"
        "    REQUESTED --> REQUESTED: move\n"
        "    REQUESTED --> CANCELLED: cancel\n"
        "    CONFIRMED --> CONFIRMED: move\n"
        "    CONFIRMED --> CHECKED_IN: check-in\n"
        "    CONFIRMED --> COMPLETED: complete\n"
        "    CONFIRMED --> CANCELLED: cancel\n"
        "    CONFIRMED --> NO_SHOW: no-show\n"
        "    CHECKED_IN --> COMPLETED: complete\n"
        "    CHECKED_IN --> CANCELLED: cancel\n"
        "    COMPLETED --> [*]\n"
        "    CANCELLED --> [*]\n"
        "    NO_SHOW --> CHECKED_IN: check-in\n"
    )


def test_the_table_has_a_row_for_every_state_and_a_column_for_every_event() -> None:
    head, _, *rows = status_table().splitlines()

    assert head.count("|") == len(AppointmentEvent) + 2
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [status.value for status in AppointmentStatus]


def test_the_page_of_states_shows_what_the_rules_are() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert f"```mermaid\n{status_diagram()}```\n" in page
    assert f"\n{status_table()}\n" in page


@pytest.mark.parametrize(
    ("state", "end"),
    [(AttemptState.ACCEPTED, "taken by outbox"), (AttemptState.DELIVERED, "delivered, says outbox")],
)
def test_one_of_which_no_word_came_in_time_says_why_the_mail_left(state: AttemptState, end: str) -> None:
    text = msgspec.structs.replace(
        attempt(1, state, at=DUE), awaits_receipt=True, heard_at=DUE + 9 * MINUTE if "says" in end else None
    )
    mail = attempt(1, AttemptState.ACCEPTED, at=DUE + 3 * MINUTE, channel=EMAIL)

    lines = told(ended(Outcome.ACCEPTED, attempts=(text, mail), at=DUE + 4 * MINUTE))

    why = "because no word came in time that the text message had been delivered"
    assert f"05-03 13:03:00 E-mail 1: handed to outbox, {why}." in lines
    assert f"05-03 13:{'09:00' if 'says' in end else '00:01'} Text message 1: {end}." in lines
