"""The certificate with which SNS signs, from where SNS keeps it."""

from __future__ import annotations

import http.client
import ssl
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from kept.core.errors import OutsideError

_TIMEOUT_S: Final = 5.0
_MOST_BYTES: Final = 65_536
_RETRY_AFTER_S: Final = 60.0


def fetched_certificate(url: str, *, tls: ssl.SSLContext | None = None) -> bytes:
    """
    Return the file at an address of SNS, over TLS and without following a redirect.

    Raises:
        OutsideError: it could not be had, so that SNS should bring its message again later.
    """
    parts = urlsplit(url)
    context = tls or ssl.create_default_context()
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S, context=context)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        content = answer.read(_MOST_BYTES + 1)
    except (OSError, http.client.HTTPException):
        raise _unavailable() from None
    finally:
        connection.close()
    if answer.status != HTTPStatus.OK or len(content) > _MOST_BYTES:
        raise _unavailable()
    return content


def _unavailable() -> OutsideError:
    return OutsideError("SNS's signing certificate could not be fetched; try again", retry_after_s=_RETRY_AFTER_S)
