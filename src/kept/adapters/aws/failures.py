"""
What went wrong in a call to AWS, as one word and a kind.

A word is AWS's own code, or ours for a failure without an answer. Never AWS's sentence: it repeats the number.
"""

from __future__ import annotations

import math
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from kept.ports.provider_api import ApiFailure, ApiFailureKind

LONGEST_PAUSE_S: Final = 3_600.0
"""No provider makes us wait longer, whatever it says. Ours: a message is of no use to anybody after days."""

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,79}")
_THROTTLED: Final = re.compile(
    r"(KMS)?Thrott(ling|led)(Exception)?|RequestThrottled(Exception)?|TooManyRequests(Exception)?|RequestLimitExceeded"
    r"|SlowDown|BandwidthLimitExceeded"
)
"""What the SDK itself takes for throttling (botocore, ``retries/standard.py``), as far as a send can meet it."""
_DENIED: Final = re.compile(
    r"(KMS)?AccessDenied(Exception)?|Authorization(Error|ErrorException)|ExpiredToken(Exception)?|RequestExpired"
    r"|InvalidClientTokenId|UnrecognizedClient(Exception)?|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSecurity"
    r"|InvalidSignature(Exception)?|IncompleteSignature(Exception)?|MissingAuthenticationToken(Exception)?"
    r"|RequestTimeTooSkewed|OptInRequired|KMSOptInRequired|NotAuthorized"
)
"""About who we are or what we may, whatever the status."""

_NAMED: Final = {
    "NoCredentialsError": "no_credentials",
    "PartialCredentialsError": "no_credentials",
    "CredentialRetrievalError": "no_credentials",
    "NoAuthTokenError": "no_credentials",
    "TokenRetrievalError": "no_credentials",
    "UnauthorizedSSOTokenError": "no_credentials",
    "SSOTokenLoadError": "no_credentials",
    "ProfileNotFound": "no_credentials",
    "ParamValidationError": "invalid_message",
    "ResponseParserError": "garbled_answer",
    "ConnectTimeoutError": "timeout",
    "ReadTimeoutError": "timeout",
    "ProxyConnectionError": "proxy",
    "GivenUpError": "timeout",
}
"""By the name of the class, so that the SDK need not be there to read this table."""

_KINDS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (UnicodeDecodeError, "garbled_answer"),
    (socket.gaierror, "dns"),
    (ssl.SSLCertVerificationError, "tls_certificate"),
    (ssl.SSLEOFError, "connection_lost"),
    (ssl.SSLZeroReturnError, "connection_lost"),
    (ssl.SSLError, "tls"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "connection_refused"),
    (ConnectionError, "connection_lost"),
    (OSError, "network"),
)
"""The first that fits gives the code."""


def answered(response: Mapping[str, object], *, now: datetime) -> ApiFailure:
    """Return the failure that an answer tells of; *response* is what the SDK made of it."""
    error, meta = _mapping(response.get("Error")), _mapping(response.get("ResponseMetadata"))
    status = meta.get("HTTPStatusCode")
    code = _word(error.get("Code"))
    kind = _kind(status if isinstance(status, int) else 0, code)
    retry_after = _mapping(meta.get("HTTPHeaders")).get("retry-after")
    return ApiFailure(
        kind=kind,
        code=code or f"http_{status}",
        reason=_word(response.get("Reason")),
        retry_after_s=pause_of(retry_after, now=now) if kind is ApiFailureKind.THROTTLED else None,
    )


def unanswered(error: BaseException, *, is_out: bool) -> ApiFailure:
    """Return the failure of a call that nobody answered; *is_out* tells whether AWS may have it."""
    code = _code_of(error)
    if is_out:
        return ApiFailure(kind=ApiFailureKind.UNKNOWN, code=code)
    kinds = {"no_credentials": ApiFailureKind.DENIED, "invalid_message": ApiFailureKind.REFUSED}
    return ApiFailure(kind=kinds.get(code, ApiFailureKind.UNREACHED), code=code)


def pause_of(header: object, *, now: datetime) -> float | None:
    """
    Return the seconds that a Retry-After header asks for, or None when it says nothing sensible.

    Source:
        RFC 9110 §10.2.3 (seconds or a date).

    >>> pause_of("7", now=datetime(2026, 5, 4, 13, tzinfo=UTC))
    7.0
    """
    if not isinstance(header, str):
        return None
    try:
        seconds = float(header)
    except ValueError:
        seconds = _until(header, now)
    if not math.isfinite(seconds) or seconds < 0:
        return None
    return min(seconds, LONGEST_PAUSE_S)


def _until(date: str, now: datetime) -> float:
    try:
        at = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        return math.nan
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()


def _kind(status: int, code: str) -> ApiFailureKind:
    if status == HTTPStatus.TOO_MANY_REQUESTS or _THROTTLED.fullmatch(code):
        return ApiFailureKind.THROTTLED
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} or _DENIED.fullmatch(code):
        return ApiFailureKind.DENIED
    is_refusal = code and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return ApiFailureKind.REFUSED if is_refusal else ApiFailureKind.UNKNOWN


def _code_of(error: BaseException) -> str:
    chain = list(_chain(error))
    named = next((_NAMED[name] for e in chain if (name := type(e).__name__) in _NAMED), None)
    return named or next((code for kind, code in _KINDS if any(isinstance(e, kind) for e in chain)), "internal")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what it came from; the SDK keeps the inner one among its words."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = _mapping(getattr(found, "kwargs", None)).get("error")
        waiting += [inner if isinstance(inner, BaseException) else None, found.__cause__, found.__context__]


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _word(value: object) -> str:
    """Return a code as it stands, if it is one word and no sentence."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""
