"""
The handing-over of one mail: MAIL, RCPT, DATA, the mail, the final dot.

The dot decides. Until it is written the server cannot have taken the mail; from then on only its answer tells.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from kept.adapters.smtp.letter import Letter
from kept.adapters.smtp.outcomes import code_of_reply, ended_by, is_closing, not_sent
from kept.adapters.smtp.settings import SmtpSettings
from kept.adapters.smtp.wire import Reply, Wire
from kept.core.notifications import AttemptState, SendOutcome

_DOT: Final = b".\r\n"
_DONE: Final = 2
_GO_ON: Final = 3
_NOT_PLAIN: Final = re.compile(r"[^!-*,-<>-~]")
_MOST_BY_SECONDS: Final = 999_999_999  # RFC 2852 §4: up to nine digits

_AFTER_DOT: Final = {2: AttemptState.ACCEPTED, 4: AttemptState.NOT_SENT, 5: AttemptState.REFUSED}
"""RFC 5321 §4.2.1: with 4yz and 5yz the server says that it did not take the mail."""


class _Reports(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the server's reports."""

    of_mail: str = ""
    of_recipient: str = ""


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
        reports = self._reports(letter)
        self._ask("MAIL", f"FROM:<{letter.return_path}>{self._deliver_by(seconds_left)}{reports.of_mail}")
        self._ask("RCPT", f"TO:<{letter.to}>{reports.of_recipient}")
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

    def _reports(self, letter: Letter) -> _Reports:
        """
        Return the parameters that ask for a report of whatever happens, where the server offers it and we read them.

        Source:
            RFC 3461 §4: ENVID comes back in the report, ORCPT says for whom it was, and headers are enough of the mail.
        """
        if not letter.attempt_id or not self._wire.has_extn("dsn"):
            return _Reports()
        return _Reports(
            of_mail=f" RET=HDRS ENVID={xtext(letter.attempt_id)}",
            of_recipient=f" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{xtext(letter.to)}",
        )

    def _answered(self, reply: Reply, letter: Letter) -> SendOutcome:
        state = _AFTER_DOT.get(reply.family)
        if state is None:
            return SendOutcome(state=AttemptState.UNKNOWN, code="protocol")
        self.is_reusable = not is_closing(reply)
        if state is not AttemptState.ACCEPTED:
            return SendOutcome(state=state, code=code_of_reply(reply))
        return SendOutcome(state=state, provider_message_id=letter.message_id)


def xtext(text: str) -> str:
    """
    Return a text as a parameter may hold it.

    Source:
        RFC 3461 §4.

    >>> xtext("ntf_1.email.1"), xtext("a+b=c")
    ('ntf_1.email.1', 'a+2Bb+3Dc')
    """
    return _NOT_PLAIN.sub(lambda found: "".join(f"+{byte:02X}" for byte in found.group().encode()), text)
