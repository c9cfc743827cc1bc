"""
A text that is taken and never arrives: the person is reached by mail, and the story says why.

The real door for providers, the real worker, store and outbox; AWS itself is played: it takes texts, and tells what
became of them by signed calls of SNS.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette

from kept.adapters.clock import SimulatedClock
from kept.adapters.end_user_messaging import EndUserMessagingChannel, EndUserMessagingSettings
from kept.adapters.outbox import OutboxChannel, OutboxLedger
from kept.adapters.sqlite import SqliteStore
from kept.core.booking import Appointment, BookingRequest
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.notifications import Notification, Outcome
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import Practice
from kept.core.story import story_of
from kept.entrypoints.http_api import Limits
from kept.entrypoints.http_api.door import Door
from kept.entrypoints.webhooks import WebhookParts, webhook_routes
from kept.entrypoints.worker import CallReaders, Dispatcher, InlineExecutor
from kept.flow.booking import book
from kept.flow.people import register
from kept.flow.search import notifications_of
from kept.main.kinds import KINDS
from kept.ports.channel import Channel
from kept.ports.provider_api import ApiAnswer
from kept.ports.store import Transaction
from kept.ports.webhook import WebhookReader
from tests.adapters.aws_samples import sample
from tests.adapters.sns_calls import URL, Net, fields, reader, signed, sns, subscription
from tests.contracts.channels import NOW
from tests.entrypoints.http_api.world import Asked, NumberedIds, sent
from tests.entrypoints.worker.world import CountingMeter

PHONE = PhoneNumber("+12065550100")
START = NOW + timedelta(hours=25)
DUE = NOW + timedelta(hours=1)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class TextService:
    """Plays AWS End User Messaging: takes every text, and keeps what it took."""

    timeout_s = 10.0

    def __init__(self) -> None:
        self.taken: list[Mapping[str, object]] = []

    def call(self, operation: str, parameters: Mapping[str, object]) -> ApiAnswer:
        assert operation == "send_text_message"
        self.taken.append(parameters)
        return ApiAnswer(fields={"MessageId": f"text-{len(self.taken)}"})

    def close(self) -> None:
        """Do nothing."""


class Clinic:
    """The program, put together with a clock that is moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.clock = SimulatedClock(NOW)
        self.texts = TextService()
        self.store = SqliteStore(folder / "kept.db", kinds=KINDS)
        self.mails = OutboxLedger(folder / "outbox.db")
        self.net = Net({URL: sns().pem})
        readers = self._readers()
        self.worker = Dispatcher(
            self.store,
            {
                ChannelName.SMS: self._texts(),
                ChannelName.EMAIL: OutboxChannel(self.mails, ChannelName.EMAIL, clock=self.clock),
            },
            clock=self.clock,
            meter=CountingMeter(),
            pool=InlineExecutor(),
            max_in_flight=4,
            readers=CallReaders(readers),
        )
        parts = WebhookParts(
            store=self.store,
            clock=self.clock,
            meter=CountingMeter(),
            readers=readers,
            public_url="https://kept.example",
            wake=self.worker.wake,
        )
        self.app = Starlette(routes=list(webhook_routes(parts)))
        self.app.add_middleware(Door, ids=NumberedIds(), limits=Limits())
        self.store.submit(self._furnish).result()

    def _readers(self) -> dict[str, WebhookReader]:
        return {"sns": reader(self.net)}

    def _texts(self) -> Channel:
        settings = EndUserMessagingSettings(origination="+12065550199", configuration_set="kept")
        return EndUserMessagingChannel(settings, api=self.texts, clock=self.clock)

    def close(self) -> None:
        self.store.close()
        self.mails.close()

    def _furnish(self, tx: Transaction) -> None:
        tx.put(Practice(name="Elm Clinic", phone="206-555-0100", zone="America/New_York"))
        ann = Patient(id="pat_1", phone=PHONE, email=EmailAddress("ann@example.com"), created_at=NOW, updated_at=NOW)
        register(tx, ann, (), by="desk", now=NOW)
        visit = BookingRequest(patient_id="pat_1", start=START, end=START + HOUR / 2, zone="America/New_York")
        book(tx, request=visit, appointment_id="apt_1", now=NOW)

    def at(self, instant: object) -> None:
        self.clock.set(instant)  # type: ignore[arg-type]
        self.worker.run_due()

    def hears(self, event: str, *, final: bool = True) -> int:
        """Let AWS say what became of the first text; return the status of our answer."""
        said = json.loads(sample("eum_delivered")) | {
            "eventType": event,
            "isFinal": final,
            "messageId": "text-1",
            "context": self.texts.taken[0]["Context"],
        }
        body = signed(fields(Message=json.dumps(said), Timestamp=self.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000Z")))
        return asyncio.run(sent(self.app, "POST", "/webhooks/sns", Asked(body=body, scope=None))).status

    @property
    def reminder(self) -> Notification:
        return notifications_of(self.store, "pat_1")[0]

    def story(self) -> list[str]:
        visit = self.store.load(Appointment, ["apt_1"])[0]
        return [line.text for line in story_of(self.reminder, visit)]

    def mail_count(self) -> int:
        return sum(1 for m in self.mails.messages() if m.channel is ChannelName.EMAIL)


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path)
    yield made
    made.close()


def test_a_text_of_which_no_word_comes_is_followed_by_a_mail(clinic: Clinic) -> None:
    clinic.at(DUE)
    status = clinic.hears("TEXT_SENT", final=False)
    clinic.at(DUE + clinic.reminder.patience - SECOND)
    before = clinic.mail_count()
    clinic.at(DUE + clinic.reminder.patience + SECOND)

    assert (status, len(clinic.texts.taken), before, clinic.mail_count()) == (204, 1, 0, 1)
    assert clinic.reminder.outcome is Outcome.ACCEPTED
    assert clinic.story()[1:] == [
        "Text message 1: handed to end_user_messaging.",
        "Text message 1: taken by end_user_messaging.",
        "E-mail 1: handed to outbox, because no word came in time that the text message had been delivered.",
        "E-mail 1: taken by outbox.",
        "Done: the provider has it.",
    ]


def test_word_that_comes_after_the_mail_is_told_too_and_sends_nothing_more(clinic: Clinic) -> None:
    clinic.at(DUE)
    clinic.at(DUE + clinic.reminder.patience + SECOND)

    statuses = [clinic.hears("TEXT_DELIVERED") for _ in range(3)]
    clinic.at(DUE + clinic.reminder.patience + HOUR)

    assert statuses == [204, 204, 204]
    assert (len(clinic.texts.taken), clinic.mail_count(), clinic.reminder.outcome) == (1, 1, Outcome.DELIVERED)
    assert "Text message 1: delivered, says end_user_messaging." in clinic.story()


def test_a_text_that_cannot_arrive_is_followed_by_a_mail_at_once(clinic: Clinic) -> None:
    clinic.at(DUE)

    status = clinic.hears("TEXT_INVALID")
    clinic.at(DUE + SECOND)

    number = clinic.store.load(Consent, [consent_id(ChannelName.SMS, PHONE)])[0]
    assert (status, clinic.mail_count(), number.unusable) == (204, 1, "permanent")
    assert clinic.story()[1:] == [
        "Text message 1: handed to end_user_messaging.",
        "Text message 1: taken by end_user_messaging, and not delivered (TEXT_INVALID).",
        "E-mail 1: handed to outbox.",
        "E-mail 1: taken by outbox.",
        "Done: the provider has it.",
    ]


def test_a_text_that_arrived_needs_no_mail(clinic: Clinic) -> None:
    clinic.at(DUE)

    clinic.hears("TEXT_DELIVERED")
    clinic.at(DUE + clinic.reminder.patience + SECOND)

    assert (clinic.mail_count(), clinic.reminder.outcome) == (0, Outcome.DELIVERED)


def test_a_forged_word_changes_nothing(clinic: Clinic) -> None:
    clinic.at(DUE)
    before = clinic.reminder
    body = signed(fields(Message="{}"))[:-3] + b'A"}'

    reply = asyncio.run(sent(clinic.app, "POST", "/webhooks/sns", Asked(body=body, scope=None)))
    clinic.at(DUE + MINUTE)

    assert (reply.status, reply.json["title"]) == (403, "Webhook signature invalid")
    assert clinic.reminder == before


def test_an_address_that_came_with_a_call_is_never_opened(clinic: Clinic) -> None:
    inside = subscription() | {
        "SubscribeURL": "http://169.254.169.254/latest/meta-data/",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/x.pem",
        "TopicArn": "arn:aws:sns:us-east-1:111111111111:ses-events",
        "Signature": "AA==",
    }

    reply = asyncio.run(sent(clinic.app, "POST", "/webhooks/sns", Asked(body=json.dumps(inside).encode(), scope=None)))
    clinic.at(DUE)

    assert reply.status == 403
    assert clinic.net.fetched == []
