"""
What Twilio says of a text later, and what people answer.

Both come as forms, and their fields decide which is which. Twilio adds fields without notice: the signature covers all
that are there, and those that we do not know are left out. A call tells no time; replayed, it has the id that it had.

Source:
    Twilio, "Outbound Message Status in Status Callbacks", "Twilio's request to your incoming message Webhook URL", and
    the pages of the error numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlsplit

from kept.adapters.twilio.channel import ATTEMPT
from kept.adapters.twilio.settings import ACCOUNT
from kept.adapters.twilio.signature import is_signed
from kept.core.errors import FieldProblem, InvalidInputError
from kept.core.people import ChannelName
from kept.core.receipts import DeliveryReceipt, FailureClass, IncomingReply, ReceiptState
from kept.core.texts import RESERVED_WORDS
from kept.ports.webhook import ForgedError, WebhookRequest

MAX_BYTES: Final = 65_536
MAX_FIELDS: Final = 500

_PROVIDER: Final = "twilio"

_STATES: Final[Mapping[str, ReceiptState]] = {
    "queued": ReceiptState.DELAYED,
    "accepted": ReceiptState.DELAYED,
    "scheduled": ReceiptState.DELAYED,
    "sending": ReceiptState.DELAYED,
    "sent": ReceiptState.SENT,
    "partially_delivered": ReceiptState.SENT,  # half a text is none; nobody confirms the rest
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.DELIVERED,
    "undelivered": ReceiptState.FAILED,
    "failed": ReceiptState.FAILED,
    "canceled": ReceiptState.FAILED,
}
_INCOMING: Final = frozenset({"", "received", "receiving"})

_STOP_WORDS: Final = frozenset(word for words in RESERVED_WORDS.values() for word in words.opt_out)
"""What ends messages everywhere; how we understand each of them is decided elsewhere."""

_CLASSES: Final[Mapping[FailureClass, frozenset[str]]] = {
    FailureClass.PERMANENT: frozenset({"21211", "21217", "30004", "30005"}),
    FailureClass.LANDLINE: frozenset({"21614", "30006"}),
    FailureClass.OPTED_OUT: frozenset({"21610"}),
    FailureClass.TRANSIENT: frozenset({"21611", "30001", "30003", "30017", "30022"}),
    FailureClass.EXPIRED: frozenset({"30036"}),
    FailureClass.OURS: frozenset(
        {"21408", "21606", "21608", "21612", "21617", "30002", "30007", "30010", "30019", "30023", "30024", "30027"}
        | {"30032", "30034", "30038", "30045", "30450", "63038"}
    ),
}
"""Why a text will not arrive, by Twilio's number; every other is unknown, as 30008 is."""


class TwilioReader:
    """
    The reader of calls to ``/webhooks/twilio``. Safe to use from many threads.

    Args:
        account_sid: Whose calls count.
        auth_tokens: Each may have signed: two while one replaces the other. An API key's secret signs nothing.

    Raises:
        InvalidInputError: the values make no sense.
    """

    provider = _PROVIDER

    def __init__(self, account_sid: str, auth_tokens: Sequence[str]) -> None:
        problems = []
        if not ACCOUNT.fullmatch(account_sid):
            problems.append(_problem("account_sid", "must be AC and 32 hexadecimal digits; the console shows it"))
        if not auth_tokens or not all(token.isascii() and token.strip() for token in auth_tokens):
            problems.append(_problem("auth_tokens", "must be the account's auth token, or two while one replaces it"))
        if problems:
            raise InvalidInputError(*problems)
        self._account = account_sid
        self._keys = tuple(token.encode() for token in auth_tokens)

    def verify(self, request: WebhookRequest) -> None:
        """Raise ForgedError unless Twilio signed it, for our account."""
        fields = _fields(request)
        if not is_signed(request.url, fields, request.headers.get("x-twilio-signature", ""), keys=self._keys):
            raise ForgedError("the signature does not fit; look at public_url and the auth token")
        if _first(fields).get("AccountSid") != self._account:
            raise ForgedError("the account is none of ours")

    def read(self, request: WebhookRequest) -> tuple[DeliveryReceipt | IncomingReply, ...]:
        """Return what the call says."""
        fields = _first(_fields(request))
        status = fields.get("MessageStatus") or fields.get("SmsStatus", "")
        found: DeliveryReceipt | IncomingReply | None = None
        if status in _STATES:
            found = _receipt(fields, status, request)
        elif status in _INCOMING:
            found = _reply(fields, request.received_at)
        return (found,) if found else ()


def failure_class(number: str) -> FailureClass:
    """
    Return why a text will not arrive.

    >>> failure_class("30006")
    <FailureClass.LANDLINE: 'landline'>
    """
    return next((found for found, numbers in _CLASSES.items() if number in numbers), FailureClass.UNKNOWN)


def _receipt(fields: Mapping[str, str], status: str, request: WebhookRequest) -> DeliveryReceipt | None:
    sid, number = fields.get("MessageSid") or fields.get("SmsSid", ""), fields.get("ErrorCode", "")
    if not sid:
        return None
    state = _STATES[status]
    failure = failure_class(number) if state is ReceiptState.FAILED else None
    if status == "canceled" and not number:
        failure = FailureClass.OURS
    return DeliveryReceipt(
        id=_digest(sid, status, number),
        provider=_PROVIDER,
        provider_message_id=sid,
        attempt_id=(parse_qs(urlsplit(request.url).query).get(ATTEMPT) or [""])[0],
        state=state,
        failure=failure,
        code=f"{status}_{number}" if number else status,
        at=request.received_at,
        is_final=state in {ReceiptState.DELIVERED, ReceiptState.FAILED},
    )


def _reply(fields: Mapping[str, str], at: datetime) -> IncomingReply | None:
    sid, sender = fields.get("MessageSid", ""), fields.get("From", "")
    if not sid or not sender or "Body" not in fields:
        return None
    return IncomingReply(
        id=sid,
        provider=_PROVIDER,
        channel=ChannelName.SMS,
        sender=sender,
        recipient=fields.get("To", ""),
        text=_text(fields),
        at=at,
    )


def _text(fields: Mapping[str, str]) -> str:
    """Return what was written; a stop word of the practice's own list, by which Twilio blocks the number, as STOP."""
    text = fields["Body"]
    is_own_word = fields.get("OptOutType") == "STOP" and text.strip().upper() not in _STOP_WORDS
    return "STOP" if is_own_word else text


def _fields(request: WebhookRequest) -> list[tuple[str, str]]:
    if len(request.body) > MAX_BYTES:
        raise ForgedError("the form is longer than Twilio makes them")
    try:
        text = request.body.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise ForgedError("the body is no form") from None


def _first(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return each field's first value."""
    return dict(reversed(fields))


def _digest(*parts: str) -> str:
    """Return the same id for the same event, however often it comes; statuses have none of their own."""
    return "twilio_" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _problem(field: str, message: str) -> FieldProblem:
    return FieldProblem(field=field, code="invalid_setting", message=message)
