"""A real local channel whose messages can be seen, with its own ledger."""

from kept.adapters.outbox.channel import OutboxChannel
from kept.adapters.outbox.ledger import OutboxLedger, OutboxUnavailableError
from kept.adapters.outbox.messages import Behaviour, Order, OutboxMessage

__all__ = ["Behaviour", "Order", "OutboxChannel", "OutboxLedger", "OutboxMessage", "OutboxUnavailableError"]
