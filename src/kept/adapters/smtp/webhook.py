"""
What a mail server brings back: reports and answers, one whole mail in each call.

A mail server signs nothing, so who hands the mail over shows a secret. What the mail says of its sender stays hearsay:
reports count only for mails of ours that they name, and answers only for the address that they came from.
"""

from __future__ import annotations

import hmac
from typing import Final

from kept.adapters.smtp.settings import SmtpSettings
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.receipts import DeliveryReceipt, IncomingReply
from kept.formats.delivery_status import ReturnPath, delivery_receipts, is_report
from kept.formats.incoming_mail import UnreadableMailError, incoming_mail
from kept.formats.mail_reply import OwnMail, mail_reply
from kept.ports.webhook import ForgedError, WebhookRequest

SHORTEST_SECRET: Final = 16
"""Characters; shorter ones are guessed. Ours."""
_SCHEME: Final = "bearer "


class SmtpReader:
    """
    The reader of calls to ``/webhooks/smtp``. Safe to use from many threads.

    Args:
        settings: As whom mails go.
        secret: Opens the door; empty: nobody may call, and mails come by ``kept receive-mail`` alone.

    Raises:
        InvalidInputError: the secret is too short, or cannot stand in a header.

    Source:
        RFC 6750 §2.1 (the secret in the header Authorization).
    """

    provider = "smtp"

    def __init__(self, settings: SmtpSettings, secret: str) -> None:
        if secret and not (len(secret) >= SHORTEST_SECRET and secret.isascii() and secret.isprintable()):
            message = f"must have {SHORTEST_SECRET} ASCII characters or more; make one with: openssl rand -hex 32"
            raise InvalidInputError(FieldProblem(field="inbound_secret", code="invalid_setting", message=message))
        own = (settings.sender, settings.reply_to, settings.bounce_address)
        self._own = OwnMail(addresses=tuple(a for a in own if a), message_domain=settings.domain)
        self._path = ReturnPath(address=settings.bounce_address or settings.sender, message_domain=settings.domain)
        self._secret = secret.encode()

    def verify(self, request: WebhookRequest) -> None:
        """Raise ForgedError unless the call shows the secret and holds a mail that can be read."""
        shown = request.headers.get("authorization", "")
        given = shown[len(_SCHEME) :].strip() if shown[: len(_SCHEME)].lower() == _SCHEME else ""
        if not self._secret or not hmac.compare_digest(given.encode(), self._secret):
            raise ForgedError("the secret does not fit; look at smtp_inbound_secret")
        try:
            incoming_mail(request.body)
        except UnreadableMailError:
            raise ForgedError("the body is no mail that can be read") from None

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        """Return what the mail says; nothing when it is neither a report on a mail of ours nor an answer."""
        try:
            mail = incoming_mail(request.body)
        except UnreadableMailError:
            return ()
        if is_report(mail):
            return delivery_receipts(mail, self._path, at=request.received_at)
        reply = mail_reply(mail, self._own, at=request.received_at)
        return (reply,) if reply else ()
