"""As whom texts go by Twilio, and where Twilio says later what became of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from kept.core.errors import FieldProblem, InvalidInputError

ACCOUNT: Final = re.compile(r"AC[0-9a-fA-F]{32}")
ADDRESS: Final = re.compile(r"https://([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?")

_API_KEY: Final = re.compile(r"(SK[0-9a-fA-F]{32})?")
_SECRET: Final = re.compile(r"[!-~]{1,256}")
_SENDER: Final = re.compile(r"MG[0-9a-fA-F]{32}|\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_CALLBACK: Final = re.compile(r"(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?)?")
_MOST_PORT: Final = 65_535


class TwilioSettings(msgspec.Struct, frozen=True, kw_only=True):
    """
    The settings. Wrong ones raise InvalidInputError, all problems at once.

    Source:
        Twilio's Messages resource, for what each may look like.
    """

    account_sid: str
    api_key_sid: str = ""
    """Key whose secret is given; empty: the secret is the account's auth token."""
    secret: str
    sender: str
    """A number, a short code, a sender id, or the SID of a messaging service."""
    status_callback: str = ""
    """Public address of our ``/webhooks/twilio``; empty: Twilio does not say what became of a text."""
    endpoint: str = "https://api.twilio.com"
    """Other regions have other ones, such as ``https://api.dublin.ie1.twilio.com``."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's, PEM."""
    connect_s: float = 3.0
    """For the look-up of the name, the connection and TLS."""
    answer_s: float = 10.0
    """For the request and its answer."""

    def __post_init__(self) -> None:
        """Check the values."""
        problems = tuple(_problems(self))
        if problems:
            raise InvalidInputError(*problems)

    def __repr__(self) -> str:
        """Show everything but the secret."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"TwilioSettings({shown})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """Return names and values, with the secret masked."""
        values = [(name, getattr(self, name)) for name in self.__struct_fields__]
        return [(name, "***" if name == "secret" else value) for name, value in values]


def host_and_port(endpoint: str) -> tuple[str, int]:
    """
    Return where an https address without a path leads; an empty host when it is none.

    >>> host_and_port("https://api.twilio.com")
    ('api.twilio.com', 443)
    """
    found = ADDRESS.fullmatch(endpoint)
    return (found[1], int(found[2] or 443)) if found else ("", 0)


def _problems(settings: TwilioSettings) -> Iterator[FieldProblem]:
    if not ACCOUNT.fullmatch(settings.account_sid):
        yield _problem("account_sid", "must be AC and 32 hexadecimal digits; the console shows it")
    if not _API_KEY.fullmatch(settings.api_key_sid):
        yield _problem("api_key_sid", "must be SK and 32 hexadecimal digits, or empty")
    if not _SECRET.fullmatch(settings.secret):
        yield _problem("secret", "must be the auth token, or the secret of the API key")
    if not _SENDER.fullmatch(settings.sender):
        yield _problem(
            "sender", "must be a number such as +12065550100, a short code, a sender id, or MG and 32 digits"
        )
    if not _CALLBACK.fullmatch(settings.status_callback):
        yield _problem("status_callback", "must be an https address without query, user or underscore, or empty")
    if not 1 <= host_and_port(settings.endpoint)[1] <= _MOST_PORT:
        yield _problem("endpoint", "must be https:// and a host, with no path")
    for name in ("connect_s", "answer_s"):
        if not getattr(settings, name) > 0:
            yield _problem(name, "must be more than 0 seconds")


def _problem(field: str, message: str) -> FieldProblem:
    return FieldProblem(field=field, code="invalid_setting", message=message)
