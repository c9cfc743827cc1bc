"""
What providers say later, and what people answer: messages of SNS in a queue, applied one by one.

The queue keeps each until it is applied, and puts aside what cannot be; so it is kept nowhere else.
"""

from __future__ import annotations

from typing import Final

import structlog

from kept.core.reports import Metric
from kept.entrypoints.aws_lambda.invocation import Answer, Event, Invocation
from kept.entrypoints.aws_lambda.letters import Letter, handled, letters_of
from kept.entrypoints.worker import CallReaders
from kept.entrypoints.worker.counting import EndCounter
from kept.flow.receipts import received
from kept.ports.clock import Clock
from kept.ports.meter import Meter
from kept.ports.store import Store
from kept.ports.webhook import ForgedError, WebhookReader, WebhookRequest

URL: Final = "queue:returns"
"""Stands where a call over HTTP has its address; the same for every queue, so that one event is one call."""

log = structlog.get_logger("kept.lambda")


class Returns:
    """
    Applies.

    Args:
        store: Where notifications and replies are.
        reader: Reads what comes.
        calls: Applies it.
        clock: Says when.
        meter: Counts.
    """

    def __init__(self, store: Store, reader: WebhookReader, calls: CallReaders, *, clock: Clock, meter: Meter) -> None:
        self._store = store
        self._reader = reader
        self._calls = calls
        self._clock = clock
        self._meter = meter
        self._ends = EndCounter(meter)

    def run(self, event: Event, invocation: Invocation) -> Answer:
        """Take the messages of a queue."""
        return handled(letters_of(event), self._take, invocation)

    def _take(self, letter: Letter) -> None:
        """
        Apply a message; one that was applied already changes nothing.

        Raises:
            ForgedError: it is another topic's; the queue puts it aside for a person.
        """
        now = self._clock.now()
        body = letter.body.encode("utf-8", "surrogatepass")
        request = WebhookRequest(url=URL, headers={}, body=body, received_at=now)
        provider = self._reader.provider
        try:
            self._reader.verify(request)
        except ForgedError:
            self._meter.count(Metric.WEBHOOK_CALLS, provider=provider, outcome="refused")
            raise
        self._meter.count(Metric.WEBHOOK_CALLS, provider=provider, outcome="taken")
        applied = self._calls.apply(self._store, received(provider, request, headers={}), now=now)
        applied.count(self._meter, self._ends)
        log.info("applied", provider=provider)
