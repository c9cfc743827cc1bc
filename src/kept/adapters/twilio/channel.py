"""The channel to Twilio's Messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from kept.adapters.twilio.settings import TwilioSettings
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.formats.text_message import is_text_message
from kept.ports.channel import Capabilities, OutgoingMessage
from kept.ports.clock import Clock
from kept.ports.provider_api import ApiAnswer, ApiFailure, ApiFailureKind, ProviderApi, failed_outcome

ATTEMPT: Final = "attempt"
"""Name in the query of the callback's address, which comes back with every status."""

_LONGEST_LIFE_S: Final = 36_000  # Twilio's error 90007: 1 second to 10 hours
_SLACK_S: Final = 1.0
_SID: Final = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_BORN_DEAD: Final = frozenset({"failed", "undelivered", "canceled"})

_EXPIRED: Final = SendOutcome(state=AttemptState.NOT_SENT, code="expired")
_INVALID: Final = SendOutcome(state=AttemptState.REFUSED, code="invalid_message")

_MEANINGS: Final[Mapping[str, str]] = {
    "twilio_21211": "invalid_number",
    "twilio_21217": "invalid_number",
    "twilio_21610": "opted_out",
    "twilio_21614": "not_a_mobile",
    "twilio_21611": "queue_full",
    "twilio_63038": "quota",
}
"""Our words for Twilio's numbers, where ours say more."""


class TwilioChannel:
    """
    The channel. Safe to use from many threads.

    Twilio knows no dedupe key, and finds a message again only by number and day, never by key. But the attempt's id
    stands in the address that it calls later: so an attempt whose answer was lost is found again by its first status.
    The time to live holds in Twilio's queue; what a carrier has taken may still come late.

    Source:
        Twilio's Messages resource, "Create a Message".
    """

    provider = "twilio"

    def __init__(self, settings: TwilioSettings, *, api: ProviderApi, clock: Clock) -> None:
        self.name = ChannelName.SMS
        self.capabilities = Capabilities(
            receipts=bool(settings.status_callback), names_attempt=True, replies=bool(settings.status_callback)
        )
        self.timeout_s = api.timeout_s + _SLACK_S
        self._sender = {"MessagingServiceSid" if settings.sender.startswith("MG") else "From": settings.sender}
        self._callback = settings.status_callback
        self._api = api
        self._clock = clock

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand the message over, once."""
        if not is_text_message(message):
            return _INVALID
        seconds_left = int((message.expires_at - self._clock.now()).total_seconds())
        if seconds_left < 1:
            return _EXPIRED
        parameters: dict[str, object] = {
            **self._sender,
            "To": message.to,
            "Body": message.text,
            "ValidityPeriod": min(seconds_left, _LONGEST_LIFE_S),
        }
        if self._callback:
            parameters["StatusCallback"] = f"{self._callback}?{urlencode({ATTEMPT: message.attempt_id})}"
        result = self._api.call("Messages", parameters)
        return _taken(result) if isinstance(result, ApiAnswer) else _failed(result)

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Return None: Twilio cannot be asked by key."""
        _ = dedupe_key
        return None

    def close(self) -> None:
        """Release connections."""
        self._api.close()


def _taken(answer: ApiAnswer) -> SendOutcome:
    """Return the outcome of an answer that Twilio calls good; of its first status it makes no call later."""
    sid = answer.text("sid")
    if not _SID.fullmatch(sid):
        return SendOutcome(state=AttemptState.UNKNOWN, code="no_id")
    if answer.text("status") in _BORN_DEAD:
        code = f"twilio_{answer.fields.get('error_code')}"
        told = code if code.removeprefix("twilio_").isdecimal() else "failed"
        return SendOutcome(state=AttemptState.REFUSED, provider_message_id=sid, code=_MEANINGS.get(code, told))
    return SendOutcome(state=AttemptState.ACCEPTED, provider_message_id=sid)


def _failed(failure: ApiFailure) -> SendOutcome:
    outcome = failed_outcome(failure)
    if failure.kind in {ApiFailureKind.REFUSED, ApiFailureKind.THROTTLED} and failure.code in _MEANINGS:
        return SendOutcome(state=outcome.state, code=_MEANINGS[failure.code], retry_after_s=outcome.retry_after_s)
    return outcome
