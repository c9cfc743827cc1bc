"""Calls that providers make to the program under test: receipts of the outbox, and what patients write."""

from __future__ import annotations

from typing import Final

import msgspec

from kept.adapters.outbox import OutboxMessage
from kept.adapters.outbox.words import PROVIDER
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, IncomingReply, ReceiptState, ReceivedCall
from kept.entrypoints.worker import CallReaders
from kept.flow.receipts import received
from kept.flow.replies import reply_step
from kept.ports.webhook import WebhookRequest
from tests.faults.practice import NOW
from tests.faults.scenario import PATIENTS, Op
from tests.faults.simulated.surroundings import Said, SaidReader

_OURS: Final = "+12065550199"


def readers() -> CallReaders:
    """Return who reads the calls."""
    return CallReaders({PROVIDER: SaidReader(PROVIDER)}, on_reply=reply_step)


def receipt_of(message: OutboxMessage) -> ReceivedCall:
    """Return the call that says of a message that it was delivered; the same each time."""
    receipt = DeliveryReceipt(
        id=f"{message.message_id}/delivered",
        provider=PROVIDER,
        provider_message_id=message.message_id,
        attempt_id=message.attempt_id,
        state=ReceiptState.DELIVERED,
        at=message.received_at,
        is_final=True,
    )
    return _call(Said(receipts=(receipt,)))


def reply_in(op: Op) -> ReceivedCall:
    """Return the call that brings what a patient writes; the same each time."""
    reply = IncomingReply(
        id=f"in-{op.number}",
        provider=PROVIDER,
        channel=ChannelName.SMS,
        sender=PATIENTS[op.patient].phone or "",
        recipient=_OURS,
        text=op.text,
        at=NOW,
    )
    return _call(Said(replies=(reply,)))


def _call(said: Said) -> ReceivedCall:
    url = f"https://kept.example/webhooks/{PROVIDER}"
    request = WebhookRequest(url=url, headers={}, body=msgspec.json.encode(said), received_at=NOW)
    return received(PROVIDER, request, headers={})
