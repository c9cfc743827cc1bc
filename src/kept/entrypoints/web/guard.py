"""
Who may look and who may change.

The pages have no sign-in, so they serve this machine only, and forms prove where they come from.

Source:
    OWASP ASVS 5.0 V3.5.1 (forms need proof of their origin), V3.4 (headers); Fetch Metadata (Sec-Fetch-Site).
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from typing import Final

import msgspec
from starlette.datastructures import Headers

from kept.entrypoints.web.parts import WebParts

TOKEN_COOKIE: Final = "kept_form"  # noqa: S105  the name of a cookie, not a secret
TOKEN_FIELD: Final = "token"  # noqa: S105  the name of a field
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32,128}")
_OWN_SITES: Final = frozenset({"same-origin", "none"})
"""``none``: the person did it without any page, as when a form is sent again."""

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a request is turned away."""

    kind: str
    """Last part of the problem's type; also names the page's text."""
    title: str
    detail: str


NOT_LOCAL: Final = Refusal(
    kind="pages-only-on-this-machine",
    title="Pages are served to this machine only",
    detail=(
        "The pages have no sign-in yet, so they are served only while the server listens on a loopback address and the "
        "request names one, such as http://127.0.0.1:8080. The API works everywhere, with a key."
    ),
)
CSRF: Final = Refusal(
    kind="csrf",
    title="CSRF check failed",
    detail="The form did not come from a page of this server, or its page is too old. Load the page again and resend.",
)


def locality_refusal(parts: WebParts, host_header: str | None) -> Refusal | None:
    """Return why the pages are not served to this request, or None."""
    name = host_name(host_header or "")
    is_named = is_loopback(name) or name in {host.lower() for host in parts.hosts}
    return None if is_loopback(parts.host) and is_named else NOT_LOCAL


def host_name(header: str) -> str:
    """
    Return the host that a Host header names, without its port.

    >>> host_name("[::1]:8080"), host_name("LOCALHOST:8080"), host_name("127.0.0.1")
    ('::1', 'localhost', '127.0.0.1')
    """
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]@/]+)(?::[0-9]{1,5})?", header)
    return match[1].strip("[]").lower() if match else ""


def is_loopback(name: str) -> bool:
    """Return whether a host name or address is this machine's own."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def origin_refusal(headers: Headers, *, scheme: str) -> Refusal | None:
    """
    Return why a form is not taken, by where the browser says it comes from, or None.

    Our own pages send no referrer, and browsers then write ``Origin: null`` even on forms to the same site; such a form
    is taken only when the browser says by Sec-Fetch-Site that it comes from here. A caller that names neither is no
    browser, and has the token to show.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site not in _OWN_SITES:
        return CSRF
    if origin == "null":
        return None if site is not None else CSRF
    own = f"{scheme}://{headers.get('host', '')}".lower()
    return CSRF if origin is not None and origin.lower() != own else None


def token_refusal(cookie: str, field: str) -> Refusal | None:
    """Return why a form is not taken, by its token, or None; compared in constant time."""
    is_same = hmac.compare_digest(cookie.encode(), field.encode())
    return None if is_same and _TOKEN.fullmatch(field) else CSRF


def sound_token(cookie: str | None) -> str:
    """Return the token that a cookie carries, or nothing when it is none of ours."""
    return cookie if cookie and _TOKEN.fullmatch(cookie) else ""
