"""``kept receive-mail``: what a mail server hands over on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import typer

from kept.entrypoints.cli.screen import ConfigurationError, Exit, command, parts_of, tell

if TYPE_CHECKING:
    from kept.entrypoints.cli.parts import Parts

PROVIDER: Final = "smtp"
PATH: Final = "/webhooks/smtp"
_TRY_AGAIN: Final = Exit.SEAT_TAKEN
"""EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and comes again."""
_CHUNK: Final = 65_536


def add_to(program: typer.Typer) -> None:
    """Add the commands of this file to the program."""
    command(program, "receive-mail")(receive_mail)


def receive_mail(context: typer.Context) -> None:
    """
    Take one mail from standard input: a report of delivery, or an answer. For the pipes of a mail server.

    It is kept before the command ends, and applied by the server or worker. Exit code 75 asks the mail server to come
    again.
    """
    from kept.core.errors import OutsideError

    try:
        _keep(parts_of(context), _mail_from(sys.stdin.buffer.read))
    except (OutsideError, ConfigurationError) as error:
        tell(error, as_json=False)
        raise typer.Exit(_TRY_AGAIN) from None


def _mail_from(read: Callable[[int], bytes]) -> bytes:
    """
    Return the mail, cut where nothing more of it is read; whoever writes may write to the end.

    Raises:
        InvalidInputError: it is no mail that can be read.
    """
    from kept.core.errors import InvalidInputError
    from kept.formats.incoming_mail import MOST_BYTES, UnreadableMailError, incoming_mail

    mail = read(MOST_BYTES)
    while read(_CHUNK):
        pass
    try:
        is_mail = bool(mail.strip()) and bool(incoming_mail(mail).keys())
    except UnreadableMailError:
        is_mail = False
    if not is_mail:
        raise InvalidInputError.of("mail", "unreadable", "is no mail that can be read; give a whole one, with headers")
    return mail


def _keep(parts: Parts, mail: bytes) -> None:
    """
    Put the mail on record, unless it is there already.

    Raises:
        ConfigurationError: mail does not go by SMTP here, so that nobody would read what comes back.
    """
    from functools import partial

    from kept.core.errors import FieldProblem
    from kept.flow.receipts import keep_call, received
    from kept.ports.webhook import WebhookRequest

    if parts.settings().get("email") != PROVIDER:
        message = "must be smtp, so that somebody reads what comes back"
        raise ConfigurationError(FieldProblem(field="email", code="invalid_setting", message=message))
    request = WebhookRequest(url=PATH, headers={}, body=mail, received_at=parts.clock.now())
    call = received(PROVIDER, request, headers={})
    parts.store.submit(partial(keep_call, call=call)).result()
