"""Calls to Twilio's REST API, and what its answers mean."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from kept.adapters.twilio.settings import TwilioSettings, host_and_port
from kept.adapters.twilio.wire import Answer, BrokenOffError, Limits, context_of, exchanged
from kept.formats.strict_json import MalformedJsonError, parsed
from kept.ports.clock import Clock
from kept.ports.provider_api import ApiAnswer, ApiFailure, ApiFailureKind

LONGEST_PAUSE_S: Final = 3_600.0
"""No provider makes us wait longer, whatever it says. Ours: a message is of no use to anybody after days."""

_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_NUMBER: Final = re.compile(r"[0-9]{5}")
_TOO_LARGE: Final = re.compile(r"[0-9]{10,}")

_KINDS: Final[Mapping[str, ApiFailureKind]] = {
    "20003": ApiFailureKind.DENIED,  # authentication
    "20005": ApiFailureKind.DENIED,  # account not active
    "20404": ApiFailureKind.DENIED,  # no such account
    "20429": ApiFailureKind.THROTTLED,  # too many requests
    "21611": ApiFailureKind.THROTTLED,  # the sender's queue is full
    "63038": ApiFailureKind.THROTTLED,  # the account's limit per day
}
"""By Twilio's number, whatever the status."""


class TwilioApi:
    """
    The API. Safe to use from many threads; each call has a connection of its own, and none is made twice.

    Raises:
        InvalidInputError: the file of certificates cannot be read.

    Source:
        Twilio's documentation of errors 20003, 20429 (never processed) and 20500 (sending is not idempotent).
    """

    def __init__(self, settings: TwilioSettings, *, clock: Clock) -> None:
        self.timeout_s = settings.connect_s + settings.answer_s
        self._clock = clock
        self._limits = Limits(connect_s=settings.connect_s, answer_s=settings.answer_s)
        self._place = host_and_port(settings.endpoint)
        self._context = context_of(settings.ca_file)
        self._account = settings.account_sid
        user = settings.api_key_sid or settings.account_sid
        self._credentials = base64.b64encode(f"{user}:{settings.secret}".encode()).decode()

    def call(self, operation: str, parameters: Mapping[str, object]) -> ApiAnswer | ApiFailure:
        """Make one call; *operation* names the collection, such as ``Messages``."""
        request = self._request(operation, urlencode({name: str(value) for name, value in parameters.items()}).encode())
        try:
            answer = exchanged(self._place, self._context, request, self._limits)
        except BrokenOffError as error:
            kind = ApiFailureKind.UNKNOWN if error.is_out else ApiFailureKind.UNREACHED
            return ApiFailure(kind=kind, code=error.code)
        return _read(answer, now=self._clock.now())

    def close(self) -> None:
        """Do nothing: no connection outlives its call."""

    def _request(self, operation: str, body: bytes) -> tuple[bytes, bytes]:
        lines = [
            f"POST /2010-04-01/Accounts/{self._account}/{operation}.json HTTP/1.1",
            f"Host: {self._place[0]}" + ("" if self._place[1] == 443 else f":{self._place[1]}"),  # noqa: PLR2004 HTTPS
            f"Authorization: Basic {self._credentials}",
            "Accept: application/json",
            "Accept-Encoding: identity",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii"), body


def pause_of(header: str | None, *, now: datetime) -> float | None:
    """
    Return the seconds that a Retry-After header asks for, at most an hour; None when it says nothing sensible.

    Source:
        RFC 9110 §10.2.3 (seconds or a date).

    >>> pause_of("7", now=datetime(2026, 5, 4, 13, tzinfo=UTC))
    7.0
    """
    asked = (header or "").strip()
    if _SECONDS.fullmatch(asked):
        return min(float(asked), LONGEST_PAUSE_S)
    if _TOO_LARGE.fullmatch(asked):
        return LONGEST_PAUSE_S
    seconds = _until(asked, now)
    return min(seconds, LONGEST_PAUSE_S) if seconds >= 0 else None


def _until(date: str, now: datetime) -> float:
    try:
        at = parsedate_to_datetime(date)
        return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return math.nan


def _read(answer: Answer, *, now: datetime) -> ApiAnswer | ApiFailure:
    fields = _fields(answer.body)
    if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED}:
        unread = ApiFailure(kind=ApiFailureKind.UNKNOWN, code="garbled_answer")
        return unread if fields is None else ApiAnswer(fields=fields)
    number = str((fields or {}).get("code", ""))
    code = f"twilio_{number}" if _NUMBER.fullmatch(number) else ""
    kind = _kind(answer.status, number if code else "")
    pause = pause_of(answer.retry_after, now=now) if kind is ApiFailureKind.THROTTLED else None
    return ApiFailure(kind=kind, code=code or f"http_{answer.status}", retry_after_s=pause)


def _kind(status: int, number: str) -> ApiFailureKind:
    if not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return ApiFailureKind.UNKNOWN
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return ApiFailureKind.THROTTLED
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ApiFailureKind.DENIED
    return _KINDS.get(number, ApiFailureKind.REFUSED) if number else ApiFailureKind.UNKNOWN


def _fields(body: bytes) -> dict[str, object] | None:
    try:
        found = parsed(body)
    except MalformedJsonError:
        return None
    return found if isinstance(found, dict) else None
