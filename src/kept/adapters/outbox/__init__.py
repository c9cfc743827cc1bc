"""A real local channel whose messages can be seen, and answered, with its own ledger."""

from kept.adapters.outbox.channel import OutboxChannel
from kept.adapters.outbox.ledger import OutboxLedger, OutboxUnavailableError
from kept.adapters.outbox.messages import Behaviour, Order, OutboxMessage
from kept.adapters.outbox.voice import OutboxVoice
from kept.adapters.outbox.words import PROVIDER, OutboxReader, words_for

__all__ = [
    "PROVIDER",
    "Behaviour",
    "Order",
    "OutboxChannel",
    "OutboxLedger",
    "OutboxMessage",
    "OutboxReader",
    "OutboxUnavailableError",
    "OutboxVoice",
    "words_for",
]
