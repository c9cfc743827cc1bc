"""The channel to the outbox: a provider on this machine, which can be told to fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from kept.adapters.outbox.ledger import Answer, OutboxLedger, OutboxUnavailableError
from kept.adapters.outbox.messages import Behaviour, message_id_of
from kept.adapters.outbox.voice import OutboxVoice
from kept.adapters.outbox.words import PROVIDER
from kept.core.errors import StorageUnavailableError
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.ports.channel import Capabilities, OutgoingMessage
from kept.ports.clock import Clock

TIMEOUT_S: Final = 20.0
"""More than the longest wait for the file (8 s) and the longest answer that can be ordered (8 s) together."""

_EXPIRED: Final = SendOutcome(state=AttemptState.NOT_SENT, code="expired")
_INVALID: Final = SendOutcome(state=AttemptState.REFUSED, code="invalid_message")


class OutboxChannel:
    """
    The channel. Any number may share one ledger.

    Args:
        ledger: Where messages go.
        name: Whose messages this one carries.
        clock: Tells when a message arrived, and whether it is still wanted.
        wait: Sleeps for so many seconds, for the slow answers.
        voice: Tells later what becomes of messages. None: nobody does.
    """

    provider = PROVIDER

    def __init__(
        self,
        ledger: OutboxLedger,
        name: ChannelName,
        *,
        clock: Clock,
        wait: Callable[[float], None] = time.sleep,
        voice: OutboxVoice | None = None,
    ) -> None:
        self.name = name
        self.timeout_s = TIMEOUT_S
        self.capabilities = Capabilities(
            lookup=True, receipts=voice is not None and voice.is_awaited, names_attempt=True, replies=True
        )
        self._voice = voice
        self._ledger = ledger
        self._clock = clock
        self._wait = wait

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand the message to the outbox, which does what it was told."""
        now = self._clock.now()
        if not _is_sound(message) or message.channel is not self.name:
            return _INVALID
        if message.expires_at <= now:
            return _EXPIRED
        try:
            return self._outcome(message, self._ledger.hand_over(message, at=now))
        except OutboxUnavailableError as error:
            state = AttemptState.UNKNOWN if error.may_be_taken else AttemptState.NOT_SENT
            return SendOutcome(state=state, code="outbox_unavailable")

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Return what the ledger says of a message; what is not in it was not taken."""
        try:
            fate = self._ledger.fate(dedupe_key, self.name)
        except OutboxUnavailableError:
            return None
        if fate is None:
            return SendOutcome(state=AttemptState.NOT_SENT, code="not_found")
        number, state = fate
        code = "refused" if state is AttemptState.REFUSED else ""
        return SendOutcome(state=state, provider_message_id=message_id_of(number), code=code)

    def close(self) -> None:
        """Do nothing: the ledger belongs to who opened it."""

    def _outcome(self, message: OutgoingMessage, answer: Answer) -> SendOutcome:
        """Return what the sender learns, after as long as it takes."""
        match answer.behaviour:
            case Behaviour.REFUSE:
                return SendOutcome(state=AttemptState.REFUSED, provider_message_id=_id(answer), code="refused")
            case Behaviour.FAIL:
                return SendOutcome(state=AttemptState.NOT_SENT, code="unreachable")
            case Behaviour.THROTTLE:
                return SendOutcome(state=AttemptState.NOT_SENT, code="throttled", retry_after_s=answer.seconds)
            case Behaviour.LATE | Behaviour.LOST:
                self._wait(answer.seconds)
                self._say_always(answer)
                return SendOutcome(state=AttemptState.UNKNOWN, code="timeout")
            case Behaviour.SLOW:
                return self._after_a_while(message, answer.seconds)
            case _:
                self._say_always(answer)
                return SendOutcome(state=AttemptState.ACCEPTED, provider_message_id=_id(answer))

    def _after_a_while(self, message: OutgoingMessage, seconds: float) -> SendOutcome:
        self._wait(seconds)
        now = self._clock.now()
        if message.expires_at <= now:
            return _EXPIRED
        return self._outcome(message, self._ledger.keep(message, at=now))

    def _say_always(self, answer: Answer) -> None:
        """Say what is always said of the address; when that cannot be kept, word is lost as any may be."""
        if self._voice and answer.word and answer.id is not None:
            with suppress(StorageUnavailableError):
                self._voice.say(answer.id, answer.word)


def _id(answer: Answer) -> str:
    return message_id_of(answer.id) if answer.id is not None else ""


def _is_sound(message: OutgoingMessage) -> bool:
    """Return whether it names one recipient and is text that can be kept."""
    if not message.to or any(c in ", ;<>" or not c.isprintable() for c in message.to):
        return False
    try:
        f"{message.to}{message.subject}{message.text}{message.html}{message.dedupe_key}{message.attempt_id}".encode()
    except UnicodeEncodeError:
        return False
    return True
