"""What stands around a simulated worker: its death, a meter that hears of mistakes, and calls from providers."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kept.core.receipts import DeliveryReceipt, IncomingReply
from kept.core.reports import Metric
from kept.ports.webhook import WebhookRequest


class DiedError(BaseException):
    """The worker is killed."""


class ErrorMeter:
    """Counts nothing; a mistake of our own code is a broken promise."""

    def __init__(self, wrong: Callable[[str], None]) -> None:
        self._wrong = wrong

    def count(self, name: str, amount: int = 1, **labels: str) -> None:
        """Forget it, unless it is such a mistake."""
        if name == Metric.DISPATCH_ERRORS:
            self._wrong(f"I12 our own mistake: {labels}")

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Forget it."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a call that a provider makes to us."""

    receipts: tuple[DeliveryReceipt, ...] = ()
    replies: tuple[IncomingReply, ...] = ()


class SaidReader:
    """Reads such calls."""

    def __init__(self, provider: str) -> None:
        self.provider = provider

    def verify(self, request: WebhookRequest) -> None:
        """Believe everything."""

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        """Return what the call says."""
        said = msgspec.json.decode(request.body, type=Said)
        return (*said.receipts, *said.replies)
