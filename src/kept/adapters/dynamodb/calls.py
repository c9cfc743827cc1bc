"""
Calls to DynamoDB: what an error means, how long is waited, and what is known when no answer comes.

The SDK's own retries are off. Whether a write that was never answered has landed is decided here, and a retry that
nobody sees would hide the question.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from kept.adapters.dynamodb.capacity import Capacity
from kept.core.errors import InvalidInputError, StorageUnavailableError

MOST_TRIES: Final = 8
"""Of one call; together they wait at most about ten seconds, ours."""
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 3.0

LOST: Final = frozenset(
    {"ConditionalCheckFailed", "ConditionalCheckFailedException", "TransactionConflict", "TransactionConflictException"}
)
"""Somebody else was first, or is at it."""
BUSY: Final = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
        "LimitExceededException",
        "TransactionInProgressException",
    }
)
"""Nothing was done; later it can be."""
UNSENT: Final = frozenset({"ConnectTimeoutError", "EndpointConnectionError", "ProxyConnectionError"})
"""Errors of the SDK before anything has left us."""
UNANSWERED: Final = frozenset(
    {"ConnectionClosedError", "HTTPClientError", "ReadTimeoutError", "ResponseStreamingError"}
)
"""Errors of the SDK after which nobody knows whether the call was made."""
READS: Final = frozenset({"batch_get_item", "query", "scan"})
CANCELED: Final = "TransactionCanceledException"
REMEDIES: Final = {
    "AccessDeniedException": "allow this program to use the tables",
    "ExpiredTokenException": "renew the credentials of AWS",
    "NoCredentialsError": "give credentials of AWS",
    "ResourceNotFoundException": "look at region and suffix: the table is not there",
    "UnrecognizedClientException": "give credentials of AWS that hold",
    "ValidationException": "this is a mistake in Kept: DynamoDB does not take the value",
}
_SERVER_ERROR: Final = 500


class WriteRefusedError(Exception):
    """The conditions of a write did not hold."""

    def __init__(self, stored: list[dict[str, Any] | None], *, is_unsure: bool) -> None:
        super().__init__("the conditions did not hold")
        self.stored = stored
        """What is stored where a condition failed, for each item of the call; None: nothing, or it held."""
        self.is_unsure = is_unsure
        """Whether an earlier try of the same call was never answered, so that it may have landed."""


class _Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What an error of a call means."""

    code: str
    is_lost: bool = False
    is_passing: bool = False
    """Another try may go well."""
    is_unsure: bool = False
    """It may have been done all the same."""


class Calls:
    """Makes calls, again where that may help. Safe to use from many threads."""

    def __init__(self, client: Any, *, sleep: Callable[[float], None] = time.sleep) -> None:  # noqa: ANN401 no types
        self.capacity = Capacity()
        self._client = client
        self._sleep = sleep

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 the SDK has no types
        """
        Return the answer to a call.

        Raises:
            WriteRefusedError: a condition of it did not hold.
            StorageUnavailableError: it cannot be made, or not now.
        """
        method = getattr(self._client, operation)
        is_unsure = False
        code = ""
        for number in range(MOST_TRIES):
            if number:
                self.pause(number)
            try:
                answer: dict[str, Any] = method(**parameters, ReturnConsumedCapacity="TOTAL")
            except Exception as error:
                meaning = _meaning_of(error)
                if meaning is None:
                    raise
                if meaning.is_lost:
                    raise WriteRefusedError(_stored(error), is_unsure=is_unsure) from error
                if not meaning.is_passing:
                    raise _unavailable(meaning.code) from error
                is_unsure = is_unsure or meaning.is_unsure
                code = meaning.code
            else:
                self.capacity.add(operation, parameters, answer)
                return answer
        raise _given_up(code, is_unsure=is_unsure and operation not in READS)

    def pause(self, number: int) -> None:
        """Wait before another try: anything up to a time that doubles, so that those who collided part."""
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**number)
        self._sleep(longest * random.random())  # noqa: S311 nobody gains by guessing it

    def close(self) -> None:
        """Release connections."""
        self._client.close()


def open_client(region: str, *, connections: int, session: Any = None) -> Any:  # noqa: ANN401 the SDK has no types
    """
    Return a client of DynamoDB; AWS_ENDPOINT_URL sends it elsewhere.

    Args:
        region: Such as ``us-west-2``.
        connections: Calls that may be made side by side.
        session: What else of AWS is opened with too; None: one of its own.

    Raises:
        InvalidInputError: the SDK is not installed, or cannot work with these settings.
    """
    try:
        from botocore.config import Config  # noqa: PLC0415 only who uses AWS needs it
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 as above
        from botocore.session import Session  # noqa: PLC0415 as above
    except ImportError:
        message = "needs the extra for AWS; install it with: pip install 'kept[aws]'"
        raise InvalidInputError.of("store", "not_installed", message) from None
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=3.0,
        read_timeout=5.0,
        max_pool_connections=connections,
        tcp_keepalive=True,
    )
    try:
        return (session or Session()).create_client("dynamodb", region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        message = f"cannot be used with these settings ({type(error).__name__}); look at region, profile and endpoint"
        raise InvalidInputError.of("store", "invalid_setting", message) from None


def _meaning_of(error: Exception) -> _Meaning | None:
    """Return what an error means; None if it is none of the SDK's."""
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        return _meaning_of_answer(response)
    names = {each.__name__ for each in type(error).__mro__}
    name = type(error).__name__
    if names & UNSENT:
        return _Meaning(code=name, is_passing=True)
    if names & UNANSWERED:
        return _Meaning(code=name, is_passing=True, is_unsure=True)
    return _Meaning(code=name) if "BotoCoreError" in names else None


def _meaning_of_answer(response: dict[str, Any]) -> _Meaning:
    code = str(response["Error"].get("Code", ""))
    codes = {code}
    if code == CANCELED:
        codes = {str(reason.get("Code", "None")) for reason in response.get("CancellationReasons", [])} - {"None"}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if codes & LOST:
        return _Meaning(code=code, is_lost=True)
    if codes & BUSY:
        return _Meaning(code=code, is_passing=True)
    if status >= _SERVER_ERROR:
        return _Meaning(code=code, is_passing=True, is_unsure=True)
    return _Meaning(code="/".join(sorted(codes)) or code)


def _stored(error: Exception) -> list[dict[str, Any] | None]:
    """Return what was stored where a condition failed."""
    response: dict[str, Any] = getattr(error, "response", {})
    reasons = response.get("CancellationReasons")
    return [each.get("Item") for each in ([response] if reasons is None else reasons)]


def _unavailable(code: str) -> StorageUnavailableError:
    remedy = next((said for known, said in REMEDIES.items() if known in code), "look after it in AWS")
    return StorageUnavailableError(f"DynamoDB refused a call ({code}); {remedy}")


def _given_up(code: str, *, is_unsure: bool) -> StorageUnavailableError:
    known = "it is not known whether the change was kept; look before you try again" if is_unsure else "try again"
    return StorageUnavailableError(f"DynamoDB does not answer, or takes no more ({code}); {known}", retry_after_s=5.0)
