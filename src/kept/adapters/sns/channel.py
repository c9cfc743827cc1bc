"""The channel by which SNS sends texts straight to a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kept.adapters.sns.settings import SnsSettings
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.formats.text_message import is_text_message
from kept.ports.channel import Capabilities, OutgoingMessage
from kept.ports.clock import Clock
from kept.ports.provider_api import ApiAnswer, ApiFailure, ApiFailureKind, ProviderApi, failed_outcome, sent_outcome

_SLACK_S: Final = 1.0

_EXPIRED: Final = SendOutcome(state=AttemptState.NOT_SENT, code="expired")
_INVALID: Final = SendOutcome(state=AttemptState.REFUSED, code="invalid_message")

_MEANINGS: Final[Mapping[str, str]] = {"OptedOut": "opted_out", "OptedOutException": "opted_out"}
"""Our words for AWS's codes, where ours say more."""


class SnsChannel:
    """
    The channel. Safe to use from many threads.

    SNS knows no dedupe key, cannot be asked later, reports nothing that we could read, and has no time to live. So a
    text must still be of use for ``least_time_left``, and even then a carrier's delay can make it late. End User
    Messaging does all of this better; this channel is for who has nothing else.

    Source:
        Publish in the Amazon SNS API reference; Amazon SNS Developer Guide, "Publishing to a mobile phone".
    """

    provider = "sns"
    capabilities = Capabilities()

    def __init__(self, settings: SnsSettings, *, api: ProviderApi, clock: Clock) -> None:
        self.name = ChannelName.SMS
        self.timeout_s = api.timeout_s + _SLACK_S
        self._attributes = _attributes(settings)
        self._least_time_left = settings.least_time_left
        self._api = api
        self._clock = clock

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand the message over, once."""
        if not is_text_message(message):
            return _INVALID
        time_left = message.expires_at - self._clock.now()
        if time_left < self._least_time_left or not time_left:
            return _EXPIRED
        parameters = {"PhoneNumber": message.to, "Message": message.text, "MessageAttributes": self._attributes}
        result = self._api.call("publish", parameters)
        return sent_outcome(result) if isinstance(result, ApiAnswer) else _failed(result)

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Return None: SNS cannot be asked."""
        _ = dedupe_key
        return None

    def close(self) -> None:
        """Release connections."""
        self._api.close()


def _attributes(settings: SnsSettings) -> dict[str, dict[str, str]]:
    """Return what is the same for every text."""
    found = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
    if settings.max_price is not None:
        found["AWS.SNS.SMS.MaxPrice"] = {"DataType": "Number", "StringValue": f"{settings.max_price:.5f}"}
    if settings.origination:
        name = "AWS.MM.SMS.OriginationNumber" if settings.is_number else "AWS.SNS.SMS.SenderID"
        found[name] = {"DataType": "String", "StringValue": settings.origination}
    return found


def _failed(failure: ApiFailure) -> SendOutcome:
    if failure.kind is ApiFailureKind.REFUSED and failure.code in _MEANINGS:
        return SendOutcome(state=AttemptState.REFUSED, code=_MEANINGS[failure.code])
    return failed_outcome(failure)
