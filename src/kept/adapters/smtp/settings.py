"""Where mail is handed over, as whom, and how long we wait."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError
from kept.formats.delivery_status import ReturnPath
from kept.formats.mail import is_address

_DOMAIN: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
_MOST_PORT: Final = 65_535


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    """Plain until both agree on TLS, and nothing is said before; usual on port 587."""
    TLS = "tls"
    """TLS from the first byte; usual on port 465."""
    NONE = "none"
    """For a server on this machine."""


class SmtpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    The settings. Wrong ones raise InvalidInputError, all problems at once.

    Source:
        RFC 5321 §4.5.3.2 for the timeouts. Before the message's end ours are shorter, because a message that was
        given up there was not taken, and may be tried again.
    """

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    allow_plaintext: bool = False
    """Whether ``none`` is right for a server on another machine: passwords and texts then travel readable."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's, PEM."""
    username: str = ""
    """Empty: no login."""
    password: str = ""
    sender: str
    """Address in From, and where failure notices go."""
    sender_name: str = ""
    reply_to: str = ""
    """Address for answers; empty: the sender's."""
    bounce_address: str = ""
    """
    Where reports of delivery and failure go, each behind a plus sign with its attempt; empty: to the sender, unread.

    The mail server must hand what comes for it, and for the same with a plus sign, to Kept.
    """
    message_id_domain: str = ""
    """After the @ of Message-ID, and our name in the greeting; empty: the sender's domain."""
    connect_timeout_s: float = 10.0
    command_timeout_s: float = 30.0
    """For the greeting, for TLS, and for each command and its answer."""
    sending_limit_s: float = 120.0
    """For everything up to the message's end."""
    after_data_timeout_s: float = 600.0
    """For the answer to the message's end; giving up earlier makes duplicates (RFC 5321 §4.5.3.2.6)."""
    idle_connections: int = 32
    """How many connections stay open for the next message; 0: one connection per message."""

    def __post_init__(self) -> None:
        """Check the values."""
        problems = tuple(_problems(self))
        if problems:
            raise InvalidInputError(*problems)

    def __repr__(self) -> str:
        """Show everything but the password."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"SmtpSettings({shown})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """Return names and values, with the password masked."""
        values = [(name, getattr(self, name)) for name in self.__struct_fields__]
        return [(name, "***" if name == "password" and value else value) for name, value in values]

    @property
    def domain(self) -> str:
        """What stands after the @ of Message-ID."""
        return self.message_id_domain or self.sender.rpartition("@")[2]

    @property
    def return_path(self) -> ReturnPath | None:
        """Where reports go; None: nobody reads them."""
        if not self.bounce_address:
            return None
        return ReturnPath(address=self.bounce_address, message_domain=self.domain)


def _problems(settings: SmtpSettings) -> Iterator[FieldProblem]:
    yield from _problems_of_server(settings)
    yield from _problems_of_identity(settings)
    for name in ("connect_timeout_s", "command_timeout_s", "sending_limit_s", "after_data_timeout_s"):
        if not getattr(settings, name) > 0:
            yield _problem(name, "must be more than 0 seconds")
    if settings.idle_connections < 0:
        yield _problem("idle_connections", "must be 0 or more")


def _problems_of_server(settings: SmtpSettings) -> Iterator[FieldProblem]:
    if not (_DOMAIN.fullmatch(settings.host) or _ip_address(settings.host)):
        yield _problem("host", "must be the name or IP address of a mail server")
    elif settings.security is Security.NONE and not (settings.allow_plaintext or _is_loopback(settings.host)):
        yield _problem("security", "none is for a server on this machine; use starttls or tls, or set allow_plaintext")
    if not 1 <= settings.port <= _MOST_PORT:
        yield _problem("port", f"must be 1 to {_MOST_PORT}")
    if bool(settings.username) is not bool(settings.password):
        yield _problem("password", "must be given with username, and only with it")
    if not (settings.username + settings.password).isascii():
        yield _problem("password", "and username must be ASCII; ask the provider for others")


def _problems_of_identity(settings: SmtpSettings) -> Iterator[FieldProblem]:
    if not is_address(settings.sender):
        yield _problem("sender", "must be one plain e-mail address, such as reminders@example.com")
    if settings.reply_to and not is_address(settings.reply_to):
        yield _problem("reply_to", "must be one plain e-mail address, or empty")
    if settings.bounce_address and not is_address(settings.bounce_address):
        yield _problem("bounce_address", "must be one plain e-mail address, such as bounces@example.com, or empty")
    if not settings.sender_name.isprintable():
        yield _problem("sender_name", "must be one line of text")
    if settings.message_id_domain and not _DOMAIN.fullmatch(settings.message_id_domain):
        yield _problem("message_id_domain", "must be a domain, such as example.com")


def _problem(field: str, message: str) -> FieldProblem:
    return FieldProblem(field=field, code="invalid_setting", message=message)


def _is_loopback(host: str) -> bool:
    address = _ip_address(host)
    return address.is_loopback if address else host == "localhost"


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
