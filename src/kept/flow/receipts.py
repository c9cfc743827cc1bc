"""
Keep what providers send back, answer, then apply it: once in effect, whenever and however often it comes.

A call is verified and stored before it is answered, so that nothing is lost when we die in between. Whoever applies it
reads it again and may be interrupted anywhere: each receipt is applied in one transaction and changes nothing twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
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
from kept.core.recording import Finish, finished, heard, is_settled, taken_outcome
from kept.flow.worklist import list_unreached
from kept.ports.store import Store, Transaction
from kept.ports.webhook import WebhookRequest

MOST_EARLY: Final = 20
"""Receipts kept for a message that nobody knows; a provider says less of one."""
PAGE: Final = 200
OPTED_OUT_CODE: Final = "opted_out"
"""What a channel calls a refusal whose reason is that the person told the provider to stop."""


def received(provider: str, request: WebhookRequest, *, headers: Mapping[str, str]) -> ReceivedCall:
    """Return the record of a verified call."""
    charset = "utf-8" if _is_utf8(request.body) else "latin-1"
    digest = hashlib.sha256(request.url.encode() + b"\n" + request.body).hexdigest()
    return ReceivedCall(
        id=f"{provider}/{digest}",
        provider=provider,
        url=request.url,
        headers=dict(headers),
        body=request.body.decode(charset),
        charset=charset,
        received_at=request.received_at,
    )


def keep_call(tx: Transaction, call: ReceivedCall) -> ReceivedCall:
    """Write a call, unless the same one is there already; return what is there."""
    return tx.get(ReceivedCall, call.id) or tx.put(call)


def calls_to_apply(store: Store, *, skip: AbstractSet[str] = frozenset(), limit: int = PAGE) -> tuple[str, ...]:
    """Return ids of calls that were kept and not yet applied, oldest first; those to skip hide none of the others."""
    found: list[str] = []
    cursor = None
    while len(found) < limit:
        page = store.query("calls_to_apply", "all", limit=limit, cursor=cursor)
        found.extend(hit.id for hit in page.hits if hit.id not in skip)
        cursor = page.cursor
        if cursor is None:
            break
    return tuple(found[:limit])


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
    found = told_of(tx, receipt)
    if found is None:
        _keep_early(tx, _known_message(tx, receipt.provider, receipt.provider_message_id, now=now), receipt)
        return None
    notification, attempt = found
    after = notification
    if attempt.is_known_by_id:
        known = _known_message(tx, receipt.provider, receipt.provider_message_id, now=now)
        after = after if known.attempt_id else _remembered(tx, after, attempt, known, now=now)
    after = _told(tx, after, attempt.id, receipt, now=now)
    if after == notification:
        return after
    if not after.is_done and is_settled(after):
        after = finished(after, Finish(outcome=taken_outcome(after)), now=now)
    list_unreached(tx, after, now=now)
    return tx.put(after)


def told_of(tx: Transaction, receipt: DeliveryReceipt) -> tuple[Notification, Attempt] | None:
    """Return what a receipt is about: the attempt that it names, else the one that has its message's id; or None."""
    attempt_id = receipt.attempt_id
    if not attempt_id:
        known = tx.get(ProviderMessage, provider_message_key(receipt.provider, receipt.provider_message_id))
        attempt_id = known.attempt_id if known else ""
    notification = tx.get(Notification, notification_of(attempt_id)) if attempt_id else None
    attempt = next((a for a in notification.attempts if a.id == attempt_id), None) if notification else None
    return (notification, attempt) if notification and attempt else None


def know_message(tx: Transaction, notification: Notification, attempt: Attempt, *, now: datetime) -> Notification:
    """Remember whose a provider's message id is, and return the notification with what was said of it before."""
    known = _known_message(tx, attempt.provider, attempt.provider_message_id, now=now)
    return _remembered(tx, notification, attempt, known, now=now)


def learn_from_refusal(tx: Transaction, attempt: Attempt, *, now: datetime) -> None:
    """Keep with the address that its person told the provider to stop, when that is why a message was refused."""
    if attempt.state is AttemptState.REFUSED and attempt.code == OPTED_OUT_CODE:
        _learn(tx, attempt, FailureClass.OPTED_OUT, at=now, now=now)


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


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _keep_early(tx: Transaction, known: ProviderMessage, receipt: DeliveryReceipt) -> None:
    if receipt.id not in {r.id for r in known.early} and len(known.early) < MOST_EARLY:
        tx.put(msgspec.structs.replace(known, early=(*known.early, receipt)))


def _known_message(tx: Transaction, provider: str, message_id: str, *, now: datetime) -> ProviderMessage:
    key = provider_message_key(provider, message_id)
    return tx.get(ProviderMessage, key) or ProviderMessage(id=key, noted_at=now)


def _remembered(
    tx: Transaction, notification: Notification, attempt: Attempt, known: ProviderMessage, *, now: datetime
) -> Notification:
    """Note the attempt beside the provider's id, and return the notification with the receipts that came before."""
    after = notification
    for receipt in known.early:
        after = _told(tx, after, attempt.id, receipt, now=now)
    tx.put(msgspec.structs.replace(known, attempt_id=attempt.id, early=(), noted_at=now))
    return after


def _told(
    tx: Transaction, notification: Notification, attempt_id: str, receipt: DeliveryReceipt, *, now: datetime
) -> Notification:
    """Return the notification after a receipt; what a final failure says of the address is kept there."""
    after = heard(notification, receipt, attempt_id=attempt_id, now=now)
    if receipt.state is ReceiptState.FAILED and receipt.is_final and receipt.failure:
        attempt = next(a for a in after.attempts if a.id == attempt_id)
        _learn(tx, attempt, receipt.failure, at=receipt.at, now=now)
    return after


def _learn(tx: Transaction, attempt: Attempt, said: FailureClass, *, at: datetime, now: datetime) -> None:
    """Note that an address is dead, a landline, or that its person said stop, unless more was said of it since then."""
    consent = tx.get(Consent, attempt.destination_hash)
    is_news = consent and consent.recorded_at <= max(attempt.started_at, at)
    if consent is None or not (is_news or consent.recorded_by == attempt.provider):
        return
    if said is FailureClass.OPTED_OUT and consent.granted:
        source = f"told {attempt.provider} to stop"
        consent = tx.put(
            msgspec.structs.replace(
                consent, granted=False, source=source, recorded_at=now, recorded_by=attempt.provider
            )
        )
    unusable = attempt.failure.value if attempt.failure in {FailureClass.PERMANENT, FailureClass.LANDLINE} else ""
    if unusable and consent.unusable != unusable:
        tx.put(msgspec.structs.replace(consent, unusable=unusable))
