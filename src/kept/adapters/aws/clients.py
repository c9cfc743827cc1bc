"""Clients of any service, for what is done to a deployment and not by it: looking, deploying, taking down."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from kept.adapters.aws.api import open_session
from kept.core.errors import InvalidInputError

Client = Any
"""One of the SDK's clients; it has no types."""

_CONNECT_S: Final = 5
_ANSWER_S: Final = 60
_TRIES: Final = 3
_MOST_CONNECTIONS: Final = 32


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Where AWS is, and who asks."""

    region: str = ""
    """Empty: as the SDK finds it."""
    endpoint: str = ""
    """Of an emulator; empty: AWS itself."""
    key: str = ""
    """Empty: credentials come the SDK's own way."""
    secret: str = ""


def client(service: str, reach: Reach) -> Client:
    """
    Return a client of one service.

    Raises:
        InvalidInputError: the SDK is not installed, or does not know where to look.
    """
    session = open_session()
    from botocore.config import Config  # noqa: PLC0415 only who uses AWS needs it
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 as above

    config = Config(
        retries={"total_max_attempts": _TRIES},
        connect_timeout=_CONNECT_S,
        read_timeout=_ANSWER_S,
        max_pool_connections=_MOST_CONNECTIONS,
    )
    try:
        return session.create_client(
            service,
            region_name=reach.region or None,
            endpoint_url=reach.endpoint or None,
            aws_access_key_id=reach.key or None,
            aws_secret_access_key=reach.secret or None,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        message = f"cannot be reached with these settings ({type(error).__name__}); give --region, or set AWS_REGION"
        raise InvalidInputError.of("region", "invalid_setting", message) from None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a service said to one call."""

    fields: dict[str, Any]
    refusal: str = ""
    """Its code, or that of the failure, when it did not do what it was asked; never its sentence."""


def asked(client: Client, operation: str, **parameters: object) -> Answer:
    """Make one call; what is refused comes back as an answer."""
    try:
        return Answer(fields=getattr(client, operation)(**parameters))
    except Exception as error:  # noqa: BLE001 whatever the SDK raises, the person learns which
        response = getattr(error, "response", None) or {}
        return Answer(fields={}, refusal=response.get("Error", {}).get("Code") or type(error).__name__)
