"""The outbox's words through the whole program: who may say them, and what comes of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from kept.adapters.sqlite import FileSeat
from kept.core.booking import Appointment, BookingRequest, ParticipationStatus
from kept.core.contacts import PhoneNumber
from kept.core.errors import RefusedError
from kept.core.notifications import Notification
from kept.core.people import Patient
from kept.flow.booking import book
from kept.flow.people import register
from kept.main.application import application
from kept.main.assembly import Parts, open_parts, sender_of
from kept.main.local_parts import LocalParts
from kept.main.settings import Settings, changed, load_settings
from kept.ports.store import Transaction
from tests.dispatching import PHONE
from tests.entrypoints.http_api.world import Asked, sent


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return changed(load_settings(), data=tmp_path, sending_threads=1, outbox_receipts=True)


def booked(parts: Parts) -> None:
    """Book a visit whose reminder an hour before is due now."""
    now = parts.clock.now()
    start = now + timedelta(hours=1)
    request = BookingRequest(patient_id="ann", start=start, end=start + timedelta(minutes=30), zone="UTC")

    def step(tx: Transaction) -> None:
        register(
            tx, Patient(id="ann", phone=PhoneNumber(PHONE), created_at=now, updated_at=now), (), by="test", now=now
        )
        book(tx, request, appointment_id="a1", now=now - timedelta(hours=2))

    parts.store.submit(step).result()


def test_an_answer_is_kept_as_a_call_and_applied_by_the_worker(settings: Settings) -> None:
    with open_parts(settings, checkpoints=True) as parts:
        booked(parts)
        sender = sender_of(parts, FileSeat(settings.data))
        sender.take()
        sender.run_due()
        (before,) = parts.store.load(Appointment, ["a1"])
        waiting = [n for n in parts.store.load(Notification, before.notification_ids) if n.attempts]

        parts.voice.reply(1, "C")
        sender.run_due()
        sender.leave()

        (after,) = parts.store.load(Appointment, ["a1"])
    assert [n.is_done for n in waiting] == [False]
    assert after.participation is ParticipationStatus.ACCEPTED


def test_nobody_can_speak_for_the_outbox_by_http(settings: Settings) -> None:
    with open_parts(settings, checkpoints=True) as parts:
        app = application(parts, None)

        answer = asyncio.run(sent(app, "POST", "/webhooks/outbox", Asked(body=b"{}", scope=None)))

    assert answer.status == 404


def test_where_no_message_goes_to_the_outbox_there_is_nothing_to_be_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"KEPT_DATA": str(tmp_path), "KEPT_SMS": "none", "KEPT_EMAIL": "none"}.items():
        monkeypatch.setenv(name, value)

    with LocalParts() as parts, pytest.raises(RefusedError, match="set sms or email to outbox"):
        _ = parts.voice
