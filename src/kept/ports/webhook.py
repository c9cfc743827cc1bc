"""
What we ask of the returning half of a provider: say whether a call is truly the provider's, and what it says.

A reader has no state and no effects: who calls it stores what came, answers, and applies it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from kept.core.receipts import DeliveryReceipt, IncomingReply


class WebhookRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it came in."""

    url: str
    """The configured public URL with the path and query that were called: never what the Host header says."""
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    received_at: datetime


class ForgedError(Exception):
    """The call is not the provider's, or cannot be shown to be; nothing of it is used."""


class WebhookReader(Protocol):
    """
    Reads what one provider sends back.

    1. ``verify`` raises ForgedError unless the signature, the account or topic, and the age are right; it compares in
       constant time and makes no outbound call to an address that came with the request.
    2. ``read`` is called with verified requests only, and returns the receipts and replies in them, in order.
    3. What it does not know it leaves out; a new field or event never raises.
    4. The same event read twice has the same id.
    """

    provider: str

    def verify(self, request: WebhookRequest) -> None:
        """Raise ForgedError unless the call is the provider's."""

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        """Return what the call says."""
