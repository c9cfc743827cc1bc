"""
A mail that comes back, and mails that are answered: over a real mail server on this machine, through the real door.

The mail server of the other side is played: it writes reports as mail servers do, from what it was handed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from starlette.applications import Starlette

from kept.adapters.clock import SimulatedClock
from kept.adapters.memory import MemoryStore
from kept.adapters.smtp import SmtpChannel, SmtpReader
from kept.core.booking import Appointment, BookingRequest, ParticipationStatus
from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.notifications import Notification, Outcome
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.practice import Practice
from kept.core.worklist import OPEN_INDEX, ItemKind, WorklistItem
from kept.entrypoints.http_api import Limits
from kept.entrypoints.http_api.door import Door
from kept.entrypoints.webhooks import WebhookParts, webhook_routes
from kept.entrypoints.worker import CallReaders, Dispatcher, InlineExecutor
from kept.flow.booking import book
from kept.flow.people import register
from kept.flow.replies import reply_step
from kept.flow.search import notifications_of
from kept.ports.store import Transaction
from tests.adapters.test_smtp_channel import FreePortController, Postbox
from tests.contracts.channels import NOW, quick_settings
from tests.entrypoints.http_api.world import Asked, NumberedIds, sent
from tests.entrypoints.worker.world import CountingMeter

SECRET = "a secret that nobody guesses"
ADDRESS, PHONE = EmailAddress("ann@example.com"), PhoneNumber("+12065550100")
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
START = NOW + 25 * HOUR
DUE = NOW + HOUR

REPORT = """\
Return-Path: <>
From: MAILER-DAEMON@mx.practice.example
To: {return_path}
Subject: {subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

{subject}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.practice.example

Final-Recipient: rfc822; ann@example.com
Action: {action}
Status: {status}

--b--
"""


class Clinic:
    """The program with a clock that is moved by hand, and a mail server."""

    def __init__(self, port: int, postbox: Postbox) -> None:
        self.postbox = postbox
        self.clock = SimulatedClock(NOW)
        self.store = MemoryStore()
        settings = quick_settings(port, reply_to="desk@practice.example", bounce_address="bounces@practice.example")
        self.channel = SmtpChannel(settings, clock=self.clock)
        reader = SmtpReader(settings, SECRET)
        self.worker = Dispatcher(
            self.store,
            {ChannelName.EMAIL: self.channel},
            clock=self.clock,
            meter=CountingMeter(),
            pool=InlineExecutor(),
            max_in_flight=4,
            readers=CallReaders({"smtp": reader}, on_reply=reply_step),
        )
        parts = WebhookParts(
            store=self.store,
            clock=self.clock,
            meter=CountingMeter(),
            readers={"smtp": reader},
            public_url="https://kept.example",
            wake=self.worker.wake,
        )
        self.app = Starlette(routes=list(webhook_routes(parts)))
        self.app.add_middleware(Door, ids=NumberedIds(), limits=Limits())
        self.store.submit(self._furnish).result()

    def _furnish(self, tx: Transaction) -> None:
        tx.put(Practice(name="Elm Clinic", phone="206-555-0100", zone="America/New_York", region="US"))
        ann = Patient(id="pat_1", email=ADDRESS, phone=PHONE, created_at=NOW, updated_at=NOW)
        register(tx, ann, (), by="desk", now=NOW)
        visit = BookingRequest(patient_id="pat_1", start=START, end=START + HOUR / 2, zone="America/New_York")
        book(tx, request=visit, appointment_id="apt_1", now=NOW)

    def remind(self) -> Envelope:
        """Let the first reminder go; return what the mail server got."""
        self.clock.set(DUE)
        self.worker.run_due()
        (envelope,) = self.postbox.envelopes
        return envelope

    def hand_in(self, mail: str | bytes, *, secret: str = SECRET) -> int:
        """Hand a mail over as the mail server does, let the worker apply it, and return the status of our answer."""
        body = mail.encode() if isinstance(mail, str) else mail
        asked = Asked(body=body, headers={"authorization": f"Bearer {secret}"}, scope=None)
        status = asyncio.run(sent(self.app, "POST", "/webhooks/smtp", asked)).status
        self.clock.advance(SECOND)
        self.worker.run_due()
        return status

    def consent(self, channel: ChannelName = ChannelName.EMAIL) -> Consent:
        address = ADDRESS if channel is ChannelName.EMAIL else PHONE
        return self.store.load(Consent, [consent_id(channel, address)])[0]

    def visit(self) -> Appointment:
        return self.store.load(Appointment, ["apt_1"])[0]

    def reminder(self) -> Notification:
        return next(n for n in notifications_of(self.store, "pat_1") if n.attempts)

    def worklist(self) -> list[ItemKind]:
        hits = self.store.query(OPEN_INDEX, "all").hits
        return [item.about for item in self.store.load(WorklistItem, [hit.id for hit in hits])]

    def close(self) -> None:
        self.channel.close()
        self.store.close()


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    postbox = Postbox()
    server: Controller = FreePortController(postbox, hostname="127.0.0.1", port=0)
    server.start()
    made = Clinic(server.port, postbox)
    yield made
    made.close()
    server.stop()


def report(envelope: Envelope, action: str, status: str, *, subject: str = "Undeliverable") -> str:
    """Return what a mail server writes to the return path of a mail."""
    return REPORT.format(return_path=envelope.mail_from, action=action, status=status, subject=subject)


def answer(envelope: Envelope, text: str, *extra: str) -> str:
    """Return what a person writes in answer to a mail, with the mail quoted below."""
    assert isinstance(envelope.content, bytes)
    asked = message_from_bytes(envelope.content, policy=policy.default)
    assert isinstance(asked, EmailMessage)
    body = asked.get_body(("plain",))
    assert body
    quoted = "\n".join(f"> {line}" for line in body.get_content().splitlines())
    head = ("From: Ann <ann@example.com>", f"To: {asked['Reply-To']}", f"In-Reply-To: {asked['Message-ID']}", *extra)
    name = "".join(f"{byte:02x}" for byte in text.encode())
    introduction = f"On Mon, 4 May 2026 at 10:00, Elm Clinic <{asked['Reply-To']}> wrote:"
    return "\n".join((*head, f"Message-ID: <{name}@example.com>", "", text, "", introduction, quoted, ""))


def test_an_address_that_is_dead_is_learned_and_somebody_is_told(clinic: Clinic) -> None:
    envelope = clinic.remind()
    told = report(envelope, "failed", "5.1.1")

    statuses = [clinic.hand_in(told) for _ in range(3)]

    assert statuses == [204, 204, 204]
    assert clinic.consent().unusable == "permanent"
    assert (clinic.reminder().outcome, clinic.reminder().attempts[0].code) == (Outcome.FAILED, "failed 5.1.1")
    assert clinic.worklist() == [ItemKind.UNDELIVERABLE]
    clinic.clock.set(START - HOUR / 2)
    clinic.worker.run_due()
    assert len(clinic.postbox.envelopes) == 1


@pytest.mark.parametrize(("action", "status"), [("failed", "5.2.2"), ("failed", "5.7.1"), ("delayed", "4.4.1")])
def test_an_address_that_may_work_another_time_is_not_given_up(clinic: Clinic, action: str, status: str) -> None:
    envelope = clinic.remind()

    clinic.hand_in(report(envelope, action, status))

    assert clinic.consent().unusable == ""


def test_a_mail_that_arrived_is_delivered_whatever_its_subject_says(clinic: Clinic) -> None:
    envelope = clinic.remind()

    clinic.hand_in(report(envelope, "delivered", "2.0.0", subject="Undeliverable: address unknown"))

    assert clinic.reminder().outcome is Outcome.DELIVERED


def test_a_mail_without_the_secret_changes_nothing(clinic: Clinic) -> None:
    envelope = clinic.remind()
    before = clinic.reminder()

    status = clinic.hand_in(report(envelope, "failed", "5.1.1"), secret="guessed, but not the right one")

    assert status == 403
    assert (clinic.reminder(), clinic.consent().unusable) == (before, "")


def test_a_yes_confirms_the_visit_that_the_mail_was_about(clinic: Clinic) -> None:
    envelope = clinic.remind()

    status = clinic.hand_in(answer(envelope, "Yes"))

    assert status == 204
    assert clinic.visit().participation is ParticipationStatus.ACCEPTED


def test_with_two_visits_the_one_is_meant_that_the_mail_was_about(clinic: Clinic) -> None:
    envelope = clinic.remind()
    later = BookingRequest(patient_id="pat_1", start=START + HOUR, end=START + 2 * HOUR, zone="America/New_York")
    clinic.store.submit(lambda tx: book(tx, request=later, appointment_id="apt_2", now=clinic.clock.now())).result()

    clinic.hand_in(answer(envelope, "Yes"))

    other = clinic.store.load(Appointment, ["apt_2"])[0]
    assert clinic.visit().participation is ParticipationStatus.ACCEPTED
    assert other.participation is ParticipationStatus.NEEDS_ACTION


@pytest.mark.parametrize("word", ["STOP", "Please take me off your list", "unsubscribe"])
def test_a_wish_for_no_more_mails_ends_mails_and_leaves_texts_alone(clinic: Clinic, word: str) -> None:
    envelope = clinic.remind()

    clinic.hand_in(answer(envelope, word))

    assert not clinic.consent().granted
    assert clinic.consent().wording == word
    assert clinic.consent(ChannelName.SMS).granted
    clinic.clock.set(START - HOUR / 2)
    clinic.worker.run_due()
    assert len(clinic.postbox.envelopes) == 1


@pytest.mark.parametrize("line", ["Auto-Submitted: auto-replied", "Precedence: bulk", "Return-Path: <>"])
def test_an_automatic_answer_is_neither_applied_nor_answered(clinic: Clinic, line: str) -> None:
    envelope = clinic.remind()
    before = msgspec.json.encode((clinic.visit(), clinic.consent(), clinic.worklist()))

    statuses = [clinic.hand_in(answer(envelope, f"Yes, stop {n}", line)) for n in range(3)]

    assert statuses == [204, 204, 204]
    assert msgspec.json.encode((clinic.visit(), clinic.consent(), clinic.worklist())) == before
    assert len(clinic.postbox.envelopes) == 1


def test_what_nobody_understands_is_read_by_a_person(clinic: Clinic) -> None:
    envelope = clinic.remind()

    clinic.hand_in(answer(envelope, "Is there a place to leave my bicycle?"))

    assert clinic.worklist() == [ItemKind.UNCLEAR_REPLY]
    assert clinic.visit().participation is ParticipationStatus.NEEDS_ACTION


def test_a_mail_in_old_characters_comes_through(clinic: Clinic) -> None:
    envelope = clinic.remind()
    mail = answer(envelope, "Sí", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: 8bit")

    clinic.hand_in(mail.encode("latin-1"))

    assert clinic.visit().participation is ParticipationStatus.ACCEPTED


def test_real_reports_of_other_mails_change_nothing(clinic: Clinic) -> None:
    clinic.remind()
    before = clinic.reminder()

    statuses = {clinic.hand_in(file.read_bytes()) for file in (Path(__file__).parents[1] / "samples/mails").glob("*")}

    assert statuses == {204}
    assert clinic.reminder() == before
