"""The channel to Amazon SES, version 2 of its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kept.adapters.ses.settings import SesSettings
from kept.adapters.ses.tags import ATTEMPT, DEDUPE_KEY, tag_of
from kept.core.notifications import AttemptState, SendOutcome
from kept.core.people import ChannelName
from kept.formats.mail import InvalidMailError, Mail, mail_of
from kept.ports.channel import Capabilities, OutgoingMessage
from kept.ports.clock import Clock
from kept.ports.provider_api import ApiAnswer, ApiFailure, ApiFailureKind, ProviderApi, failed_outcome, sent_outcome

_SLACK_S: Final = 1.0

_EXPIRED: Final = SendOutcome(state=AttemptState.NOT_SENT, code="expired")
_INVALID: Final = SendOutcome(state=AttemptState.REFUSED, code="invalid_message")

_NOT_NOW: Final[Mapping[str, str]] = {
    "LimitExceededException": "quota",
    "AccountSuspendedException": "paused",
    "SendingPausedException": "paused",
}
"""What SES says with 400 though it is about the account and not about the mail, and our words for it."""


class SesChannel:
    """
    The channel. Safe to use from many threads.

    Mails go as they are, so that all headers and the calendar part arrive; SES replaces the Message-ID alone. It knows
    no dedupe key and cannot be asked later, but it returns tags with every event: so an attempt whose answer was lost
    is found again by its first event. There is no time to live; the end of use stands in ``Expires``.

    Source:
        SendEmail in the Amazon SES API v2 reference.
    """

    provider = "ses"

    def __init__(self, settings: SesSettings, *, api: ProviderApi, clock: Clock) -> None:
        self.name = ChannelName.EMAIL
        self.capabilities = Capabilities(receipts=bool(settings.configuration_set), names_attempt=True)
        self.timeout_s = api.timeout_s + _SLACK_S
        self._settings = settings
        self._api = api
        self._clock = clock

    def send(self, message: OutgoingMessage) -> SendOutcome:
        """Hand the message over, once."""
        now = self._clock.now()
        if message.channel is not self.name:
            return _INVALID
        try:
            mail = mail_of(message, self._settings.mail_sender, now=now)
        except InvalidMailError:
            return _INVALID
        if message.expires_at <= now:
            return _EXPIRED
        result = self._api.call("send_email", self._parameters(message, mail))
        return sent_outcome(result) if isinstance(result, ApiAnswer) else _failed(result)

    def lookup(self, dedupe_key: str) -> SendOutcome | None:
        """Return None: SES cannot be asked."""
        _ = dedupe_key
        return None

    def close(self) -> None:
        """Release connections."""
        self._api.close()

    def _parameters(self, message: OutgoingMessage, mail: Mail) -> dict[str, object]:
        tags = {ATTEMPT: tag_of(message.attempt_id), DEDUPE_KEY: tag_of(message.dedupe_key)}
        parameters: dict[str, object] = {
            "FromEmailAddress": self._settings.sender,
            "Destination": {"ToAddresses": [mail.to]},
            "Content": {"Raw": {"Data": mail.content}},
            "EmailTags": [{"Name": name, "Value": value} for name, value in tags.items() if value],
        }
        if self._settings.configuration_set:
            parameters["ConfigurationSetName"] = self._settings.configuration_set
        return parameters


def _failed(failure: ApiFailure) -> SendOutcome:
    if failure.kind is ApiFailureKind.REFUSED and failure.code in _NOT_NOW:
        return SendOutcome(state=AttemptState.NOT_SENT, code=_NOT_NOW[failure.code])
    return failed_outcome(failure)
