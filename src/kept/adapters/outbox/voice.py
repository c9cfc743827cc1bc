"""The other side of the outbox: the carrier that tells what became of a message, and the person who answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kept.adapters.outbox.ledger import OutboxLedger
from kept.adapters.outbox.messages import OutboxMessage
from kept.adapters.outbox.words import checked_word, receipt_call, reply_call
from kept.core.errors import InvalidInputError, NotFoundError, RefusedError
from kept.core.notifications import AttemptState
from kept.core.people import ChannelName
from kept.ports.clock import Clock
from kept.ports.ids import Ids
from kept.ports.webhook import WebhookRequest

LONGEST_REPLY: Final = 1_600
"""Ten parts of a text message, which is what carriers take."""


class OutboxVoice:
    """
    Says things of messages, as a provider does: by calls that are kept and read later.

    Args:
        ledger: Where the messages are.
        clock: Tells when it was said.
        ids: Makes an id for everything that is said.
        call: Keeps a call; returns once it is on record.
        is_awaited: Whether every message is to wait for word, which somebody must then give.
    """

    def __init__(
        self,
        ledger: OutboxLedger,
        *,
        clock: Clock,
        ids: Ids,
        call: Callable[[WebhookRequest], object],
        is_awaited: bool = False,
    ) -> None:
        self.is_awaited = is_awaited
        self._ledger = ledger
        self._clock = clock
        self._ids = ids
        self._call = call

    def say(self, number: int, word: str) -> OutboxMessage:
        """
        Say what became of a message, and return it.

        Raises:
            InvalidInputError: the word is none, or none for this channel.
            NotFoundError: no such message.
            RefusedError: the outbox never took it.
        """
        message = self._taken(number)
        checked = checked_word(message.channel, word)
        self._call(receipt_call(message, checked, event_id=self._ids.new("rcp"), at=self._clock.now()))
        return message

    def reply(self, number: int, text: str) -> OutboxMessage:
        """
        Answer a message in the place of whoever got it, and return it.

        Raises:
            InvalidInputError: the answer is too long.
            NotFoundError: no such message.
            RefusedError: the outbox never took it, so nobody got it.
        """
        if len(text) > LONGEST_REPLY:
            raise InvalidInputError.of("text", "too_long", f"is too long; use at most {LONGEST_REPLY} characters")
        message = self._taken(number)
        self._call(reply_call(message, text, event_id=self._ids.new("rpl"), at=self._clock.now()))
        return message

    def always(self, address: str, word: str) -> None:
        """
        Say something of every message that is taken for an address from now on.

        Args:
            address: As messages name it: a number in international form, or an e-mail address.
            word: What to say; empty: nothing any more.

        Raises:
            InvalidInputError: the word is none, or none for such an address.
        """
        channel = ChannelName.EMAIL if "@" in address else ChannelName.SMS
        self._ledger.always(address, checked_word(channel, word) if word else None)

    def _taken(self, number: int) -> OutboxMessage:
        message = self._ledger.message(number)
        if message is None:
            raise NotFoundError("message in the outbox")
        if message.state is not AttemptState.ACCEPTED:
            raise RefusedError("not_taken", "the outbox refused this message, so nobody got it; choose another one")
        return message
