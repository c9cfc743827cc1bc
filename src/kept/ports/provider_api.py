"""
What we ask of a provider's API: make one call, and say where it ended.

For channels whose provider speaks HTTP through a library of its own; the library stays behind this port, and a channel
knows only its provider's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from kept.core.notifications import AttemptState, SendOutcome


class ApiFailureKind(StrEnum):
    """What a failure says of the call."""

    REFUSED = "refused"
    """The provider answered, and will not do it."""
    THROTTLED = "throttled"
    """The provider answered: not now."""
    DENIED = "denied"
    """The credentials are missing, wrong or spent, or may not do this; nothing was done."""
    UNREACHED = "unreached"
    """The call has not left us in full, so nothing was done."""
    UNKNOWN = "unknown"
    """It has left us, and no answer says what became of it."""


class ApiAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a call that succeeded gave back."""

    fields: dict[str, object]

    def text(self, name: str) -> str:
        """
        Return a field that is text, or an empty text.

        >>> ApiAnswer(fields={"MessageId": "m-1", "Size": 3}).text("MessageId")
        'm-1'
        """
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""


class ApiFailure(msgspec.Struct, frozen=True, kw_only=True):
    """How a call failed, without a word that the provider wrote for people: those repeat numbers and addresses."""

    kind: ApiFailureKind
    code: str
    """The provider's own word, or ours for a failure without an answer."""
    reason: str = ""
    """The provider's closer word, where it has one."""
    retry_after_s: float | None = None
    """For THROTTLED, when the provider says."""


class ProviderApi(Protocol):
    """
    A way to call one service of a provider.

    1. ``call`` makes one request and no retry of its own.
    2. It raises nothing.
    3. UNREACHED and DENIED only when nothing can have been done; REFUSED and THROTTLED only on the provider's own word.
    4. It returns within ``timeout_s``, and after that nothing of the call leaves us any more.
    5. A failure holds none of the parameters.
    """

    timeout_s: float

    def call(self, operation: str, parameters: Mapping[str, object]) -> ApiAnswer | ApiFailure:
        """Make one call."""

    def close(self) -> None:
        """Release connections."""


BUSY_PAUSE_S: Final = 5.0
"""Pause when a provider says "not now" and not for how long. Ours."""

_STATES: Final = {
    ApiFailureKind.REFUSED: AttemptState.REFUSED,
    ApiFailureKind.THROTTLED: AttemptState.NOT_SENT,
    ApiFailureKind.DENIED: AttemptState.NOT_SENT,
    ApiFailureKind.UNREACHED: AttemptState.NOT_SENT,
    ApiFailureKind.UNKNOWN: AttemptState.UNKNOWN,
}


def failed_outcome(failure: ApiFailure) -> SendOutcome:
    """
    Return how a handing-over ended whose call failed; a refusal that is not for good stays the channel's to name.

    >>> failed_outcome(ApiFailure(kind=ApiFailureKind.DENIED, code="ExpiredToken")).code
    'auth'
    """
    code = f"{failure.code} {failure.reason}".strip()
    is_busy = failure.kind is ApiFailureKind.THROTTLED
    return SendOutcome(
        state=_STATES[failure.kind],
        code="auth" if failure.kind is ApiFailureKind.DENIED else code,
        retry_after_s=BUSY_PAUSE_S if is_busy and failure.retry_after_s is None else failure.retry_after_s,
    )


def sent_outcome(answer: ApiAnswer) -> SendOutcome:
    """
    Return how a handing-over ended that was answered well; without an id nobody can say that it was taken.

    >>> sent_outcome(ApiAnswer(fields={})).state
    <AttemptState.UNKNOWN: 'unknown'>
    """
    message_id = answer.text("MessageId")
    if not message_id:
        return SendOutcome(state=AttemptState.UNKNOWN, code="no_id")
    return SendOutcome(state=AttemptState.ACCEPTED, provider_message_id=message_id)
