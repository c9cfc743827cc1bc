"""
One service of AWS, called through its SDK.

The SDK is imported when the first service is opened, so that whoever does not use AWS need not have it. Its own retries
are off: by default one send that is never answered goes out five times.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future
from enum import StrEnum
from typing import Any, Final

import msgspec

from kept.adapters.aws.failures import answered, unanswered
from kept.adapters.aws.leaving import Leaving, WatchedBody
from kept.core.errors import InvalidInputError
from kept.ports.clock import Clock
from kept.ports.provider_api import ApiAnswer, ApiFailure

Session = Any
"""What clients of the SDK are made with; it has no types."""

_MOST_CONNECTIONS: Final = 50


class AwsService(StrEnum):
    """The services that we call, by the SDK's names."""

    SNS = "sns"
    END_USER_MESSAGING = "pinpoint-sms-voice-v2"
    SES = "sesv2"
    SQS = "sqs"


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long we wait. Together they are the longest time that a call takes, whatever the other side does."""

    connect_s: float = 3.0
    """For a connection to one address."""
    answer_s: float = 10.0
    """For each piece of the answer."""


class AwsApi:
    """
    The service. Safe to use from many threads.

    Args:
        service: Which.
        region: Such as ``us-west-2``.
        clock: Tells how far off a date in an answer is.
        patience: How long we wait.
        session: What it is opened with; None: one of its own.

    Raises:
        InvalidInputError: the SDK is not installed, or cannot work with these settings.
    """

    def __init__(
        self,
        service: AwsService,
        *,
        region: str,
        clock: Clock,
        patience: Patience = Patience(),  # noqa: B008 frozen
        session: Session | None = None,
    ) -> None:
        self.timeout_s = patience.connect_s + patience.answer_s
        self._clock = clock
        self._thread = threading.local()
        self._client = _client(session or open_session(), service, region, patience)
        self._client.meta.events.register("before-send", self._watch)

    def call(self, operation: str, parameters: Mapping[str, object]) -> ApiAnswer | ApiFailure:
        """Make one call, in a thread of its own: the SDK's limits are per read, and a dripping answer has no end."""
        leaving = Leaving()
        result: Future[ApiAnswer | ApiFailure] = Future()
        threading.Thread(
            target=self._call, args=(operation, parameters, leaving, result), name="aws-call", daemon=True
        ).start()
        try:
            return result.result(timeout=self.timeout_s)
        except TimeoutError as error:
            return unanswered(error, is_out=leaving.give_up())

    def close(self) -> None:
        """Release connections."""
        self._client.close()

    def _call(
        self,
        operation: str,
        parameters: Mapping[str, object],
        leaving: Leaving,
        result: Future[ApiAnswer | ApiFailure],
    ) -> None:
        self._thread.leaving = leaving
        try:
            result.set_result(self._answer(operation, parameters))
        except Exception as error:  # noqa: BLE001 whatever broke, what has left us decides what it means
            response = getattr(error, "response", None)
            is_answer = isinstance(response, dict) and bool(response.get("ResponseMetadata"))
            told = answered(response or {}, now=self._clock.now()) if is_answer else None
            result.set_result(told or unanswered(error, is_out=leaving.is_out))

    def _answer(self, operation: str, parameters: Mapping[str, object]) -> ApiAnswer:
        fields: dict[str, object] = getattr(self._client, operation)(**parameters)
        return ApiAnswer(fields=fields)

    def _watch(self, request: Any, **_: object) -> None:  # noqa: ANN401 the SDK has no types
        """Put a body in place that tells when it leaves."""
        body = request.body
        request.body = WatchedBody(body.encode() if isinstance(body, str) else bytes(body), self._thread.leaving)


def open_session() -> Session:
    """
    Return what services are opened with; those that share one read what the SDK knows of AWS only once.

    Raises:
        InvalidInputError: the SDK is not installed.
    """
    try:
        from botocore.session import Session as SdkSession  # noqa: PLC0415 only who uses AWS needs it
    except ImportError:
        message = "needs the extra for AWS; install it with: pip install 'kept[aws]'"
        raise InvalidInputError.of("aws", "not_installed", message) from None
    return SdkSession()


def _client(session: Session, service: AwsService, region: str, patience: Patience) -> Any:  # noqa: ANN401 as above
    from botocore.config import Config  # noqa: PLC0415 as above
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 as above

    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=patience.connect_s,
        read_timeout=patience.answer_s,
        max_pool_connections=_MOST_CONNECTIONS,
        tcp_keepalive=True,
    )
    try:
        return session.create_client(service.value, region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        message = f"cannot be used with these settings ({type(error).__name__}); look at region, profile and endpoint"
        raise InvalidInputError.of("aws", "invalid_setting", message) from None
