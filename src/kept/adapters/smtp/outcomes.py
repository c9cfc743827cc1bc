"""
What an answer, or a failure, of a mail server means for a message.

A code names the kind of failure, or the server's own numbers. Never its words: they repeat the address.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from typing import Final

from kept.adapters.smtp.wire import GarbledReplyError, Reply
from kept.core.notifications import AttemptState, SendOutcome

_ENHANCED: Final = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")  # RFC 3463 §2
_AUTH: Final = frozenset({530, 534, 535, 538})  # RFC 4954 §6: about who we are, whatever the command was
_CLOSING: Final = 421  # RFC 5321 §3.8: the server is about to hang up

EXPIRED: Final = SendOutcome(state=AttemptState.NOT_SENT, code="expired")
INVALID: Final = SendOutcome(state=AttemptState.REFUSED, code="invalid_message")

_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (socket.gaierror, "dns"),
    (ssl.SSLCertVerificationError, "tls_certificate"),
    (ssl.SSLEOFError, "connection_lost"),
    (ssl.SSLZeroReturnError, "connection_lost"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "connection_refused"),
    (ConnectionError, "connection_lost"),
    (OSError, "network"),
    (GarbledReplyError, "garbled_answer"),
    (smtplib.SMTPException, "protocol"),
)
"""The first that fits gives the code."""


class ConversationEndedError(Exception):
    """The message goes no further; carries how it ended."""

    def __init__(self, outcome: SendOutcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


def code_of_failure(error: Exception) -> str:
    """Return the word for a failure without an answer."""
    return next((code for kind, code in _KINDS if isinstance(error, kind)), "internal")


def code_of_reply(reply: Reply) -> str:
    """
    Return the server's numbers.

    >>> code_of_reply(Reply(code=550, text="5.1.1 <ann@example.com>: no such user"))
    'smtp_550 5.1.1'
    """
    enhanced = _ENHANCED.match(reply.text)
    return f"smtp_{reply.code} {enhanced.group(1)}" if enhanced else f"smtp_{reply.code}"


def is_closing(reply: Reply) -> bool:
    """Return whether the connection is of no more use."""
    return reply.code == _CLOSING


def not_sent(code: str) -> ConversationEndedError:
    """Return the end of a message of which nothing was taken."""
    return ConversationEndedError(SendOutcome(state=AttemptState.NOT_SENT, code=code))


def ended_by(reply: Reply, *, about_message: bool = True) -> ConversationEndedError:
    """
    Return the end that an answer brings while the message is not complete.

    Args:
        reply: Not the one that was hoped for.
        about_message: Whether "never" was said of this message, rather than to us.

    Source:
        RFC 5321 §4.2.1: 4yz, the command was not accepted, and may be tried again; 5yz, must not.
    """
    if reply.code in _AUTH:
        return not_sent("auth")
    if reply.family == 5 and about_message:  # noqa: PLR2004 RFC 5321 §4.2.1
        return ConversationEndedError(SendOutcome(state=AttemptState.REFUSED, code=code_of_reply(reply)))
    return not_sent(code_of_reply(reply))
