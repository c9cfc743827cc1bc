"""
The handing-over of one mail: MAIL, RCPT, DATA, the mail, the final dot.

The dot decides. Until it is written the server cannot have taken the mail; from then on only its answer tells.
"""

from __future__ import annotations

import re
from typing import Final

from kept.adapters.smtp.letter import Letter
from kept.adapters.smtp.outcomes import code_of_reply, ended_by, is_closing, not_sent
from kept.adapters.smtp.settings import SmtpSettings
from kept.adapters.smtp.wire import Reply, Wire
from kept.core.notifications import AttemptState, SendOutcome

_DOT: Final = b".\r\n"
_DONE: Final = 2
_GO_ON: Final = 3
_QUEUED: Final = re.compile(r"(?:\bqueued as |\bid=)<?([A-Za-z0-9][A-Za-z0-9._-]{0,99})(?![^\s>;,\]])", re.IGNORECASE)
_MOST_BY_SECONDS: Final = 999_999_999  # RFC 2852 §4: up to nine digits

_AFTER_DOT: Final = {2: AttemptState.ACCEPTED, 4: AttemptState.NOT_SENT, 5: AttemptState.REFUSED}
"""RFC 5321 §4.2.1: with 4yz and 5yz the server says that it did not take the mail."""


class Conversation:
    """One mail over one connection. Used once."""

    def __init__(self, wire: Wire, settings: SmtpSettings) -> None:
        self._wire = wire
        self._settings = settings
        self.is_dot_sent = False
        """Whether a byte of the final dot may have left; then only the answer tells."""
        self.is_reusable = False
        """Whether both sides know where they are, so that another mail may follow."""

    def hand_over(self, letter: Letter, *, seconds_left: int) -> SendOutcome:
        """
        Hand the mail over and return the server's answer to it.

        Raises:
            ConversationEndedError: the server stopped it before the end.
            Exception: nothing more came through; ``is_dot_sent`` tells what that means.
        """
        self._ask("MAIL", f"FROM:<{self._settings.sender}>{self._deliver_by(seconds_left)}")
        self._ask("RCPT", f"TO:<{letter.to}>")
        self._ask("DATA", wanted=_GO_ON)
        self._wire.within(self._settings.sending_limit_s)
        self._wire.send(letter.content)
        if self._wire.has_something_to_say():
            self._wire.within(self._settings.command_timeout_s)
            raise ended_by(self._wire.reply())
        self.is_dot_sent = True
        self._wire.limit(self._settings.after_data_timeout_s)
        self._wire.send(_DOT)
        return self._answered(self._wire.reply(), letter)

    def _ask(self, command: str, argument: str = "", *, wanted: int = _DONE) -> None:
        self._wire.within(self._settings.command_timeout_s)
        reply = self._wire.ask(command, argument)
        if reply.family == wanted:
            return
        if reply.family in (_DONE, _GO_ON):
            raise not_sent("protocol")
        self.is_reusable = not is_closing(reply)
        raise ended_by(reply)

    def _deliver_by(self, seconds: int) -> str:
        """Return the parameter that asks for the mail back instead of a late delivery, where the server offers it."""
        least = self._wire.esmtp_features.get("deliverby")
        if least is None or (least.strip().isdecimal() and seconds < int(least)):
            return ""
        return f" BY={min(seconds, _MOST_BY_SECONDS)};R"

    def _answered(self, reply: Reply, letter: Letter) -> SendOutcome:
        state = _AFTER_DOT.get(reply.family)
        if state is None:
            return SendOutcome(state=AttemptState.UNKNOWN, code="protocol")
        self.is_reusable = not is_closing(reply)
        if state is not AttemptState.ACCEPTED:
            return SendOutcome(state=state, code=code_of_reply(reply))
        queued = _QUEUED.search(reply.text)
        return SendOutcome(state=state, provider_message_id=queued.group(1) if queued else letter.message_id)
