"""
Somebody whom no message reaches, from the booking to the call that reaches her.

The real store, worker, outbox and reader of what carriers say; only the clock is moved by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from kept.adapters.clock import SimulatedClock, SystemIds
from kept.adapters.outbox import PROVIDER, OutboxChannel, OutboxLedger, OutboxReader, OutboxVoice
from kept.adapters.sqlite import SqliteStore
from kept.core.booking import Appointment, BookingRequest
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.notifications import AttemptState, Notification, NotificationState, Outcome, Reason
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.story import story_of
from kept.core.worklist import ItemKind
from kept.entrypoints.worker import CallReaders, Dispatcher, InlineExecutor
from kept.flow.booking import book
from kept.flow.people import register
from kept.flow.practice import save_practice
from kept.flow.receipts import keep_call, received
from kept.flow.replies import reply_step
from kept.flow.worklist import Act, Listed, close_item, worklist
from kept.formats.practice_file import parsed_text, practice_from
from kept.main.kinds import KINDS
from kept.ports.store import Transaction
from kept.ports.webhook import WebhookRequest
from tests.entrypoints.worker.world import CountingMeter

ZONE = "America/New_York"
BOOKED = datetime(2026, 5, 4, 14, tzinfo=UTC)
"""A Monday, 10:00 in New York; quiet hours are far."""
VISIT = datetime(2026, 5, 6, 18, tzinfo=UTC)
DUE = VISIT - timedelta(hours=24)
DEADLINE = DUE + timedelta(hours=6)
PATIENCE = timedelta(hours=2)
SECOND = timedelta(seconds=1)
ANN_PHONE, ANN_MAIL = PhoneNumber("+12125550101"), EmailAddress("ann@example.com")

PRACTICE = f"""
[practice]
name = "Elm Clinic"
phone = "212-555-0100"
timeZone = "{ZONE}"

[messages]
notices = []

[[visitTypes]]
id = "check-up"
name = "Check-up"
minutes = 30
reminderPolicy = "eve"

[[reminderPolicies]]
id = "eve"

[[reminderPolicies.reminders]]
name = "24h"
lead = "24 h"
usefulFor = "6 h"
patience = "2 h"
plan = [["sms"], ["email"]]
"""


class Clinic:
    """The program, put together with a clock that is moved by hand, and an outbox whose messages wait for word."""

    def __init__(self, folder: Path) -> None:
        self.clock = SimulatedClock(BOOKED)
        self.store = SqliteStore(folder / "kept.db", kinds=KINDS)
        self.outbox = OutboxLedger(folder / "outbox.db")
        self.voice = OutboxVoice(self.outbox, clock=self.clock, ids=SystemIds(), call=self._keep, is_awaited=True)
        self.worker = Dispatcher(
            self.store,
            {name: OutboxChannel(self.outbox, name, clock=self.clock, voice=self.voice) for name in ChannelName},
            clock=self.clock,
            meter=CountingMeter(),
            pool=InlineExecutor(),
            max_in_flight=4,
            readers=CallReaders({PROVIDER: OutboxReader()}, on_reply=reply_step),
        )
        self.store.submit(self._furnish).result()

    def _keep(self, request: WebhookRequest) -> None:
        self.store.submit(partial(keep_call, call=received(PROVIDER, request, headers={}))).result()

    def _furnish(self, tx: Transaction) -> None:
        save_practice(tx, practice_from(parsed_text(PRACTICE)))
        ann = Patient(id="ann", first_name="Ann", phone=ANN_PHONE, email=ANN_MAIL, created_at=BOOKED, updated_at=BOOKED)
        ben = Patient(id="ben", first_name="Ben", created_at=BOOKED, updated_at=BOOKED)
        for patient, start in ((ann, VISIT), (ben, VISIT - timedelta(hours=1))):
            register(tx, patient, (), by="desk", now=BOOKED)
            wish = BookingRequest(
                patient_id=patient.id,
                visit_type_id="check-up",
                start=start,
                end=start + timedelta(minutes=30),
                zone=ZONE,
            )
            book(tx, wish, appointment_id=f"visit-{patient.id}", now=BOOKED)

    def close(self) -> None:
        self.store.close()
        self.outbox.close()

    def at(self, instant: datetime) -> None:
        """Let time pass until then, and the worker do what is due."""
        self.clock.set(instant)
        self.worker.run_due()

    def visit(self, patient: str = "ann") -> Appointment:
        return self.store.load(Appointment, [f"visit-{patient}"])[0]

    @property
    def reminder(self) -> Notification:
        return self.store.load(Notification, self.visit().notification_ids)[0]

    @property
    def sent(self) -> list[tuple[str, str]]:
        """What stands in the outbox, oldest first."""
        return [(m.channel.value, m.to) for m in self.outbox.messages()]

    @property
    def calls(self) -> list[tuple[str, ItemKind]]:
        """Who is to be called, and why, in the order of the list."""
        return [(row.item.patient_id, row.item.about) for row in self.rows]

    @property
    def rows(self) -> tuple[Listed, ...]:
        return worklist(self.store, now=self.clock.now()).rows

    @property
    def story(self) -> list[str]:
        return [line.text for line in story_of(self.reminder, self.visit())]


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path)
    yield made
    made.close()


def test_a_patient_who_reads_no_text_and_whose_mail_bounces_is_called(clinic: Clinic) -> None:
    the_text_is_taken_and_no_word_comes(clinic)
    she_is_mailed_while_that_is_of_use(clinic)
    the_mail_bounces_and_nothing_more_can_be_sent(clinic)

    # She is on the list, after Ben, whose visit is sooner; and why she is, in words.
    assert clinic.calls == [("ben", ItemKind.NO_CONTACT), ("ann", ItemKind.UNDELIVERABLE)]
    assert clinic.rows[1].item.notification_ids == (clinic.reminder.id,)
    assert clinic.story[0].startswith("Planned: a reminder 24 hours before the appointment, due ")
    assert clinic.story[0].endswith(", by text message, then e-mail.")
    assert clinic.story[1:] == [
        "Text message 1: handed to outbox.",
        "Text message 1: taken by outbox.",
        "E-mail 1: handed to outbox, because no word came in time that the text message had been delivered.",
        "E-mail 1: taken by outbox, and not delivered (bounced).",
        "Failed: the carrier or the mailbox did not take it.",
    ]

    somebody_calls_and_says_what_came_of_it(clinic)
    assert clinic.calls == [("ben", ItemKind.NO_CONTACT)]


def the_text_is_taken_and_no_word_comes(clinic: Clinic) -> None:
    clinic.at(DUE)
    assert clinic.sent == [("sms", ANN_PHONE)]
    assert [a.state for a in clinic.reminder.attempts] == [AttemptState.ACCEPTED]
    assert clinic.reminder.state is NotificationState.WAITING

    clinic.at(DUE + PATIENCE - SECOND)
    assert clinic.sent == [("sms", ANN_PHONE)]


def she_is_mailed_while_that_is_of_use(clinic: Clinic) -> None:
    clinic.at(DUE + PATIENCE)

    assert clinic.sent == [("sms", ANN_PHONE), ("email", ANN_MAIL)]
    assert clinic.clock.now() < clinic.reminder.deadline_at == DEADLINE
    assert clinic.reminder.outcome is Outcome.ACCEPTED
    assert clinic.calls == [("ben", ItemKind.NO_CONTACT)]


def the_mail_bounces_and_nothing_more_can_be_sent(clinic: Clinic) -> None:
    clinic.voice.say(2, "bounced")
    clinic.at(DUE + PATIENCE + 3 * SECOND)

    (mailbox,) = clinic.store.load(Consent, [consent_id(ChannelName.EMAIL, ANN_MAIL)])
    assert (clinic.reminder.outcome, clinic.reminder.reason) == (Outcome.FAILED, Reason.UNDELIVERED)
    assert mailbox.unusable == "permanent"


def somebody_calls_and_says_what_came_of_it(clinic: Clinic) -> None:
    item, now = clinic.rows[1].item, clinic.clock.now()
    act = Act(item_id=item.id, by="desk", version=item.version)

    closed = clinic.store.submit(lambda tx: close_item(tx, act, done="Called: she comes at two.", now=now)).result()

    assert [(line.what, line.by, line.done) for line in closed.history] == [
        ("opened", "reminder", ""),
        ("closed", "desk", "Called: she comes at two."),
    ]


def test_the_same_with_an_address_that_always_bounces_needs_nobody_to_say_so(clinic: Clinic) -> None:
    clinic.voice.always(ANN_MAIL, "bounced")

    for instant in (DUE, DUE + PATIENCE, DUE + PATIENCE + SECOND):
        clinic.at(instant)

    assert clinic.calls == [("ben", ItemKind.NO_CONTACT), ("ann", ItemKind.UNDELIVERABLE)]


@pytest.mark.parametrize("word", ["switched-off", "landline", "undelivered"])
def test_a_text_that_cannot_arrive_is_followed_by_a_mail_at_once(clinic: Clinic, word: str) -> None:
    clinic.at(DUE)
    clinic.voice.say(1, word)
    clinic.at(DUE + SECOND)

    assert clinic.sent == [("sms", ANN_PHONE), ("email", ANN_MAIL)]


def test_a_text_of_which_word_comes_is_followed_by_nothing(clinic: Clinic) -> None:
    clinic.at(DUE)
    clinic.voice.say(1, "delivered")
    clinic.at(DEADLINE)

    assert (clinic.sent, clinic.reminder.outcome) == ([("sms", ANN_PHONE)], Outcome.DELIVERED)
    assert clinic.calls == [("ben", ItemKind.NO_CONTACT)]


def test_a_late_word_of_the_text_takes_nothing_back_from_what_is_known_of_the_mail(clinic: Clinic) -> None:
    for instant in (DUE, DUE + PATIENCE):
        clinic.at(instant)
    clinic.voice.say(2, "bounced")
    clinic.voice.say(1, "delivered")
    clinic.at(DUE + PATIENCE + SECOND)

    states = [attempt.state for attempt in clinic.reminder.attempts]
    assert states == [AttemptState.DELIVERED, AttemptState.UNDELIVERED]
    assert clinic.reminder.outcome is Outcome.DELIVERED


def test_the_same_word_twice_changes_nothing_twice(clinic: Clinic) -> None:
    for instant in (DUE, DUE + PATIENCE):
        clinic.at(instant)
    clinic.voice.say(2, "bounced")
    clinic.at(DUE + PATIENCE + SECOND)
    before = clinic.rows
    clinic.voice.say(2, "bounced")
    clinic.at(DUE + PATIENCE + 2 * SECOND)

    assert [msgspec.structs.asdict(row.item) for row in clinic.rows] == [
        msgspec.structs.asdict(row.item) for row in before
    ]
