"""A reply that a provider brings, through the whole program: kept, read again, applied, and on the worklist."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from functools import partial
from pathlib import Path

from kept.adapters.sqlite import FileSeat
from kept.core.booking import Appointment, BookingRequest
from kept.core.contacts import PhoneNumber
from kept.core.conversation import Reply
from kept.core.people import ChannelName, Consent, Patient, consent_id
from kept.core.receipts import IncomingReply
from kept.core.worklist import ItemKind
from kept.flow.booking import book
from kept.flow.people import register
from kept.flow.receipts import keep_call, received
from kept.flow.worklist import worklist
from kept.main.assembly import Parts, open_parts, sender_of
from kept.main.settings import changed, load_settings
from kept.ports.store import Transaction
from kept.ports.webhook import WebhookRequest
from tests.dispatching import PHONE


class TextReader:
    """Reads calls whose body is what somebody answered."""

    provider = "fake"

    def verify(self, request: WebhookRequest) -> None:
        """Let everything pass."""

    def read(self, request: WebhookRequest) -> tuple[IncomingReply, ...]:
        text = request.body.decode()
        return (
            IncomingReply(
                id=text,
                provider=self.provider,
                channel=ChannelName.SMS,
                sender=PHONE,
                recipient="",
                text=text,
                at=request.received_at,
            ),
        )


def furnished(parts: Parts) -> None:
    """Register somebody with a visit in a week."""
    now = parts.clock.now()
    patient = Patient(id="ann", phone=PhoneNumber(PHONE), created_at=now, updated_at=now)
    start = now + timedelta(days=7)
    request = BookingRequest(patient_id="ann", start=start, end=start + timedelta(minutes=30), zone="UTC")

    def step(tx: Transaction) -> None:
        register(tx, patient, (), by="test", now=now)
        book(tx, request, appointment_id="a1", now=now)

    parts.store.submit(step).result()


def test_cancel_ends_messages_cancels_nothing_and_lands_on_the_worklist(tmp_path: Path) -> None:
    settings = changed(load_settings(), data=tmp_path, sending_threads=1)
    with open_parts(settings, checkpoints=True) as opened:
        parts = dataclasses.replace(opened, readers={"fake": TextReader()})
        furnished(parts)
        request = WebhookRequest(url="x", headers={}, body=b"CANCEL", received_at=parts.clock.now())
        parts.store.submit(partial(keep_call, call=received("fake", request, headers={}))).result()
        sender = sender_of(parts, FileSeat(tmp_path))
        sender.take()

        sender.run_due()
        sender.leave()

        (consent,) = parts.store.load(Consent, [consent_id(ChannelName.SMS, PHONE)])
        (visit,) = parts.store.load(Appointment, ["a1"])
        (reply,) = parts.store.load(Reply, ["fake/CANCEL"])
        (row,) = worklist(parts.store, now=parts.clock.now()).rows
    assert (consent.granted, consent.wording) == (False, "CANCEL")
    assert visit.is_live
    assert (reply.intent, reply.appointment_id) == ("opt_out", "a1")
    assert (row.item.about, row.item.appointment_id) == (ItemKind.WANTS_TO_CANCEL, "a1")
