"""A reminder whose text is on its way, and what its provider may say of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import msgspec

from kept.adapters.memory import MemoryStore
from kept.core.channels import Capabilities, Carrier
from kept.core.notifications import AttemptState, Notification
from kept.core.people import ChannelName, Consent, consent_id
from kept.core.practice import Practice
from kept.core.receipts import DeliveryReceipt, FailureClass, ProviderMessage, ReceiptState
from kept.flow.dispatch import AttemptRef, Claimed, claim, record
from kept.flow.receipts import apply_receipt
from kept.ports.store import Entity, Transaction
from tests.dispatching import ACCEPTED, DUE, EMAIL, LEASE, PHONE, UNKNOWN, appointment, consent, notification, patient

SMS, MAIL = ChannelName.SMS, ChannelName.EMAIL
SECOND = timedelta(seconds=1)
SENT_AT = DUE + SECOND
HEARD_AT = DUE + timedelta(minutes=1)
PATIENCE = timedelta(hours=3)


class World:
    """A store with one reminder on its way, and what may be done to it."""

    def __init__(self, *, has_receipts: bool = True) -> None:
        self.store = MemoryStore()
        can = Capabilities(receipts=has_receipts)
        self.carriers = dict.fromkeys(ChannelName, Carrier(provider="fake", capabilities=can, lease=LEASE))
        planned = notification(patience=PATIENCE)
        consents = (consent(SMS, PHONE), consent(MAIL, EMAIL))
        for entity in (Practice(name="Elm Clinic"), patient(), appointment(), *consents, planned):
            self.put(entity)

    def put(self, entity: Entity) -> None:
        def step(tx: Transaction) -> None:
            tx.put(entity)

        self.store.submit(step).result()

    def claim(self, now: datetime = DUE) -> Claimed:
        step = partial(claim, notification_id="ntf_1", carriers=self.carriers, now=now)
        return self.store.submit(step).result()

    def record(self, ref: AttemptRef, *, message_id: str = "m1", now: datetime = SENT_AT) -> None:
        outcome = msgspec.structs.replace(ACCEPTED, provider_message_id=message_id)
        self.store.submit(partial(record, ref=ref, outcome=outcome, now=now)).result()

    def lose(self, ref: AttemptRef) -> None:
        self.store.submit(partial(record, ref=ref, outcome=UNKNOWN, now=SENT_AT)).result()

    def hear(self, receipt: DeliveryReceipt, now: datetime = HEARD_AT) -> Notification | None:
        return self.store.submit(partial(apply_receipt, receipt=receipt, now=now)).result()

    def sent(self) -> AttemptRef:
        """Send the text and let the provider take it."""
        ref = self.claim().handovers[0].ref
        self.record(ref)
        return ref

    @property
    def notification(self) -> Notification:
        return self.store.load(Notification, ["ntf_1"])[0]

    @property
    def states(self) -> list[AttemptState]:
        return [a.state for a in self.notification.attempts]

    def consent(self, channel: ChannelName = SMS, address: str = PHONE) -> Consent:
        return self.store.load(Consent, [consent_id(channel, address)])[0]

    def known(self) -> ProviderMessage | None:
        return next(iter(self.store.load(ProviderMessage, ["fake/m1"])), None)


def receipt(state: ReceiptState = ReceiptState.DELIVERED, **changes: object) -> DeliveryReceipt:
    made = DeliveryReceipt(
        id=f"r-{state.value}",
        provider="fake",
        provider_message_id="m1",
        state=state,
        at=HEARD_AT,
        is_final=state in {ReceiptState.DELIVERED, ReceiptState.FAILED},
    )
    return msgspec.structs.replace(made, **changes)


def failure(kind: FailureClass, **changes: object) -> DeliveryReceipt:
    return receipt(ReceiptState.FAILED, failure=kind, id=f"r-{kind.value}", **changes)
