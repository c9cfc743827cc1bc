"""
Twilio's signature: HMAC-SHA1 over the address that was called and all fields, sorted.

Source:
    Twilio, "Webhooks security", "Validate that webhook requests are coming from Twilio".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

_PORTS = {"https": 443, "http": 80}


def signature(url: str, fields: Iterable[tuple[str, str]], *, key: bytes) -> str:
    """
    Return the signature of a call; a field that comes twice with the same value counts once.

    >>> signature("https://kept.example/webhooks/twilio", [("From", "+12065550100")], key=b"12345")
    'aiZ6KnQ6LD48JjPHlefP+v0ZPpA='
    """
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(key, text.encode(errors="replace"), hashlib.sha1).digest()).decode()


def is_signed(url: str, fields: Sequence[tuple[str, str]], given: str, *, keys: Sequence[bytes]) -> bool:
    """Return whether one of the keys signed the call. Every one is tried, so that time tells nothing of which fits."""
    told = given.encode(errors="replace")
    expected = [signature(spelled, fields, key=key).encode() for spelled in _spellings(url) for key in keys]
    return sum(hmac.compare_digest(told, each) for each in expected) > 0


def _spellings(url: str) -> tuple[str, ...]:
    """Return the address as it is, without its port, and with the usual one: Twilio signs any of them."""
    parts = urlsplit(url)
    host = parts.netloc.partition(":")[0]
    usual = f"{host}:{_PORTS.get(parts.scheme, 443)}"
    start = len(parts.scheme) + len("://")
    rest = url[start + len(parts.netloc) :]
    return tuple(dict.fromkeys((url, url[:start] + host + rest, url[:start] + usual + rest)))
