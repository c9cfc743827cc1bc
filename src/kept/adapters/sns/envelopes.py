"""
The envelope in which SNS brings a message, over HTTP or by way of a queue.

Source:
    Amazon SNS Developer Guide, "Parsing Amazon SNS message formats" and "Verifying the signatures of Amazon SNS
    messages" (which fields are signed, in which order).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from kept.formats.strict_json import MalformedJsonError, parsed


class MessageKind(StrEnum):
    """What an envelope brings."""

    NOTIFICATION = "Notification"
    SUBSCRIPTION = "SubscriptionConfirmation"
    FAREWELL = "UnsubscribeConfirmation"


_SIGNED: Final = {
    MessageKind.NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    MessageKind.SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    MessageKind.FAREWELL: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_OPTIONAL: Final = frozenset({"Subject"})


class NoEnvelopeError(Exception):
    """The bytes are no envelope of SNS."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One envelope, opened but not trusted."""

    kind: MessageKind
    message_id: str
    topic_arn: str
    message: str
    at: datetime
    token: str = ""
    """For a subscription: what confirms it."""
    signature_version: str = ""
    signature: str = ""
    """In base64."""
    certificate_url: str = ""
    signed_text: str
    """What the signature is over."""


def envelope_of(body: bytes) -> Envelope:
    """
    Return the envelope.

    Raises:
        NoEnvelopeError: it is none.
    """
    try:
        fields = parsed(body)
        if not isinstance(fields, dict):
            raise NoEnvelopeError
        texts = {name: value for name, value in fields.items() if isinstance(value, str)}
        kind = MessageKind(texts.get("Type", ""))
        at = datetime.fromisoformat(texts["Timestamp"])
        if at.tzinfo is None:
            raise NoEnvelopeError
        return Envelope(
            kind=kind,
            message_id=texts["MessageId"],
            topic_arn=texts["TopicArn"],
            message=texts["Message"],
            at=at,
            token=texts.get("Token", ""),
            signature_version=texts.get("SignatureVersion", ""),
            signature=texts.get("Signature", ""),
            certificate_url=texts.get("SigningCertURL", ""),
            signed_text=_signed_text(kind, texts),
        )
    except (MalformedJsonError, KeyError, ValueError):
        raise NoEnvelopeError from None


def _signed_text(kind: MessageKind, texts: dict[str, str]) -> str:
    names = [name for name in _SIGNED[kind] if name in texts or name not in _OPTIONAL]
    return "".join(f"{name}\n{texts[name]}\n" for name in names)
