"""Patients, how they can be reached, and whether they may be."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from kept.core.contacts import EmailAddress, PhoneNumber
from kept.core.errors import InvalidInputError
from kept.core.records import IndexEntry

MAX_NAME_LENGTH: Final = 200
MAX_ID_LENGTH: Final = 128
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_NAME_PREFIX_LENGTH: Final = 3


class ChannelName(StrEnum):
    """A way to reach a person."""

    SMS = "sms"
    EMAIL = "email"


class Patient(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who has, or may have, appointments."""

    kind: ClassVar[str] = "patient"

    id: str
    version: int = 0
    first_name: str = ""
    last_name: str = ""
    full_name: str = ""
    """Given instead of first and last name by those who keep names whole."""
    phone: PhoneNumber | None = None
    email: EmailAddress | None = None
    date_of_birth: date | None = None
    language: str | None = None
    """Language tag for messages; None: the practice's."""
    zone: str | None = None
    """IANA zone in which the person lives; None: that of the place of the appointment."""
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """The name as a person would write it; empty when nobody told it."""
        return self.full_name or f"{self.first_name} {self.last_name}".strip()

    def address(self, channel: ChannelName) -> str | None:
        """Return the number or address for a channel, or None."""
        return self.phone if channel is ChannelName.SMS else self.email

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return where the patient is found: by phone, by e-mail, by the beginning of the name."""
        rows = []
        if self.phone:
            rows.append(IndexEntry(index="patients_by_phone", partition=self.phone, sort=self.id))
        if self.email:
            rows.append(IndexEntry(index="patients_by_email", partition=email_key(self.email), sort=self.id))
        key = name_key(self.name)
        if key:
            rows.append(
                IndexEntry(index="patients_by_name", partition=key[:_NAME_PREFIX_LENGTH], sort=f"{key}|{self.id}")
            )
        return tuple(rows)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One message that left, or at least began to."""

    at: datetime
    patient_id: str
    notification_id: str


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """
    Whether one number or address may be written to, and how we know; what left for it lately; whose it is.

    Kept for the address, whoever uses it. Each message that leaves is written here, so that none leaves after a
    withdrawal, and no two leave at once where one is the limit.
    """

    kind: ClassVar[str] = "consent"

    id: str
    """See :func:`consent_id`."""
    version: int = 0
    channel: ChannelName
    granted: bool
    source: str
    """Where the person said so: ``given to the practice``, ``reply STOP``, ``web page``."""
    wording: str = ""
    """The words that the person saw or used, when they are known."""
    recorded_at: datetime
    recorded_by: str
    """Id of the key or the program that wrote it."""
    unusable: str = ""
    """What a provider said of the address itself: ``landline``, ``permanent``; empty: nothing speaks against it."""
    is_unproven: bool = False
    """Typed by somebody whom nobody has seen, and not yet known to be theirs."""
    told: tuple[Told, ...] = ()
    """Messages of the last seven days, oldest first."""
    patient_ids: tuple[str, ...] = ()
    """The patients whose number or address it is."""

    def index_entries(self) -> tuple[IndexEntry, ...]:
        """Return nothing: a consent is read by the id made from its address."""
        return ()


def consent_id(channel: ChannelName, address: str) -> str:
    """
    Return the id under which the consent for an address is kept.

    E-mail addresses are compared without regard to case, so that no spelling escapes an opt-out.

    >>> consent_id(ChannelName.EMAIL, "Ann@example.com") == consent_id(ChannelName.EMAIL, "ann@EXAMPLE.com")
    True
    """
    key = email_key(address) if channel is ChannelName.EMAIL else address
    return hashlib.sha256(f"{channel.value}|{key}".encode()).hexdigest()[:40]


def email_key(address: str) -> str:
    """Return the form of an e-mail address that comparisons use."""
    return address.casefold()


def name_key(name: str) -> str:
    """Return the form of a name that searches use: case-folded, single spaces."""
    return " ".join(name.casefold().split())


def name_search(prefix: str) -> tuple[str, str, str] | None:
    r"""
    Return partition, first and last sort key for a search by the beginning of a name, or None if it is too short.

    >>> name_search("Ma")
    >>> name_search("Maria  L")
    ('mar', 'maria l', 'maria l\U0010ffff')
    """
    key = name_key(prefix)
    if len(key) < _NAME_PREFIX_LENGTH:
        return None
    return key[:_NAME_PREFIX_LENGTH], key, key + "\U0010ffff"


def checked_id(text: str, *, field: str) -> str:
    """
    Return an id that came from outside, if it is one.

    Raises:
        InvalidInputError: empty, too long, or other characters than letters, digits and ``._:@-``.
    """
    if not text:
        raise InvalidInputError.of(field, "required", "must not be empty; give the id")
    if len(text) > MAX_ID_LENGTH or not _ID.fullmatch(text):
        message = f"must be 1 to {MAX_ID_LENGTH} letters, digits or . _ : @ -, beginning with a letter or digit"
        raise InvalidInputError.of(field, "invalid_id", message)
    return text


def checked_unicode(text: str, *, field: str) -> str:
    """
    Return a text, if it can be written down at all.

    Raises:
        InvalidInputError: it holds half of a surrogate pair.
    """
    if not text.isascii() and _SURROGATE.search(text):
        message = "holds half a character (a lone surrogate); send valid Unicode"
        raise InvalidInputError.of(field, "invalid_unicode", message)
    return text


def checked_text(text: str, *, field: str, limit: int = MAX_NAME_LENGTH, multiline: bool = False) -> str:
    """
    Return a person's text, if it can be stored and shown.

    Args:
        text: As it came in. Length is counted in code points.
        field: Its name in the request.
        limit: Longest allowed.
        multiline: Whether line breaks and tabs may be in it.

    Raises:
        InvalidInputError: too long, control characters, or half of a surrogate pair.
    """
    checked_unicode(text, field=field)
    if len(text) > limit:
        raise InvalidInputError.of(field, "too_long", f"must be at most {limit} characters; shorten it", limit=limit)
    bare = re.sub(r"[\n\r\t]", "", text) if multiline else text
    if _CONTROL.search(bare):
        raise InvalidInputError.of(field, "control_character", "holds a control character; remove it")
    return text
