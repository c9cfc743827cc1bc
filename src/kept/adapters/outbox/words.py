"""What the outbox says of a message later: its words, the calls that carry them, and who reads those calls."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from kept.adapters.outbox.messages import OutboxMessage, instant_of, text_of
from kept.core.errors import InvalidInputError
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, FailureClass, IncomingReply, ReceiptState
from kept.ports.webhook import ForgedError, WebhookRequest

PROVIDER: Final = "outbox"
CALLED: Final = "outbox:/calls"
"""What stands on record as the address that was called; nothing listens there."""


class Word(StrEnum):
    """What can be said of a message that was taken."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    """Not yet; it is still tried."""
    UNDELIVERED = "undelivered"
    """It will not arrive, and nobody says why."""
    UNKNOWN_NUMBER = "unknown-number"
    LANDLINE = "landline"
    SWITCHED_OFF = "switched-off"
    FILTERED = "filtered"
    """A carrier takes it for something unwanted."""
    BOUNCED = "bounced"
    """There is no such mailbox."""
    MAILBOX_FULL = "mailbox-full"
    OPTED_OUT = "opted-out"
    """The person told the carrier to stop; of a mail: called it unwanted."""


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What a word comes to in a receipt."""

    state: ReceiptState
    failure: FailureClass | None = None
    channel: ChannelName | None = None
    """Of whose messages alone it can be said; None: of all."""


_FAILED: Final = ReceiptState.FAILED
MEANINGS: Final[dict[Word, Meaning]] = {
    Word.DELIVERED: Meaning(state=ReceiptState.DELIVERED),
    Word.DELAYED: Meaning(state=ReceiptState.DELAYED),
    Word.UNDELIVERED: Meaning(state=_FAILED, failure=FailureClass.UNKNOWN),
    Word.UNKNOWN_NUMBER: Meaning(state=_FAILED, failure=FailureClass.PERMANENT, channel=ChannelName.SMS),
    Word.LANDLINE: Meaning(state=_FAILED, failure=FailureClass.LANDLINE, channel=ChannelName.SMS),
    Word.SWITCHED_OFF: Meaning(state=_FAILED, failure=FailureClass.TRANSIENT, channel=ChannelName.SMS),
    Word.FILTERED: Meaning(state=_FAILED, failure=FailureClass.OURS, channel=ChannelName.SMS),
    Word.BOUNCED: Meaning(state=_FAILED, failure=FailureClass.PERMANENT, channel=ChannelName.EMAIL),
    Word.MAILBOX_FULL: Meaning(state=_FAILED, failure=FailureClass.TRANSIENT, channel=ChannelName.EMAIL),
    Word.OPTED_OUT: Meaning(state=_FAILED, failure=FailureClass.OPTED_OUT),
}


def words_for(channel: ChannelName) -> tuple[str, ...]:
    """
    Return what can be said of a channel's messages.

    >>> words_for(ChannelName.EMAIL)
    ('delivered', 'delayed', 'undelivered', 'bounced', 'mailbox-full', 'opted-out')
    """
    return tuple(word.value for word, meaning in MEANINGS.items() if meaning.channel in {None, channel})


def checked_word(channel: ChannelName, text: str) -> Word:
    """
    Return the word that a text is.

    Raises:
        InvalidInputError: it is none, or none for messages of this channel.
    """
    words = words_for(channel)
    if text not in words:
        raise InvalidInputError.of("word", "unknown_word", f"must be one of {', '.join(words)}")
    return Word(text)


def receipt_call(message: OutboxMessage, word: Word, *, event_id: str, at: datetime) -> WebhookRequest:
    """Return the call that says what became of a message."""
    return _call(message, event_id, at=at, word=word.value)


def reply_call(message: OutboxMessage, text: str, *, event_id: str, at: datetime) -> WebhookRequest:
    """Return the call that brings what a person answers to a message."""
    return _call(message, event_id, at=at, text=text)


class OutboxReader:
    """
    Reads what the outbox says later.

    It takes nothing that comes by HTTP: the outbox calls nobody, it writes on this machine.
    """

    provider = PROVIDER

    def verify(self, request: WebhookRequest) -> None:
        """
        Believe nobody.

        Raises:
            ForgedError: always.
        """
        del request
        raise ForgedError("the outbox of this machine calls nobody")

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        """Return the receipt in a call, or the reply after word that its message has come; nothing when it has none."""
        said = json.loads(request.body)
        if "text" in said:
            return (_receipt(said, Word.DELIVERED), _reply(said))
        word = said.get("word")
        return (_receipt(said, Word(word)),) if word in set(Word) else ()


def _call(message: OutboxMessage, event_id: str, *, at: datetime, **said: str) -> WebhookRequest:
    known = {
        "id": event_id,
        "message": message.message_id,
        "attempt": message.attempt_id,
        "channel": message.channel.value,
        "address": message.to,
        "at": text_of(at),
    }
    body = json.dumps({**known, **said}, ensure_ascii=False).encode()
    return WebhookRequest(url=CALLED, headers={}, body=body, received_at=at)


def _receipt(said: dict[str, str], word: Word) -> DeliveryReceipt:
    meaning = MEANINGS[word]
    return DeliveryReceipt(
        id=said["id"],
        provider=PROVIDER,
        provider_message_id=said["message"],
        attempt_id=said["attempt"],
        state=meaning.state,
        failure=meaning.failure,
        code=word.value,
        at=instant_of(said["at"]),
        is_final=word is not Word.DELAYED,
    )


def _reply(said: dict[str, str]) -> IncomingReply:
    return IncomingReply(
        id=said["id"],
        provider=PROVIDER,
        channel=ChannelName(said["channel"]),
        sender=said["address"],
        recipient="",
        text=said["text"],
        answers_message_id=said["message"],
        at=instant_of(said["at"]),
    )
