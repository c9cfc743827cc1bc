"""Text messages by SNS, and the envelopes in which SNS brings what other services say."""

from kept.adapters.sns.channel import SnsChannel
from kept.adapters.sns.envelopes import Envelope, MessageKind, NoEnvelopeError, envelope_of
from kept.adapters.sns.fetching import fetched_certificate
from kept.adapters.sns.queued import QueuedReader
from kept.adapters.sns.settings import SnsSettings
from kept.adapters.sns.webhook import ReadEvent, SnsReader, Subscriptions, confirmed_by

__all__ = [
    "Envelope",
    "MessageKind",
    "NoEnvelopeError",
    "QueuedReader",
    "ReadEvent",
    "SnsChannel",
    "SnsReader",
    "SnsSettings",
    "Subscriptions",
    "confirmed_by",
    "envelope_of",
    "fetched_certificate",
]
