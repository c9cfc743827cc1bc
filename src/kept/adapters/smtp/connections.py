"""Connections to the mail server: opened, protected, logged in, and kept for the next message."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Final

from kept.adapters.smtp.outcomes import ended_by, not_sent
from kept.adapters.smtp.settings import Security, SmtpSettings
from kept.adapters.smtp.wire import Reply, Wire
from kept.core.errors import InvalidInputError

MOST_IDLE_S: Final = 20.0  # servers hang up on idle clients; a young connection seldom proves dead
FAREWELL_S: Final = 1.0


class Connections:
    """
    A few open connections. Safe to use from many threads; each connection serves one at a time.

    Raises:
        InvalidInputError: the file of certificates cannot be read.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings
        self._context = None if settings.security is Security.NONE else _context(settings)
        self._lock = threading.Lock()
        self._idle: list[tuple[float, Wire]] = []
        self._closed = False

    def take(self) -> Wire:
        """
        Return a connection that waits for a message: one that was kept and still answers, or a new one.

        Raises:
            ConversationEndedError: the server does not want us; nothing was sent.
            Exception: nothing came through; nothing was sent.
        """
        while True:
            with self._lock:
                since, wire = self._idle.pop() if self._idle else (0.0, None)
            if wire is None:
                return self._opened()
            if time.monotonic() - since < MOST_IDLE_S and self._answers(wire):
                return wire
            wire.close()

    def give_back(self, wire: Wire, *, reusable: bool) -> None:
        """Keep the connection for the next message, or hang up."""
        with self._lock:
            keep = reusable and not self._closed and len(self._idle) < self._settings.idle_connections
            if keep:
                self._idle.append((time.monotonic(), wire))
        if not keep:
            _hang_up(wire, politely=reusable)

    def close(self) -> None:
        """Hang up on what is idle now; what is in use is hung up on when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for _, wire in idle:
            _hang_up(wire, politely=True)

    def _answers(self, wire: Wire) -> bool:
        """Return whether a kept connection still works; it begins anew there (RFC 5321 §4.1.1.5)."""
        wire.limit(self._settings.sending_limit_s)
        wire.within(self._settings.command_timeout_s)
        try:
            return wire.ask("RSET").family == 2  # noqa: PLR2004 done
        except Exception:  # noqa: BLE001 whatever is wrong with it, a new one is tried
            return False

    def _opened(self) -> Wire:
        settings = self._settings
        started = time.monotonic()
        connection = socket.create_connection((settings.host, settings.port), timeout=settings.connect_timeout_s)
        wire = Wire(connection, hello_name=settings.domain)
        try:
            wire.limit(settings.sending_limit_s - (time.monotonic() - started))
            self._introduce(wire)
        except BaseException:
            wire.close()
            raise
        return wire

    def _introduce(self, wire: Wire) -> None:
        """Get to where a message can be handed over: greeting, TLS, hello, login."""
        settings = self._settings
        wire.within(settings.command_timeout_s)
        if self._context and settings.security is Security.TLS:
            wire.secure(self._context, settings.host)
        _expect_done(wire.reply())
        self._say_hello(wire)
        if self._context and settings.security is Security.STARTTLS:
            if not wire.has_extn("starttls"):
                raise not_sent("starttls_missing")  # someone between us may have taken it out: not a word without TLS
            _expect_done(wire.ask("STARTTLS"))
            wire.within(settings.command_timeout_s)
            wire.secure(self._context, settings.host)
            self._say_hello(wire)
        if settings.username:
            self._log_in(wire)

    def _say_hello(self, wire: Wire) -> None:
        wire.within(self._settings.command_timeout_s)
        code, text = wire.ehlo()
        _expect_done(Reply(code=code, text=text.decode("ascii", errors="replace")))

    def _log_in(self, wire: Wire) -> None:
        wire.within(self._settings.command_timeout_s)
        try:
            wire.login(self._settings.username, self._settings.password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code // 100 == 4:  # noqa: PLR2004 RFC 4954 §6: 454, a temporary failure
                raise ended_by(Reply(code=error.smtp_code, text="")) from None
            raise not_sent("auth") from None
        except smtplib.SMTPException:
            raise not_sent("auth") from None  # the server offers no way to log in that we know


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    """Return what TLS must be: 1.2 or later, a certificate that is valid for the host."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        message = f"cannot be read ({type(error).__name__}); name a file of PEM certificates"
        raise InvalidInputError.of("ca_file", "invalid_setting", message) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _expect_done(reply: Reply) -> None:
    if reply.family != 2:  # noqa: PLR2004 done
        raise ended_by(reply, about_message=False)


def _hang_up(wire: Wire, *, politely: bool) -> None:
    if politely:
        with suppress(Exception):  # we leave anyway
            wire.limit(FAREWELL_S)
            wire.ask("QUIT")
    wire.close()
