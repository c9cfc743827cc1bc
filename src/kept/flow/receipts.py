"""
Keep what providers send back, answer, then apply it: once in effect, whenever and however often it comes.

A call is verified and stored before it is answered, so that nothing is lost when we die in between. Whoever applies it
reads it again and may be interrupted anywhere: each receipt is applied in one transaction and changes nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from kept.core.booking import sort_instant
from kept.core.notifications import Attempt, AttemptState, Notification
from kept.core.people import Consent
from kept.core.receipts import (
    DeliveryReceipt,
    FailureClass,
    ProviderMessage,
    ReceiptState,
    ReceivedCall,
    notification_of,
    provider_message_key,
)
from kept.core.recording import heard
from kept.ports.store import Store, Transaction
from kept.ports.webhook import WebhookRequest

MOST_EARLY: Final = 20
"""Receipts kept for a message that nobody knows; a provider says less of one."""
PAGE: Final = 200


def received(provider: str, request: WebhookRequest, *, headers: Mapping[str, str]) -> ReceivedCall:
    """Return the record of a verified call."""
    digest = hashlib.sha256(request.url.encode() + b"\n" + request.body).hexdigest()
    return ReceivedCall(
        id=f"{provider}/{digest}",
        provider=provider,
        url=request.url,
        headers=dict(headers),
        body=request.body.decode("utf-8", "replace"),
        received_at=request.received_at,
    )


def keep_call(tx: Transaction, call: ReceivedCall) -> ReceivedCall:
    """Write a call, unless the same one is there already; return what is there."""
    return tx.get(ReceivedCall, call.id) or tx.put(call)


def calls_to_apply(store: Store, *, limit: int = PAGE) -> tuple[str, ...]:
    """Return ids of calls that were kept and not yet applied, oldest first."""
    return tuple(hit.id for hit in store.query("calls_to_apply", "all", limit=limit).hits)


def mark_applied(tx: Transaction, call_id: str, *, now: datetime) -> None:
    """Note that everything a call says has been applied."""
    call = tx.get(ReceivedCall, call_id)
    if call and call.applied_at is None:
        tx.put(msgspec.structs.replace(call, applied_at=now))


def apply_receipt(tx: Transaction, receipt: DeliveryReceipt, *, now: datetime) -> Notification | None:
    """
    Put on record what a provider says of a message; return the notification, or None while nobody knows the message.

    A receipt for an unknown message is kept for a day: it may belong to an attempt whose answer is lost or on its way.
    """
    key = provider_message_key(receipt.provider, receipt.provider_message_id)
    known = tx.get(ProviderMessage, key)
    attempt_id = receipt.attempt_id or (known.attempt_id if known else "")
    notification = tx.get(Notification, notification_of(attempt_id)) if attempt_id else None
    if notification is None:
        _keep_early(tx, known or ProviderMessage(id=key, noted_at=now), receipt)
        return None
    return _apply(tx, notification, attempt_id, receipt, now=now)


def know_message(tx: Transaction, notification: Notification, attempt: Attempt, *, now: datetime) -> Notification:
    """Remember whose a provider's message id is, and return the notification with what was said of it before."""
    key = provider_message_key(attempt.provider, attempt.provider_message_id)
    known = tx.get(ProviderMessage, key) or ProviderMessage(id=key, noted_at=now)
    after = notification
    for receipt in known.early:
        after = heard(after, receipt, attempt_id=attempt.id, now=now)
        _learn(tx, attempt, receipt, now=now)
    tx.put(msgspec.structs.replace(known, attempt_id=attempt.id, early=(), noted_at=now))
    return after


def forgettable_receipts(store: Store, *, now: datetime, limit: int = PAGE) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return ids of calls and of provider's messages whose time is over."""
    before = sort_instant(now)
    calls = store.query("calls_by_end", "all", before=before, limit=limit)
    messages = store.query("provider_messages_by_end", "all", before=before, limit=limit)
    return tuple(h.id for h in calls.hits), tuple(h.id for h in messages.hits)


def forget_receipts(tx: Transaction, calls: tuple[str, ...], messages: tuple[str, ...]) -> int:
    """Remove calls and provider's messages; return how many there were."""
    found_calls = [call for call in (tx.get(ReceivedCall, i) for i in calls) if call]
    found_messages = [message for message in (tx.get(ProviderMessage, i) for i in messages) if message]
    for call in found_calls:
        tx.delete(call)
    for message in found_messages:
        tx.delete(message)
    return len(found_calls) + len(found_messages)


def _keep_early(tx: Transaction, known: ProviderMessage, receipt: DeliveryReceipt) -> None:
    if receipt.id not in {r.id for r in known.early} and len(known.early) < MOST_EARLY:
        tx.put(msgspec.structs.replace(known, early=(*known.early, receipt)))


def _apply(
    tx: Transaction, notification: Notification, attempt_id: str, receipt: DeliveryReceipt, *, now: datetime
) -> Notification:
    attempt = next((a for a in notification.attempts if a.id == attempt_id), None)
    if attempt is None:
        return notification
    after = heard(notification, receipt, attempt_id=attempt_id, now=now)
    if after == notification:
        return notification
    _learn(tx, attempt, receipt, now=now)
    return tx.put(after)


def _learn(tx: Transaction, attempt: Attempt, receipt: DeliveryReceipt, *, now: datetime) -> None:
    """Keep with the address what a final failure says of it: dead, a landline, or that the person said stop."""
    if receipt.state is not ReceiptState.FAILED or not receipt.is_final or attempt.state is AttemptState.UNDELIVERED:
        return
    consent = tx.get(Consent, attempt.destination_hash)
    if consent is None:
        return
    if receipt.failure is FailureClass.OPTED_OUT and consent.granted:
        said = f"told {receipt.provider} to stop"
        tx.put(
            msgspec.structs.replace(consent, granted=False, source=said, recorded_at=now, recorded_by=receipt.provider)
        )
    elif receipt.failure in {FailureClass.PERMANENT, FailureClass.LANDLINE}:
        tx.put(msgspec.structs.replace(consent, unusable=receipt.failure.value))
