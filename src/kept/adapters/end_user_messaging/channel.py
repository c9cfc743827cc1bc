"""The channel to AWS End User Messaging (SMS and Voice, version 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kept.adapters.end_user_messaging.settings import EndUserMessagingSettings
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.formats.text_message import is_text_message
from kept.ports.channel import Capabilities, OutgoingMessage
from kept.ports.clock import Clock
from kept.ports.provider_api import ApiAnswer, ApiFailure, ApiFailureKind, ProviderApi, failed_outcome, sent_outcome

ATTEMPT: Final = "attempt"
DEDUPE_KEY: Final = "dedupe"
"""Names in the context map, which comes back with every event."""

_SHORTEST_LIFE_S: Final = 5
_LONGEST_LIFE_S: Final = 259_200  # the model of SendTextMessage: 5 seconds to 72 hours
_SLACK_S: Final = 1.0

_EXPIRED: Final = SendOutcome(state=AttemptState.NOT_SENT, code="expired")
_INVALID: Final = SendOutcome(state=AttemptState.REFUSED, code="invalid_message")

_MEANINGS: Final[Mapping[tuple[str, str], SendOutcome]] = {
    ("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"): SendOutcome(
        state=AttemptState.REFUSED, code="opted_out"
    ),
    ("ValidationException", "PRICE_OVER_THRESHOLD"): SendOutcome(state=AttemptState.REFUSED, code="too_expensive"),
    ("ServiceQuotaExceededException", ""): SendOutcome(state=AttemptState.NOT_SENT, code="quota"),
}
"""What a refusal means, by code and reason; an empty reason stands for every other."""


class EndUserMessagingChannel:
    """
    The channel. Safe to use from many threads.

    The service knows no dedupe key and cannot be asked later, but it returns what is put into the context with every
    event: so an attempt whose answer was lost is found again by its first event. Every text has a time to live; the
    service's own would be three days.

    Source:
        SendTextMessage in the API reference of AWS End User Messaging SMS.
    """

    provider = "end_user_messaging"

    def __init__(self, settings: EndUserMessagingSettings, *, api: ProviderApi, clock: Clock) -> None:
        self.name = ChannelName.SMS
        self.capabilities = Capabilities(
            receipts=bool(settings.configuration_set), names_attempt=True, replies=settings.has_replies
        )
        self.timeout_s = api.timeout_s + _SLACK_S
        self._fixed = _fixed(settings)
        self._api = api
        self._clock = clock

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand the message over, once."""
        if not is_text_message(message):
            return _INVALID
        seconds_left = int((message.expires_at - self._clock.now()).total_seconds())
        if seconds_left < _SHORTEST_LIFE_S:
            return _EXPIRED
        result = self._api.call(
            "send_text_message",
            {
                **self._fixed,
                "DestinationPhoneNumber": message.to,
                "MessageBody": message.text,
                "TimeToLive": min(seconds_left, _LONGEST_LIFE_S),
                "Context": {ATTEMPT: message.attempt_id, DEDUPE_KEY: message.dedupe_key},
            },
        )
        return sent_outcome(result) if isinstance(result, ApiAnswer) else _failed(result)

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Return None: the service cannot be asked."""
        _ = dedupe_key
        return None

    def close(self) -> None:
        """Release connections."""
        self._api.close()


def _fixed(settings: EndUserMessagingSettings) -> dict[str, object]:
    """Return what is the same for every text."""
    fixed: dict[str, object] = {"MessageType": "TRANSACTIONAL", "OriginationIdentity": settings.origination}
    if settings.configuration_set:
        fixed["ConfigurationSetName"] = settings.configuration_set
    if settings.max_price is not None:
        fixed["MaxPrice"] = f"{settings.max_price:.5f}"
    return fixed


def _failed(failure: ApiFailure) -> SendOutcome:
    if failure.kind is not ApiFailureKind.REFUSED:
        return failed_outcome(failure)
    known = _MEANINGS.get((failure.code, failure.reason)) or _MEANINGS.get((failure.code, ""))
    return known or failed_outcome(failure)
