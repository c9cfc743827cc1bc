"""
Links in messages: what a person may open without signing in, and for how long.

A link is a right to one thing. It names that thing by its id and carries no name, number or address; its seal proves
that we made it. Keys are arguments.

    token = base64url(purpose, key, end, what it is about, seal)

    purpose  1 byte    a link for one purpose never opens another
    key      1 byte    a mark of the key that made the seal, so that keys can be replaced
    end      4 bytes   minutes since 1970, rounded up
    about    the rest  a visit: its sequence (2 bytes) and id; an address: channel, language, the hash of the address
    seal     16 bytes  HMAC-SHA-256 over all before it, cut to 128 bits
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

from kept.core.booking import Appointment
from kept.core.errors import ExpiredError, InvalidInputError, NotFoundError
from kept.core.moments import tongue_for
from kept.core.people import ChannelName

VISIT_PATH: Final = "/a/"
UNSUBSCRIBE_PATH: Final = "/u/"
VISIT_LASTS: Final = timedelta(hours=24)
"""How long after the end of a visit its link still opens. Ours: people look once more on the day after."""
UNSUBSCRIBE_LASTS: Final = timedelta(days=365)
"""
How long the link to end messages works; it must outlive the message.

Source: 15 U.S.C. 7704(a)(3)(A)(ii) asks for 30 days after it was sent; the rest is ours.
"""
SHORTEST_KEY: Final = 32
"""Bytes; as many as the hash gives, RFC 2104 §3."""

_SEAL: Final = 16
_HEAD: Final = 6
_VISIT: Final = b"v"
_UNSUBSCRIBE: Final = b"u"
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{30,400}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_LAST_SEQUENCE: Final = 0xFFFF
_OWN_ID: Final = re.compile(r"apt_[a-z2-7]{26}")
_OWN_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
_OWN_BYTES: Final = 17
_PACKED: Final = b"\x00"
"""Before an id of our own making, packed; no id begins so."""
_CHANNELS: Final = {ChannelName.SMS: b"s", ChannelName.EMAIL: b"e"}
_NO_LINK: Final = "page for this link"


class VisitLink(msgspec.Struct, frozen=True, kw_only=True):
    """The right to look at one visit, and to answer, move or cancel it."""

    appointment_id: str
    sequence: int
    """Of the visit when the link was made: a later one has another time, or is cancelled."""


class UnsubscribeLink(msgspec.Struct, frozen=True, kw_only=True):
    """The right to end the messages to one address."""

    channel: ChannelName
    consent_id: str
    """Id of the consent, which is a hash of the address."""
    language: str
    """Of the message; two letters."""


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """Makes and opens links; see :func:`links_at`."""

    base_url: str
    """How people reach the pages, without a slash at the end."""
    keys: tuple[bytes, ...]
    """The first makes seals; all of them open, so that a key can be replaced while its links still run."""

    @property
    def is_secure(self) -> bool:
        """Whether they are https: only such an address may stand in List-Unsubscribe (RFC 8058 §3.1)."""
        return self.base_url.startswith("https://")

    def visit_url(self, appointment: Appointment) -> str:
        """Return the address of the page about a visit; it ends 24 hours after the visit."""
        about = min(appointment.sequence, _LAST_SEQUENCE).to_bytes(2) + _packed(appointment.id)
        return self.base_url + VISIT_PATH + self._token(_VISIT, about, appointment.end + VISIT_LASTS)

    def unsubscribe_url(self, channel: ChannelName, consent_id: str, *, language: str, now: datetime) -> str:
        """
        Return the address of the page that ends the messages to one address.

        Args:
            channel: By which the messages come.
            consent_id: See :func:`kept.core.people.consent_id`.
            language: Of the message.
            now: When it is sent; the link works for a year.
        """
        about = _CHANNELS[channel] + tongue_for(language).language.encode() + bytes.fromhex(consent_id)
        return self.base_url + UNSUBSCRIBE_PATH + self._token(_UNSUBSCRIBE, about, now + UNSUBSCRIBE_LASTS)

    def opened_visit(self, token: str, *, now: datetime) -> VisitLink:
        """
        Return what a token from a visit's address gives the right to.

        Raises:
            NotFoundError: we never made it, or for something else.
            ExpiredError: it was good once.
        """
        about = self._opened(_VISIT, token, now=now)
        return VisitLink(sequence=int.from_bytes(about[:2]), appointment_id=_unpacked(about[2:]))

    def opened_unsubscribe(self, token: str, *, now: datetime) -> UnsubscribeLink:
        """
        Return what a token from an address to unsubscribe gives the right to.

        Raises:
            NotFoundError: we never made it, or for something else.
            ExpiredError: it was good once.
        """
        about = self._opened(_UNSUBSCRIBE, token, now=now)
        channel = next(name for name, letter in _CHANNELS.items() if letter == about[:1])
        return UnsubscribeLink(channel=channel, language=about[1:3].decode(), consent_id=about[3:].hex())

    def _token(self, purpose: bytes, about: bytes, end: datetime) -> str:
        key = self.keys[0]
        minutes = max(0, -((_EPOCH - end) // _MINUTE))
        said = purpose + _mark(key) + minutes.to_bytes(4) + about
        return urlsafe_b64encode(said + _seal(key, said)).rstrip(b"=").decode()

    def _opened(self, purpose: bytes, token: str, *, now: datetime) -> bytes:
        """Return what a token is about; nothing in it is believed before its seal."""
        content = _decoded(token)
        said, seal = content[:-_SEAL], content[-_SEAL:]
        keys = [key for key in self.keys if said[1:2] == _mark(key)] or list(self.keys[:1])
        is_ours = any(hmac.compare_digest(_seal(key, said), seal) for key in keys)
        if not is_ours or said[:1] != purpose:
            raise NotFoundError(_NO_LINK)
        if now >= _EPOCH + int.from_bytes(said[2:_HEAD]) * _MINUTE:
            raise ExpiredError("link")
        return said[_HEAD:]


def links_at(base_url: str, keys: tuple[bytes, ...]) -> Links:
    """
    Return what makes and opens the links of this practice.

    Args:
        base_url: How people reach the pages.
        keys: Secrets, the one that is used now first; at least 32 bytes each.

    Raises:
        InvalidInputError: the address is not one of https and not this machine's own, or a key is missing or short.

    >>> links_at("https://visits.example.org/", (b"k" * 32,)).base_url
    'https://visits.example.org'
    """
    if not may_carry_links(base_url):
        message = "must begin with https://, because links in messages open visits; http is for this machine only"
        raise InvalidInputError.of("public_url", "not_https", message)
    if not keys or any(len(key) < SHORTEST_KEY for key in keys):
        message = f"must be {SHORTEST_KEY} characters or more, from a source of chance; run `openssl rand -base64 32`"
        raise InvalidInputError.of("link_secret", "too_short", message)
    return Links(base_url=base_url.rstrip("/"), keys=keys)


def may_carry_links(base_url: str) -> bool:
    """
    Tell whether links may travel to an address: encrypted, or not beyond this machine.

    >>> may_carry_links("https://a.example"), may_carry_links("http://127.0.0.1:8080"), may_carry_links("http://a.example")
    (True, True, False)
    """
    try:
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        if parts.query or parts.fragment or parts.username or not host:
            return False
        return parts.scheme == "https" or (
            parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
        )
    except ValueError:
        return False


def _mark(key: bytes) -> bytes:
    """Return one byte that tells keys apart and says nothing of them."""
    return hashlib.sha256(b"kept link key" + key).digest()[:1]


def _seal(key: bytes, said: bytes) -> bytes:
    """
    Return what only the holder of the key can make of these bytes.

    Source:
        RFC 2104 §5 (a cut output of half the hash or more is sound).
    """
    return hmac.digest(key, said, "sha256")[:_SEAL]


def _decoded(token: str) -> bytes:
    """
    Return the bytes of a token that is written in the one way in which we write it.

    Source:
        RFC 4648 §3.5: the last letter has bits that mean nothing; other values of them would make a second token.
    """
    if not _TOKEN.fullmatch(token):
        raise NotFoundError(_NO_LINK)
    try:
        content = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error:
        raise NotFoundError(_NO_LINK) from None
    if urlsafe_b64encode(content).rstrip(b"=").decode() != token:
        raise NotFoundError(_NO_LINK)
    return content


def _packed(appointment_id: str) -> bytes:
    """Return an id as few bytes: those of our own making hold 130 bits in 30 letters, and a text message is short."""
    if not _OWN_ID.fullmatch(appointment_id):
        return appointment_id.encode()
    number = 0
    for letter in appointment_id[4:]:
        number = number * 32 + _OWN_LETTERS.index(letter)
    return _PACKED + number.to_bytes(_OWN_BYTES)


def _unpacked(content: bytes) -> str:
    """Return the id that was packed."""
    if not content.startswith(_PACKED):
        return content.decode()
    number = int.from_bytes(content[1:])
    letters = [_OWN_LETTERS[number >> 5 * place & 31] for place in range(25, -1, -1)]
    return f"apt_{''.join(letters)}"
