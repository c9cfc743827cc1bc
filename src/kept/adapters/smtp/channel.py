"""The channel to a mail server."""

from __future__ import annotations

import msgspec

from kept.adapters.smtp.connections import Connections
from kept.adapters.smtp.conversation import Conversation
from kept.adapters.smtp.letter import Letter, letter_of
from kept.adapters.smtp.outcomes import EXPIRED, INVALID, ConversationEndedError, code_of_failure
from kept.adapters.smtp.settings import SmtpSettings
from kept.adapters.smtp.wire import Wire
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.formats.mail import InvalidMailError
from kept.ports.channel import Capabilities, OutgoingMessage
from kept.ports.clock import Clock


class SmtpChannel:
    """
    The channel. Safe to use from many threads.

    SMTP knows no dedupe key, cannot be asked later and has no time to live of its own: the key becomes the
    Message-ID, by which many mailboxes drop a second copy, and the end of use goes into ``Expires`` and, where the
    server offers it, DELIVERBY.

    Raises:
        InvalidInputError: the file of certificates cannot be read.

    With an address for reports it asks for one of each mail, where the server offers that. Where the server turns out
    not to, ``capabilities`` stops to promise any: failures are still read, but nobody says that a mail has arrived.

    Source:
        RFC 5321; RFC 1047 for the moment between the final dot and its answer; RFC 2852 for DELIVERBY; RFC 3461 for
        reports.
    """

    provider = "smtp"

    def __init__(self, settings: SmtpSettings, *, clock: Clock) -> None:
        self.name = ChannelName.EMAIL
        self.timeout_s = settings.sending_limit_s + settings.after_data_timeout_s
        self.capabilities = Capabilities(receipts=bool(settings.bounce_address), replies=bool(settings.bounce_address))
        self._settings = settings
        self._clock = clock
        self._connections = Connections(settings)

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand the message to the mail server, once."""
        now = self._clock.now()
        if message.channel is not self.name:
            return INVALID
        try:
            letter = letter_of(message, self._settings, now=now)
        except InvalidMailError:
            return INVALID
        if letter.expires_at <= now:
            return EXPIRED
        return self._sent(letter)

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Return None: a mail server cannot be asked."""
        _ = dedupe_key
        return None

    def close(self) -> None:
        """Hang up."""
        self._connections.close()

    def _sent(self, letter: Letter) -> SendOutcome:
        try:
            wire = self._connections.take()
        except ConversationEndedError as ended:
            return ended.outcome
        except Exception as error:  # noqa: BLE001 no byte of the message has been written, so it was not sent
            return SendOutcome(state=AttemptState.NOT_SENT, code=code_of_failure(error))
        self._note_reports(wire)
        talk = Conversation(wire, self._settings)
        try:
            seconds_left = int((letter.expires_at - self._clock.now()).total_seconds())
            return talk.hand_over(letter, seconds_left=seconds_left) if seconds_left > 0 else EXPIRED
        except ConversationEndedError as ended:
            return ended.outcome
        except Exception as error:  # noqa: BLE001 whatever broke, the final dot alone decides what it means
            state = AttemptState.UNKNOWN if talk.is_dot_sent else AttemptState.NOT_SENT
            return SendOutcome(state=state, code=code_of_failure(error))
        finally:
            self._connections.give_back(wire, reusable=talk.is_reusable)

    def _note_reports(self, wire: Wire) -> None:
        """Promise reports only while the server offers them."""
        is_able = bool(self._settings.bounce_address) and wire.has_extn("dsn")
        if self.capabilities.receipts is not is_able:
            self.capabilities = msgspec.structs.replace(self.capabilities, receipts=is_able)
