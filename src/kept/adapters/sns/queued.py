"""
What SNS brings by way of a queue.

Only the topic may put messages into the queue, by the queue's policy; so nothing is signed for us here, and nothing is
fetched.
"""

from __future__ import annotations

from collections.abc import Collection

from kept.adapters.sns.envelopes import Envelope, MessageKind, NoEnvelopeError, envelope_of
from kept.adapters.sns.webhook import ReadEvent
from kept.core.receipts import DeliveryReceipt, IncomingReply
from kept.ports.webhook import ForgedError, WebhookRequest


class QueuedReader:
    """
    The reader of messages in a queue: in the envelope of SNS, or raw where the subscription delivers them so.

    Args:
        read_event: Reads what a service says.
        topics: Whose envelopes count; empty: every one that the queue's policy has let in.
    """

    provider = "sns"

    def __init__(self, read_event: ReadEvent, *, topics: Collection[str] = ()) -> None:
        self._read_event = read_event
        self._topics = frozenset(topics)

    def verify(self, request: WebhookRequest) -> None:
        """Raise ForgedError when the envelope is another topic's."""
        envelope = _opened(request)
        if envelope and self._topics and envelope.topic_arn not in self._topics:
            raise ForgedError("the topic is none of ours")

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        """Return what the message says; an envelope that brings no event says nothing."""
        envelope = _opened(request)
        if envelope is None:
            return self._read_event(request.body, at=request.received_at)
        if envelope.kind is not MessageKind.NOTIFICATION:
            return ()
        return self._read_event(envelope.message.encode(), at=envelope.at)


def _opened(request: WebhookRequest) -> Envelope | None:
    try:
        return envelope_of(request.body)
    except NoEnvelopeError:
        return None
